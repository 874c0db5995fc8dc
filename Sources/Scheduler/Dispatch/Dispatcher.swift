import ActorTransport
import Logging
import Model

/// Hands pods to the runners that were chosen for them, and tells shards of pods that no runner tells of.
///
/// Each runner has a lane of its own, so that one that hangs holds up no other. Every effect is repeated until the
/// runner has acknowledged it or is lost; runners tell repetitions by the pod's identity. A pod's runner is on disk
/// before the runner is asked, and nobody asks another while that one may have it.
actor Dispatcher {
    /// How many launches go into one call, and how many pods are given to runners in one turn.
    static let batchLimit = 256
    /// How often it is looked whether runners are silent.
    static let tick = Duration.seconds(1)
    /// Time that passed at once beyond this was slept through: it says nothing about runners.
    static let longestTick = Duration.seconds(2)
    /// How long a runner may take for a call.
    static let callLimit = Duration.seconds(10)

    /// What the dispatcher needs of its replica.
    struct Surroundings: Sendable {
        var clock: any SchedulerClock
        var logger: Logger
        var system: ApusActorSystem
        /// Tells a shard that effects are performed.
        var acknowledge: @Sendable (_ shard: Int, _ outboxNumbers: [Int64]) -> Void
        /// Has a shard write down which runners pods are given to; `false` where the shard is not here.
        var place: @Sendable (_ shard: Int, _ pods: [QueuedPod]) -> Bool
        /// Tells shards how pods ended.
        var report: @Sendable (_ reports: [PodReport]) async throws -> Void
        /// Runs work that outlives the call that began it.
        var start: @Sendable (@escaping @Sendable () async -> Void) -> Void
    }

    let book: PlacementBook
    let surroundings: Surroundings
    var lanes: [String: Lane] = [:]
    /// Grows with each launch that is sent.
    var launchNumber = 0
    var lastEntry = 0
    var lastPause = 0
    /// Stops of pods whose runner is not written down yet.
    private var earlyStops: [PodIdentity: (stop: PodStop, shard: Int, number: Int64)] = [:]
    nonisolated let wakeUp = WakeUp()
    private nonisolated let verdictsWakeUp = WakeUp()

    init(book: PlacementBook, surroundings: Surroundings) {
        self.book = book
        self.surroundings = surroundings
    }

    // MARK: What shards say

    /// Takes pods whose start is durable: those with a runner go there, the others wait for one.
    func enqueue(_ pods: [QueuedPod]) {
        for pod in pods {
            guard let runner = pod.runner else {
                self.book.enqueue(pod)
                continue
            }
            self.book.confirm(pod.identity)
            if let early = self.earlyStops.removeValue(forKey: pod.identity) {
                self.withdraw(pod, because: early.number)
            } else {
                self.add(.launch(pod), to: runner)
            }
        }
        self.wakeUp.signal()
    }

    func ended(_ identities: [PodIdentity]) {
        self.book.ended(identities)
        for identity in identities {
            guard let early = self.earlyStops.removeValue(forKey: identity) else { continue }
            self.surroundings.acknowledge(early.shard, [early.number])
        }
        self.wakeUp.signal()
    }

    /// Stops a pod, or reports it as failed where it never was with a runner.
    ///
    /// `runner` had the pod when the stop was decided: said where the shard was loaded since and knows the pod no more.
    func stop(_ stop: PodStop, runner: String, shard: Int, outboxNumber: Int64) {
        if let waiting = self.book.withdraw(stop.identity) {
            self.withdraw(waiting, because: outboxNumber)
        } else if let placement = self.book.placement(of: stop.identity) {
            if placement.isConfirmed {
                self.add(.stop(stop, shard: shard, number: outboxNumber), to: placement.runner)
            } else {
                let before = self.earlyStops.updateValue((stop, shard, outboxNumber), forKey: stop.identity)
                if let before { self.surroundings.acknowledge(before.shard, [before.number]) }
            }
        } else if !runner.isEmpty, self.book.mayLive(runner) {
            self.add(.stop(stop, shard: shard, number: outboxNumber), to: runner)
        } else {
            // It has ended: there is nothing to stop.
            self.surroundings.acknowledge(shard, [outboxNumber])
        }
        self.wakeUp.signal()
    }

    /// Lets a pod wait again that its runner will not have; one that was to be stopped there starts nowhere.
    func giveBack(_ pod: QueuedPod, from runner: String) {
        self.book.refused(pod)
        let stops = (self.lanes[runner]?.entries ?? []).filter { $0.job.isStop(of: pod.identity) }
        guard !stops.isEmpty, self.book.withdraw(pod.identity) != nil else { return }
        self.lanes[runner]?.removeAll { $0.job.isStop(of: pod.identity) }
        for case .stop(_, _, let number) in stops.map(\.job) { self.withdraw(pod, because: number) }
    }

    private func withdraw(_ pod: QueuedPod, because stopNumber: Int64) {
        var report = PodReport(of: pod.identity, workflow: pod.workflow)
        report.phase = .failed
        report.message = "pod was stopped before it started"
        self.conclude(report, shard: pod.shard)
        self.surroundings.acknowledge(pod.shard, [stopNumber, pod.outboxNumber])
    }

    /// Forgets a workflow's pods and has a runner that had some of them do the same.
    func remove(_ removal: PodRemoval, shard: Int, outboxNumber: Int64) {
        self.book.forget(workflowUID: removal.workflow.uid ?? "")
        self.add(.remove(removal.workflow, shard: shard, number: outboxNumber), to: removal.runner)
        self.wakeUp.signal()
    }

    /// Drops what is known of a shard that is about to be loaded again, or is somebody else's.
    func forget(shard: Int) {
        self.book.forget(shard: shard)
        for name in self.lanes.keys { self.lanes[name]?.removeAll { $0.job.shard == shard } }
        self.earlyStops = self.earlyStops.filter { $0.value.shard != shard }
        // There may be room now for pods of other shards.
        self.wakeUp.signal()
    }

    /// Takes the pods of a shard that was loaded and whose runners were chosen before, launched or not.
    ///
    /// Their runners are asked which of those they have that were launched.
    func recovered(_ pods: [PodIdentity: PlacementBook.Placement]) {
        for (identity, pod) in pods {
            if pod.runner.isEmpty {
                self.conclude(Self.lost(identity, pod.workflow), shard: pod.shard)
            } else {
                self.book.restore(pod, identity)
            }
        }
        for runner in Set(pods.values.lazy.filter(\.isOnRecord).map(\.runner)).sorted() where !runner.isEmpty {
            self.add(.reconcile, to: runner)
        }
        self.wakeUp.signal()
    }

    // MARK: What runners say

    /// Takes a sign of life; answers whether the runner is to tell again how far each of its pods is.
    func heard(_ announcement: RunnerAnnouncement) -> Bool {
        let arrival = self.book.heard(announcement)
        let name = announcement.name
        self.wakeUp.signal()
        self.hasten(name)
        guard arrival != .known else { return false }
        self.surroundings.logger.info(
            "runner found", metadata: ["runner": "\(name)", "pods": "\(announcement.pods)", "arrival": "\(arrival)"])
        self.add(.reconcile, to: name)
        return true
    }

    // MARK: Working

    /// Works until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.watchRunners() }
            group.addTask {
                while !Task.isCancelled {
                    let verdicts = self.book.verdicts
                    if !verdicts.isEmpty { await self.tell(verdicts) }
                    await self.verdictsWakeUp.wait()
                }
            }
            while !Task.isCancelled {
                self.assign()
                await self.wakeUp.wait()
            }
            group.cancelAll()
        }
    }

    /// Gives runners to pods that wait: their shards write it down first.
    private func assign() {
        while true {
            let pods = self.book.assign(limit: Self.batchLimit)
            guard !pods.isEmpty else { return }
            let shards = Dictionary(grouping: pods, by: \.shard).sorted { $0.key < $1.key }
            for (shard, pods) in shards where !self.surroundings.place(shard, pods) {
                // Whoever has the shard by now starts them.
                self.book.ended(pods.map(\.identity))
            }
        }
    }

    /// Has a shard told how a pod ended that no runner tells of.
    ///
    /// What is not taken is told again at the next tick.
    func conclude(_ report: PodReport, shard: Int) {
        self.book.conclude(report, shard: shard)
        self.verdictsWakeUp.signal()
    }

    private func tell(_ reports: [PodReport]) async {
        do {
            try await self.surroundings.report(reports)
        } catch {
            self.surroundings.logger.warning("report of a pod was refused", metadata: ["reason": "\(error)"])
        }
    }

    private func watchRunners() async {
        let clock = self.surroundings.clock
        var last = clock.elapsed()
        while !Task.isCancelled {
            // Cancelled only when the replica stops.
            do { try await clock.sleep(for: Self.tick) } catch { return }
            let now = clock.elapsed()
            let (lost, causes) = self.book.pass(min(now - last, Self.longestTick))
            last = now
            for name in lost { self.lose(name) }
            for (identity, pod) in self.book.stranded() {
                self.conclude(Self.lost(identity, pod.workflow), shard: pod.shard)
            }
            if !causes.isEmpty { await self.tell(causes) }
            self.wakeUp.signal()
            self.verdictsWakeUp.signal()
        }
    }

    /// Pods of a lost runner that it was asked for end with an error; those that it was never asked for go elsewhere.
    private func lose(_ name: String) {
        self.surroundings.logger.warning("runner lost", metadata: ["runner": "\(name)"])
        let lane = self.lanes[name] ?? Lane()
        for entry in lane.entries where !lane.asked.contains(entry.id) {
            if case .launch(let pod) = entry.job { self.giveBack(pod, from: name) }
        }
        for case .stop(_, let shard, let number) in (self.lanes[name] ?? Lane()).entries.map(\.job) {
            self.surroundings.acknowledge(shard, [number])
        }
        self.lanes[name]?.removeAll { entry in
            switch entry.job {
            case .launch, .reconcile: true
            // The pods of a lost runner end with an error; where it comes back it is told that nobody wants them.
            case .stop: true
            // Files of deleted workflows are there yet when it comes back.
            case .remove: false
            }
        }
    }

    static func lost(_ identity: PodIdentity, _ workflow: WorkflowName) -> PodReport {
        var report = PodReport(of: identity, workflow: workflow)
        report.phase = .error
        report.message = "pod deleted"
        return report
    }
}
