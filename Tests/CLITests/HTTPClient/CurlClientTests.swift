import HTTPClient
import Testing

@Suite("CurlClient", .timeLimit(.minutes(5)))
struct CurlClientTests {
    @Test("an answer comes with its status, its headers in any case, and its body")
    func wholeAnswer() async throws {
        let server = try FakeServer { _ in
            FakeServer.Reply(status: 404, headers: ["X-Kind": "none"], pieces: ["ab", "c"])
        }
        let response = try await CurlClient().send(HTTPRequest("GET", "http://\(server.address)/x?y=1"))
        #expect(response.status == 404)
        #expect(response.head["x-kind"] == "none")
        #expect(response.text == "abc")
        #expect(server.requests.first?.query == ["y": "1"])
    }

    @Test("a method, headers and a body arrive as they were given", arguments: ["POST", "PUT", "PATCH", "DELETE"])
    func requestArrives(method: String) async throws {
        let server = try FakeServer { _ in .json("{}") }
        let body = String(repeating: "é\u{0}x", count: 100_000)
        _ = try await CurlClient().send(
            HTTPRequest(
                method, "http://\(server.address)/", headers: [HTTPField("X-A", "b c"), HTTPField("X-Empty", "")],
                body: Array(body.utf8)))
        let request = try #require(server.requests.first)
        #expect(request.method == method)
        #expect(request.headers["x-a"] == "b c")
        #expect(request.headers["x-empty"] == "")
        #expect(request.headers["expect"] == nil)
        #expect(request.body == body)
    }

    @Test("an empty body is sent as one of no bytes")
    func emptyBody() async throws {
        let server = try FakeServer { _ in .json("{}") }
        _ = try await CurlClient().send(HTTPRequest("PUT", "http://\(server.address)/", body: []))
        #expect(server.requests.first?.headers["content-length"] == "0")
    }

    @Test("lines come whole, however the sender cuts them")
    func lines() async throws {
        let server = try FakeServer { _ in FakeServer.Reply(pieces: ["on", "e\r\ntw", "o\n", "\nthree"]) }
        let response = try await CurlClient().stream(HTTPRequest("GET", "http://\(server.address)/"))
        var lines: [String] = []
        for try await line in response.body.lines { lines.append(line) }
        #expect(lines == ["one", "two", "", "three"])
    }

    @Test("what has arrived can be read before the rest is sent")
    func streaming() async throws {
        let server = try FakeServer { _ in FakeServer.Reply(pieces: ["first\n", nil]) }
        let response = try await CurlClient().stream(HTTPRequest("GET", "http://\(server.address)/"))
        var lines = response.body.lines.makeAsyncIterator()
        #expect(try await lines.next() == "first")
    }

    @Test("cancelling the reader of a body that never ends ends the reading")
    func cancellation() async throws {
        let server = try FakeServer { _ in FakeServer.Reply(pieces: ["first\n", nil]) }
        let client = CurlClient()
        await #expect(throws: (any Error).self) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                let (signal, signaller) = AsyncStream<Void>.makeStream()
                group.addTask {
                    let response = try await client.stream(HTTPRequest("GET", "http://\(server.address)/"))
                    for try await _ in response.body { signaller.finish() }
                    throw HTTPClientError(.failed, "the body ended by itself")
                }
                for await _ in signal {}
                group.cancelAll()
                do {
                    try await group.waitForAll()
                } catch let error as HTTPClientError {
                    #expect(error.code == .cancelled)
                    throw error
                }
            }
        }
    }

    @Test("a slow reader holds the sender back instead of filling memory")
    func backpressure() async throws {
        let piece = String(repeating: "x", count: 64 * 1024)
        let count = 1_000
        let server = try FakeServer { _ in FakeServer.Reply(pieces: Array(repeating: piece, count: count)) }
        let response = try await CurlClient().stream(HTTPRequest("GET", "http://\(server.address)/"))
        var received = 0
        for try await chunk in response.body {
            received += chunk.count
            // What the server got rid of lies in the kernel's buffers and ours, and they are bounded.
            if received < 1_000_000 { #expect(server.writtenBytes - received < 24 * 1024 * 1024) }
        }
        #expect(received == piece.utf8.count * count)
    }

    @Test("a request that takes longer than it may ends with a timeout")
    func timeout() async throws {
        let server = try FakeServer { _ in FakeServer.Reply(pieces: [nil]) }
        var request = HTTPRequest("GET", "http://\(server.address)/")
        request.timeout = .milliseconds(50)
        let error = await #expect(throws: HTTPClientError.self) { try await CurlClient().send(request) }
        #expect(error?.code == .timedOut)
    }

    @Test("a server that is not there is an error that says so")
    func refused() async throws {
        let port = try FakeServer { _ in .json("") }.port
        let error = await #expect(throws: HTTPClientError.self) {
            try await CurlClient().send(HTTPRequest("GET", "http://127.0.0.1:\(port)/"))
        }
        #expect(error?.code == .cannotConnect)
    }

    @Test("what is no URL, and headers with line breaks, are refused before anything is sent")
    func badRequests() async throws {
        let notURL = await #expect(throws: HTTPClientError.self) {
            try await CurlClient().send(HTTPRequest("GET", "ftp://x/"))
        }
        #expect(notURL?.code == .invalidURL)
        let injected = await #expect(throws: HTTPClientError.self) {
            try await CurlClient().send(
                HTTPRequest("GET", "http://127.0.0.1:1/", headers: [HTTPField("X-A", "b\r\nX-C: d")]))
        }
        #expect(injected?.code == .failed)
    }

    @Test("many exchanges go on at once, each with its own answer")
    func concurrent() async throws {
        let server = try FakeServer { request in .json(request.query["n"] ?? "") }
        let client = CurlClient()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<64 {
                group.addTask {
                    let url = "http://\(server.address)/?n=\(number)"
                    return try await client.send(HTTPRequest("GET", url)).text == "\(number)"
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }

    @Test("a redirection is followed where it is asked for, and only there")
    func redirection() async throws {
        let server = try FakeServer { request in
            request.path == "/from"
                ? FakeServer.Reply(status: 302, headers: ["Location": "/to"], pieces: ["moved"]) : .json("there")
        }
        var request = HTTPRequest("GET", "http://\(server.address)/from")
        #expect(try await CurlClient().send(request).status == 302)
        request.followsRedirects = true
        let response = try await CurlClient().send(request)
        #expect(response.status == 200)
        #expect(response.text == "there")
    }
}
