package import HTTP2
package import NIOCore
import NIOPosix
package import TLS

/// Takes calls from other members and gives them to a handler.
///
/// Any client of gRPC may call: the method is the path, metadata `apus-actor` names the actor. The health and the
/// reflection service of gRPC are answered too.
package final class HTTP2Server: Sendable {
    private let server: GRPCServer
    private let isSecure: Bool

    package var port: Int { self.server.port }

    /// - Parameter tls: what callers must show, and are shown; `nil`: plain text, where everybody may call everything.
    package static func listen(
        host: String, port: Int, tls: MemberTLS? = nil, limits: HTTP2Limits = .members,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> HTTP2Server {
        let server = try await GRPCServer.listen(
            host: host, port: port, limits: limits, requestStreams: ReflectionService.methods, group: group
        ) { channel in
            guard let tls else { return }
            try channel.pipeline.syncOperations.addHandlers([try tls.serverHandler(), CallerNaming()])
        }
        return HTTP2Server(server, isSecure: tls != nil)
    }

    private init(_ server: GRPCServer, isSecure: Bool) {
        self.server = server
        self.isSecure = isSecure
    }

    /// Serves until `drain` has let every call end, or the task is cancelled.
    package func run(_ handler: any CallHandler, health: HealthService = HealthService()) async {
        await self.server.run(ActorService(handler: handler, health: health, isSecure: self.isSecure))
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
    let isSecure: Bool

    func answer(_ request: GRPCRequest) async throws -> GRPCAnswer {
        if request.path.hasPrefix(HealthService.path) { return try self.health.answer(request) }
        if let requests = request.stream { return .messages(ReflectionService.answers(requests)) }
        var call = try WireCall(request, member: self.handler.member)
        if self.isSecure { call.caller = try self.caller(of: request) }
        guard self.handler.isStream(call.method) else { return .message(try await self.handler.handle(call)) }
        return .messages(try await self.handler.handleStream(call))
    }

    /// Who calls, once it is known that it may.
    private func caller(of request: GRPCRequest) throws(ServiceError) -> ServiceIdentity {
        guard let peer = request.peer, let caller = ServiceIdentity(uri: peer) else {
            throw ServiceError(
                .unauthenticated,
                "the caller's certificate names no member of a cluster: issue it one with `apus pki issue`")
        }
        try CallerRules.check(caller, calls: request.path)
        return caller
    }
}

/// Tells the handler of HTTP/2 whom the certificate of a connection was issued to.
private final class CallerNaming: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let done = event as? TLSHandshakeCompleted, let identity = done.peer?.identity {
            context.fireUserInboundEventTriggered(HTTP2PeerIdentified(identity.description))
        }
        context.fireUserInboundEventTriggered(event)
    }
}
