import ActorTransport
import Gateway
import Logging
import Model
import NodeRunner
import Scheduler
import ServiceLifecycle
import Telemetry

/// A scheduler and a runner in this process, joined by the loopback transport: what `apus server` serves and what
/// `apus run` runs files in.
///
/// The very same actors meet over a network when each has a process of its own.
struct LocalCluster: Sendable {
    /// How it is set up.
    struct Settings: Sendable {
        var dataFolder: String
        /// Where PostgreSQL is, for libpq to read; `nil`: records are in the data folder.
        var database: String?
        /// `nil`: a sandbox where this machine can make one.
        var isolation: Isolation?
        /// How many pods run at once; `nil`: by the number of processors.
        var maximumPods: Int?
        /// How many workflows run at once.
        var parallelism = Parallelism()
        var supervisorPath: String
        var environment: [String: String]
    }

    private static let schedulerMember = "scheduler-0"
    private static let runnerMember = "runner-0"
    private static let clientMember = "gateway-0"

    private let transport: LoopbackTransport
    private let runnerSystem: ApusActorSystem
    let client: ClusterClient
    let scheduler: SchedulerService
    let runner: LocalRunner
    /// Runs the runner, and announces it to the scheduler.
    let runnerService: RunnerService

    /// Takes the data folder and wires the services; they work once `run` is called on them.
    ///
    /// The logger of each service is made by its label.
    ///
    /// - Throws: `StoreError` or `RunnerError` where the folder or the database cannot be used or is in use.
    init(_ settings: Settings, metrics: MetricRegistry, logger: (String) -> Logger) async throws {
        let transport = LoopbackTransport()
        self.transport = transport
        let systems = [Self.schedulerMember, Self.runnerMember, Self.clientMember].map { member in
            let system = ApusActorSystem(member: member, transport: transport)
            transport.join(member, system)
            return system
        }
        self.runnerSystem = systems[1]
        let store = try await Self.store(settings, logger("scheduler"))
        var schedulerSettings = SchedulerConfiguration()
        schedulerSettings.version = GatewayVersion.version
        schedulerSettings.parallelism = settings.parallelism
        self.scheduler = SchedulerService(
            configuration: schedulerSettings, store: store, system: systems[0], machines: .workflowMachines,
            logger: logger("scheduler"), metrics: metrics)
        let schedulers = ShardMap(member: Self.schedulerMember)
        let report = ClusterClient(system: systems[1], shards: schedulers).podReporter
        var runnerSettings = RunnerConfiguration(
            dataFolder: settings.dataFolder, isolation: settings.isolation, supervisorPath: settings.supervisorPath,
            hostName: DataFolder.hostName, environment: settings.environment, podLimit: settings.maximumPods)
        runnerSettings.version = GatewayVersion.version
        self.runner = try await LocalRunner.start(runnerSettings, logger: logger("runner"), receiver: report)
        RunnerMetrics.observe(self.runner, in: metrics)
        RunnerEndpoint.publish(LocalRunnerDoor(runner: self.runner), on: systems[1])
        self.runnerService = RunnerService(runner: self.runner, system: systems[1], schedulers: schedulers)
        self.client = ClusterClient(system: systems[2], shards: ShardMap(member: Self.schedulerMember))
    }

    private static func store(_ settings: Settings, _ logger: Logger) async throws(StoreError) -> any WorkflowStore {
        guard let database = settings.database else { return try await SQLiteStore(folder: settings.dataFolder) }
        return try await PatientStore.open(database, logger: logger)
    }

    /// Parts the members once their services have ended: the data folder is free again.
    func disband() {
        self.runnerSystem.retire(ActorAddress.runner(on: Self.runnerMember).name)
        for member in [Self.schedulerMember, Self.runnerMember, Self.clientMember] { self.transport.leave(member) }
    }
}
