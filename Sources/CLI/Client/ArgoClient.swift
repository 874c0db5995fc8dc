import HTTPClient
import JSON

/// The REST interface of an Argo server.
struct ArgoClient: Sendable {
    /// Query members, in order.
    typealias Query = [(name: String, value: String)]

    let namespace: String
    private let http: CurlClient
    private let baseURL: String
    private let headers: [HTTPField]
    private let timeout: Duration?

    init(
        http: CurlClient, baseURL: String, headers: [HTTPField], namespace: String, timeout: Duration? = nil
    ) {
        self.http = http
        self.baseURL = baseURL
        self.headers = headers
        self.namespace = namespace
        self.timeout = timeout
    }

    func get(_ path: [String], _ query: Query = []) async throws -> JSONValue {
        try await self.call("GET", path, query, body: nil)
    }

    @discardableResult
    func delete(_ path: [String], _ query: Query = []) async throws -> JSONValue {
        try await self.call("DELETE", path, query, body: nil)
    }

    func post(_ path: [String], _ body: JSONValue) async throws -> JSONValue {
        try await self.call("POST", path, [], body: body)
    }

    @discardableResult
    func put(_ path: [String], _ body: JSONValue) async throws -> JSONValue {
        try await self.call("PUT", path, [], body: body)
    }

    /// Sends one request.
    ///
    /// - Throws: `RemoteError` for an answer that is no success, `HTTPClientError` where none came.
    private func call(_ method: String, _ path: [String], _ query: Query, body: JSONValue?) async throws -> JSONValue {
        var request = HTTPRequest(method, self.url(path, query), headers: self.headers)
        request.timeout = self.timeout
        if let body {
            request.headers.append(HTTPField("Content-Type", "application/json"))
            request.body = Documents.bytes(body)
        }
        let response: HTTPResponse
        do {
            response = try await self.http.send(request)
        } catch let error as HTTPClientError {
            throw self.explained(error)
        }
        guard (200..<300).contains(response.status) else {
            throw RemoteError(status: response.status, body: response.body)
        }
        return try Documents.parse(json: response.body).get()
    }

    /// The `result` of each message of a stream of server-sent events.
    ///
    /// - Throws: `RemoteError` for a refusal, and while reading for an error that the server sends in the stream.
    func events(_ path: [String], _ query: Query) async throws -> EventStream {
        var request = HTTPRequest("GET", self.url(path, query), headers: self.headers)
        request.headers.append(HTTPField("Accept", "text/event-stream"))
        let response = try await self.stream(request)
        return EventStream(lines: response.body.lines)
    }

    /// An answer as it comes, for files.
    func download(_ path: [String]) async throws -> HTTPBody {
        try await self.stream(HTTPRequest("GET", self.url(path, []), headers: self.headers)).body
    }

    private func stream(_ request: HTTPRequest) async throws -> HTTPStreamingResponse {
        let response: HTTPStreamingResponse
        do {
            response = try await self.http.stream(request)
        } catch let error as HTTPClientError {
            throw self.explained(error)
        }
        guard (200..<300).contains(response.status) else {
            var body: [UInt8] = []
            for try await chunk in response.body { body += chunk }
            throw RemoteError(status: response.status, body: body)
        }
        return response
    }

    private func url(_ path: [String], _ query: Query) -> String {
        let target = self.baseURL + path.map { "/" + Self.escaped($0) }.joined()
        guard !query.isEmpty else { return target }
        return target + "?" + query.map { "\(Self.escaped($0.name))=\(Self.escaped($0.value))" }.joined(separator: "&")
    }

    /// A failure to reach the server, with what to do about it.
    private func explained(_ error: HTTPClientError) -> any Error {
        let reason = error.message.firstRange(of: ": ").map { error.message[$0.upperBound...] } ?? error.message[...]
        if error.code == .untrustedPeer {
            let isPlain = reason.contains("wrong version number")
            return CommandFailure(
                "cannot speak TLS with the server at \(self.baseURL): \(reason); "
                    + (isPlain
                        ? "if it speaks plain HTTP, use --secure=false or ARGO_SECURE=false"
                        : "trust its certificate with --certificate-authority FILE, or do not check it with "
                            + "--insecure-skip-verify"))
        }
        if error.code == .timedOut {
            return HTTPClientError(
                .timedOut,
                "no answer from the server at \(self.baseURL): \(reason); "
                    + "--request-timeout says how long a request may take")
        }
        guard error.code == .cannotConnect || error.code == .cannotResolve else {
            return HTTPClientError(error.code, "the server at \(self.baseURL): \(reason)")
        }
        var failure = CommandFailure(
            "cannot reach the server at \(self.baseURL): \(reason); "
                + "start one with `apus server`, or name another with ARGO_SERVER=host:port")
        failure.isUnreachable = true
        return failure
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E, 0x40:
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                escaped += hex.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return escaped
    }
}

/// The messages of a stream of server-sent events.
struct EventStream: AsyncSequence, Sendable {
    typealias Element = JSONValue

    private let lines: HTTPLines

    init(lines: HTTPLines) { self.lines = lines }

    func makeAsyncIterator() -> Iterator { Iterator(lines: self.lines.makeAsyncIterator()) }

    struct Iterator: AsyncIteratorProtocol {
        private var lines: HTTPLines.Iterator

        fileprivate init(lines: HTTPLines.Iterator) { self.lines = lines }

        mutating func next() async throws -> JSONValue? {
            while let line = try await self.lines.next() {
                // Without the prefix it is plain JSON line by line, which servers send to other clients.
                let text = line.hasPrefix("data:") ? line.dropFirst(5).drop { $0 == " " } : line[...]
                guard text.first == "{" else { continue }
                let message = try Documents.parse(json: Array(text.utf8)).get()
                if let result = message["result"] { return result }
                if let error = message["error"] {
                    throw RemoteError(
                        code: error["grpc_code"]?.integerValue ?? error["code"]?.integerValue ?? RemoteError.unknown,
                        message: error["message"]?.stringValue ?? "the stream broke off")
                }
            }
            return nil
        }
    }
}
