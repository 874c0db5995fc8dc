import ActorTransport
import Distributed
import Model
import TLS
import Testing

/// Calls over mutual TLS: who is called is whom the address book means, and who calls may call it.
@Suite("CallerRules", .timeLimit(.minutes(1)))
struct CallerRulesTests {
    private let authority: CertificateAuthority

    init() throws { self.authority = try CertificateAuthority.create(name: "test", now: .now()) }

    private func tls(_ role: ServiceIdentity.Role, _ member: String) throws -> MemberTLS {
        let identity = try #require(ServiceIdentity(role: role, member: member))
        let issued = try self.authority.issue(CertificateRequest(identity), now: .now())
        return try MemberTLS(
            MemberTLS.Files(
                certificate: .bytes(try issued.certificate.pem()), key: .bytes(try issued.key.pem()),
                authorities: .bytes(try self.authority.certificate.pem())),
            applicationProtocol: "h2")
    }

    /// Calls a runner that shows this identity as a member of that role does.
    private func call(
        as caller: ServiceIdentity.Role, runner: (ServiceIdentity.Role, String) = (.runner, "r-0")
    ) async throws -> [PodIdentity] {
        let server = try await HTTP2Server.listen(
            host: "127.0.0.1", port: 0, tls: try self.tls(runner.0, runner.1), limits: .patient)
        let addresses = MemberAddresses([
            "r-0": MemberAddress(host: "127.0.0.1", port: server.port, role: .runner)
        ])
        let transport = HTTP2Transport(
            addresses: addresses, tls: try self.tls(caller, "caller"), limits: .patient)
        let callee = ApusActorSystem(member: "r-0", transport: LoopbackTransport())
        RunnerEndpoint.publish(FakeBackend(), on: callee)
        let system = ApusActorSystem(member: "caller", transport: transport)
        let door = try $RunnerContract.resolve(id: .runner(on: "r-0"), using: system)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await server.run(callee) }
            defer {
                transport.drain()
                server.close()
            }
            return try await door.unknown([PodIdentity(workflowUID: "u", nodeID: "n", attempt: 1)])
        }
    }

    @Test("a scheduler may call a runner; a gateway is refused, and told why")
    func roles() async throws {
        #expect(try await self.call(as: .scheduler).count == 1)
        let error = await #expect(throws: ServiceError.self) { _ = try await self.call(as: .gateway) }
        #expect(error?.code == .permissionDenied)
        #expect(
            error?.message
                == "apus://gateway/caller may not call /apus.v1.Runner/Unknown: only these may: scheduler")
    }

    @Test("nothing is sent to who is another member than the address book says, or plays another part")
    func impostors() async throws {
        for impostor: (ServiceIdentity.Role, String) in [(.runner, "r-1"), (.scheduler, "r-0")] {
            let error = await #expect(throws: ServiceError.self) {
                _ = try await self.call(as: .scheduler, runner: impostor)
            }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("expected apus://runner/r-0") == true, "\(String(describing: error))")
        }
    }

    @Test("every method has callers, and one that no rule speaks of has none")
    func complete() {
        for method in MethodTable.contracts.methods {
            #expect(!CallerRules.callers(of: method).isEmpty, "\(method)")
        }
        #expect(CallerRules.callers(of: "/apus.v1.Unheard/Of").isEmpty)
        #expect(CallerRules.callers(of: "/other.Service/Shard").isEmpty)
    }

    @Test(
        "what one part may do another may not",
        arguments: [
            (ServiceIdentity.Role.runner, "Shard/CreateWorkflow"), (.runner, "Query/ListWorkflows"),
            (.runner, "Runner/Launch"), (.runner, "Runner/Logs"), (.gateway, "Runner/Artifact"),
            (.gateway, "Runner/Launch"), (.gateway, "Shard/Report"),
            (.gateway, "RunnerReports/Report"), (.gateway, "Query/WatchShards"),
            (.gateway, "Query/WatchShardEvents"), (.runner, "Query/SetDraining"),
            (.runner, "Query/Announce"), (.admin, "Query/Announce"),
            (.scheduler, "RunnerReports/Report"), (.admin, "Runner/Launch"),
        ])
    func refusals(role: ServiceIdentity.Role, method: String) throws {
        let caller = try #require(ServiceIdentity(role: role, member: "m"))
        let error = #expect(throws: ServiceError.self) {
            try CallerRules.check(caller, calls: "/apus.v1.\(method)")
        }
        #expect(error?.code == .permissionDenied)
    }
}

@Suite("MemberAddress")
struct MemberAddressTests {
    @Test("a runner announces where it is itself, and nobody else")
    func announcements() throws {
        let addresses = MemberAddresses()
        var announcement = RunnerAnnouncement(name: "r-0", pods: 1)
        announcement.address = "h:7"
        var context = CallContext()
        context.caller = ServiceIdentity(role: .runner, member: "r-1")
        let error = CallContext.$current.withValue(context) {
            #expect(throws: ServiceError.self) { try addresses.take(announcement) }
        }
        #expect(error?.code == .permissionDenied)
        #expect(addresses.address(of: "r-0") == nil)
        context.caller = ServiceIdentity(role: .runner, member: "r-0")
        try CallContext.$current.withValue(context) { try addresses.take(announcement) }
        #expect(addresses.address(of: "r-0") == MemberAddress(host: "h", port: 7, role: .runner))
    }

    @Test("addresses are read as they are written", arguments: ["127.0.0.1:1", "[::1]:65535", "host.example:7000"])
    func roundTrip(text: String) {
        #expect(MemberAddress(text)?.description == text)
    }

    @Test(
        "what is no address is refused",
        arguments: ["", ":1", "host", "host:", "host:0", "host:65536", "::1:7", "a b:1"])
    func refusals(text: String) {
        #expect(MemberAddress(text) == nil)
    }
}
