import ActorTransport
import JSON
import Testing

@testable import Gateway

@Suite("Streams", .timeLimit(.minutes(5)))
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
                            == "data: {\"result\":{\"type\":\"MODIFIED\","
                            + "\"object\":{\"status\":{\"phase\":\"\(phase)\"}}}}\n\n"
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
                        == #"{"error":{"grpc_code":14,"http_code":503,"message":"moved","http_status":"Service "#
                        + #"Unavailable"}}"#
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

    @Test("a client that does not read holds its producer up, and only its own")
    func backpressure() async throws {
        try await RunningGateway.with { gateway in
            try await RawClient.with(port: gateway.port) { client in
                try await client.get("/artifacts/argo/w/n/huge")
                _ = try await client.head()
                // What others ask meanwhile is time enough to produce it all, were it not for the first.
                try await RawClient.with(port: gateway.port) { other in
                    for _ in 0..<1_000 {
                        try await other.get("/healthz")
                        #expect(try await other.answer().status == 200)
                    }
                }
                #expect(gateway.cluster.chunksMade < FakeCluster.hugeChunks)
                var taken = 0
                while let chunk = try await client.chunk() { taken += chunk.utf8.count }
                #expect(taken == FakeCluster.hugeChunks * FakeCluster.hugeChunkBytes)
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
