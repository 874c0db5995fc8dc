/// Why a command ends with an exit code other than zero.
struct CommandFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is said after `Error: `; empty where everything has been said.
    var message: String
    var exitCode: Int32
    /// Whether the command's usage follows the message.
    var showsUsage = false
    /// Whether no server was there to answer.
    var isUnreachable = false

    init(_ message: String, exitCode: Int32 = 1, showsUsage: Bool = false) {
        self.message = message
        self.exitCode = exitCode
        self.showsUsage = showsUsage
    }

    /// Ends with an exit code and says nothing more.
    static func silent(_ exitCode: Int32 = 1) -> CommandFailure { CommandFailure("", exitCode: exitCode) }

    /// What was asked for cannot be: arguments are missing or contradict each other.
    static func usage(_ message: String) -> CommandFailure { CommandFailure(message, showsUsage: true) }

    var description: String { self.message }
}
