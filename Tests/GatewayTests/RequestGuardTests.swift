import Testing

@testable import Gateway

@Suite("RequestGuard", .timeLimit(.minutes(5)))
struct RequestGuardTests {
    private func status(
        _ method: RequestMethod = .post, host: String?, origin: String? = nil, guards: RequestGuard = RequestGuard()
    ) async -> Int {
        let application = GatewayApplication(cluster: FakeCluster(), guards: guards)
        return await application.answer(
            GatewayRequest(method, "/api/v1/tracking/event", host: host, origin: origin)
        ).status
    }

    @Test("a page of another origin cannot post, one of ours can, and programs without an origin can")
    func origins() async {
        #expect(await self.status(host: "localhost:2746", origin: "https://evil.example") == 403)
        #expect(await self.status(host: "localhost:2746", origin: "null") == 403)
        #expect(await self.status(host: "localhost:2746", origin: "http://localhost:2746") == 200)
        #expect(await self.status(host: "localhost:2746") == 200)
        #expect(await self.status(host: nil, origin: "http://localhost:2746") == 403)
    }

    @Test("a server for this machine only answers to names that cannot be made to lie")
    func hosts() async {
        let guards = RequestGuard(onlyLocalNames: true, allowedHosts: ["apus.internal"])
        for host in ["localhost:2746", "127.0.0.1:2746", "[::1]:2746", "LOCALHOST", "apus.internal:80", "10.0.0.1"] {
            #expect(await self.status(host: host, guards: guards) == 200, "\(host)")
        }
        for host in ["evil.example", "evil.example:2746", "127.0.0.1.evil.example", "1.2.3.400"] {
            #expect(await self.status(host: host, guards: guards) == 403, "\(host)")
        }
        #expect(await self.status(host: "apus.example") == 200)
    }
}
