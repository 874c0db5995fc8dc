package import ActorTransport
import JSON
package import Model
import OrderedCollections

/// What schedulers are told of the runner, and what it takes from them.
extension LocalRunner {
    /// What the runner is at this moment, to those who know it under `name` and reach it at `address`.
    package func announcement(name: String, address: String = "") -> RunnerAnnouncement {
        var announcement = RunnerAnnouncement(name: name, pods: self.configuration.podLimit)
        announcement.address = address
        announcement.version = self.configuration.version
        announcement.incarnation = self.incarnation
        announcement.milliCPU = self.configuration.milliCPU
        announcement.memory = self.configuration.memory
        announcement.usedPods = self.pods.values.count { $0.machine.finalReport == nil }
        announcement.labels = self.configuration.allLabels
        announcement.backends = ["process"]
        announcement.isDraining = self.isDraining
        return announcement
    }

    /// Takes no more pods, or takes them again; those that it has go on.
    package func setDraining(_ isDraining: Bool) { self.isDraining = isDraining }

    /// Puts pods on record and starts them; answers those that it does not take.
    ///
    /// - Throws: `RunnerError` where they cannot be written down: the call may be repeated.
    package func launch(_ launches: [PodLaunch]) throws -> [LaunchRefusal] {
        let epochs = self.gate.epochs
        var room = Room(of: self)
        var refused: [LaunchRefusal] = []
        var taken: [PodLaunch] = []
        for launch in launches {
            let needs = PodNeeds(launch)
            if self.pods[launch.identity] == nil, try !self.isOnDisk(launch) {
                if case .refused(let refusal) = self.gate.admit(launch, hasRoom: room.has(needs)) {
                    refused.append(refusal)
                    continue
                }
                room.take(needs)
            }
            taken.append(launch)
        }
        // Before anything is started: after a restart no older owner may start what was given to another runner.
        if self.gate.epochs != epochs { try self.saveEpochs() }
        for launch in taken { try self.launch(launch) }
        return refused
    }

    /// Whether a pod has a record, though it has ended and is not kept in memory.
    private func isOnDisk(_ launch: PodLaunch) throws(RunnerError) -> Bool {
        let folder = try PodFolder(
            root: self.configuration.podsFolder, workflowUID: launch.identity.workflowUID, podName: launch.podName,
            attempt: launch.identity.attempt)
        return HostFiles.kind(of: folder.logFile) != nil
    }

    /// Tells again how far each pod is that has not ended.
    package func reportAll() {
        for pod in self.pods.values where pod.machine.finalReport == nil { self.send(self.currentReport(of: pod)) }
    }

    /// Those of the pods that this runner holds no record of.
    ///
    /// Pods whose last report was acknowledged are not kept.
    package func unknown(_ identities: [PodIdentity]) -> [PodIdentity] {
        identities.filter { self.pods[$0] == nil }
    }

    /// Whether a pod has not ended, or its end was not acknowledged yet.
    package var hasPods: Bool { !self.pods.isEmpty }

    // MARK: Epochs

    static func savedGate(_ configuration: RunnerConfiguration) throws(RunnerError) -> LaunchGate {
        guard let text = try HostFiles.readIfPresent(configuration.epochsFile) else { return LaunchGate() }
        do {
            var epochs: [Int: Int] = [:]
            for (shard, epoch) in try JSONValue.parse(text).objectValue ?? [:] {
                if let shard = Int(shard), let epoch = epoch.integerValue { epochs[shard] = epoch }
            }
            return LaunchGate(epochs: epochs)
        } catch {
            throw RunnerError(
                .unavailable,
                "\(configuration.epochsFile) is damaged (\(error)): remove it once no scheduler of before is left")
        }
    }

    private func saveEpochs() throws(RunnerError) {
        let members = self.gate.epochs.sorted { $0.key < $1.key }.map { ("\($0.key)", JSONValue.integer($0.value)) }
        let path = self.configuration.epochsFile
        try HostFiles.write(JSONValue.object(JSONObject(uniqueKeysWithValues: members)).bytes, to: "\(path).new")
        try HostFiles.move("\(path).new", to: path)
    }
}

/// What of a runner is free while it takes launches.
private struct Room {
    private var pods: Int
    private var milliCPU: Int
    private var memory: Int

    init(of runner: isolated LocalRunner) {
        let configuration = runner.configuration
        self.pods = runner.isDraining ? 0 : configuration.podLimit
        self.milliCPU = configuration.milliCPU > 0 ? configuration.milliCPU : .max
        self.memory = configuration.memory > 0 ? configuration.memory : .max
        let counts = configuration.milliCPU > 0 || configuration.memory > 0
        for pod in runner.pods.values where pod.machine.finalReport == nil {
            self.take(counts ? PodNeeds(pod.launch) : PodNeeds())
        }
    }

    func has(_ needs: PodNeeds) -> Bool {
        self.pods > 0 && needs.milliCPU <= self.milliCPU && needs.memory <= self.memory
    }

    mutating func take(_ needs: PodNeeds) {
        self.pods -= 1
        if self.milliCPU != .max { self.milliCPU -= needs.milliCPU }
        if self.memory != .max { self.memory -= needs.memory }
    }
}
