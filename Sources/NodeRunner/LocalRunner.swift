package import ActorTransport
import CLinux
import Glibc
package import Logging
package import Model
import OrderedCollections
import ServiceLifecycle

/// Runs pods as processes of this machine and reports what becomes of them.
///
/// It knows nothing of workflows. Every pod is launched at most once for its identity, and each is reported until the
/// report is acknowledged: whatever dies in between, the pod's folder says how to go on. Made by `start`; `run` must be
/// running for reports to be delivered.
package actor LocalRunner: Service {
    struct Pod: Sendable {
        let launch: PodLaunch
        let folder: PodFolder
        var machine: PodStateMachine
        var plan: PodPlan?
        var startedAt: Timestamp?
        var warnings: [String] = []
    }

    /// What is done outside the actor, one task each.
    enum Job: Sendable {
        case prepare(PodIdentity, PodPlan)
        case collect(PodIdentity, ExitRecord)
        case deliverReports
        case deliver(PodReport)
        case clean(PodFolder)
        case remove(workflowUID: String)
    }

    nonisolated let configuration: RunnerConfiguration
    package nonisolated let capabilities: MachineCapabilities
    /// The isolation that pods get.
    package nonisolated let isolation: Isolation
    nonisolated let backend: any PodBackend
    nonisolated let repository: FileArtifactRepository
    nonisolated let logger: Logger
    nonisolated let receiver: PodReporter
    /// The other runners, where there are any.
    nonisolated let peers: (any ArtifactPeers)?
    private nonisolated let followers = LogFollowers()
    nonisolated let jobs: AsyncStream<Job>
    nonisolated let addJob: AsyncStream<Job>.Continuation
    private let lock: Int32
    /// Another one for each process.
    nonisolated let incarnation: String
    var gate: LaunchGate
    var isDraining = false
    var pods: [PodIdentity: Pod] = [:]
    private var identities: [String: PodIdentity] = [:]
    private var removedWorkflows: Set<String> = []
    /// Warnings that are said once.
    private var saidWarnings: Set<OnceWarning> = []
    /// The latest word of each pod that goes with the next call.
    var unsentReports: OrderedDictionary<PodIdentity, PodReport> = [:]
    /// Whether a job is on its way that delivers what waits.
    var isDelivering = false

    private enum OnceWarning { case image, limits, isolation }

    private init(
        configuration: RunnerConfiguration, capabilities: MachineCapabilities, isolation: Isolation,
        backend: any PodBackend, gate: LaunchGate, logger: Logger, lock: Int32, receiver: @escaping PodReporter,
        peers: (any ArtifactPeers)?
    ) {
        self.peers = peers
        self.configuration = configuration
        self.capabilities = capabilities
        self.isolation = isolation
        self.backend = backend
        self.repository = FileArtifactRepository(root: configuration.artifactsFolder)
        self.logger = logger
        self.receiver = receiver
        self.lock = lock
        self.gate = gate
        var random = SystemRandomNumberGenerator()
        self.incarnation = Identifiers.uid(using: &random)
        // Bounded by the number of pods: each has few jobs at a time.
        (self.jobs, self.addJob) = AsyncStream.makeStream()
    }

    deinit { close(self.lock) }

    /// Takes the data folder, finds the pods that an earlier runner left there, and goes on with them.
    ///
    /// - Throws: `RunnerError` where the folder cannot be used, another runner holds it, or a sandbox is demanded that
    ///   this machine cannot make.
    package static func start(
        _ configuration: RunnerConfiguration, logger: Logger, peers: (any ArtifactPeers)? = nil,
        receiver: @escaping PodReporter
    ) async throws -> LocalRunner {
        var configuration = configuration
        // Logs and artifacts are their owner's alone.
        try HostFiles.makeFolders(configuration.podsFolder)
        HostFiles.spreadFolders(of: configuration.podsFolder)
        try HostFiles.makeFolders(configuration.artifactsFolder)
        // The supervisor hides the folder by the name that mounts go by.
        configuration.dataFolder = HostFiles.canonicalPath(configuration.dataFolder) ?? configuration.dataFolder
        let lock = apus_lock_file("\(configuration.dataFolder)/runner.lock")
        guard lock >= 0 else {
            let cause = errno
            guard cause == EWOULDBLOCK else {
                throw RunnerError.system("\(configuration.dataFolder) cannot be locked", cause)
            }
            throw RunnerError(
                .unavailable, "another runner holds \(configuration.dataFolder): end it or give another data folder")
        }
        let capabilities = MachineCapabilities.probe(
            supervisorPath: configuration.supervisorPath, scratch: configuration.podsFolder,
            environment: configuration.environment, isolation: configuration.isolation,
            cgroupRoot: configuration.cgroupRoot)
        if configuration.isolation == .sandbox, let problem = capabilities.sandboxProblem {
            close(lock)
            throw RunnerError(.unavailable, "no sandbox can be made here: \(problem); isolation \"none\" does without")
        }
        let isolation = configuration.isolation ?? (capabilities.sandboxProblem == nil ? .sandbox : .none)
        let runner = LocalRunner(
            configuration: configuration, capabilities: capabilities, isolation: isolation,
            backend: SupervisedProcesses(program: configuration.supervisorPath, logger: logger),
            gate: try Self.savedGate(configuration), logger: logger, lock: lock, receiver: receiver, peers: peers)
        // What an earlier one was sending when it died.
        try HostFiles.remove(configuration.packedFolder)
        await runner.adopt()
        return runner
    }

    /// Delivers reports until cancelled.
    ///
    /// Pods go on after that, and another runner may take the folder.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    for await batch in self.backend.messages { await self.take(batch) }
                }
                for await job in self.jobs {
                    group.addTask { await self.perform(job) }
                }
                group.cancelAll()
            }
        }
        self.backend.close()
        apus_unlock_file(self.lock)
    }

    // MARK: What the scheduler asks

    /// Launches a pod, unless its identity was launched before.
    ///
    /// Answers how far it is.
    ///
    /// - Throws: `RunnerError` where the pod's folder cannot be written: nothing was started then, and the call may be
    ///   repeated.
    @discardableResult
    package func launch(_ launch: PodLaunch) throws -> PodReport {
        let folder = try PodFolder(
            root: self.configuration.podsFolder, workflowUID: launch.identity.workflowUID, podName: launch.podName,
            attempt: launch.identity.attempt)
        if let pod = self.pods[launch.identity] { return self.currentReport(of: pod) }
        if let length = try folder.create(launch) {
            self.begin(launch, in: folder, logStart: length)
        } else {
            // Finished and acknowledged before: said again, in case the scheduler has lost the word.
            self.resume(launch, in: folder)
        }
        return self.pods[launch.identity].map(self.currentReport) ?? PodReport(of: launch)
    }

    /// Asks a pod to end.
    ///
    /// A pod that is not known or has ended is left alone.
    package func stop(_ identity: PodIdentity, graceSeconds: Int? = nil) {
        guard let pod = self.pods[identity] else { return }
        let grace = graceSeconds ?? pod.launch.gracePeriodSeconds
        self.apply(.stopRequested(graceSeconds: grace), to: identity)
    }

    /// Removes every trace of a deleted workflow's pods but their artifacts.
    ///
    /// Those that still run are killed first.
    package func remove(workflowUID: String) {
        guard PodFolder.isPlainName(workflowUID) else { return }
        self.removedWorkflows.insert(workflowUID)
        let running = self.pods.keys.filter { $0.workflowUID == workflowUID }
        for identity in running { self.stop(identity, graceSeconds: 0) }
        if running.isEmpty { self.removeIfFree(workflowUID) }
    }

    /// The log lines of a pod's latest attempt, each time those that are at hand; none where it never started.
    package nonisolated func logs(
        workflowUID: String, podName: String, _ selection: LogSelection = LogSelection()
    ) throws(RunnerError) -> AsyncThrowingStream<[LogLine], any Error> {
        guard PodFolder.isPlainName(workflowUID), PodFolder.isPlainName(podName) else {
            throw RunnerError(.notFound, "no pod \"\(podName)\" of workflow \"\(workflowUID)\" on this machine")
        }
        let attempts = HostFiles.names(in: "\(self.configuration.podsFolder)/\(workflowUID)")
            .filter { $0.hasPrefix("\(podName).") && $0.hasSuffix(PodFolder.logSuffix) }
            .compactMap { Int($0.dropFirst(podName.count + 1).dropLast(PodFolder.logSuffix.count)) }
        // A pod that was refused never started: it has said nothing.
        guard let attempt = attempts.max() else { return AsyncThrowingStream { $0.finish() } }
        let folder = PodFolder(root: self.configuration.podsFolder, id: "\(workflowUID)/\(podName).\(attempt)")
        if let selector = selection.labels {
            let labels: StringMap
            do {
                labels = try folder.launch()?.labels ?? [:]
            } catch {
                throw (error as? RunnerError) ?? RunnerError(.system, "\(folder.logFile): \(error)")
            }
            guard selector.matches(labels) else { return AsyncThrowingStream { $0.finish() } }
        }
        return try PodLog.lines(of: folder, selection, followers: self.followers)
    }

    /// Ends the logs that are followed, because the runner is to end: their readers go on with the next one.
    package nonisolated func stopFollowing() { self.followers.end() }

    /// The file or folder of an artifact of the repository, or `nil` where there is none of that key.
    package nonisolated func artifact(key: String) throws(RunnerError) -> String? { try self.repository.find(key) }

    /// Packs a folder among the artifacts into a tar file that holds it, and answers where that is: its reader removes
    /// it.
    ///
    /// Blocks.
    package nonisolated func pack(_ folder: String) throws(RunnerError) -> String {
        try HostFiles.makeFolders(self.configuration.packedFolder)
        var random = SystemRandomNumberGenerator()
        let target = "\(self.configuration.packedFolder)/\(Identifiers.uid(using: &random)).tar"
        try Archives.tar(folder, to: target)
        return target
    }

    // MARK: Beginning

    private func adopt() {
        var count = 0
        for workflow in HostFiles.names(in: self.configuration.podsFolder) {
            for name in HostFiles.names(in: "\(self.configuration.podsFolder)/\(workflow)") {
                guard name.hasSuffix(PodFolder.logSuffix) else { continue }
                let pod = name.dropLast(PodFolder.logSuffix.utf8.count)
                let folder = PodFolder(root: self.configuration.podsFolder, id: "\(workflow)/\(pod)")
                do {
                    guard let launch = try folder.unfinishedLaunch() else { continue }
                    self.resume(launch, in: folder)
                    count += 1
                } catch {
                    self.logger.error(
                        "pod folder not readable", metadata: ["pod": "\(folder.id)", "error": "\(error)"])
                }
            }
        }
        if count > 0 { self.logger.info("pods found again", metadata: ["count": "\(count)"]) }
    }

    /// Goes on with a pod from what its folder says.
    private func resume(_ launch: PodLaunch, in folder: PodFolder) {
        let standing: PodFolder.Standing
        do {
            standing = try folder.standing()
            if standing == .notStarted {
                return self.begin(launch, in: folder, logStart: try folder.launchLength())
            }
            self.enter(Pod(launch: launch, folder: folder, machine: PodStateMachine(adopted: standing)))
            if let report = try folder.savedReport() { return self.apply(.collected(report), to: launch.identity) }
        } catch {
            self.enter(Pod(launch: launch, folder: folder, machine: PodStateMachine()))
            return self.apply(.failed(self.errorReport(launch, "\(error)")), to: launch.identity)
        }
        switch standing {
        case .notStarted: break
        case .running(let supervisor):
            self.backend.watch(folder, supervisor: supervisor)
            self.perform([.reportRunning(at: nil)], for: launch.identity)
            // It may have ended before it was watched.
            if !folder.isSupervised { self.lookAgain(launch.identity) }
        case .ended(let record), .done(let record?): self.apply(.exited(record), to: launch.identity)
        case .lost, .done(nil): self.apply(.failed(self.lostReport(launch)), to: launch.identity)
        }
    }

    private func enter(_ pod: Pod) {
        self.pods[pod.launch.identity] = pod
        self.identities[pod.folder.id] = pod.launch.identity
    }

    private func begin(_ launch: PodLaunch, in folder: PodFolder, logStart: Int) {
        var pod = Pod(launch: launch, folder: folder, machine: PodStateMachine())
        do {
            var plan = try PodPlan(
                launch, folder: folder, isolation: self.isolation, machine: self.capabilities,
                configuration: self.configuration)
            plan.request.logStart = logStart
            pod.plan = plan
            pod.warnings = self.warnings(of: plan, launch)
            self.enter(pod)
            if plan.needsInputs {
                self.addJob.yield(.prepare(launch.identity, plan))
            } else {
                self.apply(.prepared, to: launch.identity)
            }
        } catch {
            self.enter(pod)
            self.apply(.preparationFailed(self.errorReport(launch, error.message)), to: launch.identity)
        }
    }

    private func warnings(of plan: PodPlan, _ launch: PodLaunch) -> [String] {
        var warnings: [String] = []
        if let image = launch.container.image, !image.isEmpty, self.saidWarnings.insert(.image).inserted {
            warnings.append(
                "image \"\(image)\" is not pulled: commands run with this machine's programs (said once for all images)"
            )
        }
        if self.isolation == .none, self.configuration.isolation == nil, let problem = self.capabilities.sandboxProblem,
            self.saidWarnings.insert(.isolation).inserted
        {
            warnings.append("pods are not isolated: no sandbox can be made here: \(problem) (said once)")
        }
        for warning in plan.warnings {
            guard warning.hasPrefix("resource limits") else {
                warnings.append(warning)
                continue
            }
            if self.saidWarnings.insert(.limits).inserted { warnings.append(warning + " (said once)") }
        }
        return warnings
    }

    // MARK: Events

    /// The one way by which a pod's state changes.
    func apply(_ event: PodStateMachine.Event, to identity: PodIdentity) {
        guard let actions = self.pods[identity]?.machine.apply(event) else { return }
        self.perform(actions, for: identity)
    }

    private func perform(_ actions: [PodStateMachine.Action], for identity: PodIdentity) {
        for action in actions {
            guard let pod = self.pods[identity] else { return }
            switch action {
            case .startSupervisor: self.startSupervisor(of: pod)
            case .reportRunning(let time):
                self.pods[identity]?.startedAt = time
                if let running = self.pods[identity] { self.send(self.currentReport(of: running)) }
            case .stopSupervisor(let supervisor, let grace):
                self.backend.stop(pod.folder, supervisor: supervisor, graceSeconds: grace)
            case .collect(let record): self.collect(record, of: pod)
            case .reportStoppedEarly:
                var report = PodReport(of: pod.launch)
                report.phase = .failed
                report.message = "pod stopped before it started"
                self.apply(.preparationFailed(report), to: identity)
            case .deliver(var report):
                if report.exitCode == nil { self.keep(report, of: pod) }
                report.hostNodeName = self.configuration.hostName
                report.warnings = pod.warnings
                report.ignoredFields = pod.plan?.ignoredFields ?? []
                self.send(report)
            case .finish: self.finish(pod)
            }
        }
    }

    private func startSupervisor(of pod: Pod) {
        guard let plan = pod.plan else { return }
        do {
            try plan.makeFolders(pod.folder)
            try self.backend.start(plan.request)
            self.logger.debug("pod started", metadata: pod.launch.logFields)
        } catch {
            self.apply(.failed(self.errorReport(pod.launch, error.message)), to: pod.launch.identity)
        }
    }

    private func collect(_ record: ExitRecord, of pod: Pod) {
        if OutputCollection.isNeeded(for: pod.launch) {
            self.addJob.yield(.collect(pod.launch.identity, record))
        } else {
            let collection = OutputCollection(
                launch: pod.launch, folder: pod.folder, record: record, repository: self.repository)
            self.apply(.collected(collection.report().report), to: pod.launch.identity)
        }
    }

    /// Keeps a report that no exit record tells.
    private func keep(_ report: PodReport, of pod: Pod) {
        do { try pod.folder.save(report) } catch {
            self.logger.warning("report not saved", metadata: ["pod": "\(pod.folder.id)", "error": "\(error)"])
        }
    }

    private func finish(_ pod: Pod) {
        self.pods[pod.launch.identity] = nil
        self.identities[pod.folder.id] = nil
        do { try pod.folder.finish() } catch {
            // Its last report will be delivered once more by the next runner, which does no harm.
            self.logger.warning("pod not marked as done", metadata: ["pod": "\(pod.folder.id)", "error": "\(error)"])
        }
        if pod.plan?.needsFolder != false { self.addJob.yield(.clean(pod.folder)) }
        self.removeIfFree(pod.launch.identity.workflowUID)
    }

    private func removeIfFree(_ workflowUID: String) {
        guard self.removedWorkflows.contains(workflowUID),
            !self.pods.keys.contains(where: { $0.workflowUID == workflowUID })
        else { return }
        self.removedWorkflows.remove(workflowUID)
        self.addJob.yield(.remove(workflowUID: workflowUID))
    }

    /// Takes word of supervisors.
    private func take(_ batch: [SupervisorMessage]) {
        var ended: Set<String> = []
        for case .exited(let id, _) in batch { ended.insert(id) }
        for message in batch {
            guard let identity = self.identities[message.id] else { continue }
            switch message {
            // Nobody need be told that a pod ran which has ended meanwhile: the last report says since when.
            case .started(let id, _, _) where ended.contains(id): continue
            case .started(_, let supervisor, let time):
                self.apply(.started(supervisor: supervisor, at: time), to: identity)
            case .exited(_, let record?): self.apply(.exited(record), to: identity)
            case .exited(_, nil), .supervisorEnded: self.lookAgain(identity)
            case .refused(_, let reason):
                guard let pod = self.pods[identity] else { continue }
                self.apply(.failed(self.errorReport(pod.launch, "the pod cannot be started: \(reason)")), to: identity)
            }
        }
    }

    /// Reads from a pod's folder what has become of it.
    private func lookAgain(_ identity: PodIdentity) {
        guard let pod = self.pods[identity] else { return }
        do {
            switch try pod.folder.standing() {
            case .running(let supervisor): self.backend.watch(pod.folder, supervisor: supervisor)
            case .ended(let record), .done(let record?): self.apply(.exited(record), to: identity)
            case .lost, .done(nil): self.apply(.failed(self.lostReport(pod.launch)), to: identity)
            case .notStarted:
                // The launcher died with the request unread. Nobody can have taken the pod since.
                if let plan = pod.plan { try self.backend.start(plan.request) }
            }
        } catch {
            self.apply(.failed(self.errorReport(pod.launch, "\(error)")), to: identity)
        }
    }
}
