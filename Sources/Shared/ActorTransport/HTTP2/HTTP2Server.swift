package import HTTP2
package import NIOCore
import NIOPosix

/// Takes calls from other members and gives them to a handler.
///
/// Any client of gRPC may call: the method is the path, metadata `apus-actor` names the actor. The health service of gRPC
/// is answered too.
package final class HTTP2Server: Sendable {
    private let server: GRPCServer

    package var port: Int { self.server.port }

    /// - Parameter configure: puts handlers before the one of HTTP/2 into a connection's pipeline: TLS.
    package static func listen(
        host: String, port: Int, limits: HTTP2Limits = .members,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        configure: @escaping @Sendable (any Channel) throws -> Void = { _ in }
    ) async throws -> HTTP2Server {
        HTTP2Server(
            try await GRPCServer.listen(host: host, port: port, limits: limits, group: group, configure: configure))
    }

    private init(_ server: GRPCServer) { self.server = server }

    /// Serves until `drain` has let every call end, or the task is cancelled.
    package func run(_ handler: any CallHandler, health: HealthService = HealthService()) async {
        await self.server.run(ActorService(handler: handler, health: health))
    }

    /// Takes no new connection and no new call; those under way go on, and `run` ends with the last.
    package func drain() { self.server.drain() }

    /// Ends everything at once.
    package func close() { self.server.close() }
}

/// Turns requests of gRPC into calls of actors.
private struct ActorService: GRPCHandler {
    let handler: any CallHandler
    let health: HealthService

    func answer(_ request: GRPCRequest) async throws -> GRPCAnswer {
        if request.path.hasPrefix(HealthService.path) { return try self.health.answer(request) }
        let call = try WireCall(request, member: self.handler.member)
        guard self.handler.isStream(call.method) else { return .message(try await self.handler.handle(call)) }
        return .messages(try await self.handler.handleStream(call))
    }
}
