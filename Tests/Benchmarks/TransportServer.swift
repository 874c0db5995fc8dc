import ActorTransport
import Foundation
import HTTP2
import Model
import TLS

/// The serving side of the transport benchmarks: a process of its own, so that its processor time is its own.
///
/// It prints its port and serves until its standard input ends.
enum TransportServer {
    enum Mode: String {
        /// Says back what it hears, without an actor.
        case raw
        /// Serves a runner's door.
        case actor
        /// The same over mutual TLS.
        case secure
    }

    static let member = "server"

    /// - Parameter folder: where the certificates lie that `TransportIdentity.write` made.
    static func run(_ mode: Mode, folder: URL) async throws {
        switch mode {
        case .raw:
            let server = try await GRPCServer.listen(host: "127.0.0.1", port: 0, limits: .members)
            try await self.serve(server.port) {
                await server.run(Echo())
            } close: {
                server.close()
            }
        case .actor, .secure:
            let tls = mode == .secure ? try TransportIdentity.read(self.member, folder) : nil
            let server = try await HTTP2Server.listen(host: "127.0.0.1", port: 0, tls: tls)
            let system = ApusActorSystem(member: self.member, transport: LoopbackTransport())
            RunnerEndpoint.publish(EchoBackend(), on: system)
            try await self.serve(server.port) {
                await server.run(system)
            } close: {
                server.close()
            }
        }
    }

    private static func serve(
        _ port: Int, _ body: @escaping @Sendable () async -> Void, close: @escaping @Sendable () -> Void
    ) async throws {
        FileHandle.standardOutput.write(Data("\(port)\n".utf8))
        Thread.detachNewThread {
            while !FileHandle.standardInput.availableData.isEmpty {}
            close()
        }
        await body()
    }
}

private struct Echo: GRPCHandler {
    func answer(_ request: GRPCRequest) async throws -> GRPCAnswer { .message(request.message) }
}

/// A runner that knows no pod: asked which of some pods it does not know, it says them back.
private struct EchoBackend: PodBackendDoor {
    func launch(_ launches: [PodLaunch]) async throws -> [LaunchRefusal] { [] }

    func stop(_ identity: PodIdentity, graceSeconds: Int) async throws {}

    func unknown(_ identities: [PodIdentity]) async throws -> [PodIdentity] { identities }

    func remove(_ workflow: ObjectKey) async throws {}

    func logs(_ request: PodLogRequest) async throws -> AsyncThrowingStream<LogBatch, any Error> {
        throw ServiceError(.unimplemented, "a benchmark has no logs")
    }

    func artifact(_ request: StoredArtifact) async throws -> ArtifactContent {
        throw ServiceError(.unimplemented, "a benchmark has no artifacts")
    }
}

/// The certificates of both sides.
enum TransportIdentity {
    /// Makes an authority and a certificate of it for each side.
    static func write(to folder: URL) throws {
        let authority = try CertificateAuthority.create(name: "bench", now: .now())
        try Data(try authority.certificate.pem()).write(to: folder.appendingPathComponent("ca.pem"))
        for (role, member) in [(ServiceIdentity.Role.runner, TransportServer.member), (.scheduler, "client")] {
            let issued = try authority.issue(CertificateRequest(try self.identity(role, member)), now: .now())
            try Data(try issued.certificate.pem()).write(to: folder.appendingPathComponent("\(member).pem"))
            try Data(try issued.key.pem()).write(to: folder.appendingPathComponent("\(member).key"))
        }
    }

    static func read(_ member: String, _ folder: URL) throws -> MemberTLS {
        func bytes(_ name: String) throws -> TLSMaterial {
            .bytes(Array(try Data(contentsOf: folder.appendingPathComponent(name))))
        }
        return try MemberTLS(
            MemberTLS.Files(
                certificate: try bytes("\(member).pem"), key: try bytes("\(member).key"),
                authorities: try bytes("ca.pem")),
            applicationProtocol: "h2")
    }

    static func identity(_ role: ServiceIdentity.Role, _ member: String) throws -> ServiceIdentity {
        guard let identity = ServiceIdentity(role: role, member: member) else {
            throw BenchmarkError("\(member) is no name of a member")
        }
        return identity
    }
}
