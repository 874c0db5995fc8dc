import HTTP2
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// A handler made of a closure.
struct ClosureHandler: GRPCHandler {
    let body: @Sendable (GRPCRequest) async throws -> GRPCAnswer

    func answer(_ request: GRPCRequest) async throws -> GRPCAnswer { try await self.body(request) }
}

/// Runs `body` beside a server on a port of its own, and ends the server after it.
func withServer(
    limits: HTTP2Limits = HTTP2Limits(), _ handler: @escaping @Sendable (GRPCRequest) async throws -> GRPCAnswer,
    _ body: (GRPCServer) async throws -> Void
) async throws {
    let server = try await GRPCServer.listen(host: "127.0.0.1", port: 0, limits: limits)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await server.run(ClosureHandler(body: handler)) }
        do {
            try await body(server)
        } catch {
            server.close()
            throw error
        }
        server.close()
        try await group.waitForAll()
    }
}

func connect(
    _ port: Int, limits: HTTP2Limits = HTTP2Limits(), callLimits: GRPCCallLimits = GRPCCallLimits()
) async throws -> GRPCConnection {
    try await GRPCConnection.connect(
        host: "127.0.0.1", port: port, limits: limits, callLimits: callLimits, timeout: .seconds(10)
    ).get()
}

/// Runs `body` beside a server and with a connection to it.
func withConnection(
    limits: HTTP2Limits = HTTP2Limits(), callLimits: GRPCCallLimits = GRPCCallLimits(),
    _ handler: @escaping @Sendable (GRPCRequest) async throws -> GRPCAnswer,
    _ body: (GRPCConnection, GRPCServer) async throws -> Void
) async throws {
    try await withServer(limits: limits, handler) { server in
        let connection = try await connect(server.port, limits: limits, callLimits: callLimits)
        try await body(connection, server)
        connection.close()
        try await connection.closed.get()
    }
}

/// Something that happens once and may be waited for.
final class Signal: Sendable {
    private let stream = AsyncStream<Void>.makeStream()

    func send() { self.stream.continuation.finish() }

    func wait() async { for await _ in self.stream.stream {} }
}

/// A count that tasks share.
final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { self.count.withLock { $0 } }

    @discardableResult
    func add(_ more: Int = 1) -> Int {
        self.count.withLock { count in
            count += more
            return count
        }
    }
}

/// Waits for ever, until the task is cancelled.
func waitForCancellation() async throws {
    while true { try await ContinuousClock().sleep(for: .seconds(3600)) }
}

/// A stream of numbered messages of `size` bytes, which counts what was drawn from it.
func numbered(_ count: Int, size: Int, drawn: Counter) -> AsyncThrowingStream<[UInt8], any Error> {
    AsyncThrowingStream(unfolding: {
        let number = drawn.add()
        guard number <= count else { return nil }
        return [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: size)
    })
}
