package import Model

/// How a pod's command came to its end, as its supervisor wrote it down.
package struct ExitRecord: Hashable, Sendable {
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp?
    /// 128 + n for signal n.
    package var exitCode = 0
    /// Why the command was not started, where it was not.
    package var notStarted: String?
    /// Whether the fault lies with the machine or the launch, and not with the command.
    package var isSetupFailure = false
    package var hitDeadline = false
    package var wasStopped = false
    package var ranOutOfMemory = false
    package var userMicroseconds = 0
    package var systemMicroseconds = 0
    package var maximumResidentKiB = 0
    /// By the output parameter's index: what was wrong with its file, other than that there was none.
    package var parameterErrors: [Int: String] = [:]
    package var artifactErrors: [Int: String] = [:]

    package init() {}

    /// Reads `key=value` fields, each ended by a unit separator.
    ///
    /// Keys that are not known are passed over: a newer supervisor may write more.
    package init(_ text: some StringProtocol) {
        for line in text.split(separator: "\u{1f}") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            let value = line[line.index(after: equals)...]
            switch line[..<equals] {
            case "started": self.startedAt = Timestamp(value)
            case "finished": self.finishedAt = Timestamp(value)
            case "code": self.exitCode = Int(value) ?? 0
            case "not-started": self.notStarted = String(value)
            case "setup-failed": self.isSetupFailure = true
            case "deadline": self.hitDeadline = true
            case "stopped": self.wasStopped = true
            case "oom": self.ranOutOfMemory = true
            case "user-us": self.userMicroseconds = Int(value) ?? 0
            case "system-us": self.systemMicroseconds = Int(value) ?? 0
            case "maxrss-kb": self.maximumResidentKiB = Int(value) ?? 0
            case "parameter-error": Self.note(value, in: &self.parameterErrors)
            case "artifact-error": Self.note(value, in: &self.artifactErrors)
            default: continue
            }
        }
    }

    private static func note(_ value: some StringProtocol, in errors: inout [Int: String]) {
        guard let space = value.firstIndex(of: " "), let index = Int(value[..<space]) else { return }
        errors[index] = String(value[value.index(after: space)...])
    }
}
