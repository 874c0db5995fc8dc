/// The answer to one request, free of sockets.
package struct GatewayResponse: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Written piece by piece for as long as it takes.
        case stream(ResponseStream)
    }

    package var status: Int
    /// Without those that frame the body (`Content-Length`, `Transfer-Encoding`, `Connection`).
    package var headers: [(name: String, value: String)]
    package var body: Body

    package init(status: Int, headers: [(name: String, value: String)], body: Body) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of this name, in any case.
    package func header(_ name: String) -> String? {
        self.headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// Where the body of a streamed answer goes.
package protocol ResponseWriter: Sendable {
    /// Hands bytes to the client; returns once there is room for more.
    ///
    /// - Throws: `CancellationError` when the client has gone.
    func write(_ bytes: [UInt8]) async throws
}

/// The body of an answer that is produced while it is sent.
///
/// It runs in a task of its own that is cancelled when the client goes away; an error it throws ends the answer, as a
/// last frame where the framing has one.
package struct ResponseStream: Sendable {
    package var framing: StreamFraming
    /// End the stream, without an error, after this time.
    package var timeLimit: Duration?
    /// The exact number of bytes, where it is known beforehand.
    package var length: Int?
    package var run: @Sendable (any ResponseWriter) async throws -> Void

    package init(
        framing: StreamFraming, timeLimit: Duration? = nil, length: Int? = nil,
        run: @escaping @Sendable (any ResponseWriter) async throws -> Void
    ) {
        self.framing = framing
        self.timeLimit = timeLimit
        self.length = length
        self.run = run
    }
}
