import ActorTransport
import JSON
import Logging
import Model
import OrderedCollections
import Synchronization
import Telemetry
import WorkflowEngine
import YAML

/// What the shards of one scheduler share: the store's committer, watches, catalog, timers and the ways to runners.
final class Replica: Sendable {
    let member: String
    let store: any WorkflowStore
    let clock: any SchedulerClock
    let logger: Logger
    let metrics: SchedulerMetrics
    let machines: MachineFactory
    let admission: Admission
    let committer: Committer
    let watches: WatchHub
    let catalog: ObjectCatalog
    let timers: TimerQueue
    let directory: ShardDirectory
    let dispatcher: Dispatcher
    let lockCourier: LockCourier
    private let limits: Mutex<Parallelism>
    let cron: CronController
    let jobs = BackgroundJobs()
    let gateways = GatewayBook()
    let keeper: ShardKeeper
    /// Who owns which shard, as far as this replica knows.
    let shards: ShardMap
    /// The way to the shards of other replicas.
    let peers: ClusterClient
    let router: ShardRouter
    /// Where the pods are.
    let book: PlacementBook

    init(
        configuration: SchedulerConfiguration, store: any WorkflowStore, system: ApusActorSystem,
        addresses: MemberAddresses, machines: MachineFactory, clock: any SchedulerClock, logger: Logger,
        metrics: MetricRegistry
    ) {
        self.member = system.member
        self.store = store
        self.clock = clock
        self.logger = logger
        self.metrics = SchedulerMetrics(registry: metrics)
        self.machines = machines
        self.admission = Admission()
        self.watches = WatchHub()
        self.committer = Committer(
            member: system.member, store: store, watches: self.watches, metrics: self.metrics, sequence: 0)
        self.keeper = ShardKeeper(configuration: configuration)
        self.shards = ShardMap(members: [system.member], addresses: addresses)
        self.peers = ClusterClient(system: system, shards: self.shards)
        self.catalog = ObjectCatalog()
        self.timers = TimerQueue(clock: clock)
        let directory = ShardDirectory()
        self.directory = directory
        let router = ShardRouter(directory: directory, peers: self.peers)
        self.router = router
        let book = PlacementBook(silenceLimit: configuration.runnerSilence)
        self.book = book
        let jobs = self.jobs
        self.dispatcher = Dispatcher(
            book: book,
            surroundings: Dispatcher.Surroundings(
                clock: clock, logger: logger, system: system,
                acknowledge: { shard, numbers in
                    // What is not acknowledged is redone at the next recovery, which does no harm.
                    _ = directory[shard]?.mailbox.post(.performed(numbers), isUrgent: true)
                },
                place: { shard, pods in
                    directory[shard]?.mailbox.post(.place(pods), isUrgent: true) == .accepted
                },
                report: { _ = try await router.report($0) }, start: { jobs.startDetached($0) }))
        self.limits = Mutex(configuration.parallelism)
        self.lockCourier = LockCourier(
            LockCourier.Surroundings(
                clock: clock, logger: logger, router: router, directory: directory, start: { jobs.startDetached($0) }))
        self.cron = CronController(catalog: self.catalog, timers: self.timers, clock: clock, logger: logger)
        self.metrics.observe(self)
    }

    /// How many workflows may run at once.
    var parallelism: Parallelism { self.limits.withLock { $0 } }

    /// Changes how many workflows may run at once; those that wait learn of it.
    func setParallelism(_ parallelism: Parallelism) {
        let isNew = self.limits.withLock { limits in
            defer { limits = parallelism }
            return limits != parallelism
        }
        guard isNew else { return }
        for shard in 0..<ShardMap.shardCount {
            _ = self.directory[shard]?.mailbox.post(.limitsChanged(nil), isUrgent: true)
        }
    }

    /// What surrounds every workflow of this scheduler at this moment.
    var surroundings: Surroundings {
        Surroundings(
            now: self.clock.now(), catalog: self.catalog.templates, readYAML: Replica.readYAML,
            parallelism: self.parallelism.limits)
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
        case .cron(let name):
            self.cron.due(name)
        case .expiry:
            self.expiry.signal()
        }
    }

    /// Wakes the deletion of workflows whose time to live has run out.
    let expiry = WakeUp()

    func workflowCompleted(_ name: WorkflowName, labels: StringMap) {
        self.expiry.signal()
        guard let cronWorkflow = labels[WorkflowKeys.cronWorkflow] else { return }
        let key = ObjectKey(.cronWorkflow, namespace: name.namespace, name: cronWorkflow)
        let shard = ShardMap.shard(of: key)
        guard self.directory[shard] == nil else { return self.childEnded(key) }
        self.jobs.startDetached { [peers, logger] in
            do {
                _ = try await peers.onShard(shard) { try await $0.childEnded(key) }
            } catch {
                // The cron workflow looks for itself at its next tick.
                logger.debug("end of a workflow was not told", metadata: ["reason": "\(error)"])
            }
        }
    }

    /// A workflow of a cron workflow of ours has ended.
    func childEnded(_ cronWorkflow: ObjectKey) {
        self.cron.childEnded(of: WorkflowName(namespace: cronWorkflow.namespace, name: cronWorkflow.name))
    }

    func objectChanged(_ key: ObjectKey) {
        switch key.kind {
        case .cronWorkflow: self.cron.changed(WorkflowName(namespace: key.namespace, name: key.name))
        case .configMap:
            _ = self.directory[ShardMap.shard(of: key)]?.mailbox.post(.limitsChanged(key), isUrgent: true)
        case .workflow, .workflowTemplate, .clusterWorkflowTemplate, .workflowEventBinding: break
        }
    }
}
