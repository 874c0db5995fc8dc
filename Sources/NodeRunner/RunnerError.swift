import Glibc

/// Why the runner could not do what it was asked to.
package struct RunnerError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The launch asks for something that cannot be.
        case invalid
        /// The operating system refused something.
        case system
        /// A disk has no space left.
        case diskFull
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
        let code: Code = number == ENOSPC || number == EDQUOT ? .diskFull : .system
        return RunnerError(code, "\(doing): \(systemErrorText(number))")
    }

    /// An error of a program of this machine, by what it said.
    package static func program(_ doing: String, said text: String) -> RunnerError {
        RunnerError(text.contains(systemErrorText(ENOSPC)) ? .diskFull : .system, "\(doing): \(text)")
    }

    package var description: String { self.message }
}
