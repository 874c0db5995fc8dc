import CLinux
import Glibc
import JSON
package import Model

/// The folder of one pod: what a runner that comes back needs to know of it.
///
/// | file | says |
/// |---|---|
/// | `launch` | what was asked for; written before anything starts |
/// | `log` | that a supervisor has taken the pod (it is made once and never again); locked while that one lives |
/// | `exit` | how the command ended |
/// | `report` | what was reported of a pod with outputs |
/// | `done` | `launch`, renamed once the last report has been acknowledged |
///
/// Nothing is synced to disk: the records are there to survive the death of processes. After a loss of power the
/// machine's processes are gone, and a pod without an exit record is reported as lost, synced or not.
package struct PodFolder: Hashable, Sendable {
    package let path: String
    /// `<workflow uid>/<pod name>.<attempt>`: the pod's name in messages.
    package let id: String

    /// The folder of a launch under `root`.
    ///
    /// - Throws: `RunnerError` where a name is no plain name of a file.
    package init(root: String, workflowUID: String, podName: String, attempt: Int) throws(RunnerError) {
        for (field, value) in [("identity.workflowUID", workflowUID), ("podName", podName)] {
            guard PodFolder.isPlainName(value) else {
                throw RunnerError(.invalid, "\(field) \"\(value)\" cannot name a folder: give letters, digits, - and .")
            }
        }
        self.id = "\(workflowUID)/\(podName).\(attempt)"
        self.path = "\(root)/\(self.id)"
    }

    init(root: String, id: String) {
        self.id = id
        self.path = "\(root)/\(id)"
    }

    package static func isPlainName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && name.utf8.count <= 240
            && name.utf8.allSatisfy { $0 > 32 && $0 != UInt8(ascii: "/") && $0 != 127 }
    }

    package var logFile: String { "\(self.path)/log" }
    var launchFile: String { "\(self.path)/launch" }
    var doneFile: String { "\(self.path)/done" }
    var exitFile: String { "\(self.path)/exit" }
    var reportFile: String { "\(self.path)/report" }
    package var outputs: String { "\(self.path)/outputs" }
    package var inputs: String { "\(self.path)/inputs" }

    /// How far a pod is, as its folder has it.
    package enum Standing: Hashable, Sendable {
        /// No supervisor has taken the pod: starting it is safe, even if one is on its way.
        case notStarted
        case running(supervisor: Int32, since: Timestamp?)
        case ended(ExitRecord)
        /// Its supervisor is gone and left no exit record.
        case lost
    }

    /// Whether a supervisor lives that has taken the pod.
    package var isSupervised: Bool { apus_is_locked(self.logFile) == 1 }

    package func standing() throws(RunnerError) -> Standing {
        // The order counts: a supervisor writes its exit record before it lets go of the lock.
        let locked = apus_is_locked(self.logFile)
        if locked < 0 {
            let cause = errno
            guard cause == ENOENT else { throw .system("\(self.logFile) cannot be read", cause) }
            return .notStarted
        }
        if locked == 1 {
            if let (supervisor, since) = try self.supervisor() { return .running(supervisor: supervisor, since: since) }
        }
        guard let text = try HostFiles.readIfPresent(self.exitFile) else { return .lost }
        return .ended(ExitRecord(String(decoding: text, as: UTF8.self)))
    }

    /// The supervisor's pid and when it took the pod, from the first line of the log.
    private func supervisor() throws(RunnerError) -> (Int32, Timestamp?)? {
        let file = open(self.logFile, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        guard let piece = try HostFiles.readPiece(file, of: self.logFile) else { return nil }
        let line = String(decoding: piece.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        let words = line.split(separator: " ")
        guard let pid = words.last.flatMap({ Int32($0) }) else { return nil }
        return (pid, words.first.flatMap { Timestamp($0) })
    }

    /// Writes down a launch.
    ///
    /// Answers `false` where that was done before.
    package func create(_ launch: PodLaunch) throws(RunnerError) -> Bool {
        if mkdir(self.path, 0o755) != 0 {
            let cause = errno
            if cause == ENOENT {
                try HostFiles.makeFolders(self.path)
            } else if cause == EEXIST {
                if self.isKnown { return false }
            } else {
                throw .system("the pod's folder \(self.path) cannot be made", cause)
            }
        }
        var writer = JSONWriter()
        writer.write(launch.json(.compact))
        try HostFiles.writeWhole(writer.bytes, to: self.launchFile)
        return true
    }

    /// Whether the pod was launched before, finished or not.
    package var isKnown: Bool {
        access(self.launchFile, F_OK) == 0 || access(self.doneFile, F_OK) == 0
    }

    /// The launch of a pod whose last report has not been acknowledged, or `nil`.
    package func unfinishedLaunch() throws -> PodLaunch? { try self.launch(in: self.launchFile) }

    /// The launch, whether finished or not.
    package func anyLaunch() throws -> PodLaunch? {
        if let launch = try self.launch(in: self.launchFile) { return launch }
        return try self.launch(in: self.doneFile)
    }

    private func launch(in file: String) throws -> PodLaunch? {
        guard let bytes = try HostFiles.readIfPresent(file) else { return nil }
        return try PodLaunch(json: JSONValue.parse(bytes), at: DecodingPlace())
    }

    package func save(_ report: PodReport) throws(RunnerError) {
        var writer = JSONWriter()
        writer.write(report.json(.compact))
        try HostFiles.writeWhole(writer.bytes, to: self.reportFile)
    }

    package func savedReport() throws -> PodReport? {
        guard let bytes = try HostFiles.readIfPresent(self.reportFile) else { return nil }
        return try PodReport(json: JSONValue.parse(bytes), at: DecodingPlace())
    }

    /// Notes that the last report was acknowledged, and frees the space that only a running pod needs.
    package func finish() throws(RunnerError) {
        try HostFiles.move(self.launchFile, to: self.doneFile)
    }

    package func removeWorkFiles() throws(RunnerError) {
        for name in ["view", "work", "inputs", "outputs", "volumes"] { try HostFiles.remove("\(self.path)/\(name)") }
    }
}
