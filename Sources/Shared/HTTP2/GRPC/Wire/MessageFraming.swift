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

    /// How long the message is that follows a prefix, which is given from its lowest byte up.
    static func length(_ prefix: UInt64) -> Int { Int(UInt32(truncatingIfNeeded: prefix >> 8).byteSwapped) }

    static func isCompressed(_ prefix: UInt64) -> Bool { prefix & 0xFF != 0 }
}

/// Puts messages together from the pieces in which they arrive.
struct MessageReader {
    private let limit: Int
    /// The prefix that is arriving, from the lowest byte up, and how much of it is there.
    private var prefix: UInt64 = 0
    private var prefixCount = 0
    private var message: [UInt8] = []
    /// How much of the message is to come, once its prefix is known.
    private var missing: Int?

    init(limit: Int) { self.limit = limit }

    /// Whether a message has begun and not ended.
    var isInside: Bool { self.missing != nil || self.prefixCount > 0 }

    /// Takes a piece; `body` gets each message that it completes.
    mutating func read(_ bytes: RawSpan, _ body: ([UInt8]) -> Void) throws(GRPCStatus) {
        var error: GRPCStatus?
        bytes.withUnsafeBytes { buffer in
            do throws(GRPCStatus) { try self.read(buffer, body) } catch let thrown { error = thrown }
        }
        if let error { throw error }
    }

    private mutating func read(_ bytes: UnsafeRawBufferPointer, _ body: ([UInt8]) -> Void) throws(GRPCStatus) {
        var next = 0
        while true {
            if self.missing == nil { try self.readPrefix(bytes, &next) }
            guard let missing = self.missing else { return }
            let count = min(missing, bytes.count - next)
            self.message.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[next..<next + count]))
            next += count
            self.missing = missing - count
            guard missing == count else { return }
            self.missing = nil
            let message = self.message
            self.message = []
            body(message)
            if next == bytes.count { return }
        }
    }

    private mutating func readPrefix(_ bytes: UnsafeRawBufferPointer, _ next: inout Int) throws(GRPCStatus) {
        while self.prefixCount < MessageFraming.prefixBytes {
            guard next < bytes.count else { return }
            self.prefix |= UInt64(bytes[next]) << (8 * UInt64(self.prefixCount))
            self.prefixCount += 1
            next += 1
        }
        guard !MessageFraming.isCompressed(self.prefix) else {
            throw GRPCStatus(GRPCStatus.Code.unimplemented, "compressed messages are not supported")
        }
        let length = MessageFraming.length(self.prefix)
        guard length <= self.limit else {
            let text = "a message of \(length) bytes is larger than the limit of \(self.limit)"
            throw GRPCStatus(GRPCStatus.Code.resourceExhausted, text)
        }
        self.prefix = 0
        self.prefixCount = 0
        self.missing = length
        // A length is easily claimed: room is made as bytes arrive.
        self.message.reserveCapacity(min(length, bytes.count - next))
    }
}
