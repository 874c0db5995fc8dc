import ActorTransport
import Foundation
import JSON
import Logging
import Model
import Scheduler
import Synchronization

/// Whole schedulers on one store, with a runner that runs nothing.
///
/// Client, schedulers and runner are members of their own, joined by the loopback: every call crosses as bytes.
struct NullCluster {
    /// What a cluster is like.
    struct Setup: Sendable {
        /// Whether pods succeed as soon as they are launched; else they run for ever.
        var endsPods = true
        /// How many pods may run at once.
        var podLimit = 1_024
        /// How many workflows may run at once; 0: any number.
        var parallelism = 0
    }

    let client: ClusterClient
    let store: any WorkflowStore
    private let schedulers: [SchedulerService]
    private let runner: NullRunner
    private let announcer: RunnerAnnouncer

    /// How many pods were launched.
    var launches: Int { self.runner.count.load(ordering: .relaxed) }

    private init(stores: [any WorkflowStore], _ setup: Setup) throws {
        guard let store = stores.first else { throw BenchmarkError("a scheduler needs a store") }
        self.store = store
        let transport = LoopbackTransport()
        func system(_ member: String) -> ApusActorSystem {
            let system = ApusActorSystem(member: member, transport: transport)
            transport.join(member, system)
            return system
        }
        var logger = Logger(label: "apus.bench")
        logger.logLevel = .warning
        let names = stores.indices.map { "scheduler-\($0)" }
        var configuration = SchedulerConfiguration()
        configuration.parallelism.total = setup.parallelism
        self.schedulers = zip(names, stores).map { name, store in
            SchedulerService(
                configuration: configuration, store: store, system: system(name), machines: .workflowMachines,
                logger: logger)
        }
        let runnerSystem = system("runner")
        let shards = ShardMap(members: names)
        self.runner = NullRunner(
            endsPods: setup.endsPods, report: ClusterClient(system: runnerSystem, shards: shards).podReporter)
        self.announcer = RunnerAnnouncer(
            system: runnerSystem, schedulers: shards,
            announcement: { RunnerAnnouncement(name: "runner", pods: setup.podLimit) }, reportAll: {})
        RunnerEndpoint.publish(self.runner, on: runnerSystem)
        self.client = ClusterClient(system: system("client"), shards: ShardMap(members: names))
    }

    /// Runs `work` on a cluster, which closes the stores at its end: one for each scheduler, of the same records.
    static func with<Result: Sendable>(
        stores: [any WorkflowStore], _ setup: Setup = Setup(),
        _ work: @escaping @Sendable (NullCluster) async throws -> Result
    ) async throws -> Result {
        let cluster = try NullCluster(stores: stores, setup)
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            for scheduler in cluster.schedulers {
                group.addTask {
                    try await scheduler.run()
                    return nil
                }
            }
            group.addTask {
                try await cluster.runner.run()
                return nil
            }
            group.addTask {
                await cluster.announcer.run()
                return nil
            }
            group.addTask {
                for scheduler in cluster.schedulers { try await scheduler.ready() }
                return try await work(cluster)
            }
            defer { group.cancelAll() }
            while let ended = try await group.next() {
                if let result = ended { return result }
            }
            throw BenchmarkError("the cluster ended before its work")
        }
    }

    func submit(_ workflow: JSONValue) async throws {
        _ = try await self.client.createWorkflow(CreateWorkflow(namespace: "default", workflow: workflow))
    }

    /// Returns once every scheduler has at least so many shards.
    func waitUntilShared(least: Int) async throws {
        while true {
            let owners = try await self.client.cluster().owners.filter { !$0.isEmpty }
            let counts = Dictionary(owners.map { ($0, 1) }, uniquingKeysWith: +)
            if counts.count == self.schedulers.count, counts.values.allSatisfy({ $0 >= least }) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Returns once no workflow is left that has not ended.
    func waitUntilIdle() async throws {
        var filter = WorkflowFilter()
        filter.withoutNodes = true
        filter.limit = 1
        filter.labels = [.isNotIn("workflows.argoproj.io/completed", ["true"])]
        while try await !self.store.workflows(filter).items.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    }
}

/// Where the records of a run are.
enum Records: Sendable {
    case folder(URL)
    case database(String)

    func open() async throws -> any WorkflowStore {
        switch self {
        case .folder(let folder): try await SQLiteStore(folder: folder.path)
        case .database(let connection): try await PostgresStore(connection: connection)
        }
    }

    /// Opens them beside the store that is open.
    func openAgain() async throws -> any WorkflowStore {
        switch self {
        case .folder(let folder): try await SQLiteStore(sharing: folder.appendingPathComponent("apus.db").path)
        case .database: try await self.open()
        }
    }
}

/// Runs no pod: each has succeeded as soon as it is launched, or never ends.
private final class NullRunner: PodBackendDoor {
    let count = Atomic(0)
    private let endsPods: Bool
    private let report: PodReporter
    private let launched: AsyncStream<[PodLaunch]>
    private let take: AsyncStream<[PodLaunch]>.Continuation

    init(endsPods: Bool, report: @escaping PodReporter) {
        self.endsPods = endsPods
        self.report = report
        (self.launched, self.take) = AsyncStream.makeStream()
    }

    func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for await launches in self.launched {
                group.addTask { _ = try await self.report(launches.map(Self.success)) }
            }
        }
    }

    private static func success(of launch: PodLaunch) -> PodReport {
        var report = PodReport()
        report.identity = launch.identity
        report.workflow = launch.workflowName
        report.namespace = launch.namespace
        report.phase = .succeeded
        report.exitCode = 0
        report.hostNodeName = "null"
        return report
    }

    func launch(_ launches: [PodLaunch]) async throws -> [LaunchRefusal] {
        self.count.add(launches.count, ordering: .relaxed)
        if self.endsPods { self.take.yield(launches) }
        return []
    }
    func stop(_ identity: PodIdentity, graceSeconds: Int) async throws {}
    func unknown(_ identities: [PodIdentity]) async throws -> [PodIdentity] { [] }
    func remove(_ workflow: ObjectKey) async throws {}

    func logs(_ request: PodLogRequest) async throws -> AsyncThrowingStream<LogBatch, any Error> {
        throw BenchmarkError("a null runner has no logs")
    }

    func artifact(_ request: StoredArtifact) async throws -> ArtifactContent {
        throw BenchmarkError("a null runner has no artifacts")
    }
}
