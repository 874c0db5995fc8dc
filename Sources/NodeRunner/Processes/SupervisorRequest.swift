/// What a supervisor is asked to run, in the form that it reads: `key=value` strings, each ended by a zero byte.
package struct SupervisorRequest: Sendable {
    /// The pod's name in messages.
    package var id: String
    /// The pod's folder, an absolute path.
    ///
    /// Made where something is kept in it.
    package var folder: String
    /// The pod's log, and its length while nobody has taken the pod.
    package var log: String
    package var logStart = 0
    package var isolation = Isolation.none
    package var command: [String] = []
    package var environment: [(name: String, value: String)] = []
    package var workingFolder: String?
    package var hostname: String?
    /// The user and the group of the command, where they are others than ours.
    package var user: Int?
    package var group: Int?
    package var deadlineSeconds: Int64?
    package var graceSeconds = 30
    /// Folders that the pod must not see.
    package var hidden: [String] = []
    /// Files and folders of the host to show in the pod, by the path at which they appear.
    package var placements: [(from: String, to: String)] = []
    /// Those of the paths at which something appears that the pod may not write to.
    package var readOnlyPlaces: [String] = []
    package var outputParameterPaths: [String] = []
    /// `none` packs as tar alone; a digit is gzip's level.
    package var outputArtifacts: [(path: String, archive: String)] = []
    package var cgroups = CgroupPlan()

    package init(id: String, folder: String, log: String) {
        self.id = id
        self.folder = folder
        self.log = log
    }

    /// The request's bytes.
    ///
    /// - Throws: `RunnerError` for a text with a zero byte, which no program could be given.
    package func encoded() throws(RunnerError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1_024)
        var zero: String?
        func put(_ key: String, _ value: String) {
            if value.utf8.contains(0) { zero = key }
            bytes.append(contentsOf: key.utf8)
            bytes.append(UInt8(ascii: "="))
            bytes.append(contentsOf: value.utf8)
            bytes.append(0)
        }
        put("id", self.id)
        put("folder", self.folder)
        put("log", self.log)
        put("log-start", "\(self.logStart)")
        put("isolation", self.isolation.rawValue)
        for argument in self.command { put("arg", argument) }
        for (name, value) in self.environment { put("env", "\(name)=\(value)") }
        if let folder = self.workingFolder { put("cwd", folder) }
        if let hostname = self.hostname { put("hostname", hostname) }
        if let user = self.user { put("user", "\(user)") }
        if let group = self.group { put("group", "\(group)") }
        if let deadline = self.deadlineSeconds { put("deadline", "\(deadline)") }
        put("grace", "\(self.graceSeconds)")
        for path in self.hidden { put("mask", path) }
        for (from, to) in self.placements {
            put("place-from", from)
            put("place-to", to)
        }
        for path in self.readOnlyPlaces { put("read-only", path) }
        for path in self.outputParameterPaths { put("parameter", path) }
        for (path, archive) in self.outputArtifacts {
            put("artifact", path)
            put("archive", archive)
        }
        for folder in self.cgroups.folders { put("cgroup", folder) }
        for setting in self.cgroups.settings {
            put("cgroup-file", setting.file)
            put("cgroup-value", setting.value)
        }
        if let file = self.cgroups.memoryEventsFile { put("oom-file", file) }
        guard let zero else { return bytes }
        throw RunnerError(.invalid, "\(zero) of pod \"\(self.id)\" holds a zero byte, which no program can be given")
    }
}
