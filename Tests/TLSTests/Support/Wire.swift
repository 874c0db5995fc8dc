import NIOCore
import NIOEmbedded
import TLS

/// A client and a server in memory, and the wire between them.
///
/// Nothing moves but when a test asks for it, and time stands still until it is advanced.
final class Wire {
    /// One end, and what came up from its TLS.
    final class End {
        let channel: EmbeddedChannel
        fileprivate let recorder = Recorder()

        var completed: TLSHandshakeCompleted? { self.recorder.completed }
        var errors: [any Error] { self.recorder.errors }
        var error: TLSError? { self.recorder.errors.first as? TLSError }
        var text: String { String(decoding: self.recorder.received, as: UTF8.self) }
        var received: [UInt8] { self.recorder.received }
        var isClosed: Bool { self.recorder.isClosed }

        init(
            _ context: TLSContext, expecting: TLSPeerExpectation = .anybody, limits: TLSLimits = TLSLimits(),
            answerToPlainHTTP: [UInt8] = []
        ) throws {
            self.channel = EmbeddedChannel()
            try self.channel.pipeline.syncOperations.addHandlers([
                try TLSHandler(context, expecting: expecting, limits: limits, answerToPlainHTTP: answerToPlainHTTP),
                self.recorder,
            ])
        }

        /// A channel in memory and its handlers hold each other until it ends.
        deinit {
            self.channel.close(promise: nil)
            self.channel.embeddedEventLoop.advanceTime(by: .hours(1))
        }

        func connect() throws {
            self.channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        }

        func send(_ text: String) { self.send(Array(text.utf8)) }

        func send(_ bytes: [UInt8]) { self.channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

        /// Gives it bytes as if they had come over the network.
        func arrive(_ bytes: ByteBuffer) throws {
            guard !self.isClosed else { return }
            try self.channel.writeInbound(bytes)
        }
    }

    fileprivate final class Recorder: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        var completed: TLSHandshakeCompleted?
        var errors: [any Error] = []
        var received: [UInt8] = []
        var isClosed = false

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if let completed = event as? TLSHandshakeCompleted { self.completed = completed }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.received += Self.unwrapInboundIn(data).readableBytesView
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { self.errors.append(error) }

        func channelInactive(context: ChannelHandlerContext) { self.isClosed = true }
    }

    let client: End
    let server: End
    /// Which byte of what the client says is changed on its way, and which of its bits.
    private var change: (place: Int, mask: UInt8)?
    private var carried = 0

    init(client: End, server: End) {
        self.client = client
        self.server = server
    }

    convenience init(
        client: TLSConfiguration, server: TLSConfiguration, expecting: TLSPeerExpectation = .host("localhost"),
        limits: TLSLimits = TLSLimits()
    ) throws {
        self.init(
            client: try End(try TLSContext(client), expecting: expecting, limits: limits),
            server: try End(try TLSContext(server), limits: limits))
    }

    /// Connects both ends and lets all be said.
    func shakeHands() throws {
        try self.server.connect()
        try self.client.connect()
        try self.settle()
    }

    func changeByte(at place: Int, _ mask: UInt8) { self.change = (place, mask) }

    private func changeOnTheWay(_ bytes: inout ByteBuffer) {
        defer { self.carried += bytes.readableBytes }
        guard let (place, mask) = self.change, case let index = place - self.carried + bytes.readerIndex,
            (bytes.readerIndex..<bytes.writerIndex).contains(index),
            let byte = bytes.getInteger(at: index, as: UInt8.self)
        else { return }
        bytes.setInteger(byte ^ mask, at: index)
    }

    /// Carries bytes until there are none.
    func settle() throws {
        var isBusy = true
        while isBusy {
            isBusy = false
            while var bytes = try self.client.channel.readOutbound(as: ByteBuffer.self) {
                isBusy = true
                self.changeOnTheWay(&bytes)
                try self.server.arrive(bytes)
            }
            while let bytes = try self.server.channel.readOutbound(as: ByteBuffer.self) {
                isBusy = true
                try self.client.arrive(bytes)
            }
        }
    }
}
