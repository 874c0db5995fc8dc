import CLinux
import Glibc
import JSON
package import Model

/// What a runner that comes back needs to know of one pod: its log file, and a folder beside it where one is needed.
///
/// The log is one record a line, `<time> <mark> <text>`, and its records tell the pod's life in order:
///
/// | mark | record |
/// |---|---|
/// | `l` | the launch; written before anything starts |
/// | `s` | a supervisor has taken the pod; it holds a lock on the file for as long as it lives |
/// | `o` `e` `O` `E` | what the command wrote |
/// | `x` | how the command ended |
/// | `r` | the report of a pod with outputs, which are collected once |
/// | `d` | the last report has been acknowledged |
///
/// Nothing is synced to disk: the records are there to survive the death of processes. After a loss of power the
/// machine's processes are gone, and a pod without an exit record is reported as lost, synced or not.
package struct PodFolder: Hashable, Sendable {
    /// The folder for inputs, outputs and the sandbox's files; there only while it is needed.
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
        !name.isEmpty && name != "." && name != ".." && name.utf8.count <= 230
            && name.utf8.allSatisfy { $0 > 32 && $0 != UInt8(ascii: "/") && $0 != 127 }
    }

    package var logFile: String { "\(self.path)\(PodFolder.logSuffix)" }
    package static let logSuffix = ".log"
    package var outputs: String { "\(self.path)/outputs" }
    package var inputs: String { "\(self.path)/inputs" }

    /// How far a pod is.
    package enum Standing: Hashable, Sendable {
        /// No supervisor has taken the pod: starting it is safe, even if one is on its way.
        case notStarted
        case running(supervisor: Int32)
        case ended(ExitRecord)
        /// Its supervisor is gone and left no exit record.
        case lost
        /// The last report has been acknowledged.
        case done(ExitRecord?)
    }

    package func standing() throws(RunnerError) -> Standing {
        let file = try self.open(O_RDONLY)
        defer { close(file) }
        // The order counts: a supervisor writes its exit record before it lets go of the lock.
        let holder = apus_lock_holder(file)
        if holder > 0 { return .running(supervisor: holder) }
        let end = try PodLogEnd(file, of: self.logFile)
        if end.isDone { return .done(end.exit) }
        if let record = end.exit { return .ended(record) }
        return end.wasTaken ? .lost : .notStarted
    }

    /// Whether a supervisor lives that has taken the pod.
    package var isSupervised: Bool {
        guard let file = try? self.open(O_RDONLY) else { return false }
        defer { close(file) }
        return apus_lock_holder(file) > 0
    }

    private func open(_ flags: Int32) throws(RunnerError) -> Int32 {
        let file = Glibc.open(self.logFile, flags | O_CLOEXEC)
        guard file >= 0 else { throw .system("\(self.logFile) cannot be opened", errno) }
        return file
    }

    /// Writes down a launch.
    ///
    /// Answers the log's length then, or `nil` where the launch was written down before.
    package func create(_ launch: PodLaunch) throws(RunnerError) -> Int? {
        var writer = JSONWriter()
        writer.write(launch.json(.compact))
        let record = LogParser.record("l", writer.bytes, at: PodFolder.now())
        let file = try self.createFile()
        guard let file else { return nil }
        defer { close(file) }
        try HostFiles.append(record, to: file, of: self.logFile)
        return record.count
    }

    /// Answers `nil` where the launch is there already.
    private func createFile() throws(RunnerError) -> Int32? {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC
        var file = Glibc.open(self.logFile, flags, HostFiles.privateFile)
        if file < 0 && errno == ENOENT, let slash = self.logFile.lastIndex(of: "/") {
            try HostFiles.makeFolders(String(self.logFile[..<slash]))
            file = Glibc.open(self.logFile, flags, HostFiles.privateFile)
        }
        if file >= 0 { return file }
        guard errno == EEXIST else { throw .system("\(self.logFile) cannot be made", errno) }
        if try self.firstLine() != nil { return nil }
        // A runner died while it wrote: whoever asked was never answered, and asks again.
        return try self.open(O_WRONLY | O_TRUNC | O_APPEND)
    }

    /// The log's length while nobody has taken the pod: that of the launch.
    package func launchLength() throws(RunnerError) -> Int { try (self.firstLine()?.count ?? -1) + 1 }

    /// The launch of a pod whose last report has not been acknowledged, or `nil`.
    package func unfinishedLaunch() throws -> PodLaunch? { try self.isDone() ? nil : self.launch() }

    /// The launch as it was written down, or `nil` where it is not whole.
    package func launch() throws -> PodLaunch? {
        guard let line = try self.firstLine(), let (mark, text) = LogParser.split(line[...]),
            mark == UInt8(ascii: "l")
        else { return nil }
        return try PodLaunch(json: JSONValue.parse(Array(text)), at: DecodingPlace())
    }

    private func isDone() throws(RunnerError) -> Bool {
        let file = try self.open(O_RDONLY)
        defer { close(file) }
        return try PodLogEnd.lastMark(file, of: self.logFile) == UInt8(ascii: "d")
    }

    /// The first line, if it is whole.
    private func firstLine() throws(RunnerError) -> [UInt8]? {
        let file = try self.open(O_RDONLY)
        defer { close(file) }
        var line: [UInt8] = []
        while let piece = try HostFiles.readPiece(file, of: self.logFile) {
            guard let newline = piece.firstIndex(of: UInt8(ascii: "\n")) else {
                line.append(contentsOf: piece)
                continue
            }
            return line + piece[..<newline]
        }
        return nil
    }

    /// Keeps the report of a pod with outputs, so that they are collected once.
    package func save(_ report: PodReport) throws(RunnerError) {
        var writer = JSONWriter()
        writer.write(report.json(.compact))
        try self.append("r", writer.bytes)
    }

    package func savedReport() throws -> PodReport? {
        let file = try self.open(O_RDONLY)
        defer { close(file) }
        guard let text = try PodLogEnd(file, of: self.logFile).report else { return nil }
        return try PodReport(json: JSONValue.parse(text), at: DecodingPlace())
    }

    /// Notes that the last report was acknowledged.
    package func finish() throws(RunnerError) { try self.append("d", []) }

    private func append(_ mark: Character, _ text: [UInt8]) throws(RunnerError) {
        let file = try self.open(O_WRONLY | O_APPEND)
        defer { close(file) }
        try HostFiles.append(LogParser.record(mark, text, at: PodFolder.now()), to: file, of: self.logFile)
    }

    private static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Removes the pod's folder, which only a running pod needs.
    package func removeWorkFiles() throws(RunnerError) { try HostFiles.remove(self.path) }
}
