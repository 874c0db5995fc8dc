import ActorTransport

/// What a client is told that speaks plain HTTP to a port of TLS.
enum PlainHTTPAnswer {
    static let bytes: [UInt8] = {
        let answer = GatewayResponse.failure(
            ServiceError(.invalidArgument, "plain HTTP was spoken to an HTTPS port: use https, --secure or ARGO_SECURE")
        )
        guard case .bytes(let body) = answer.body else { return [] }
        let head =
            "HTTP/1.1 \(answer.status) Bad Request\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n"
        return Array(head.utf8) + body
    }()
}
