import HTTPClient
import JSON

/// Calls a server over connections that stay open, at little cost of its own: what is measured is the server.
struct BenchmarkClient: Sendable {
    private let base: String
    private let client = CurlClient()

    init(_ base: String) { self.base = base }

    /// Sends a request and answers its body, which must come with status 200.
    func send(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        var request = HTTPRequest(method, self.base + path)
        if let body {
            request.headers = [HTTPField("Content-Type", "application/json")]
            request.body = body.bytes
        }
        let answer = try await self.client.send(request)
        guard answer.status == 200 else { throw BenchmarkError("\(method) \(path): \(answer.status) \(answer.text)") }
        return try JSONValue.parse(answer.body)
    }
}
