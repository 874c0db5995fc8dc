import HTTP2
import NIOCore
import NIOPosix
import Testing

@Suite("Connections that end", .timeLimit(.minutes(5)))
struct ConnectionEndTests {
    @Test("when the peer dies every call that is under way fails at once")
    func peerDies() async throws {
        let began = Counter()
        let all = Signal()
        try await withServer { request in
            if began.add() == 10 { all.send() }
            if request.path == "/stream" {
                return .messages(
                    AsyncThrowingStream(unfolding: {
                        try await waitForCancellation(); return nil
                    }))
            }
            try await waitForCancellation()
            return .message([])
        } _: { server in
            let connection = try await connect(server.port)
            let codes = await withTaskGroup(of: Int.self) { group in
                for number in 0..<10 {
                    group.addTask {
                        let path = number < 5 ? "/unary" : "/stream"
                        do {
                            if number < 5 {
                                _ = try await connection.unary(GRPCRequest(path: path, message: []))
                            } else {
                                for try await _ in try await connection.stream(GRPCRequest(path: path, message: [])) {}
                            }
                            return 0
                        } catch {
                            return (error as? GRPCStatus)?.code ?? -1
                        }
                    }
                }
                await all.wait()
                server.close()
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes == [Int](repeating: GRPCStatus.Code.unavailable, count: 10))
            #expect(!connection.isUsable)
            await #expect(throws: GRPCStatus.self) { try await connection.unary(GRPCRequest(path: "/a", message: [])) }
        }
    }

    @Test("a peer that takes the connection and says nothing is given up as soon as one that takes none")
    func silentPeer() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let silent = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(silent.localAddress?.port)
        let connecting = GRPCConnection.connect(
            host: "127.0.0.1", port: port, limits: HTTP2Limits(), timeout: .milliseconds(50))
        let error = await #expect(throws: HTTP2Error.self) { try await connecting.get() }
        // Not after the ten seconds that the preface may take.
        #expect(error?.message == "the peer did not answer within 0.05 seconds")
        try await silent.close()
    }

    @Test("a connection that its client cuts cancels what it asked for")
    func clientDies() async throws {
        let began = Signal()
        let cancelled = Signal()
        try await withServer { _ in
            began.send()
            do { try await waitForCancellation() } catch { cancelled.send() }
            return .message([])
        } _: { server in
            let connection = try await connect(server.port)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: GRPCStatus.self) {
                        try await connection.unary(GRPCRequest(path: "/a", message: []))
                    }
                }
                await began.wait()
                connection.close()
            }
            await cancelled.wait()
        }
    }

    @Test("a server that drains ends what is under way, refuses what is new, and closes")
    func drain() async throws {
        let began = Signal()
        let gate = Signal()
        try await withServer { _ in
            began.send()
            await gate.wait()
            return .message([1])
        } _: { server in
            let connection = try await connect(server.port)
            try await withThrowingTaskGroup(of: [UInt8].self) { group in
                group.addTask { try await connection.unary(GRPCRequest(path: "/a", message: [])) }
                await began.wait()
                server.drain()
                while connection.isUsable { await Task.yield() }
                let refused = await #expect(throws: GRPCStatus.self) {
                    try await connection.unary(GRPCRequest(path: "/b", message: []))
                }
                #expect(refused?.isNotProcessed == true)
                gate.send()
                let answer = try await group.next()
                #expect(answer == [1])
            }
            try await connection.closed.get()
        }
    }

    @Test("a client that drains lets its calls end")
    func clientDrain() async throws {
        let began = Signal()
        let gate = Signal()
        try await withServer { _ in
            began.send()
            await gate.wait()
            return .message([1])
        } _: { server in
            let connection = try await connect(server.port)
            try await withThrowingTaskGroup(of: [UInt8].self) { group in
                group.addTask { try await connection.unary(GRPCRequest(path: "/a", message: [])) }
                await began.wait()
                connection.drain()
                gate.send()
                let answer = try await group.next()
                #expect(answer == [1])
            }
            try await connection.closed.get()
        }
    }

    @Test("a peer that says nothing is given up after the keepalive's time")
    func keepalive() async throws {
        var limits = HTTP2Limits()
        limits.keepaliveInterval = .milliseconds(40)
        limits.keepaliveTimeout = .milliseconds(40)
        // A server that shows its settings and never reads again.
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.syncOptions?.setOption(.autoRead, value: false)
                    let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
                    try channel.pipeline.syncOperations.addHandler(Greeter(settings))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let connection = try await connect(server.localAddress?.port ?? 0, limits: limits)
        let error = await #expect(throws: GRPCStatus.self) {
            try await connection.unary(GRPCRequest(path: "/a", message: []))
        }
        #expect(error?.message == "the peer did not answer for 0.04 seconds")
        try await server.close()
    }

    @Test("a living peer is kept, however long nothing is asked of it")
    func keptAlive() async throws {
        var limits = HTTP2Limits()
        limits.keepaliveInterval = .milliseconds(10)
        limits.keepaliveTimeout = .seconds(5)
        limits.pings = HTTP2Limits.Rate(burst: 1000, perSecond: 1000)
        try await withConnection(limits: limits) { request in
            try await ContinuousClock().sleep(for: .milliseconds(200))
            return .message(request.message)
        } _: { connection, _ in
            let answer = try await connection.unary(GRPCRequest(path: "/a", message: [1]))
            #expect(answer == [1])
        }
    }

    @Test("a peer that speaks another protocol is told apart")
    func otherProtocol() async throws {
        let answer = Array("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".utf8)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Greeter(answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let error = await #expect(throws: HTTP2Error.self) { try await connect(server.localAddress?.port ?? 0) }
        #expect(
            error?.message.hasPrefix("the peer does not speak HTTP/2 properly") == true, "\(String(describing: error))")
        try await server.close()
    }

    @Test("nobody listening is an error that says so")
    func nobody() async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = server.localAddress?.port ?? 0
        try await server.close()
        let error = await #expect(throws: HTTP2Error.self) { try await connect(port) }
        #expect(error?.code == .connectionLost)
    }
}

/// Says one thing to whoever connects.
final class Greeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let greeting: [UInt8]

    init(_ greeting: [UInt8]) { self.greeting = greeting }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(bytes: self.greeting)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}
}
