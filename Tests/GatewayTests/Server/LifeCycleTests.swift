import ActorTransport
import JSON
import Logging
import Testing

@testable import Gateway

@Suite("GatewayService", .timeLimit(.minutes(5)))
struct LifeCycleTests {
    private func service(_ change: (inout GatewayConfiguration) -> Void) -> GatewayService {
        var configuration = GatewayConfiguration()
        configuration.port = 0
        change(&configuration)
        return GatewayService(configuration: configuration, cluster: FakeCluster(), logger: Logger(label: "test"))
    }

    private func failure(_ change: (inout GatewayConfiguration) -> Void) async -> GatewayError? {
        do throws(GatewayError) {
            try await self.service(change).bind()
            return nil
        } catch {
            return error
        }
    }

    @Test("an address that others can reach needs authentication, or the danger called by its name")
    func insecureAddress() async {
        for host in ["0.0.0.0", "::", "192.0.2.1", "example.org", "127.example.org", "127.0.0.1.nip.io"] {
            let error = await self.failure { $0.host = host }
            #expect(error?.code == .insecureAddress, "\(host)")
            #expect(error?.message.contains("--allow-insecure") == true)
        }
    }

    @Test("a gateway whose port was opened and that never ran is let go quietly")
    func neverRun() async throws {
        var service: GatewayService? = self.service { _ in }
        let port = try await service?.bind()
        #expect(try await service?.bind() == port)
        service = nil
    }

    @Test("a port in use is named, with what to do")
    func portInUse() async throws {
        try await RunningGateway.with { gateway in
            let error = await self.failure { $0.port = gateway.port }
            #expect(error?.code == .addressInUse)
            #expect(error?.message.contains("127.0.0.1:\(gateway.port)") == true)
        }
    }

    @Test("whoever asks is told that the server lives, and why it is not ready")
    func notReady() async throws {
        try await RunningGateway.with(obstacle: { "the store failed: the disk is full" }) { gateway in
            try await RawClient.with(port: gateway.port) { client in
                try await client.get("/healthz")
                #expect(try await client.answer().status == 200)
                try await client.get("/readyz")
                let answer = try await client.answer()
                #expect(answer.status == 503)
                #expect(answer.body == "the store failed: the disk is full\n")
            }
        }
    }

    @Test("graceful shutdown ends streams with a last frame, lets idle connections go and opens no new ones")
    func shutdown() async throws {
        try await RunningGateway.with { gateway in
            try await RawClient.with(port: gateway.port) { streaming in
                try await streaming.get("/api/v1/workflow-events/argo")
                _ = try await streaming.head()
                try await RawClient.with(port: gateway.port) { idle in
                    try await idle.get("/readyz")
                    #expect(try await idle.answer().status == 200)
                    await gateway.stop()
                    #expect(
                        try await streaming.chunk()
                            == #"{"error":{"grpc_code":14,"http_code":503,"message":"the server is shutting down","#
                            + #""http_status":"Service Unavailable"}}"# + "\n")
                    #expect(try await streaming.chunk() == nil)
                    #expect(try await streaming.rest().isEmpty)
                    #expect(try await idle.rest().isEmpty)
                }
            }
        }
    }

    @Test("a request that is half there when shutdown begins is still answered, and its connection closed")
    func shutdownMidRequest() async throws {
        try await RunningGateway.with { gateway in
            try await RawClient.with(port: gateway.port) { client in
                try await client.send(
                    "POST /api/v1/tracking/event HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                        + "Content-Length: 2\r\n\r\n{")
                #expect(try await client.answer().status == 100)
                await gateway.stop()
                try await client.send("}")
                #expect(try await client.answer().status == 200)
                #expect(try await client.rest().isEmpty)
            }
        }
    }

    @Test("a request that outlasts the grace period is cut off")
    func grace() async throws {
        var limits = GatewayLimits()
        limits.shutdownGrace = .milliseconds(50)
        try await RunningGateway.with(limits: limits) { gateway in
            try await RawClient.with(port: gateway.port) { client in
                try await client.send(
                    "POST /api/v1/tracking/event HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                        + "Content-Length: 2\r\n\r\n{")
                #expect(try await client.answer().status == 100)
                await gateway.stop()
                #expect(try await client.rest().isEmpty)
            }
        }
    }
}
