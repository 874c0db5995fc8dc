import ActorTransport
import JSON
import Testing

@testable import Gateway

@Suite("Streams", .timeLimit(.minutes(1)))
struct StreamTests {
    @Test("an event is sent when it happens, and the end of the watch ends the answer")
    func events() async throws {
        try await RunningGateway.with { gateway in
            try await RawClient.with(port: gateway.port) { client in
                try await client.get("/api/v1/workflow-events/argo", "Accept: text/event-stream\r\n")
                let head = try await client.head()
                #expect(head.status == 200)
                #expect(head.header("Content-Type") == "text/event-stream")
                await gateway.cluster.events.consumerCame()
                for phase in ["Pending", "Running"] {
                    gateway.cluster.events.send(WatchEvent(.modified, ["status": ["phase": .string(phase)]]))
                    #expect(
                        try await client.chunk()
                            == "data: {\"result\":{\"type\":\"MODIFIED\",\"object\":{\"status\":{\"phase\":\"\(phase)\"}}}}\n\n"
                    )
                }
                gateway.cluster.events.finish()
                #expect(try await client.chunk() == nil)
                try await client.get("/healthz")
                #expect(try await client.answer().status == 200)
            }
        }
    }

    @Test("an error in the middle is the last frame")
    func failing() async throws {
        try await RunningGateway.with { gateway in
            try await RawClient.with(port: gateway.port) { client in
                try await client.get("/api/v1/workflow-events/argo")
                _ = try await client.head()
                await gateway.cluster.events.consumerCame()
                gateway.cluster.events.finish(ServiceError(.unavailable, "moved"))
                #expect(
                    try await client.chunk()
                        == #"{"error":{"grpc_code":14,"http_code":503,"message":"moved","http_status":"Service Unavailable"}}"#
                        + "\n")
                #expect(try await client.chunk() == nil)
            }
        }
    }

    @Test("when the client goes, what ran for it is cancelled")
    func disconnect() async throws {
        try await RunningGateway.with { gateway in
            try await RawClient.with(port: gateway.port) { client in
                try await client.get("/api/v1/workflow-events/argo")
                _ = try await client.head()
                await gateway.cluster.events.consumerCame()
                try await client.close()
                await gateway.cluster.events.consumerLeft()
            }
        }
    }

    @Test("a call that is under way is cancelled too when its client goes")
    func disconnectMidCall() async throws {
        try await RunningGateway.with { gateway in
            try await RawClient.with(port: gateway.port) { client in
                try await client.get("/api/v1/workflows/argo/never")
                await gateway.cluster.events.consumerCame()
                try await client.close()
                await gateway.cluster.events.consumerLeft()
            }
        }
    }

    @Test("a silent stream of events shows signs of life")
    func signsOfLife() async throws {
        var limits = GatewayLimits()
        limits.keepAliveInterval = .milliseconds(20)
        try await RunningGateway.with(limits: limits) { gateway in
            try await RawClient.with(port: gateway.port) { client in
                try await client.get("/api/v1/workflow-events/argo", "Accept: text/event-stream\r\n")
                _ = try await client.head()
                #expect(try await client.chunk() == ":\n\n")
                #expect(try await client.chunk() == ":\n\n")
            }
        }
    }

    @Test("a watch with a time limit ends without an error")
    func timeLimit() async throws {
        try await RunningGateway.with { gateway in
            try await RawClient.with(port: gateway.port) { client in
                try await client.get("/api/v1/workflow-events/argo?listOptions.timeoutSeconds=1")
                let answer = try await client.answer()
                #expect(answer.status == 200)
                #expect(answer.body.isEmpty)
            }
        }
    }

    @Test("a client that does not read holds the producer up, not the memory")
    func backpressure() async throws {
        try await RunningGateway.with { gateway in
            let content = String(repeating: "x", count: 64 * 1024)
            gateway.cluster.put(.workflow, "argo", "w", [:])
            gateway.cluster.setLogs((0..<400).map { _ in LogEntry(content: content, podName: "w") })
            try await RawClient.with(port: gateway.port) { client in
                try await client.get("/api/v1/workflows/argo/w/log")
                let answer = try await client.answer()
                #expect(answer.body.utf8.count > 400 * 64 * 1024)
            }
        }
    }

    @Test("an artifact goes with its length")
    func artifact() async throws {
        try await RunningGateway.with { gateway in
            try await RawClient.with(port: gateway.port) { client in
                try await client.get("/artifacts/argo/w/n/report")
                let answer = try await client.answer()
                #expect(answer.header("Content-Length") == "6")
                #expect(answer.body == "abcdef")
            }
        }
    }
}
