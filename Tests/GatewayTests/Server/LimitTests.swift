import ActorTransport
import JSON
import Testing

@testable import Gateway

@Suite("GatewayLimits", .timeLimit(.minutes(5)))
struct LimitTests {
    @Test("a head within the limit is taken, and one beyond it is 431, in one header, in many, or in the path")
    func headSize() async throws {
        var limits = GatewayLimits()
        limits.headBytes = 4096
        try await RunningGateway.with(limits: limits) { gateway in
            try await RawClient.with(port: gateway.port) { client in
                try await client.get("/healthz", "X-Long: \(String(repeating: "a", count: 3000))\r\n")
                #expect(try await client.answer().status == 200)
            }
            let long = String(repeating: "a", count: 5000)
            let many = (0..<100).map { "X-Header-\($0): \(String(repeating: "b", count: 60))\r\n" }.joined()
            for request in [
                "GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: \(long)\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: localhost\r\n\(many)\r\n", "GET /\(long)\(long) HTTP/1.1",
            ] {
                try await RawClient.with(port: gateway.port) { client in
                    try await client.send(request)
                    let answer = try await client.answer()
                    #expect(answer.status == 431)
                    #expect(answer.body.contains("4096"))
                }
            }
        }
    }

    @Test("a body of the greatest size is taken, and one byte more is 413, announced or in chunks")
    func bodySize() async throws {
        var limits = GatewayLimits()
        limits.bodyBytes = 2000
        try await RunningGateway.with(limits: limits) { gateway in
            try await RawClient.with(port: gateway.port) { client in
                let padding = String(repeating: " ", count: 2000 - 2)
                try await client.post("/api/v1/tracking/event", "{\(padding)}")
                #expect(try await client.answer().status == 200)
                try await client.post("/api/v1/tracking/event", "{\(padding) }")
                let refused = try await client.answer()
                #expect(refused.status == 413)
                #expect(refused.body.contains("2000"))
            }
            try await RawClient.with(port: gateway.port) { client in
                try await client.send(
                    "POST /api/v1/tracking/event HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "7d1\r\n\(String(repeating: " ", count: 2001))\r\n")
                #expect(try await client.answer().status == 413)
            }
        }
    }

    @Test("a workflow of ten megabytes is taken whole; one beyond the limit is refused with it, and nothing is stored")
    func bigWorkflows() async throws {
        let text = String(repeating: "a", count: 10_000_000)
        let items = Array(repeating: "\"item\"", count: 100_000).joined(separator: ",")
        let limit = GatewayLimits().bodyBytes
        try await RunningGateway.with { gateway in
            try await RawClient.with(port: gateway.port) { client in
                for member in [
                    #""arguments":{"parameters":[{"name":"p","value":"\#(text)"}]}"#, #""items":[\#(items)]"#,
                ] {
                    let workflow = smallWorkflow(named: "big\(gateway.cluster.asked.count)").replacing(
                        #""arguments":{}"#, with: member)
                    try await client.post("/api/v1/workflows/argo", workflow)
                    #expect(try await client.answer().status == 200)
                }
            }
            guard case .create(let first) = gateway.cluster.asked[0],
                case .create(let second) = gateway.cluster.asked[1]
            else {
                Issue.record("no workflows")
                return
            }
            let parameters = first.workflow["spec"]?["arguments"]?["parameters"]?.arrayValue
            #expect(parameters?.first?["value"]?.stringValue == text)
            #expect(second.workflow["spec"]?["items"]?.arrayValue?.count == 100_000)
            try await RawClient.with(port: gateway.port) { client in
                try await client.send(
                    "POST /api/v1/workflows/argo HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(limit + 1)\r\n\r\n")
                let refused = try await client.answer()
                #expect(refused.status == 413)
                #expect(refused.body.contains("the request's body is larger than \(limit) bytes"))
            }
            try await RawClient.with(port: gateway.port) { client in
                try await client.get("/healthz")
                #expect(try await client.answer().status == 200)
            }
            #expect(gateway.cluster.asked.count == 2)
        }
    }

    @Test("headers that never end are cut off in time, and so are bodies and silence")
    func slowness() async throws {
        var limits = GatewayLimits()
        limits.headTimeout = .milliseconds(300)
        limits.bodyTimeout = .milliseconds(300)
        limits.idleTimeout = .milliseconds(3000)
        try await RunningGateway.with(limits: limits) { gateway in
            try await RawClient.with(port: gateway.port) { client in
                try await client.send("GET / HTTP/1.1\r\nHost: loc")
                let answer = try await client.answer()
                #expect(answer.status == 408)
                #expect(answer.body.contains("headers took too long"))
            }
            try await RawClient.with(port: gateway.port) { client in
                try await client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nab")
                #expect(try await client.answer().body.contains("body took too long"))
            }
            try await RawClient.with(port: gateway.port) { client in
                let rest = try await client.rest()
                #expect(rest.isEmpty)
            }
        }
    }

    @Test("one connection too many is told so, and the place is free again when another leaves")
    func connections() async throws {
        var limits = GatewayLimits()
        limits.connections = 1
        try await RunningGateway.with(limits: limits) { gateway in
            try await RawClient.with(port: gateway.port) { first in
                try await first.get("/healthz")
                #expect(try await first.answer().status == 200)
                try await RawClient.with(port: gateway.port) { second in
                    let refused = try await second.answer()
                    #expect(refused.status == 503)
                    #expect(refused.body.contains("at most 1"))
                }
            }
            // The first has left; the server notices that when it does.
            var status = 503
            while status == 503 {
                try await RawClient.with(port: gateway.port) { third in
                    try await third.get("/healthz")
                    status = try await third.answer().status
                }
            }
            #expect(status == 200)
        }
    }

    @Test("a loopback server may be opened on any free port, and its port is known")
    func freePort() async throws {
        try await RunningGateway.with { gateway in
            #expect(gateway.port > 0)
            #expect(gateway.service.boundPort == gateway.port)
        }
    }
}
