package import Model
import OrderedCollections

/// Makes the last report of a pod from its exit record and what its supervisor collected.
package struct OutputCollection: Sendable {
    private let launch: PodLaunch
    private let folder: PodFolder
    private let record: ExitRecord
    private let repository: FileArtifactRepository

    package init(launch: PodLaunch, folder: PodFolder, record: ExitRecord, repository: FileArtifactRepository) {
        self.launch = launch
        self.folder = folder
        self.record = record
        self.repository = repository
    }

    /// The name of the artifact that holds the main container's log.
    package static let logArtifactName = "main-logs"

    /// How much of standard output becomes `outputs.result`: its last 256 KiB, as in Argo.
    package static let resultLimit = 256 * 1_024

    /// The deadline's message, as Kubernetes words it.
    package static let deadlineMessage = "Pod was active on the node longer than the specified deadline"

    /// Whether a pod has anything to collect.
    package static func isNeeded(for launch: PodLaunch) -> Bool {
        launch.wantsResult || launch.logKey != nil || !launch.outputParameters.isEmpty
            || !launch.outputArtifacts.isEmpty
    }

    /// The report, and whether it tells of a full disk: what could not be kept is still there then.
    ///
    /// Blocks where there are outputs; may be called again, after a crash too.
    package func report() -> (report: PodReport, isDiskFull: Bool) {
        var report = PodReport(of: self.launch)
        report.startedAt = self.record.startedAt
        report.finishedAt = self.record.finishedAt
        report.exitCode = self.record.exitCode
        report.resourcesDuration = ResourceUsage.duration(of: self.launch.container, from: self.record)
        var failure: RunnerError?
        if Self.isNeeded(for: self.launch), self.record.notStarted == nil {
            var outputs = Outputs()
            if !self.record.hitDeadline { failure = self.collect(into: &outputs) }
            // What failed commands wrote is what people look for, so the log is saved whatever else went wrong.
            do { try self.saveLog(into: &outputs) } catch { failure = failure ?? error }
            report.outputs = outputs
        }
        let isDiskFull = failure?.code == .diskFull
        if isDiskFull { failure?.message = self.fullDiskMessage }
        (report.phase, report.message) = self.verdict(outputFailure: failure?.message)
        return (report, isDiskFull)
    }

    /// Names the disk and not the file of the pod for which there was no space.
    private var fullDiskMessage: String {
        "no space left on device: the disk of the data folder is full: free space for \(self.folder.path)"
    }

    private func verdict(outputFailure: String?) -> (NodePhase, String?) {
        let name = self.launch.containerName
        let code = self.record.exitCode
        if let reason = self.record.notStarted {
            if self.record.isSetupFailure { return (.error, "Pod failed before \(name) container starts: \(reason)") }
            return (.failed, "\(name): Error (exit code \(code)): \(reason)")
        }
        if self.record.hitDeadline { return (.failed, Self.deadlineMessage) }
        if code != 0 {
            // The kernel's killing for want of memory is SIGKILL.
            let reason = self.record.ranOutOfMemory && code == 137 ? "OOMKilled" : "Error"
            return (.failed, "\(name): \(reason) (exit code \(code))")
        }
        if let outputFailure { return (.error, "wait: Error (exit code 64): \(outputFailure)") }
        return (.succeeded, nil)
    }

    /// Answers the first thing that went wrong, and a full disk before all else.
    ///
    /// Outputs are collected of failed commands too.
    private func collect(into outputs: inout Outputs) -> RunnerError? {
        var failures: [RunnerError] = []
        if self.launch.wantsResult {
            do { outputs.result = try self.result() } catch { failures.append(error) }
        }
        do { try self.collectParameters(into: &outputs) } catch { failures.append(error) }
        var artifactFailures: [RunnerError] = []
        for (index, artifact) in self.launch.outputArtifacts.enumerated() {
            do {
                if try self.save(artifact, index: index) { outputs.artifacts.append(artifact) }
            } catch {
                artifactFailures.append(error)
            }
        }
        if let full = artifactFailures.first(where: { $0.code == .diskFull }) { return full }
        if let first = artifactFailures.first {
            failures.append(RunnerError(first.code, artifactFailures.map(\.message).joined(separator: "; ")))
        }
        return failures.first
    }

    private func result() throws(RunnerError) -> String {
        var bytes = try PodLog.standardOutput(of: self.folder, limit: Self.resultLimit + 1)
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        return String(decoding: bytes.suffix(Self.resultLimit), as: UTF8.self)
    }

    private func saveLog(into outputs: inout Outputs) throws(RunnerError) {
        guard let key = self.launch.logKey else { return }
        // Of another suffix than logs have: it is no pod's log for a runner that comes back.
        let draft = "\(self.folder.path).main-log"
        try PodLog.writeLines(of: self.folder, to: draft)
        try self.repository.store(draft, key: key)
        var artifact = Artifact()
        artifact.name = Self.logArtifactName
        artifact.location.s3 = S3Artifact()
        artifact.location.s3?.key = key
        outputs.artifacts.append(artifact)
    }

    /// Stops at the first that cannot be had, as Argo does.
    private func collectParameters(into outputs: inout Outputs) throws(RunnerError) {
        for (index, output) in self.launch.outputParameters.enumerated() {
            let content = try HostFiles.readIfPresent("\(self.folder.outputs)/p\(index)")
            var value: String
            if let content {
                value = String(decoding: content, as: UTF8.self)
            } else if let fallback = output.defaultValue {
                value = fallback
            } else {
                throw RunnerError(.notFound, self.record.parameterErrors[index] ?? Self.absence(of: output.path))
            }
            // By bytes: Swift takes "\r\n" for one character.
            if value.utf8.last == UInt8(ascii: "\n") { value = String(value.utf8.dropLast()) ?? value }
            outputs.parameters.append(Parameter(name: output.name, value: value))
        }
    }

    private static func absence(of path: String) -> String {
        "open /var/run/argo/outputs/parameters/\(path.drop { $0 == "/" }): no such file or directory"
    }

    /// Answers `false` for an optional artifact that is not there.
    private func save(_ artifact: Artifact, index: Int) throws(RunnerError) -> Bool {
        if let error = self.record.artifactErrors[index] { throw RunnerError(.system, error) }
        let collected = "\(self.folder.outputs)/a\(index)"
        guard let key = artifact.location.s3?.key, !key.isEmpty else {
            throw RunnerError(.invalid, "output artifact \"\(artifact.name)\" has no key to be saved under")
        }
        guard HostFiles.kind(of: collected) != nil else {
            // It was saved before a crash that came between saving and reporting.
            if HostFiles.kind(of: "\(collected).saving") != nil { return true }
            if artifact.optional { return false }
            let path = (artifact.path ?? "").drop { $0 == "/" }
            throw RunnerError(
                .notFound, "open /var/run/argo/outputs/artifacts/\(path).tgz: no such file or directory")
        }
        try HostFiles.write([], to: "\(collected).saving")
        if artifact.archive?.none != nil || artifact.archive?.zip != nil {
            // In a folder of its own, so that it can have its own name, which a zip file keeps.
            let folder = "\(collected).plain"
            let name = (artifact.path ?? "").split(separator: "/").last { $0 != "." && $0 != ".." } ?? "root"
            let plain = "\(folder)/\(name)"
            try HostFiles.remove(folder)
            try HostFiles.makeFolder(folder)
            guard try Archives.unpack(collected, as: .tar, to: plain) == .unpacked else {
                throw RunnerError(.system, "\(collected) is no tar file")
            }
            if artifact.archive?.zip != nil {
                try HostFiles.remove("\(collected).zip")
                try Archives.zip(plain, to: "\(collected).zip")
                try self.repository.store("\(collected).zip", key: key)
            } else {
                try self.repository.store(plain, key: key)
            }
            try HostFiles.remove(collected)
        } else {
            try self.repository.store(collected, key: key)
        }
        return true
    }
}

extension PodReport {
    /// A report of a launch's pod, with nothing said yet.
    init(of launch: PodLaunch) {
        self.init()
        self.identity = launch.identity
        self.workflow = launch.workflowName
        self.namespace = launch.namespace
    }
}
