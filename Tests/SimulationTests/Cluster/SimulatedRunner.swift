import ActorTransport
import Model
import TestSupport

/// The pods of a runner and what is on record of them: they outlive its process, as supervisors and folders do.
// SAFETY: see `Simulation`.
final class RunnerRecords: @unchecked Sendable {
    private struct Pod {
        var launch: PodLaunch
        var isRunning = true
        var wasStopped = false
    }

    let name: String
    let simulation: Simulation
    let bug: PlantedBug
    private let witness: StoreWitness
    private var pods: [PodIdentity: Pod] = [:]
    private var order: [PodIdentity] = []
    private(set) var unreported: [PodReport] = []
    private var wake: (() -> Void)?
    /// What it has heard of owners of shards is on disk with the pods.
    private var gate = LaunchGate()
    /// How many pods it takes at once.
    var podLimit = 4
    private(set) var incarnation = 0

    init(name: String, simulation: Simulation, witness: StoreWitness, bug: PlantedBug) {
        self.name = name
        self.simulation = simulation
        self.witness = witness
        self.bug = bug
    }

    /// The process of the runner has ended.
    func lostProcess() {
        self.wake = nil
        self.gate = LaunchGate(epochs: self.gate.epochs)
        if self.bug == .forgetsRecords { self.pods = [:] }
    }

    func startProcess() { self.incarnation += 1 }

    var announcement: RunnerAnnouncement {
        var announcement = RunnerAnnouncement(name: self.name, pods: self.podLimit)
        announcement.incarnation = "\(self.incarnation)"
        announcement.usedPods = self.used
        return announcement
    }

    private var used: Int { self.pods.values.filter(\.isRunning).count }

    /// Pods that run though their workflows have ended, or their nodes go on with another attempt.
    var leftOver: [String] {
        self.order.compactMap { identity in
            guard let pod = self.pods[identity], pod.isRunning else { return nil }
            let isWanted = !self.witness.isOver(identity.workflowUID) && !self.witness.isSuperseded(identity)
            return isWanted ? nil : pod.launch.nodeName
        }
    }

    /// Tells again of all pods that run.
    func reportAll() {
        for identity in self.order {
            if let pod = self.pods[identity], pod.isRunning { self.tell(self.report(of: pod.launch, .running)) }
        }
    }

    func onChange(_ wake: @escaping () -> Void) { self.wake = wake }

    /// Starts a pod; answers why it is not taken.
    @discardableResult
    func put(_ launch: PodLaunch) -> LaunchRefusal? {
        let identity = launch.identity
        guard self.pods[identity] == nil || self.bug == .startsTwice else { return nil }
        if case .refused(let refusal) = self.gate.admit(launch, hasRoom: self.used < self.podLimit) {
            let fence = launch.fence.map { "epoch \($0.epoch) of shard \($0.shard), \($0.number)" } ?? "no epoch"
            self.simulation.note("\(self.name) refused \(launch.nodeName): \(refusal.reason) at \(fence)")
            return refusal
        }
        self.pods[identity] = Pod(launch: launch)
        self.order.append(identity)
        self.simulation.note("\(self.name) started \(launch.nodeName) attempt \(identity.attempt)")
        self.witness.noteStart(of: launch)
        self.checkInputs(of: launch)
        var started = self.report(of: launch, .running)
        started.startedAt = nil
        self.tell(started)
        self.simulation.after(self.duration(of: launch)) { self.end(identity) }
        return nil
    }

    /// What a pod is given must be what another has put out.
    private func checkInputs(of launch: PodLaunch) {
        guard launch.templateName == "use" else { return }
        let given = launch.container.args.joined()
        if given != Self.result { self.witness.accuse("\(launch.nodeName) was started with \"\(given)\"") }
    }

    static let result = "forty-two"

    private func duration(of launch: PodLaunch) -> Duration {
        if launch.templateName == "endless" { return .seconds(600) }
        return self.simulation.once(in: 6)
            ? self.simulation.draw(1_000...8_000) { .milliseconds($0) }
            : self.simulation.draw(20...900) { .milliseconds($0) }
    }

    private func end(_ identity: PodIdentity) {
        guard let pod = self.pods[identity], pod.isRunning else { return }
        self.pods[identity]?.isRunning = false
        self.witness.noteEnd(of: identity)
        let fails =
            pod.wasStopped || pod.launch.templateName == "fail"
            || pod.launch.templateName == "fragile" && !self.witness.retried.contains(identity.workflowUID)
            || ["flaky", "patient"].contains(pod.launch.templateName) && pod.launch.nodeName.hasSuffix("(0)")
        var report = self.report(of: pod.launch, fails ? .failed : .succeeded)
        report.exitCode = fails ? 1 : 0
        if fails { report.message = "main: Error (exit code 1)" }
        if pod.launch.wantsResult {
            var outputs = Outputs()
            outputs.result = Self.result
            report.outputs = outputs
        }
        if self.bug == .reportsOutputsLater {
            var early = report
            early.outputs = nil
            early.exitCode = nil
            self.tell(early)
        }
        self.tell(report)
        if self.simulation.once(in: 4) {
            // A report of somebody who does not know that it was taken.
            self.simulation.after(self.simulation.draw(1...6) { .seconds($0) }) { self.tell(report) }
        }
    }

    private func report(of launch: PodLaunch, _ phase: NodePhase) -> PodReport {
        var report = PodReport()
        report.identity = launch.identity
        report.workflow = launch.workflowName
        report.namespace = launch.namespace
        report.phase = phase
        return report
    }

    private func tell(_ report: PodReport) {
        self.unreported.append(report)
        self.wake?()
    }

    /// The first reports were taken.
    func reported(_ count: Int) { self.unreported.removeFirst(min(count, self.unreported.count)) }

    func stop(_ identity: PodIdentity) {
        guard let pod = self.pods[identity], pod.isRunning else { return }
        self.pods[identity]?.wasStopped = true
        self.simulation.after(self.simulation.draw(1...300) { .milliseconds($0) }) { self.end(identity) }
    }

    func unknown(_ identities: [PodIdentity]) -> [PodIdentity] {
        identities.filter { self.pods[$0] == nil || self.bug == .deniesPods }
    }

    func remove(_ workflow: ObjectKey) {
        for identity in self.pods.keys where identity.workflowUID == workflow.uid {
            self.pods[identity]?.isRunning = false
        }
    }
}

/// The process of a runner.
struct RunnerProcess: PodBackendDoor {
    let host: SimulatedHost
    let records: RunnerRecords

    func launch(_ launches: [PodLaunch]) async throws -> [LaunchRefusal] {
        if self.records.bug == .acknowledgesBeforeRecord {
            let (host, records) = (self.host, self.records)
            host.simulation.after(.milliseconds(150)) {
                if host.isAlive { for launch in launches { records.put(launch) } }
            }
            return []
        }
        return launches.compactMap { self.records.put($0) }
    }

    func stop(_ identity: PodIdentity, graceSeconds: Int) async throws { self.records.stop(identity) }

    func unknown(_ identities: [PodIdentity]) async throws -> [PodIdentity] { self.records.unknown(identities) }

    func remove(_ workflow: ObjectKey) async throws { self.records.remove(workflow) }

    func logs(_ request: PodLogRequest) async throws -> AsyncThrowingStream<LogBatch, any Error> {
        AsyncThrowingStream { $0.finish() }
    }

    func artifact(_ request: StoredArtifact) async throws -> ArtifactContent {
        throw ServiceError(.notFound, "there are no artifacts in a simulation")
    }

    /// Says for as long as the process lives that it does.
    func announce(on system: ApusActorSystem, to schedulers: ShardMap) async {
        let (host, records) = (self.host, self.records)
        let announcer = RunnerAnnouncer(
            system: system, schedulers: schedulers, announcement: { records.announcement },
            reportAll: { records.reportAll() }, sleep: { try await host.sleep(for: $0) })
        await announcer.run()
    }

    /// Reports for as long as the process lives; what is refused is repeated.
    func report(_ reporter: PodReporter) async {
        let wake = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.records.onChange { wake.continuation.yield() }
        while !Task.isCancelled {
            let reports = Array(self.records.unreported.prefix(16))
            guard !reports.isEmpty else {
                var signals = wake.stream.makeAsyncIterator()
                guard await signals.next() != nil else { return }
                continue
            }
            do {
                let unwanted = try await reporter(reports)
                self.records.reported(reports.count)
                for identity in unwanted { self.records.stop(identity) }
            } catch {
                self.host.simulation.note("reports of \(self.records.name) refused: \(error)")
                if self.records.bug == .reportsOnce { self.records.reported(reports.count) }
                do { try await self.host.sleep(for: .milliseconds(200)) } catch { return }
            }
        }
    }
}
