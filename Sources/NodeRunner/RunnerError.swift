/// Why the runner could not do what it was asked to.
package struct RunnerError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The launch asks for something that cannot be.
        case invalid
        /// The operating system refused something.
        case system
        case notFound
        /// The runner has been shut down, or another process holds its folder.
        case unavailable
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// An error of the operating system, by its number.
    package static func system(_ doing: String, _ number: Int32) -> RunnerError {
        RunnerError(.system, "\(doing): \(systemErrorText(number))")
    }

    package var description: String { self.message }
}
