import ActorTransport
import Telemetry
import Testing

@testable import Gateway

@Suite("Metrics", .timeLimit(.minutes(1)))
struct MetricsCallTests {
    @Test("requests are counted by the pattern of their path, so that names make no series")
    func requests() async throws {
        let application = GatewayApplication(cluster: FakeCluster())
        _ = try await application.ask(.get, "/api/v1/workflows/a")
        _ = try await application.ask(.get, "/api/v1/workflows/b")
        _ = try await application.ask(.get, "/nothing/of/ours")
        let answer = await application.answer(GatewayRequest(.get, "/metrics"))
        #expect(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
        let text = try await answer.text()
        #expect(
            text.contains(
                "\napus_http_requests_total{method=\"GET\",route=\"/api/v1/workflows/{namespace}\",status=\"200\"} 2\n")
        )
        #expect(text.contains("\napus_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"} 1\n"))
        #expect(
            text.contains(
                "\napus_http_request_duration_seconds_count{method=\"GET\",route=\"/api/v1/workflows/{namespace}\"} 2\n"
            ))
    }

    @Test("a port for probes alone answers them, and says what it has where something else is asked")
    func probes() async throws {
        let registry = MetricRegistry([])
        let ready = ProbeApplication(metrics: registry, obstacle: { nil })
        #expect(await ready.answer(GatewayRequest(.get, "/readyz")).status == 200)
        #expect(await ready.answer(GatewayRequest(.get, "/metrics")).status == 200)
        let busy = ProbeApplication(metrics: registry, obstacle: { "not serving" })
        #expect(await busy.answer(GatewayRequest(.get, "/healthz")).status == 200)
        let answer = await busy.answer(GatewayRequest(.get, "/readyz"))
        #expect(answer.status == 503)
        #expect(try await answer.text() == "not serving\n")
        #expect(await busy.answer(GatewayRequest(.post, "/metrics")).status == 405)
        let missing = await busy.answer(GatewayRequest(.get, "/api/v1/info"))
        #expect(missing.status == 404)
        #expect(try await missing.text().contains("/metrics"))
    }
}
