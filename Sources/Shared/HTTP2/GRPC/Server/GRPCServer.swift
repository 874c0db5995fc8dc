package import NIOCore
import NIOPosix
import Synchronization

/// Serves gRPC over HTTP/2 on one address.
///
/// Listening begins with `listen`, serving with `run`, which returns when `drain` has let every call end or its task is
/// cancelled.
package final class GRPCServer: Sendable {
    private struct State {
        var connections: [ObjectIdentifier: ServerConnection] = [:]
        var isDraining = false
    }

    package let port: Int
    private let listener: any Channel
    private let accepted: AsyncStream<ServerConnection>
    private let registry: Registry

    /// Connections that are open at once; more are closed as they come.
    private static let mostConnections = 10_000
    private static let backlog: Int32 = 1024

    /// What the accepting side of a channel and the server share.
    private final class Registry: Sendable {
        let state = Mutex(State())
        let accepted: AsyncStream<ServerConnection>.Continuation

        init(_ accepted: AsyncStream<ServerConnection>.Continuation) { self.accepted = accepted }

        func add(_ connection: ServerConnection) -> Bool {
            let isTaken = self.state.withLock { state in
                guard !state.isDraining, state.connections.count < GRPCServer.mostConnections else { return false }
                state.connections[ObjectIdentifier(connection)] = connection
                return true
            }
            if isTaken { self.accepted.yield(connection) }
            return isTaken
        }

        func remove(_ connection: ServerConnection) {
            self.state.withLock { _ = $0.connections.removeValue(forKey: ObjectIdentifier(connection)) }
        }
    }

    /// - Parameters:
    ///   - requestStreams: the methods that take streams of requests; handlers find these in `GRPCRequest.stream`.
    ///   - configure: puts handlers before the one of HTTP/2 into a connection's pipeline: TLS.
    package static func listen(
        host: String, port: Int, limits: HTTP2Limits, requestStreams: Set<String> = [],
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        configure: @escaping @Sendable (any Channel) throws -> Void = { _ in }
    ) async throws -> GRPCServer {
        let (accepted, continuation) = AsyncStream<ServerConnection>.makeStream()
        let registry = Registry(continuation)
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: GRPCServer.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try configure(channel)
                    let connection = try ServerConnection(channel, limits: limits, requestStreams: requestStreams)
                    try connection.install()
                    guard registry.add(connection) else { throw ChannelError.ioOnClosedChannel }
                    channel.closeFuture.whenComplete { _ in registry.remove(connection) }
                }
            }
            .bind(host: host, port: port).get()
        return GRPCServer(listener, accepted, registry)
    }

    private init(_ listener: any Channel, _ accepted: AsyncStream<ServerConnection>, _ registry: Registry) {
        self.port = listener.localAddress?.port ?? 0
        self.listener = listener
        self.accepted = accepted
        self.registry = registry
    }

    package func run(_ handler: some GRPCHandler) async {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                for await connection in self.accepted {
                    group.addTask { await connection.serve(handler) }
                }
            }
        } onCancel: {
            self.close()
        }
    }

    /// Takes no new connection and no new call; those under way go on, and `run` ends with the last.
    package func drain() {
        for connection in self.stopAccepting() { connection.drain() }
    }

    /// Ends everything at once.
    package func close() {
        for connection in self.stopAccepting() { connection.close() }
    }

    private func stopAccepting() -> [ServerConnection] {
        self.listener.close(promise: nil)
        self.registry.accepted.finish()
        return self.registry.state.withLock { state in
            state.isDraining = true
            return Array(state.connections.values)
        }
    }
}
