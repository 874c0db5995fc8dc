import NIOCore
import NIOHTTP1

/// A request as it came from a connection, and what its answer must look like there.
struct ReceivedRequest: Sendable {
    var request: GatewayRequest
    var exchange: Exchange
}

/// What the head of a request says about its answer.
struct Exchange: Sendable {
    /// Whether another request may follow on the connection.
    var keepsAlive: Bool
    /// Whether the answer goes without its body.
    var isHead: Bool
    /// Whether the client can tell the pieces of an answer of unknown length apart.
    var understandsChunks: Bool

    init(_ head: HTTPRequestHead) {
        // The decoder stops behind a request that asks for another protocol; we speak none, and say so by closing.
        self.keepsAlive = head.isKeepAlive && !head.headers.contains(name: "Upgrade") && head.method != .CONNECT
        self.isHead = head.method == .HEAD
        self.understandsChunks = head.understandsChunks
    }

    /// For an answer to something that was no request.
    init() {
        self.keepsAlive = false
        self.isHead = false
        self.understandsChunks = false
    }
}

extension GatewayRequest {
    init(_ head: HTTPRequestHead, body: ByteBuffer) {
        self.init(
            RequestMethod(head.method), head.uri, accept: head.headers.first(name: "Accept"),
            authorization: head.headers.first(name: "Authorization"), host: head.headers.first(name: "Host"),
            origin: head.headers.first(name: "Origin"), userAgent: head.headers.first(name: "User-Agent"),
            traceparent: head.headers.first(name: "traceparent"), body: Array(body.readableBytesView))
    }
}

extension HTTPRequestHead {
    /// HTTP 1.1 and later know bodies in chunks, the `Host` header and `100 Continue`.
    var understandsChunks: Bool { self.version.minor >= 1 }
}

extension RequestMethod {
    fileprivate init(_ method: HTTPMethod) {
        switch method {
        case .GET: self = .get
        case .HEAD: self = .head
        case .POST: self = .post
        case .PUT: self = .put
        case .DELETE: self = .delete
        case .OPTIONS: self = .options
        case .PATCH: self = .patch
        default: self = .other
        }
    }
}
