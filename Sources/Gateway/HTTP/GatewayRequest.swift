/// One HTTP request, read whole, free of sockets.
///
/// Only the headers that the gateway judges by are kept.
package struct GatewayRequest: Sendable, Hashable {
    package var method: RequestMethod
    /// The request target as sent: path, and query behind a `?`; still percent-encoded.
    package var target: String
    package var accept: String?
    package var authorization: String?
    /// The `Host` header.
    package var host: String?
    /// The `Origin` header, which only browsers send.
    package var origin: String?
    package var userAgent: String?
    /// The `traceparent` header, which says what trace the request belongs to.
    package var traceparent: String?
    package var body: [UInt8]

    package init(
        _ method: RequestMethod, _ target: String, accept: String? = nil, authorization: String? = nil,
        host: String? = nil, origin: String? = nil, userAgent: String? = nil, traceparent: String? = nil,
        body: [UInt8] = []
    ) {
        self.method = method
        self.target = target
        self.accept = accept
        self.authorization = authorization
        self.host = host
        self.origin = origin
        self.userAgent = userAgent
        self.traceparent = traceparent
        self.body = body
    }
}
