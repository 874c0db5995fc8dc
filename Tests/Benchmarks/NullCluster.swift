import ActorTransport
import Foundation
import JSON
import Logging
import Model
import Scheduler

/// A whole scheduler on a store of its own, with a runner that runs nothing: each pod succeeds as soon as it is
/// launched.
///
/// Client, scheduler and runner are members of their own, joined by the loopback: every call crosses as bytes.
struct NullCluster {
    private static let podLimit = 1_024

    let client: ClusterClient
    let store: any WorkflowStore
    private let scheduler: SchedulerService
    private let runner: NullRunner
    private let announcer: RunnerAnnouncer

    private init(store: any WorkflowStore) {
        let transport = LoopbackTransport()
        let systems = ["scheduler", "runner", "client"].map { member in
            let system = ApusActorSystem(member: member, transport: transport)
            transport.join(member, system)
            return system
        }
        var logger = Logger(label: "apus.bench")
        logger.logLevel = .warning
        self.store = store
        self.scheduler = SchedulerService(
            configuration: SchedulerConfiguration(), store: self.store, system: systems[0],
            machines: .workflowMachines, logger: logger)
        let schedulers = ShardMap(member: "scheduler")
        self.runner = NullRunner(report: ClusterClient(system: systems[1], shards: schedulers).podReporter)
        self.announcer = RunnerAnnouncer(
            system: systems[1], schedulers: schedulers,
            announcement: { RunnerAnnouncement(name: "runner", pods: Self.podLimit) }, reportAll: {})
        RunnerEndpoint.publish(self.runner, on: systems[1])
        self.client = ClusterClient(system: systems[2], shards: ShardMap(member: "scheduler"))
    }

    /// Runs `work` on a cluster, which closes the store at its end.
    static func with<Result: Sendable>(
        store: any WorkflowStore, _ work: @escaping @Sendable (NullCluster) async throws -> Result
    ) async throws -> Result {
        let cluster = NullCluster(store: store)
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                try await cluster.scheduler.run()
                return nil
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
                try await cluster.scheduler.ready()
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

/// Reports every pod as succeeded as soon as it is launched.
private final class NullRunner: PodBackendDoor {
    private let report: PodReporter
    private let launched: AsyncStream<[PodLaunch]>
    private let take: AsyncStream<[PodLaunch]>.Continuation

    init(report: @escaping PodReporter) {
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
        self.take.yield(launches)
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
