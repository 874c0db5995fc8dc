import NIOCore
import NIOPosix
import TLS

/// A server on a free port that says back what it hears, over TLS, and ends the connection at the word `bye`.
struct EchoServer: Sendable {
    private let channel: any Channel
    let port: Int

    /// Runs a server around the body.
    static func with<Value>(
        limits: TLSLimits = TLSLimits(), context: @escaping @Sendable () -> TLSContext,
        _ body: (EchoServer) async throws -> Value
    ) async throws -> Value {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        try TLSHandler(context(), limits: limits), EchoHandler(),
                    ])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = EchoServer(channel: channel, port: channel.localAddress?.port ?? 0)
        do {
            let value = try await body(server)
            try await channel.close()
            return value
        } catch {
            try await channel.close()
            throw error
        }
    }
}

private final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var saysGoodbye = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.saysGoodbye = Self.unwrapInboundIn(data).readableBytesView.elementsEqual("bye\n".utf8)
        context.write(data, promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
        if self.saysGoodbye { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// A client over real sockets.
enum TLSClient {
    typealias Stream = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Connects; `nil` as context: without TLS.
    static func connect(
        port: Int, _ context: TLSContext?, expecting: TLSPeerExpectation = .host("localhost")
    ) async throws -> Stream {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(try TLSHandler(context, expecting: expecting))
                    }
                    return try NIOAsyncChannel(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(inboundType: ByteBuffer.self, outboundType: ByteBuffer.self))
                }
            }
    }

    /// Sends bytes and reads as many back, or until the server ends the connection.
    static func exchange(
        _ bytes: [UInt8], port: Int, _ context: TLSContext?, expecting: TLSPeerExpectation = .host("localhost"),
        answerCount: Int? = nil
    ) async throws -> [UInt8] {
        let stream = try await self.connect(port: port, context, expecting: expecting)
        return try await stream.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await outbound.write(ByteBuffer(bytes: bytes)) }
                var answer: [UInt8] = []
                for try await piece in inbound {
                    answer += piece.readableBytesView
                    if answer.count >= answerCount ?? bytes.count { break }
                }
                try await group.waitForAll()
                return answer
            }
        }
    }
}
