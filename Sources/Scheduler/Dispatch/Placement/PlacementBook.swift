import ActorTransport
import Model
import OrderedCollections
import Synchronization

/// Where the pods of this scheduler are: with which runner, or waiting for one.
///
/// A turn asks it at once for a runner, so that the choice is written along with the decision to start the pod. What is
/// chosen is only remembered here: it becomes true with the shard's commit, and `forget` undoes it where that fails.
final class PlacementBook: Sendable {
    /// A pod that a runner was chosen for and that has not ended.
    struct Placement: Sendable {
        var shard: Int
        var workflow: WorkflowName
        var runner: String
        var needs: PodNeeds
        /// Whether it is written down that this runner has it.
        var isConfirmed = false
        /// Whether the runner has said that it has the pod on record.
        var isOnRecord = false
    }

    private struct Waiting {
        var pod: QueuedPod
        var cause: String
        /// How long it has been without any runner that could take it.
        var age = Duration.zero
        var isTold = false
    }

    private struct State {
        var pool: RunnerPool
        var queue = PodQueue()
        var placements: [PodIdentity: Placement] = [:]
        /// Pods that no runner could ever take.
        var stuck: OrderedDictionary<PodIdentity, Waiting> = [:]
        /// How each pod ended that no runner will tell of.
        var verdicts: [PodIdentity: (shard: Int, report: PodReport)] = [:]

        mutating func place(_ pod: QueuedPod, on runner: String) {
            self.pool.take(pod.needs, on: runner)
            self.placements[pod.identity] = Placement(
                shard: pod.shard, workflow: pod.workflow, runner: runner, needs: pod.needs)
        }

        @discardableResult
        mutating func removePlacement(_ identity: PodIdentity) -> Placement? {
            guard let placement = self.placements.removeValue(forKey: identity) else { return nil }
            self.pool.release(placement.needs, from: placement.runner)
            return placement
        }

        mutating func drop(_ identity: PodIdentity) {
            self.removePlacement(identity)
            _ = self.queue.remove(identity)
            self.stuck[identity] = nil
            self.verdicts[identity] = nil
        }

        /// Lets pods wait for room that some runner could take by now; the others learn the present cause.
        mutating func reconsiderStuck() {
            var plans: [PodNeeds: RunnerPool.Plan] = [:]
            for (identity, waiting) in self.stuck {
                let plan = plans[waiting.pod.needs] ?? self.pool.plan(waiting.pod.needs)
                plans[waiting.pod.needs] = plan
                switch plan {
                case .infeasible(let cause) where cause == waiting.cause: break
                case .infeasible(let cause):
                    self.stuck[identity]?.cause = cause
                    self.stuck[identity]?.isTold = false
                case .place, .wait:
                    self.stuck[identity] = nil
                    self.queue.add(waiting.pod)
                }
            }
        }
    }

    /// How long a pod is without any runner that could take it before people are told.
    static let causeDelay = Duration.seconds(3)

    private let state: Mutex<State>

    init(silenceLimit: Duration) { self.state = Mutex(State(pool: RunnerPool(silenceLimit: silenceLimit))) }

    // MARK: Placing

    /// Chooses a runner for a new pod; `nil` where it must wait.
    ///
    /// Nobody overtakes pods that wait.
    func place(_ pod: QueuedPod) -> String? {
        self.state.withLock { state -> String? in
            guard state.queue.isEmpty, case .place(let runner) = state.pool.plan(pod.needs) else { return nil }
            state.place(pod, on: runner)
            return runner
        }
    }

    /// Lets a pod wait.
    func enqueue(_ pod: QueuedPod) {
        self.state.withLock { state in
            guard state.placements[pod.identity] == nil, state.stuck[pod.identity] == nil else { return }
            state.queue.add(pod)
        }
    }

    /// Chooses runners for pods that wait, as far as there is room.
    func assign(limit: Int) -> [QueuedPod] {
        self.state.withLock { state in
            var assigned: [QueuedPod] = []
            var blocked: Set<PodQueue.Lane> = []
            while assigned.count < limit, let lane = state.queue.nextLane(without: blocked) {
                switch state.pool.plan(lane.needs) {
                case .place(let runner):
                    guard var pod = state.queue.takeFirst(of: lane) else { continue }
                    pod.runner = runner
                    pod.mayBeLaunched = false
                    state.place(pod, on: runner)
                    assigned.append(pod)
                case .wait:
                    blocked.insert(lane)
                case .infeasible(let cause):
                    for pod in state.queue.takeAll(of: lane) {
                        state.stuck[pod.identity] = Waiting(pod: pod, cause: cause)
                    }
                }
            }
            return assigned
        }
    }

    /// Takes a pod of a shard that was loaded, whose runner was chosen before.
    func restore(_ placement: Placement, _ identity: PodIdentity) {
        self.state.withLock { state in
            state.removePlacement(identity)
            state.pool.take(placement.needs, on: placement.runner)
            state.placements[identity] = placement
        }
    }

    /// Puts a pod back that its runner will not have.
    func refused(_ pod: QueuedPod) {
        self.state.withLock { state in
            guard let placement = state.removePlacement(pod.identity) else { return }
            state.pool.refused(by: placement.runner)
            state.queue.add(pod)
        }
    }

    /// Notes that it is written down which runner has a pod.
    func confirm(_ identity: PodIdentity) {
        self.state.withLock { $0.placements[identity]?.isConfirmed = true }
    }

    /// Notes that a runner has a pod on record.
    func noteOnRecord(_ identity: PodIdentity) {
        self.state.withLock { $0.placements[identity]?.isOnRecord = true }
    }

    // MARK: Ending

    /// Takes out a pod that waits for a runner.
    func withdraw(_ identity: PodIdentity) -> QueuedPod? {
        self.state.withLock { $0.queue.remove(identity) ?? $0.stuck.removeValue(forKey: identity)?.pod }
    }

    func ended(_ identities: [PodIdentity]) {
        self.state.withLock { state in
            for identity in identities { state.drop(identity) }
        }
    }

    /// Drops what is known of a shard that is about to be loaded again, or is somebody else's.
    func forget(shard: Int) {
        self.state.withLock { state in
            state.queue.removeAll { $0.shard == shard }
            for (identity, waiting) in state.stuck where waiting.pod.shard == shard { state.stuck[identity] = nil }
            for (identity, placement) in state.placements where placement.shard == shard {
                state.removePlacement(identity)
            }
            for (identity, verdict) in state.verdicts where verdict.shard == shard { state.verdicts[identity] = nil }
        }
    }

    /// Drops the pods of a workflow that is deleted.
    func forget(workflowUID uid: String) {
        self.state.withLock { state in
            state.queue.removeAll { $0.identity.workflowUID == uid }
            let known = Array(state.stuck.keys) + Array(state.placements.keys) + Array(state.verdicts.keys)
            for identity in known where identity.workflowUID == uid { state.drop(identity) }
        }
    }

    /// Says how a pod ended that no runner will tell of; it is told until its shard has taken it.
    func conclude(_ report: PodReport, shard: Int) {
        self.state.withLock { state in
            if state.verdicts[report.identity] == nil { state.verdicts[report.identity] = (shard, report) }
        }
    }

    // MARK: Looking

    func placement(of identity: PodIdentity) -> Placement? { self.state.withLock { $0.placements[identity] } }

    /// Whether a pod is still to be with a runner.
    func has(_ pod: QueuedPod, at runner: String) -> Bool {
        self.state.withLock { state in
            state.placements[pod.identity]?.runner == runner && state.verdicts[pod.identity] == nil
        }
    }

    /// The runners that have pods of a workflow.
    func runners(ofWorkflow uid: String) -> Set<String> {
        self.state.withLock { state in
            Set(state.placements.lazy.filter { $0.key.workflowUID == uid }.map(\.value.runner))
        }
    }

    /// The pods that a runner has said it has on record.
    func onRecord(at runner: String) -> [PodIdentity: Placement] {
        self.state.withLock { $0.placements.filter { $0.value.runner == runner && $0.value.isOnRecord } }
    }

    /// Pods with a runner that is lost.
    func stranded() -> [PodIdentity: Placement] {
        self.state.withLock { state in
            let lost = state.pool.lost
            guard !lost.isEmpty else { return [:] }
            return state.placements.filter { lost.contains($0.value.runner) }
        }
    }

    /// Whether a runner is not lost; from now on it is looked whether one is silent that was not heard of yet.
    func mayLive(_ runner: String) -> Bool {
        self.state.withLock { state in
            state.pool.expect(runner)
            return !state.pool.isLost(runner)
        }
    }

    /// How many pods wait for a runner, and how many are with one.
    var counts: (waiting: Int, placed: Int) {
        self.state.withLock { ($0.queue.count + $0.stuck.count, $0.placements.count) }
    }

    /// The runners that were heard of, those too that are lost.
    var knownRunners: [ClusterMember] { self.state.withLock { $0.pool.known } }

    var livingRunners: [String] { self.state.withLock { $0.pool.living } }

    var verdicts: [PodReport] { self.state.withLock { $0.verdicts.values.map(\.report) } }

    // MARK: Runners

    func heard(_ announcement: RunnerAnnouncement) -> RunnerPool.Arrival {
        self.state.withLock { state in
            let arrival = state.pool.heard(announcement)
            // What it offers may have changed.
            state.reconsiderStuck()
            return arrival
        }
    }

    /// Lets time pass; answers the runners that are lost by it, and the causes for which pods wait, each told once.
    func pass(_ duration: Duration) -> (lost: [String], causes: [PodReport]) {
        self.state.withLock { state in
            let lost = state.pool.pass(duration)
            var causes: [PodReport] = []
            for identity in state.stuck.keys {
                guard var waiting = state.stuck[identity] else { continue }
                waiting.age += duration
                if waiting.age > Self.causeDelay, !waiting.isTold {
                    waiting.isTold = true
                    var report = PodReport(of: waiting.pod.identity, workflow: waiting.pod.workflow)
                    report.message = waiting.cause
                    causes.append(report)
                }
                state.stuck[identity] = waiting
            }
            return (lost, causes)
        }
    }
}

extension PodReport {
    /// A report of a pod that no runner makes.
    init(of identity: PodIdentity, workflow: WorkflowName) {
        self.init()
        self.identity = identity
        self.workflow = workflow.name
        self.namespace = workflow.namespace
    }
}
