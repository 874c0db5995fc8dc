/// Why PostgreSQL did not do what it was asked.
package struct PostgresError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The connection string cannot be read.
        case invalidConfiguration
        /// No connection could be made. Nothing was asked of the server.
        case unreachable
        /// The server is older than what is needed.
        case unsupportedVersion
        /// The connection ended before the server had all of what it was asked: nothing took effect.
        case connectionLost
        /// The connection ended after the server had all of it and before it answered: it may have taken effect or not.
        case outcomeUnknown
        /// The server took longer than it was given, and undid what it had begun.
        case timeout
        /// Who asked has stopped waiting, and nothing took effect.
        case cancelled
        /// The connection or the pool was closed by its owner.
        case closed
        /// The server refused a statement: `state` says why. Nothing took effect.
        case refused
    }

    package var code: Code
    package var message: String
    /// The server's five characters: "23505" is a unique violation.
    package var state: String?
    package var severity: String?
    package var detail: String?
    package var hint: String?
    /// The constraint that was violated.
    package var constraint: String?

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String {
        var text = self.message
        if let detail = self.detail { text += "; \(detail)" }
        if let hint = self.hint { text += "; \(hint)" }
        if let state = self.state { text += " (\(state))" }
        return text
    }

    /// Whether the same may succeed on another connection, or later on, without anybody changing what was asked.
    package var isConnectionFailure: Bool {
        switch self.code {
        case .unreachable, .connectionLost, .outcomeUnknown: true
        case .refused: Self.endingStates.contains { self.state?.hasPrefix($0) == true }
        case .invalidConfiguration, .unsupportedVersion, .timeout, .cancelled, .closed: false
        }
    }

    /// Lost connections, servers that stop or start, and too many connections.
    private static let endingStates = ["08", "57P01", "57P02", "57P03", "57P05", "53300"]
}
