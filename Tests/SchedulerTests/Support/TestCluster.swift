import ActorTransport
import JSON
import Logging
import Model
import OrderedCollections
import Scheduler
import ServiceLifecycle
import Synchronization
import Telemetry
import Testing
import WorkflowEngine

/// A scheduler and a runner in one process, wired as the all-in-one server wires them.
struct TestCluster: Sendable {
    let service: SchedulerService
    let client: ClusterClient
    let runner: FakeRunner
    let store: any WorkflowStore
    let system: ApusActorSystem
    let metrics: MetricRegistry

    /// Runs `body` against a scheduler that is up, then stops it gracefully.
    static func with<Value: Sendable>(
        store: any WorkflowStore, runner: FakeRunner = FakeRunner(.succeedAtOnce), podLimit: Int = 64,
        clock: any SchedulerClock = SystemClock(), machines: MachineFactory = FanMachine.factory,
        parallelism: Parallelism = Parallelism(),
        _ body: @escaping @Sendable (TestCluster) async throws -> Value
    ) async throws -> Value {
        let transport = LoopbackTransport()
        let system = ApusActorSystem(member: "test", transport: transport)
        transport.join("test", system)
        let runnerSystem = ApusActorSystem(member: runner.name, transport: transport)
        transport.join(runner.name, runnerSystem)
        RunnerEndpoint.publish(runner, on: runnerSystem)
        let client = ClusterClient(system: system, shards: ShardMap(member: "test"))
        runner.connect(client.podReporter)
        runner.setPodLimit(podLimit)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        var configuration = SchedulerConfiguration()
        // Longer than any machine that runs tests stands still.
        configuration.lease = .seconds(600)
        configuration.runnerSilence = .seconds(600)
        let metrics = MetricRegistry(SchedulerMetrics.definitions)
        configuration.parallelism = parallelism
        let service = SchedulerService(
            configuration: configuration, store: store,
            system: system, machines: machines, clock: clock, logger: logger, metrics: metrics)
        let cluster = TestCluster(
            service: service, client: client, runner: runner, store: store, system: system, metrics: metrics)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: logger))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await service.ready()
            let reporting = Task.detached {
                async let announcing: Void = runner.announce(on: runnerSystem, to: ShardMap(member: "test"))
                await runner.run()
                await announcing
            }
            defer { reporting.cancel() }
            let result: Value
            do {
                result = try await body(cluster)
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            runner.connect(nil)
            return result
        }
    }

    func create(
        _ name: String, pods: Int = 1, width: Int = 1, labels: StringMap = [:],
        spec change: (inout WorkflowSpec) -> Void = { _ in }
    ) async throws -> JSONValue {
        try await self.client.createWorkflow(
            CreateWorkflow(
                namespace: "argo", workflow: try Self.workflow(name, pods: pods, width: width, labels, change)))
    }

    static func workflow(
        _ name: String, pods: Int = 1, width: Int = 1, _ labels: StringMap = [:],
        _ change: (inout WorkflowSpec) -> Void = { _ in }
    ) throws -> JSONValue {
        let json: JSONValue = [
            "metadata": ["name": .string(name)],
            "spec": [
                "entrypoint": "main", "templates": [["name": "main", "container": ["image": "busybox"]]],
            ],
        ]
        var workflow = try Workflow(json: json, at: DecodingPlace())
        workflow.metadata.labels = ["pods": "\(pods)", "width": "\(width)"]
        workflow.metadata.labels.merge(labels) { _, new in new }
        change(&workflow.spec)
        return workflow.json(.compact)
    }

    func get(_ name: String) async throws -> JSONValue {
        try await self.client.workflow(namespace: "argo", name: name, uid: nil)
    }

    /// Waits on a watch until a workflow satisfies `isReached`.
    @discardableResult
    func wait(for name: String, until isReached: (JSONValue) -> Bool) async throws -> JSONValue {
        var request = WatchRequest(namespace: "argo")
        request.fieldSelector = "metadata.name=\(name)"
        for try await event in try await self.client.watchWorkflows(request) where isReached(event.object) {
            return event.object
        }
        throw ServiceError(.aborted, "the watch ended before \(name) was as expected")
    }

    func waitForEnd(_ name: String) async throws -> JSONValue {
        try await self.wait(for: name) { $0.isOver }
    }
}

extension JSONValue {
    var phase: String { self["status"]?["phase"]?.stringValue ?? "" }
    var isOver: Bool { ["Succeeded", "Failed", "Error"].contains(self.phase) }
    var name: String { self["metadata"]?["name"]?.stringValue ?? "" }
    var version: String { self["metadata"]?["resourceVersion"]?.stringValue ?? "" }
}
