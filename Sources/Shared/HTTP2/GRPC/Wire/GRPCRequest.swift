/// One call as it crosses the wire.
package struct GRPCRequest: Sendable {
    /// `/package.Service/Method`.
    package var path: String
    /// What came or goes beside the message, in lower case; on a server all headers of the request.
    package var metadata: HeaderBlock
    package var message: [UInt8]
    package var deadline: ContinuousClock.Instant?
    /// Who calls, as a handler below has found out (`HTTP2PeerIdentified`); on a server alone.
    package var peer: String?
    /// On a server, the messages of a method that takes a stream of them; `message` is empty then.
    package var stream: AsyncStream<[UInt8]>?

    package init(
        path: String, metadata: HeaderBlock = HeaderBlock(), message: [UInt8], deadline: ContinuousClock.Instant? = nil
    ) {
        self.path = path
        self.metadata = metadata
        self.message = message
        self.deadline = deadline
    }
}

/// What a call is answered with.
package enum GRPCAnswer: Sendable {
    case message([UInt8])
    /// Drawn from as fast as the caller reads, and no faster.
    case messages(AsyncThrowingStream<[UInt8], any Error>)
}

/// What a server does with a call that reached it.
package protocol GRPCHandler: Sendable {
    /// Throws `GRPCStatus`; any other error is told as `internal`. The task is cancelled when the caller gives up or
    /// the deadline passes.
    func answer(_ request: GRPCRequest) async throws -> GRPCAnswer
}
