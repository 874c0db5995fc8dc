import ActorTransport
import Logging
import Model

/// Hands pods to the runner, as many at once as it has room for, the rest in the order of priority and arrival.
///
/// Every effect is repeated until the runner has acknowledged it; the runner tells repetitions by the pod's identity.
actor Dispatcher {
    /// How many launches go into one call.
    static let batchLimit = 256
    private static let shortestPauseMilliseconds: Int64 = 50
    private static let longestPauseMilliseconds: Int64 = 5_000

    private enum Work {
        case stop(PodStop, shard: Int, number: Int64)
        case remove(ObjectKey, shard: Int, number: Int64)
    }

    private let capacity: Int
    private let runner: $RunnerContract
    private let clock: any SchedulerClock
    private let logger: Logger
    private let acknowledge: @Sendable (_ shard: Int, _ outboxNumbers: [Int64]) -> Void
    private let report: @Sendable (_ reports: [PodReport]) async -> Void

    private var queue = PodQueue()
    /// Pods that the runner has, and the shards they belong to.
    private var launched: [PodIdentity: Int] = [:]
    private var work: [Work] = []
    private var pool = RunnerPool(silenceLimit: RunnerPool.silenceLimit)
    /// Pods that were never launched and whose end must be told.
    private var neverLaunched: [PodReport] = []
    private nonisolated let wakeUp = WakeUp()

    init(
        capacity: Int, runner: $RunnerContract, clock: any SchedulerClock, logger: Logger,
        acknowledge: @escaping @Sendable (Int, [Int64]) -> Void,
        report: @escaping @Sendable ([PodReport]) async -> Void
    ) {
        self.capacity = capacity
        self.runner = runner
        self.clock = clock
        self.logger = logger
        self.acknowledge = acknowledge
        self.report = report
    }

    // MARK: What runners say

    /// Takes a sign of life; answers whether the runner is to tell again how far each of its pods is.
    func heard(_ announcement: RunnerAnnouncement) -> Bool { self.pool.heard(announcement) != .known }

    // MARK: What shards say

    func enqueue(_ pods: [QueuedPod]) {
        for pod in pods where self.launched[pod.launch.identity] == nil { self.queue.add(pod) }
        self.wakeUp.signal()
    }

    func ended(_ identities: [PodIdentity]) {
        for identity in identities {
            self.launched[identity] = nil
            // After a recovery a pod may wait here that was launched before and has ended since: launched again, it
            // would never be told of, and take up room for ever.
            _ = self.queue.remove(identity)
        }
        self.wakeUp.signal()
    }

    /// Stops a pod, or takes it out of the queue and reports it as failed.
    func stop(_ stop: PodStop, shard: Int, outboxNumber: Int64) {
        if let waiting = self.queue.remove(stop.identity) {
            self.neverLaunched.append(Self.neverStarted(waiting.launch))
            self.acknowledge(shard, [outboxNumber] + (waiting.outboxNumber.map { [$0] } ?? []))
        } else {
            self.work.append(.stop(stop, shard: shard, number: outboxNumber))
        }
        self.wakeUp.signal()
    }

    /// Forgets a workflow's pods and has the runner do the same.
    func remove(_ workflow: ObjectKey, shard: Int, outboxNumber: Int64) {
        let uid = workflow.uid ?? ""
        self.queue.removeAll { $0.launch.identity.workflowUID == uid }
        for (identity, _) in self.launched where identity.workflowUID == uid { self.launched[identity] = nil }
        self.work.append(.remove(workflow, shard: shard, number: outboxNumber))
        self.wakeUp.signal()
    }

    /// Drops what is known of a shard that is about to be loaded again.
    func forget(shard: Int) {
        self.queue.removeAll { $0.shard == shard }
        for (identity, owner) in self.launched where owner == shard { self.launched[identity] = nil }
        self.work.removeAll { work in
            switch work {
            case .stop(_, let owner, _), .remove(_, let owner, _): owner == shard
            }
        }
    }

    /// Takes the pods of a shard that was loaded and whose launches were acknowledged before.
    ///
    /// Those that the runner has no record of are reported as lost.
    func recovered(_ pods: [PodLaunchRecord], shard: Int) async {
        guard !pods.isEmpty else { return }
        for pod in pods { self.launched[pod.identity] = shard }
        do {
            let unknown = Set(try await self.runner.unknown(pods.map(\.identity)))
            for pod in pods where unknown.contains(pod.identity) {
                self.neverLaunched.append(Self.lost(pod))
            }
            self.wakeUp.signal()
        } catch {
            self.logger.warning("runner did not say which pods it has", metadata: ["reason": "\(error)"])
        }
    }

    // MARK: Working

    /// Works until the task is cancelled.
    func run() async {
        var pause = Self.shortestPauseMilliseconds
        while !Task.isCancelled {
            do {
                try await self.flush()
                pause = Self.shortestPauseMilliseconds
                await self.wakeUp.wait()
            } catch {
                self.logger.warning("runner refused work", metadata: ["reason": "\(error)"])
                let next = self.clock.now() + GoDuration(nanoseconds: pause * 1_000_000)
                pause = min(2 * pause, Self.longestPauseMilliseconds)
                // Cancelled only when the replica stops: then the loop ends.
                do { try await self.clock.sleep(until: next) } catch { return }
            }
        }
    }

    private func flush() async throws {
        while true {
            if !self.neverLaunched.isEmpty {
                let reports = self.neverLaunched
                self.neverLaunched = []
                await self.report(reports)
            }
            let pods = self.queue.take(min(Self.batchLimit, self.capacity - self.launched.count))
            guard !pods.isEmpty || !self.work.isEmpty else { return }
            try await self.launch(pods)
            try await self.doWork()
        }
    }

    private func launch(_ pods: [QueuedPod]) async throws {
        guard !pods.isEmpty else { return }
        for pod in pods { self.launched[pod.launch.identity] = pod.shard }
        do {
            _ = try await self.runner.launch(pods.map(\.launch))
        } catch {
            for pod in pods where self.launched.removeValue(forKey: pod.launch.identity) != nil {
                self.queue.add(pod)
            }
            throw error
        }
        for (shard, pods) in Dictionary(grouping: pods, by: \.shard) {
            self.acknowledge(shard, pods.compactMap(\.outboxNumber))
        }
    }

    private func doWork() async throws {
        while !self.work.isEmpty {
            let next = self.work.removeFirst()
            do {
                switch next {
                case .stop(let stop, let shard, let number):
                    _ = try await self.runner.stop([stop])
                    self.acknowledge(shard, [number])
                case .remove(let workflow, let shard, let number):
                    _ = try await self.runner.remove(workflow)
                    self.acknowledge(shard, [number])
                }
            } catch {
                self.work.insert(next, at: 0)
                throw error
            }
        }
    }

    private static func neverStarted(_ launch: PodLaunch) -> PodReport {
        var report = PodReport()
        report.identity = launch.identity
        report.workflow = launch.workflowName
        report.namespace = launch.namespace
        report.phase = .failed
        report.message = "pod was stopped before it started"
        return report
    }

    private static func lost(_ pod: PodLaunchRecord) -> PodReport {
        var report = PodReport()
        report.identity = pod.identity
        report.workflow = pod.workflow.name
        report.namespace = pod.workflow.namespace
        report.phase = .error
        report.message = "pod deleted"
        return report
    }
}

/// A pod whose launch was acknowledged, as its shard remembers it.
struct PodLaunchRecord: Sendable {
    var identity: PodIdentity
    var workflow: WorkflowName
}
