import NIOCore
import NIOPosix
import TLS

/// A client that sends bytes as they are and reads answers one by one.
final class RawClient {
    struct Answer {
        var status = 0
        /// Status line and headers.
        var head = ""
        var body = ""

        func header(_ name: String) -> String? {
            for line in self.head.split(separator: "\r\n").dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.first?.lowercased() == name.lowercased(), let value = parts.last {
                    return String(value.drop { $0 == " " })
                }
            }
            return nil
        }
    }

    struct ConnectionEnded: Error {}

    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
    private let writer: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var reader: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private var buffer: [UInt8] = []

    private init(
        _ channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>, _ writer: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        _ reader: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    ) {
        self.channel = channel
        self.writer = writer
        self.reader = reader
    }

    /// Connects, in plain text or by TLS, and closes the connection when the body ends.
    static func with(port: Int, tls: TLSContext? = nil, _ body: (RawClient) async throws -> Void) async throws {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            try TLSHandler(tls, expecting: .host("localhost")))
                    }
                    return try NIOAsyncChannel(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(inboundType: ByteBuffer.self, outboundType: ByteBuffer.self))
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            try await body(RawClient(channel, outbound, inbound.makeAsyncIterator()))
        }
    }

    func send(_ text: String) async throws { try await self.send(Array(text.utf8)) }

    /// Sends bytes.
    ///
    /// A server that has closed already is no failure here: what it said can still be read.
    func send(_ bytes: [UInt8]) async throws {
        do {
            try await self.writer.write(ByteBuffer(bytes: bytes))
        } catch ChannelError.ioOnClosedChannel {
            return
        }
    }

    /// Cuts the connection.
    func close() async throws { try await self.channel.channel.close() }

    /// The next answer, its body whole.
    func answer(toHead isHead: Bool = false) async throws -> Answer {
        var answer = try await self.head()
        guard !isHead, answer.status >= 200 else { return answer }
        if answer.header("Transfer-Encoding") == "chunked" {
            while let chunk = try await self.chunk() { answer.body += chunk }
        } else if let length = answer.header("Content-Length").flatMap({ Int($0) }) {
            answer.body = String(decoding: try await self.take(length), as: UTF8.self)
        } else {
            answer.body = try await self.rest()
        }
        return answer
    }

    /// The head of the next answer.
    func head() async throws -> Answer {
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual(Array("\r\n\r\n".utf8)) { head += try await self.take(1) }
        let text = String(decoding: head.dropLast(4), as: UTF8.self)
        let status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return Answer(status: status, head: text)
    }

    /// The next chunk of a chunked body; `nil` at its end.
    func chunk() async throws -> String? {
        var line: [UInt8] = []
        while line.suffix(2) != [13, 10] { line += try await self.take(1) }
        let size = Int(String(decoding: line.dropLast(2), as: UTF8.self), radix: 16) ?? 0
        let bytes = try await self.take(size + 2).dropLast(2)
        return size == 0 ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// Everything until the server closes.
    func rest() async throws -> String {
        while let piece = try await self.piece() { self.buffer += piece }
        defer { self.buffer = [] }
        return String(decoding: self.buffer, as: UTF8.self)
    }

    private func take(_ count: Int) async throws -> [UInt8] {
        while self.buffer.count < count {
            guard let piece = try await self.piece() else { throw ConnectionEnded() }
            self.buffer += piece
        }
        defer { self.buffer.removeFirst(count) }
        return Array(self.buffer.prefix(count))
    }

    private func piece() async throws -> [UInt8]? {
        do {
            return try await self.reader.next(isolation: nil).map { Array($0.readableBytesView) }
        } catch is IOError {
            // A reset is an end too.
            return nil
        }
    }
}
