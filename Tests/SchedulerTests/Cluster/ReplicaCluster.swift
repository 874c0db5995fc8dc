import ActorTransport
import JSON
import Logging
import Model
import Scheduler
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

/// Several schedulers on one store, in this process, with a virtual clock that goes on as long as the test runs.
///
/// Each replica can be stopped gracefully, killed without a word, or paused to come back as a zombie.
final class ReplicaCluster: Sendable {
    /// Who may be in it.
    static let names = ["a", "b", "c", "d", "e"]
    static let lease = Duration.seconds(3)
    /// How much virtual time passes in a millisecond of the test.
    private static let step = Duration.milliseconds(20)

    private struct Member {
        var gate: MemberGate
        var storeGate: MemberGate
        var clockGate: MemberGate
        var group: ServiceGroup
        var running: Task<Void, any Error>
        var service: SchedulerService
    }

    let clock = VirtualClock()
    let store: WitnessStore
    let runner: FakeRunner
    let client: ClusterClient
    private let runnerSystem: ApusActorSystem
    private let runnerGate = MemberGate()
    private let transport = LoopbackTransport()
    private let members = Mutex<[String: Member]>([:])
    private let machines: MachineFactory

    private init(runner: FakeRunner, podLimit: Int, bug: WitnessStore.PlantedBug, machines: MachineFactory) {
        self.machines = machines
        self.store = WitnessStore(clock: self.clock, bug: bug)
        self.runner = runner
        let system = ApusActorSystem(member: "client", transport: self.transport)
        let client = ClusterClient(system: system, shards: ShardMap(members: Self.names))
        self.client = client
        let runnerSystem = ApusActorSystem(
            member: "runner", transport: GatedTransport(gate: self.runnerGate, base: self.transport))
        self.transport.join("runner", GatedHandler(gate: self.runnerGate, base: runnerSystem))
        self.runnerSystem = runnerSystem
        runner.setPodLimit(podLimit)
        RunnerEndpoint.publish(runner, on: runnerSystem)
        runner.connect(client.podReporter)
    }

    /// Runs `body` with these replicas up, then ends what is left.
    static func with(
        _ names: [String], runner: FakeRunner = FakeRunner(.succeedAtOnce), podLimit: Int = 64,
        bug: WitnessStore.PlantedBug = .none, machines: MachineFactory = FanMachine.factory,
        _ body: @escaping @Sendable (ReplicaCluster) async throws -> Void
    ) async throws {
        let cluster = ReplicaCluster(runner: runner, podLimit: podLimit, bug: bug, machines: machines)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await runner.run() }
            group.addTask {
                await runner.announce(on: cluster.runnerSystem, to: ShardMap(members: ReplicaCluster.names)) {
                    try await cluster.clock.sleep(for: $0)
                }
            }
            group.addTask {
                while !Task.isCancelled {
                    try await Pause.brief()
                    cluster.clock.advance(by: Self.step)
                }
            }
            defer { group.cancelAll() }
            do {
                for name in names { try cluster.start(name) }
                for name in names { try await cluster.ready(name) }
                try await body(cluster)
            } catch {
                await cluster.end()
                throw error
            }
            await cluster.end()
        }
        runner.connect(nil)
    }

    // MARK: Members

    var names: [String] { self.members.withLock { $0.keys.sorted() } }

    func start(_ name: String) throws {
        let gate = MemberGate()
        let storeGate = MemberGate()
        let clockGate = MemberGate()
        let system = ApusActorSystem(member: name, transport: GatedTransport(gate: gate, base: self.transport))
        var logger = Logger(label: name)
        logger.logLevel = .critical
        var configuration = SchedulerConfiguration()
        configuration.lease = Self.lease
        let service = SchedulerService(
            configuration: configuration, store: GatedStore(gate: storeGate, witness: self.store), system: system,
            machines: self.machines, clock: GatedClock(gate: clockGate, base: self.clock), logger: logger)
        self.transport.join(name, GatedHandler(gate: gate, base: system))
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: logger))
        let running = Task.detached { try await group.run() }
        self.members.withLock {
            $0[name] = Member(
                gate: gate, storeGate: storeGate, clockGate: clockGate, group: group, running: running, service: service
            )
        }
    }

    func ready(_ name: String) async throws {
        try await self.members.withLock({ $0[name] })?.service.ready()
    }

    /// Ends a replica as SIGTERM does: it gives its shards back first.
    func stop(_ name: String) async throws {
        guard let member = self.members.withLock({ $0.removeValue(forKey: name) }) else { return }
        await member.group.triggerGracefulShutdown()
        try await member.running.value
        self.transport.leave(name)
    }

    /// Ends a replica as SIGKILL does.
    func crash(_ name: String) async throws {
        guard let member = self.members.withLock({ $0.removeValue(forKey: name) }) else { return }
        member.gate.set(.dead)
        member.storeGate.set(.dead)
        member.clockGate.set(.dead)
        self.transport.leave(name)
        await member.group.triggerGracefulShutdown()
        try await member.running.value
    }

    /// Stops a replica where it stands: its clock and its way to the store, and its way to others too where `entirely`.
    ///
    /// One that still takes calls has commits under way when it comes back.
    func pause(_ name: String, entirely: Bool) {
        let member = self.members.withLock { $0[name] }
        if entirely { member?.gate.set(.shut) }
        member?.storeGate.set(.shut)
        member?.clockGate.set(.shut)
    }

    /// Lets it go on: what it was about to do is done before it learns how much time has passed.
    func resume(_ name: String) async throws {
        let member = self.members.withLock { $0[name] }
        member?.gate.set(.open)
        member?.storeGate.set(.open)
        try await self.pass(.milliseconds(300))
        member?.clockGate.set(.open)
    }

    /// Lets no call of the runner or to it through.
    func silenceRunner(_ isSilent: Bool) { self.runnerGate.set(isSilent ? .shut : .open) }

    private func end() async {
        self.silenceRunner(false)
        for name in self.names {
            do { try await self.resume(name) } catch { Issue.record("\(name): \(error)") }
            do { try await self.crash(name) } catch { Issue.record("\(name): \(error)") }
        }
    }

    /// Returns after so much virtual time.
    func pass(_ duration: Duration) async throws {
        let end = self.clock.elapsed() + duration
        while self.clock.elapsed() < end { try await Pause.brief() }
    }

    /// The door of a shard at a member, whether that owns the shard or not.
    func door(of shard: Int, on member: String) throws -> $ShardContract {
        try $ShardContract.resolve(id: .shard(shard, on: member), using: self.runnerSystem)
    }

    // MARK: Looking

    /// Returns once each shard is with the member that is to have it.
    func settle() async throws {
        while true {
            let table = try await self.store.base.leases()
            let living = Set(self.names)
            if Set(table.members.map(\.name)) == living,
                table.leases.map(\.owner) == ShardPlacement(members: table.members).owners
            {
                return
            }
            try await Pause.brief()
        }
    }

    func create(_ name: String, pods: Int = 1, width: Int = 1) async throws {
        try await self.create(try TestCluster.workflow(name, pods: pods, width: width).withUID("uid-\(name)"))
    }

    /// Stores a workflow that has a uid.
    func create(_ workflow: JSONValue) async throws {
        while true {
            do {
                _ = try await self.client.createWorkflow(CreateWorkflow(namespace: "argo", workflow: workflow))
                return
            } catch {
                guard error.code == .unavailable else { throw error }
                // The outcome is unknown: the same call again is safe, because it carries the uid.
                try await Pause.brief()
            }
        }
    }

    /// The phase of a workflow once it has ended, or `nil` where it does not for a long virtual time.
    func end(of name: String, within patience: Duration = .seconds(200)) async throws -> String? {
        let end = self.clock.elapsed() + patience
        while self.clock.elapsed() < end {
            let stored = try await self.store.base.workflow(namespace: "argo", name: name)
            if let head = stored?.head, !head.isActive { return head.phase }
            try await Pause.brief()
        }
        return nil
    }
}
