import ActorTransport
import JSON
import Logging
import Model
import OrderedCollections
import Synchronization
import WorkflowEngine
import YAML

/// What the shards of one scheduler share: the store's committer, watches, catalog, timers and the way to the runner.
final class Replica: Sendable {
    let member: String
    let store: any WorkflowStore
    let clock: any SchedulerClock
    let logger: Logger
    let machines: MachineFactory
    let admission: Admission
    let committer: Committer
    let watches: WatchHub
    let catalog: ObjectCatalog
    let timers: TimerQueue
    let directory: ShardDirectory
    let dispatcher: Dispatcher
    let cron: CronController
    let jobs = BackgroundJobs()
    /// The member whose runner has the pods.
    let runnerMember: String

    init(
        configuration: SchedulerConfiguration, store: any WorkflowStore, system: ApusActorSystem,
        machines: MachineFactory, clock: any SchedulerClock, logger: Logger
    ) throws {
        self.member = system.member
        self.runnerMember = configuration.runnerMember
        self.store = store
        self.clock = clock
        self.logger = logger
        self.machines = machines
        self.admission = Admission()
        self.watches = WatchHub()
        self.committer = Committer(store: store, watches: self.watches, sequence: 0)
        self.catalog = ObjectCatalog()
        self.timers = TimerQueue(clock: clock)
        let directory = ShardDirectory()
        self.directory = directory
        self.dispatcher = Dispatcher(
            capacity: configuration.podLimit,
            runner: try $RunnerContract.resolve(id: .runner(on: configuration.runnerMember), using: system),
            clock: clock, logger: logger,
            acknowledge: { shard, numbers in
                // What is not acknowledged is redone at the next recovery, which does no harm.
                _ = directory[shard]?.mailbox.post(.performed(numbers), isUrgent: true)
            },
            report: { reports in
                do {
                    try await directory.report(reports)
                } catch {
                    logger.warning("report of a pod was refused", metadata: ["reason": "\(error)"])
                }
            })
        self.cron = CronController(catalog: self.catalog, timers: self.timers, clock: clock, logger: logger)
    }

    /// What surrounds every workflow of this scheduler at this moment.
    var surroundings: Surroundings {
        Surroundings(now: self.clock.now(), catalog: self.catalog.templates, readYAML: Replica.readYAML)
    }

    @Sendable private static func readYAML(_ text: String) -> JSONValue? {
        // Where it fails, the engine says in the node's message what was expected, and shows the text.
        do { return try YAMLDocuments.read(text, name: "text", isStrict: false).first } catch { return nil }
    }

    /// Something that a timer stands for is due.
    func fire(_ key: TimerKey) {
        switch key {
        case .workflow(let shard, let uid, let timer):
            _ = self.directory[shard]?.mailbox.post(.timer(uid: uid, timer), isUrgent: true)
        case .recovery(let shard):
            _ = self.directory[shard]?.mailbox.post(.recover, isUrgent: true)
        case .cron(let name):
            self.cron.due(name)
        case .expiry:
            self.expiry.signal()
        }
    }

    /// Wakes the deletion of workflows whose time to live has run out.
    let expiry = WakeUp()

    func workflowCompleted(_ name: WorkflowName, phase: String, labels: StringMap) {
        self.expiry.signal()
        if let cronWorkflow = labels[LabelKeys.cronWorkflow] {
            self.cron.completed(name, of: WorkflowName(namespace: name.namespace, name: cronWorkflow), phase: phase)
        }
    }

    func objectChanged(_ key: ObjectKey) {
        guard key.kind == .cronWorkflow else { return }
        self.cron.changed(WorkflowName(namespace: key.namespace, name: key.name))
    }
}

/// The processors of the shards that this replica owns.
final class ShardDirectory: Sendable {
    private let processors = Mutex<[Int: ShardProcessor]>([:])

    subscript(shard: Int) -> ShardProcessor? { self.processors.withLock { $0[shard] } }

    var all: [ShardProcessor] { self.processors.withLock { Array($0.values) } }

    func set(_ processors: [ShardProcessor]) {
        self.processors.withLock { known in
            for processor in processors { known[processor.shard] = processor }
        }
    }

    func processor(_ shard: Int) throws(ServiceError) -> ShardProcessor {
        guard let processor = self[shard] else { throw .notOwner(of: shard, hint: nil) }
        return processor
    }

    /// Hands reports to the shards of their workflows; returns once all are durable.
    func report(_ reports: [PodReport]) async throws(ServiceError) {
        let groups = Dictionary(grouping: reports) { ShardMap.shard(ofWorkflow: $0.workflow, in: $0.namespace) }
        if groups.count == 1, let (shard, reports) = groups.first {
            return try await self.processor(shard).ask(isUrgent: true) { .report(reports, $0) }
        }
        try await ServiceError.wrapping {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (shard, reports) in groups {
                    let processor = try self.processor(shard)
                    group.addTask { try await processor.ask(isUrgent: true) { .report(reports, $0) } }
                }
                try await group.waitForAll()
            }
        }
    }
}
