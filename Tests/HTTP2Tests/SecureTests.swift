import HTTP2
import NIOCore
import TLS
import Testing

/// Calls over mutual TLS: the same calls, between those who know each other alone.
@Suite("GRPCConnection over TLS", .timeLimit(.minutes(5)))
struct SecureTests {
    private let authority: CertificateAuthority

    init() throws { self.authority = try CertificateAuthority.create(name: "test", now: .now()) }

    private func member(_ identity: ServiceIdentity, of authority: CertificateAuthority? = nil) throws -> MemberTLS {
        let issued = try (authority ?? self.authority).issue(CertificateRequest(identity), now: .now())
        return try MemberTLS(
            MemberTLS.Files(
                certificate: .bytes(try issued.certificate.pem()), key: .bytes(try issued.key.pem()),
                authorities: .bytes(try self.authority.certificate.pem())),
            applicationProtocol: "h2")
    }

    private func identity(_ role: ServiceIdentity.Role, _ member: String) throws -> ServiceIdentity {
        try #require(ServiceIdentity(role: role, member: member))
    }

    /// Runs the body beside a scheduler of that name that says back what it hears.
    private func withScheduler(_ member: String, _ body: (Int) async throws -> Void) async throws {
        let scheduler = try self.member(try self.identity(.scheduler, member))
        let server = try await GRPCServer.listen(host: "127.0.0.1", port: 0, limits: HTTP2Limits()) { channel in
            try channel.pipeline.syncOperations.addHandler(try scheduler.serverHandler())
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await server.run(ClosureHandler { .message($0.message) }) }
            do {
                try await body(server.port)
            } catch {
                server.close()
                throw error
            }
            server.close()
            try await group.waitForAll()
        }
    }

    private func connect(
        _ port: Int, as caller: MemberTLS, to member: ServiceIdentity
    ) async throws -> GRPCConnection {
        try await GRPCConnection.connect(
            host: "127.0.0.1", port: port, limits: HTTP2Limits(), timeout: .seconds(10)
        ) { channel in
            try channel.pipeline.syncOperations.addHandler(try caller.clientHandler(to: member))
        }.get()
    }

    @Test("messages of any size come back equal, many at a time")
    func calls() async throws {
        let scheduler = try self.identity(.scheduler, "s-0")
        let runner = try self.member(try self.identity(.runner, "r-0"))
        try await self.withScheduler("s-0") { port in
            let connection = try await self.connect(port, as: runner, to: scheduler)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for size in [0, 1, 200, 16_383, 16_384, 70_000, 1_000_000] + Array(repeating: 100, count: 64) {
                    group.addTask {
                        let message = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                        let answer = try await connection.unary(GRPCRequest(path: "/a.B/C", message: message))
                        #expect(answer == message)
                    }
                }
                try await group.waitForAll()
            }
            connection.close()
            try await connection.closed.get()
        }
    }

    @Test("whoever is not of the authority, or not whom was asked for, is not connected, and the reason is said")
    func strangers() async throws {
        let identity = try self.identity(.runner, "r-0")
        let runner = try self.member(identity)
        let stranger = try self.member(identity, of: try CertificateAuthority.create(name: "foreign", now: .now()))
        try await self.withScheduler("s-1") { port in
            for (caller, name, words) in [
                (runner, "s-0", "expected apus://scheduler/s-0"), (stranger, "s-1", "the peer ended the connection"),
            ] {
                let member = try self.identity(.scheduler, name)
                let error = await #expect(throws: HTTP2Error.self) {
                    _ = try await self.connect(port, as: caller, to: member)
                }
                #expect(error.map { "\($0)" }?.contains(words) == true, "\(String(describing: error))")
            }
        }
    }
}
