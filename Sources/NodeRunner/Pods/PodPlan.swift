import Glibc
import JSON
package import Model
import OrderedCollections

/// How a launch is carried out on this machine: what the supervisor is asked for, and what could not be honoured.
package struct PodPlan: Sendable {
    package var request: SupervisorRequest
    package var warnings: [String] = []
    /// Fields of the launch that make no difference here.
    package var ignoredFields: [String]
    /// Files to write into the pod's `inputs` folder before it starts.
    package var needsInputs: Bool

    /// Plans a launch.
    ///
    /// - Throws: `RunnerError` for what cannot be honoured and must not be left out silently.
    package init(
        _ launch: PodLaunch, folder: PodFolder, isolation: Isolation, machine: MachineCapabilities,
        configuration: RunnerConfiguration
    ) throws(RunnerError) {
        self.request = SupervisorRequest(id: folder.id, folder: folder.path, log: folder.logFile)
        self.request.isolation = isolation
        self.request.hostname = launch.podName
        self.request.deadlineSeconds = launch.deadline?.seconds
        self.request.graceSeconds = launch.gracePeriodSeconds
        self.needsInputs = launch.source != nil || !launch.inputArtifacts.isEmpty
        self.ignoredFields = IgnoredFields.of(launch)
        if isolation == .sandbox { self.request.hidden = [configuration.dataFolder] }
        try self.planCommand(launch, folder: folder, configuration: configuration)
        self.planOutputs(launch)
        for (index, artifact) in launch.inputArtifacts.enumerated() {
            guard let path = artifact.path, !path.isEmpty else { continue }
            guard path.hasPrefix("/") else {
                throw RunnerError(.invalid, "input artifact \"\(artifact.name)\": path \"\(path)\" is not absolute")
            }
            // Those that turn out to be absent and optional are taken out again.
            self.request.placements.append((InputArtifacts.place(index, in: folder), path))
        }
        try self.planVolumes(launch, folder: folder, configuration: configuration)
        try self.planUser(launch, machine: machine)
        if !launch.container.resources.limits.isEmpty { self.planLimits(launch, folder: folder, machine: machine) }
    }

    private mutating func planUser(_ launch: PodLaunch, machine: MachineCapabilities) throws(RunnerError) {
        func setting(_ name: String) -> JSONValue? {
            launch.container.securityContext?[name] ?? launch.podSecurityContext?[name]
        }
        let ours = (user: Int(geteuid()), group: Int(getegid()))
        let canChange = self.request.isolation == .sandbox && machine.isPrivileged
        if let user = setting("runAsUser")?.integerValue, user != ours.user {
            guard canChange else { throw Self.cannotRun(as: "runAsUser \(user)", ours.user) }
            self.request.user = user
        }
        if let group = setting("runAsGroup")?.integerValue, group != ours.group {
            guard canChange else { throw Self.cannotRun(as: "runAsGroup \(group)", ours.group) }
            self.request.group = group
        }
        if setting("runAsNonRoot")?.boolValue == true, (self.request.user ?? ours.user) == 0 {
            throw RunnerError(
                .invalid, "securityContext: runAsNonRoot is set and the pod would run as root: add runAsUser")
        }
    }

    private static func cannotRun(as wanted: String, _ ours: Int) -> RunnerError {
        RunnerError(
            .invalid,
            "securityContext: \(wanted) cannot be had: pods run as \(ours) here, and as others only in a sandbox of a "
                + "server that runs as root; leave it out")
    }

    private mutating func planLimits(_ launch: PodLaunch, folder: PodFolder, machine: MachineCapabilities) {
        let (cgroups, unmet) = CgroupPlan.make(
            launch.container.resources.limits, name: CgroupPlan.name(ofPodIn: folder), on: machine.cgroups)
        self.request.cgroups = cgroups
        guard !unmet.isEmpty else { return }
        self.warnings.append(
            "resource limits are not enforced here: \(unmet.joined(separator: ", "))"
                + (machine.cgroups.reason.map { " (\($0))" } ?? ""))
    }

    private mutating func planCommand(
        _ launch: PodLaunch, folder: PodFolder, configuration: RunnerConfiguration
    ) throws(RunnerError) {
        let inherited = configuration.inheritedVariables.compactMap { name in
            configuration.environment[name].map { (name, $0) }
        }
        let environment = try ContainerEnvironment(
            launch, inherited: inherited, home: configuration.environment["HOME"] ?? "/",
            hostName: configuration.hostName)
        self.request.environment = environment.variables.map { ($0.key, $0.value) }
        guard !launch.container.command.isEmpty else {
            throw RunnerError(
                .invalid,
                "template \"\(launch.templateName)\" has no command, and this backend does not pull images "
                    + "to find one: add \"command\"")
        }
        self.request.command = (launch.container.command + launch.container.args).map(environment.expand)
        if launch.source != nil {
            let script = "\(folder.inputs)/script"
            let seen = self.request.isolation == .sandbox ? "/argo/staging/script" : script
            self.request.command.append(seen)
            if self.request.isolation == .sandbox { self.request.placements.append((script, seen)) }
        }
        if let workingFolder = launch.container.workingDir, !workingFolder.isEmpty {
            self.request.workingFolder = workingFolder
        } else {
            self.request.workingFolder = self.request.isolation == .sandbox ? "/" : "/tmp"
        }
    }

    private mutating func planOutputs(_ launch: PodLaunch) {
        self.request.outputParameterPaths = launch.outputParameters.map(\.path)
        self.request.outputArtifacts = launch.outputArtifacts.map { artifact in
            let isPlain = artifact.archive?.none != nil || artifact.archive?.zip != nil
            // gzip has no level 0; its fastest is the nearest.
            let level = min(9, max(1, artifact.archive?.tar?.compressionLevel ?? 6))
            return (artifact.path ?? "", isPlain ? "none" : "\(level)")
        }
    }

    private mutating func planVolumes(
        _ launch: PodLaunch, folder: PodFolder, configuration: RunnerConfiguration
    ) throws(RunnerError) {
        for mount in launch.container.volumeMounts {
            guard let volume = launch.volumes.first(where: { $0.name == mount.name }) else {
                throw RunnerError(.invalid, "volumeMount \"\(mount.name)\": no volume of that name: add it to volumes")
            }
            let below = mount.subPath.map { "/\($0)" } ?? ""
            guard !below.split(separator: "/").contains("..") else {
                throw RunnerError(.invalid, "volumeMount \"\(mount.name)\": subPath \"\(below)\" leaves the volume")
            }
            if volume.unknown["emptyDir"] != nil {
                let from = "\(folder.path)/volumes/\(mount.name)\(below)"
                self.request.placements.append((from, mount.mountPath))
            } else if let path = volume.unknown["hostPath"]?["path"]?.stringValue {
                try self.planHostPath(path, below: below, mount, configuration: configuration)
            } else {
                let source = volume.unknown.members.keys.first ?? "its source"
                throw RunnerError(
                    .invalid,
                    "volume \"\(mount.name)\": \(source) cannot be had with this backend: use emptyDir, "
                        + "hostPath or artifacts")
            }
            guard mount.readOnly else { continue }
            if self.request.isolation == .sandbox {
                self.request.readOnlyPlaces.append(mount.mountPath)
            } else {
                self.warnings.append(
                    "volumeMount \"\(mount.name)\": readOnly is not enforced with isolation \"none\": "
                        + "use isolation \"sandbox\"")
            }
        }
    }

    /// Places a folder or a file of the host's, but never what lies in the data folder.
    private mutating func planHostPath(
        _ path: String, below: String, _ mount: VolumeMount, configuration: RunnerConfiguration
    ) throws(RunnerError) {
        let volume = "volume \"\(mount.name)\": hostPath \"\(path)\""
        guard path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
            throw RunnerError(.invalid, "\(volume) is not an absolute path without \"..\"")
        }
        // What the links of the path lead to is placed, so that it is what was looked at.
        let place = HostFiles.resolvedPath(path + below)
        let components = place.split(separator: "/")
        let dataComponents = HostFiles.resolvedPath(configuration.dataFolder).split(separator: "/")
        if components.starts(with: dataComponents) {
            throw RunnerError(.invalid, "\(volume) is not for pods to see: it lies in Apus's data folder")
        }
        if dataComponents.starts(with: components) {
            guard self.request.isolation == .sandbox else {
                throw RunnerError(
                    .invalid,
                    "\(volume) holds Apus's data folder, which cannot be hidden with isolation \"none\": "
                        + "use isolation \"sandbox\" or a folder below it")
            }
            let hidden = mount.mountPath.split(separator: "/") + dataComponents.dropFirst(components.count)
            self.request.hidden.append("/" + hidden.joined(separator: "/"))
        }
        self.request.placements.append((place, mount.mountPath))
    }

    /// Whether anything is kept in the pod's folder.
    package var needsFolder: Bool {
        self.needsInputs || self.request.isolation == .sandbox || !self.request.placements.isEmpty
            || !self.request.outputParameterPaths.isEmpty || !self.request.outputArtifacts.isEmpty
    }

    /// Makes the folders that the plan relies on.
    package func makeFolders(_ folder: PodFolder) throws(RunnerError) {
        if self.needsFolder { try HostFiles.makeFolder(folder.path) }
        for (from, _) in self.request.placements where from.hasPrefix("\(folder.path)/volumes/") {
            try HostFiles.makeFolders(from, mode: 0o777)
        }
    }
}
