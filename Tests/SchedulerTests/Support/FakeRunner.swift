import ActorTransport
import Model
import Synchronization
import Testing

@testable import Scheduler

/// A runner whose pods succeed at once, or when the test says so.
///
/// What it has on record outlives the scheduler, as a real runner's folders do. It counts what is started.
final class FakeRunner: PodBackendDoor {
    enum Behaviour { case succeedAtOnce, wait }

    private struct State {
        var launches: [PodIdentity: PodLaunch] = [:]
        /// How often each pod was started: a second start of one is what must never happen.
        var starts: [PodIdentity: Int] = [:]
        var order: [String] = []
        var unreported: [PodReport] = []
        var stopped: [PodIdentity] = []
        var removed: [String] = []
        var running: Set<PodIdentity> = []
        var peak = 0
        var reporter: PodReporter?
        var gate = LaunchGate()
        var podLimit = 64
        var incarnation = 1
        /// Pods that it was told nobody wants.
        var unwanted: Set<PodIdentity> = []
    }

    let name: String
    let behaviour: Behaviour
    private let state = Mutex(State())
    private let change = WakeUp()

    init(_ behaviour: Behaviour, name: String = "runner") {
        self.behaviour = behaviour
        self.name = name
    }

    var unwanted: Set<PodIdentity> { self.state.withLock { $0.unwanted } }

    // MARK: Announcing

    func setPodLimit(_ limit: Int) { self.state.withLock { $0.podLimit = limit } }

    /// Announces until the task is cancelled.
    func announce(
        on system: ApusActorSystem, to schedulers: ShardMap,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await ContinuousClock().sleep(for: $0) }
    ) async {
        let announcer = RunnerAnnouncer(
            system: system, schedulers: schedulers, announcement: { self.announcement },
            reportAll: { self.reportAll() }, sleep: sleep)
        await announcer.run()
    }

    private var announcement: RunnerAnnouncement {
        self.state.withLock { state in
            var announcement = RunnerAnnouncement(name: self.name, pods: state.podLimit)
            announcement.incarnation = "\(state.incarnation)"
            announcement.usedPods = state.running.count
            return announcement
        }
    }

    private func reportAll() {
        self.state.withLock { state in
            for identity in state.running {
                guard let launch = state.launches[identity] else { continue }
                state.unreported.append(Self.report(launch, .running))
            }
        }
        self.change.signal()
    }

    private static func report(_ launch: PodLaunch, _ phase: NodePhase) -> PodReport {
        var report = PodReport(
            of: launch.identity,
            workflow: WorkflowName(namespace: launch.namespace, name: launch.workflowName))
        report.phase = phase
        return report
    }

    var starts: [PodIdentity: Int] { self.state.withLock { $0.starts } }
    var order: [String] { self.state.withLock { $0.order } }
    var stopped: [PodIdentity] { self.state.withLock { $0.stopped } }
    var removed: [String] { self.state.withLock { $0.removed } }
    var running: Set<PodIdentity> { self.state.withLock { $0.running } }
    var peak: Int { self.state.withLock { $0.peak } }

    func name(of pod: PodIdentity) -> String { self.state.withLock { $0.launches[pod]?.nodeName ?? "" } }

    func connect(_ reporter: PodReporter?) { self.state.withLock { $0.reporter = reporter } }

    func launch(_ launches: [PodLaunch]) async throws -> [LaunchRefusal] {
        let (new, refused) = self.state.withLock { state -> ([PodLaunch], [LaunchRefusal]) in
            var new: [PodLaunch] = []
            var refused: [LaunchRefusal] = []
            for launch in launches where state.launches[launch.identity] == nil {
                let verdict = state.gate.admit(launch, hasRoom: state.running.count < state.podLimit)
                if case .refused(let refusal) = verdict {
                    refused.append(refusal)
                    continue
                }
                state.launches[launch.identity] = launch
                state.starts[launch.identity, default: 0] += 1
                state.order.append(launch.nodeName)
                state.running.insert(launch.identity)
                new.append(launch)
            }
            state.peak = max(state.peak, state.running.count)
            return (new, refused)
        }
        if self.behaviour == .succeedAtOnce { for launch in new { self.end(launch.identity, .succeeded) } }
        return refused
    }

    /// Ends a pod; its report goes out with the next `flush`, or from `run`.
    func end(_ identity: PodIdentity, _ phase: NodePhase) {
        self.state.withLock { state in
            guard state.running.remove(identity) != nil, let launch = state.launches[identity] else { return }
            state.unreported.append(Self.report(launch, phase))
        }
        self.change.signal()
    }

    func stop(_ identity: PodIdentity, graceSeconds: Int) async throws {
        self.state.withLock { $0.stopped.append(identity) }
        self.end(identity, .failed)
    }

    func unknown(_ identities: [PodIdentity]) async throws -> [PodIdentity] {
        self.state.withLock { state in identities.filter { state.launches[$0] == nil } }
    }

    func remove(_ workflow: ObjectKey) async throws {
        self.state.withLock { state in
            state.removed.append(workflow.name)
            state.running = state.running.filter { $0.workflowUID != workflow.uid }
        }
    }

    /// Loses all records, as if the runner's disk was wiped.
    func forgetEverything() {
        self.state.withLock { state in
            state.launches = [:]
            state.running = []
        }
    }

    /// Reports until the task is cancelled; what is refused is repeated.
    func run() async {
        while !Task.isCancelled {
            let (reports, reporter) = self.state.withLock { state -> ([PodReport], PodReporter?) in
                (state.unreported, state.reporter)
            }
            if let reporter, !reports.isEmpty {
                do {
                    let unwanted = try await reporter(reports)
                    self.state.withLock { state in
                        state.unreported.removeFirst(reports.count)
                        state.unwanted.formUnion(unwanted)
                        state.running.subtract(unwanted)
                    }
                    continue
                } catch {
                    // Cancelled: the loop finds out.
                    do { try await Pause.brief() } catch { return }
                    continue
                }
            }
            await self.change.wait()
        }
    }

    func logs(_ request: PodLogRequest) async throws -> AsyncThrowingStream<LogBatch, any Error> {
        AsyncThrowingStream { continuation in
            continuation.yield(
                LogBatch([LogEntry(content: "log of \(request.podName)", podName: request.podName)]))
            continuation.finish()
        }
    }

    func artifact(_ request: StoredArtifact) async throws -> ArtifactContent {
        throw ServiceError(.notFound, "no artifacts here")
    }
}

/// A moment for others, between two looks at something that cannot be waited for.
enum Pause {
    /// - Throws: `CancellationError` when the test's time is up: then nothing is waited for any longer.
    static func brief() async throws { try await ContinuousClock().sleep(for: .milliseconds(1)) }
}
