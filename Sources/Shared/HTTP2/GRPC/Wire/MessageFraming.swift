/// The framing of gRPC: a byte that tells of compression, four of length, then the message.
enum MessageFraming {
    static let prefixBytes = 5

    static func frame(_ message: [UInt8]) -> [UInt8] {
        let length = UInt32(message.count)
        return [UInt8](unsafeUninitializedCapacity: message.count + self.prefixBytes) { buffer, count in
            buffer[0] = 0
            buffer[1] = UInt8(length >> 24)
            buffer[2] = UInt8(length >> 16 & 255)
            buffer[3] = UInt8(length >> 8 & 255)
            buffer[4] = UInt8(length & 255)
            message.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[self.prefixBytes...])
                    .copyMemory(from: $0)
            }
            count = message.count + self.prefixBytes
        }
    }
}

/// Puts messages together from the pieces in which they arrive.
struct MessageReader {
    private let limit: Int
    private var prefix: [UInt8] = []
    private var message: [UInt8] = []
    /// How much of the message is to come, once its prefix is known.
    private var missing: Int?

    init(limit: Int) { self.limit = limit }

    /// Whether a message has begun and not ended.
    var isInside: Bool { self.missing != nil || !self.prefix.isEmpty }

    /// Takes a piece; `body` gets each message that it completes.
    mutating func read(_ bytes: RawSpan, _ body: ([UInt8]) -> Void) throws(GRPCStatus) {
        var error: GRPCStatus?
        bytes.withUnsafeBytes { buffer in
            do throws(GRPCStatus) { try self.read(buffer, body) } catch let thrown { error = thrown }
        }
        if let error { throw error }
    }

    private mutating func read(_ bytes: UnsafeRawBufferPointer, _ body: ([UInt8]) -> Void) throws(GRPCStatus) {
        var rest = bytes[...]
        while true {
            if self.missing == nil {
                try self.readPrefix(&rest)
            }
            guard let missing = self.missing else { return }
            let part = rest.prefix(missing)
            self.message.append(contentsOf: UnsafeRawBufferPointer(rebasing: part))
            rest = rest.dropFirst(part.count)
            self.missing = missing - part.count
            guard missing == part.count else { return }
            self.missing = nil
            let message = self.message
            self.message = []
            body(message)
            if rest.isEmpty { return }
        }
    }

    private mutating func readPrefix(_ rest: inout Slice<UnsafeRawBufferPointer>) throws(GRPCStatus) {
        let part = rest.prefix(MessageFraming.prefixBytes - self.prefix.count)
        self.prefix.append(contentsOf: part)
        rest = rest.dropFirst(part.count)
        guard self.prefix.count == MessageFraming.prefixBytes else { return }
        guard self.prefix[0] == 0 else {
            throw GRPCStatus(GRPCStatus.Code.unimplemented, "compressed messages are not supported")
        }
        let length = self.prefix[1...].reduce(0) { $0 << 8 | Int($1) }
        guard length <= self.limit else {
            let text = "a message of \(length) bytes is larger than the limit of \(self.limit)"
            throw GRPCStatus(GRPCStatus.Code.resourceExhausted, text)
        }
        self.prefix.removeAll(keepingCapacity: true)
        self.missing = length
        // A length is easily claimed: room is made as bytes arrive.
        self.message.reserveCapacity(min(length, rest.count))
    }
}
