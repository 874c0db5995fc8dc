package import JSON
package import TLS

/// How the gateway listens, and for whom.
package struct GatewayConfiguration: Sendable {
    package var host = "127.0.0.1"
    /// 0: any free port; `GatewayService.boundPort` tells which.
    package var port = 2746
    /// The certificate to speak TLS with; `nil`: plain text.
    package var tls: TLSContextHolder?
    package var tlsLimits = TLSLimits()
    /// Whether callers prove who they are; not available in this version, so never true.
    package var hasAuthentication: Bool { false }
    /// Listen where other machines can reach us in plain text or without authentication: anybody who can connect can
    /// then run commands here, or listen in.
    package var allowInsecure = false
    /// Host names that requests may be addressed to, beside `localhost` and addresses.
    package var allowedHosts: Set<String> = []
    package var limits = GatewayLimits()
    /// Gives a certificate to who has a join token; `nil`: the authority is elsewhere.
    package var admit: (@Sendable (JSONValue) async throws -> JSONValue)?

    package init() {}

    /// Whether only this machine can connect.
    package var isLoopback: Bool {
        let parts = self.host.split(separator: ".", omittingEmptySubsequences: false)
        let isLoopbackIPv4 = parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
        return self.host == "localhost" || self.host == "::1" || isLoopbackIPv4
    }
}

/// What a client may ask of the gateway's memory and patience.
package struct GatewayLimits: Sendable, Hashable {
    /// The request line and all headers together.
    package var headBytes = 64 * 1024
    /// The body of a request, as large as the messages that Argo takes.
    package var bodyBytes = 100 * 1024 * 1024
    /// Connections open at a time; one more is told so and closed.
    package var connections = 4096
    /// Requests of one connection that are worked on at a time: answers keep the order of requests, so the others wait
    /// in the socket, unread.
    package static let requestsInFlightPerConnection = 1
    /// From the first byte of a request to the end of its headers.
    package var headTimeout: Duration = .seconds(10)
    /// From the headers to the end of the body.
    package var bodyTimeout: Duration = .seconds(120)
    /// Between requests.
    package var idleTimeout: Duration = .seconds(180)
    /// How long an answer waits for a client that does not read.
    package var stallTimeout: Duration = .seconds(600)
    /// How long a refused client may go on sending before the connection is cut.
    package var lingerTimeout: Duration = .seconds(5)
    /// Between signs of life on a silent stream of server-sent events.
    package var keepAliveInterval: Duration = .seconds(15)
    /// From the wish to stop until what still runs is cut off.
    package var shutdownGrace: Duration = .seconds(30)

    package init() {}
}
