import ActorTransport
import JSON
import Model
import Testing

@testable import Gateway

@Suite("Connections", .timeLimit(.minutes(5)))
struct ConnectionTests {
    @Test("one connection serves request after request")
    func keepAlive() async throws {
        try await RunningGateway.with { gateway in
            try await RawClient.with(port: gateway.port) { client in
                try await client.post("/api/v1/workflows/argo", smallWorkflow(named: "a"))
                let created = try await client.answer()
                #expect(created.status == 200)
                #expect(created.header("Content-Type") == "application/json")
                #expect(created.header("Date")?.hasSuffix("GMT") == true)
                #expect(created.header("Connection") == nil)
                try await client.get("/api/v1/workflows/argo/a?fields=metadata.name")
                #expect(try await client.answer().body.hasPrefix(#"{"metadata":{"name":"a"}"#))
            }
        }
    }

    @Test("requests sent at once are answered in their order")
    func pipelining() async throws {
        try await RunningGateway.with { gateway in
            try await RawClient.with(port: gateway.port) { client in
                var requests = ""
                for number in 0..<50 {
                    let body = smallWorkflow(named: "w\(number)")
                    requests +=
                        "POST /api/v1/workflows/argo HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)"
                        + "\r\n\r\n\(body)GET /api/v1/workflows/argo/w\(number)?fields=metadata.name HTTP/1.1\r\n"
                        + "Host: localhost\r\n\r\n"
                }
                try await client.send(requests)
                for number in 0..<50 {
                    #expect(try await client.answer().status == 200)
                    #expect(try await client.answer().body.contains("\"w\(number)\""))
                }
            }
        }
    }

    @Test("a request may come byte by byte, and its body in chunks")
    func pieces() async throws {
        try await RunningGateway.with { gateway in
            try await RawClient.with(port: gateway.port) { client in
                for byte in "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8 { try await client.send([byte]) }
                #expect(try await client.answer().body == "ok\n")
                let body = smallWorkflow(named: "a")
                try await client.send(
                    "POST /api/v1/workflows/argo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
                for byte in body.utf8 { try await client.send("1\r\n" + String(UnicodeScalar(byte)) + "\r\n") }
                try await client.send("0\r\n\r\n")
                #expect(try await client.answer().status == 200)
            }
        }
    }

    @Test("a client that asks whether to go on is told to, and one that would send too much is told not to")
    func expectContinue() async throws {
        var limits = GatewayLimits()
        limits.bodyBytes = 1000
        try await RunningGateway.with(limits: limits) { gateway in
            try await RawClient.with(port: gateway.port) { client in
                let body = smallWorkflow(named: "a")
                try await client.send(
                    "POST /api/v1/workflows/argo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n")
                #expect(try await client.answer().status == 100)
                try await client.send(body)
                #expect(try await client.answer().status == 200)
                try await client.send(
                    "POST /api/v1/workflows/argo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                        + "Content-Length: 1001\r\n\r\n")
                let refused = try await client.answer()
                #expect(refused.status == 413)
                #expect(refused.header("Connection") == "close")
                #expect(try await client.rest().isEmpty)
            }
        }
    }

    @Test("HEAD has the headers of GET and no body, and does not disturb what follows")
    func head() async throws {
        try await RunningGateway.with { gateway in
            gateway.cluster.put(.workflow, "argo", "w", [:])
            try await RawClient.with(port: gateway.port) { client in
                try await client.send("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                let head = try await client.answer(toHead: true)
                #expect(head.status == 200)
                #expect(head.header("Content-Length") == "3")
                try await client.send("HEAD /api/v1/workflows/argo/w/log HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try await client.answer(toHead: true).status == 200)
                try await client.get("/healthz")
                #expect(try await client.answer().body == "ok\n")
            }
        }
    }

    @Test("a client of HTTP 1.0 is answered and let go")
    func oldClients() async throws {
        try await RunningGateway.with { gateway in
            gateway.cluster.put(.workflow, "argo", "w", [:])
            gateway.cluster.setLogs([LogEntry(content: "hello", podName: "w")])
            try await RawClient.with(port: gateway.port) { client in
                try await client.send("GET /healthz HTTP/1.0\r\n\r\n")
                #expect(try await client.answer().body == "ok\n")
                #expect(try await client.rest().isEmpty)
            }
            try await RawClient.with(port: gateway.port) { client in
                try await client.send("GET /api/v1/workflows/argo/w/log HTTP/1.0\r\n\r\n")
                let answer = try await client.answer()
                #expect(answer.header("Transfer-Encoding") == nil)
                #expect(answer.body == #"{"result":{"content":"hello","podName":"w"}}"# + "\n")
            }
        }
    }

    @Test("a client that would like another protocol is answered in this one and let go")
    func upgrade() async throws {
        try await RunningGateway.with { gateway in
            try await RawClient.with(port: gateway.port) { client in
                try await client.get(
                    "/healthz", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"
                )
                let answer = try await client.answer()
                #expect(answer.body == "ok\n")
                #expect(answer.header("Connection") == "close")
                #expect(try await client.rest().isEmpty)
            }
        }
    }

    @Test(
        "what is no HTTP gets 400 and the end",
        arguments: [
            "nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n",
        ])
    func malformed(request: String) async throws {
        try await RunningGateway.with { gateway in
            try await RawClient.with(port: gateway.port) { client in
                try await client.send(request)
                #expect(try await client.answer().status == 400)
                #expect(try await client.rest().isEmpty)
            }
        }
    }

    @Test("what follows a good request may be broken: the answer to the good one comes first")
    func brokenSecond() async throws {
        try await RunningGateway.with { gateway in
            try await RawClient.with(port: gateway.port) { client in
                try await client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nnonsense\r\n\r\n")
                #expect(try await client.answer().body == "ok\n")
                _ = try await client.rest()
            }
        }
    }
}
