import ActorTransport
import JSON

extension GatewayResponse {
    static func json(_ document: JSONValue, status: Int = 200) -> GatewayResponse {
        GatewayResponse(
            status: status, headers: [("Content-Type", "application/json")], body: .bytes(document.bytes))
    }

    static func text(
        _ text: String, status: Int = 200, contentType: String = "text/plain; charset=utf-8"
    ) -> GatewayResponse {
        GatewayResponse(
            status: status,
            headers: [("Content-Type", contentType), ("X-Content-Type-Options", "nosniff")],
            body: .bytes(Array(text.utf8)))
    }

    static func stream(_ stream: ResponseStream) -> GatewayResponse {
        var headers = [("Content-Type", stream.framing.contentType)]
        if stream.framing == .serverSentEvents {
            headers += [("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-cache")]
        }
        return GatewayResponse(status: 200, headers: headers, body: .stream(stream))
    }

    static func failure(_ error: ServiceError) -> GatewayResponse {
        .json(error.body, status: error.code.httpStatus)
    }

    /// As Argo's artifact server says it: the words of the status, and nothing of what is stored.
    static func artifactFailure(_ error: ServiceError) -> GatewayResponse {
        let status = error.code.httpStatus
        return .text(reasonPhrase(status) + "\n", status: status)
    }

    /// A path of the API that does not exist is `Not Implemented`, as with Argo's server.
    static func unknown(path: Substring) -> GatewayResponse {
        guard path.hasPrefix("/api/") else {
            return .failure(ServiceError(.notFound, "nothing at \(path): the API is under /api/v1/"))
        }
        return .failure(ServiceError(.unimplemented, "Not Implemented"))
    }

    /// A path that exists, asked in a way it does not answer: what Argo says under `/api/`, 405 elsewhere.
    static func refusal(of method: RequestMethod, allowed: [RequestMethod], path: Substring) -> GatewayResponse {
        let error = ServiceError(.unimplemented, path.hasPrefix("/api/") ? "Not Implemented" : "Method Not Allowed")
        var answer = GatewayResponse.json(error.body, status: path.hasPrefix("/api/") ? 501 : 405)
        answer.headers.append(("Allow", Set(allowed.map(\.rawValue)).sorted().joined(separator: ", ")))
        return answer
    }
}
