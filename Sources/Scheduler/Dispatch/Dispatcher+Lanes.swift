import ActorTransport
import Logging
import Model

extension Dispatcher {
    /// What one runner is to do, in order.
    struct Lane: Sendable {
        fileprivate static let shortestPause = Duration.milliseconds(50)
        fileprivate static let longestPause = Duration.seconds(1)

        var entries: [Entry] = []
        /// Launches that were sent, whether an answer came or not.
        var asked: Set<Int> = []
        fileprivate var activity = Activity.none
        /// How long it is left alone after the next failure.
        fileprivate var pause = Lane.shortestPause

        fileprivate enum Activity: Hashable {
            case none, working
            /// Whoever works on it waits after a failure.
            case pausing(number: Int)
        }

        mutating func removeAll(where isMeant: (Entry) -> Bool) {
            self.entries.removeAll { entry in
                guard isMeant(entry) else { return false }
                self.asked.remove(entry.id)
                return true
            }
        }
    }

    /// A job, and what tells it from every other: numbers of outbox rows come again when a shard is loaded anew.
    struct Entry: Sendable {
        let id: Int
        let job: Job
    }

    enum Job: Sendable {
        case launch(QueuedPod)
        case stop(PodStop, shard: Int, number: Int64)
        case remove(ObjectKey, shard: Int, number: Int64)
        /// Asks which pods the runner has.
        case reconcile

        var shard: Int? {
            switch self {
            case .launch(let pod): pod.shard
            case .stop(_, let shard, _), .remove(_, let shard, _): shard
            case .reconcile: nil
            }
        }

        func isStop(of identity: PodIdentity) -> Bool {
            guard case .stop(let stop, _, _) = self else { return false }
            return stop.identity == identity
        }

        fileprivate var pod: QueuedPod? {
            guard case .launch(let pod) = self else { return nil }
            return pod
        }
    }

    func add(_ job: Job, to runner: String) {
        self.lastEntry += 1
        self.lanes[runner, default: Lane()].entries.append(Entry(id: self.lastEntry, job: job))
        if case .launch(let pod) = job, pod.mayBeLaunched { self.lanes[runner]?.asked.insert(self.lastEntry) }
        if self.lanes[runner]?.activity == Lane.Activity.none { self.begin(runner) }
    }

    private func begin(_ runner: String) {
        self.lanes[runner]?.activity = .working
        self.surroundings.start { await self.work(runner) }
    }

    /// Asks a runner again at once that could not be reached: it has just been heard.
    func hasten(_ runner: String) {
        self.lanes[runner]?.pause = Lane.shortestPause
        if case .pausing = self.lanes[runner]?.activity { self.begin(runner) }
    }

    /// Works on a runner's lane until it is empty.
    private func work(_ runner: String) async {
        while let entries = self.nextEntries(runner) {
            do {
                let door = try $RunnerContract.resolve(id: .runner(on: runner), using: self.surroundings.system)
                try await CallContext.withTimeout(Self.callLimit) { try await self.perform(entries, at: runner, door) }
                self.lanes[runner]?.pause = Lane.shortestPause
            } catch {
                self.surroundings.logger.debug(
                    "runner did not take work", metadata: ["runner": "\(runner)", "reason": "\(error)"])
                guard await self.pause(runner) else { return }
            }
        }
    }

    /// Waits a while after a failure; answers whether the lane is to be gone on with here.
    private func pause(_ runner: String) async -> Bool {
        let pause = self.lanes[runner]?.pause ?? Lane.shortestPause
        self.lanes[runner]?.pause = min(pause * 2, Lane.longestPause)
        self.lastPause += 1
        let own = Lane.Activity.pausing(number: self.lastPause)
        self.lanes[runner]?.activity = own
        // Cancelled only when the replica stops.
        do { try await self.surroundings.clock.sleep(for: pause) } catch { return false }
        // Another one goes on where the runner was heard meanwhile.
        guard self.lanes[runner]?.activity == own else { return false }
        self.lanes[runner]?.activity = .working
        return true
    }

    /// The entries at the head of a lane that go into one call; they stay there until they are done.
    private func nextEntries(_ runner: String) -> [Entry]? {
        guard let entries = self.lanes[runner]?.entries, let first = entries.first else {
            self.lanes[runner] = nil
            return nil
        }
        guard first.job.pod != nil else { return [first] }
        return Array(entries.prefix(Self.batchLimit).prefix { $0.job.pod != nil })
    }

    /// Takes entries out of their lane that are done; answers those whose shard was not forgotten meanwhile.
    private func finish(_ entries: [Entry], at runner: String) -> [Entry] {
        let ids = Set(entries.map(\.id))
        let present = (self.lanes[runner]?.entries ?? []).filter { ids.contains($0.id) }
        self.lanes[runner]?.removeAll { ids.contains($0.id) }
        return present
    }

    private func perform(_ entries: [Entry], at runner: String, _ door: $RunnerContract) async throws {
        switch entries[0].job {
        case .launch: try await self.launch(entries, at: runner, door)
        case .stop(let stop, let shard, let number):
            _ = try await door.stop([stop])
            if !self.finish(entries, at: runner).isEmpty { self.surroundings.acknowledge(shard, [number]) }
        case .remove(let workflow, let shard, let number):
            _ = try await door.remove(workflow)
            if !self.finish(entries, at: runner).isEmpty { self.surroundings.acknowledge(shard, [number]) }
        case .reconcile:
            let pods = self.book.onRecord(at: runner)
            let unknown = pods.isEmpty ? [] : try await door.unknown(Array(pods.keys))
            for identity in unknown {
                guard let pod = pods[identity] else { continue }
                self.conclude(Self.lost(identity, pod.workflow), shard: pod.shard)
            }
            _ = self.finish(entries, at: runner)
        }
    }

    private func launch(_ entries: [Entry], at runner: String, _ door: $RunnerContract) async throws {
        // Those that have ended meanwhile, or whose workflow is deleted, are started no more.
        let wanted = entries.filter { entry in entry.job.pod.map { self.book.has($0, at: runner) } ?? false }
        let wantedIDs = Set(wanted.map(\.id))
        _ = self.finish(entries.filter { !wantedIDs.contains($0.id) }, at: runner)
        guard !wanted.isEmpty else { return }
        let new = wantedIDs.subtracting(self.lanes[runner]?.asked ?? [])
        self.lanes[runner]?.asked.formUnion(new)
        let answer: LaunchAnswer
        do {
            answer = try await door.launch(wanted.compactMap(\.job.pod).map(self.fenced))
        } catch {
            // Nothing was sent: they are as they were.
            if (error as? ServiceError)?.redirect != nil { self.lanes[runner]?.asked.subtract(new) }
            throw error
        }
        self.take(answer, of: self.finish(wanted, at: runner).compactMap(\.job.pod), at: runner)
    }

    private func take(_ answer: LaunchAnswer, of pods: [QueuedPod], at runner: String) {
        let refused = Dictionary(answer.refused.map { ($0.identity, $0.reason) }, uniquingKeysWith: { $1 })
        var acknowledged: [Int: [Int64]] = [:]
        for pod in pods {
            switch refused[pod.identity] {
            case nil:
                self.book.noteOnRecord(pod.identity)
                acknowledged[pod.shard, default: []].append(pod.outboxNumber)
            case LaunchRefusal.stale:
                // Somebody else has the shard: it is about to be forgotten here.
                self.book.ended([pod.identity])
            default:
                self.giveBack(pod, from: runner)
            }
        }
        for (shard, numbers) in acknowledged.sorted(by: { $0.key < $1.key }) {
            self.surroundings.acknowledge(shard, numbers)
        }
        if !refused.isEmpty { self.wakeUp.signal() }
    }

    private func fenced(_ pod: QueuedPod) -> PodLaunch {
        self.launchNumber += 1
        var launch = pod.launch
        launch.fence = LaunchFence(shard: pod.shard, epoch: Int(pod.epoch), number: self.launchNumber)
        return launch
    }
}
