import Foundation
import IntegrationSupport
import JSON
import TestSupport
import Testing

/// One trace from a client's header to the commands of the pods.
@Suite("Traces", .timeLimit(.minutes(5)))
struct TraceTests {
    private static let traceID = "4bf92f3577b34da6a3ce929d0e0e4736"

    @Test("the trace of a request is in the logs of gateway, scheduler and runner, and in the pods' environment")
    func acrossServices() async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let cluster = try LocalCluster(
            folder: folder.url.appendingPathComponent("cluster"), schedulers: 2, gateways: 1,
            environment: ["APUS_LOGLEVEL": "debug"])
        do {
            try await self.acrossServices(cluster)
        } catch {
            try cluster.down()
            throw error
        }
        try cluster.down()
    }

    private func acrossServices(_ cluster: LocalCluster) async throws {
        let client = RESTClient(cluster.gateways[0])
        let workflow: JSONValue = [
            "metadata": ["name": "traced"],
            "spec": [
                "entrypoint": "main",
                "templates": [
                    [
                        "name": "main",
                        "container": ["image": "alpine", "command": ["sh", "-c"], "args": ["echo $TRACEPARENT"]],
                    ]
                ],
            ],
        ]
        let answer = try await client.send(
            "POST", "/api/v1/workflows/default", ["workflow": workflow],
            headers: ["traceparent": "00-\(Self.traceID)-00f067aa0ba902b7-01"])
        #expect(answer.status == 200, "\(answer.message)")
        let ended = try await client.workflow("traced", until: \.isCompleted)
        #expect(ended["metadata"]?["annotations"]?["workflows.argoproj.io/trace-id"]?.stringValue == Self.traceID)
        let lines = try await client.log(of: "traced", pod: "traced")
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("00-\(Self.traceID)-") == true, "\(lines)")
        func says(_ text: String, _ members: [String]) throws -> Bool {
            try members.contains { member in
                try cluster.log(member).split(separator: "\n").contains {
                    $0.contains("msg=\"\(text)\"") && $0.contains("trace_id=\(Self.traceID)")
                }
            }
        }
        #expect(try says("request answered", ["gateway-0"]))
        #expect(try says("workflow created", ["scheduler-0", "scheduler-1"]))
        #expect(try says("pod started", ["runner-0"]))
    }
}
