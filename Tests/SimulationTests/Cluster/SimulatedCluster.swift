import ActorTransport
import Logging
import Model
import ServiceLifecycleTestKit
import TestSupport

@testable import Scheduler

/// Schedulers, their store, a runner and clients, each on a host of its own in one simulation.
// SAFETY: see `Simulation`.
final class SimulatedCluster: @unchecked Sendable {
    /// A process of a scheduler.
    final class Member {
        let host: SimulatedHost
        let clock: SimulatedClock
        var stop: (() -> Void)?
        var hasEnded = false

        init(host: SimulatedHost, clock: SimulatedClock) {
            self.host = host
            self.clock = clock
        }
    }

    static let names = ["a", "b", "c", "d", "e"]
    static let runnerNames = ["runner-0", "runner-1"]
    static let storeName = "store"
    static let clientName = "client"
    static let lease = Duration.seconds(3)

    let simulation: Simulation
    let network: SimulatedNetwork
    let store: StoreServer
    /// What each runner has on record.
    let records: [RunnerRecords]
    let client: SimulatedHost
    let bug: PlantedBug
    private(set) var members: [String: Member] = [:]
    /// The processes of runners that are there, by name.
    private(set) var runners: [String: SimulatedHost] = [:]
    /// Every process that there was.
    private(set) var processes: [Member] = []
    private var runnerTasks: [(host: SimulatedHost, task: Task<Void, Never>)] = []

    init(seed: UInt64, bug: PlantedBug) {
        self.bug = bug
        self.simulation = Simulation(seed: seed)
        self.network = SimulatedNetwork(simulation: self.simulation)
        self.store = StoreServer(host: self.simulation.host(Self.storeName), network: self.network, bug: bug)
        let (simulation, witness) = (self.simulation, self.store.witness)
        self.records = Self.runnerNames.prefix(1 + simulation.random.below(2)).map {
            RunnerRecords(name: $0, simulation: simulation, witness: witness, bug: bug)
        }
        self.client = self.simulation.host(Self.clientName)
        witness.isSilent = { [network] in
            network.checkSilence()
            return network.wasSilent
        }
    }

    func system(on host: SimulatedHost, clock: SimulatedClock? = nil) -> ApusActorSystem {
        ApusActorSystem(
            member: host.name, transport: SimulatedTransport(host: host, network: self.network),
            clock: clock ?? SimulatedClock(host: host))
    }

    func clusterClient(on host: SimulatedHost) -> ClusterClient {
        ClusterClient(system: self.system(on: host), shards: ShardMap(members: Self.names))
    }

    // MARK: Schedulers

    var living: [String] { self.members.keys.sorted() }

    /// Starts a process, unless one of this name is still there: two that live may not have one name.
    func startMember(_ name: String) {
        guard !self.processes.contains(where: { $0.host.name == name && $0.host.isAlive }) else { return }
        let host = self.simulation.host(name)
        let clock = SimulatedClock(host: host, bug: self.bug)
        let member = Member(host: host, clock: clock)
        let system = self.system(on: host, clock: clock)
        var logger = Logger(label: name)
        logger.logLevel = .critical
        var configuration = SchedulerConfiguration()
        configuration.lease = Self.lease
        let service = SchedulerService(
            configuration: configuration, store: SimulatedStore(host: host, server: self.store), system: system,
            machines: DamagedMachine.factory(self.bug), clock: clock, logger: logger)
        self.network.join(host, system)
        self.network.expect(self.records.map(\.name), at: host)
        self.members[name] = member
        self.processes.append(member)
        self.simulation.note("\(name) starts")
        self.run(service, member)
    }

    private func run(_ service: SchedulerService, _ member: Member) {
        let simulation = self.simulation
        let ended = Ended { [network] in
            simulation.note("\(member.host.name) has ended")
            member.hasEnded = true
            network.leave(member.host)
            member.host.kill()
        }
        let held = Held(member)
        member.host.spawn {
            do {
                try await testGracefulShutdown { trigger in
                    held.member.stop = { trigger.triggerGracefulShutdown() }
                    try await service.run()
                }
            } catch {
                simulation.note("\(held.member.host.name): \(error)")
            }
            ended.call()
        }
    }

    /// As `kill -9` does.
    func crash(_ name: String) {
        guard let member = self.members.removeValue(forKey: name) else { return }
        self.simulation.note("\(name) is killed")
        member.host.kill()
        self.network.leave(name)
    }

    /// As SIGTERM does.
    func stop(_ name: String) {
        guard let member = self.members.removeValue(forKey: name) else { return }
        self.simulation.note("\(name) is stopped")
        member.stop?()
    }

    // MARK: Runners

    func startRunners() {
        for records in self.records { self.startRunner(records.name) }
    }

    func startRunner(_ name: String) {
        guard self.runners[name] == nil, let records = self.records.first(where: { $0.name == name }) else { return }
        let host = self.simulation.host(name)
        let system = self.system(on: host)
        let process = RunnerProcess(host: host, records: records)
        RunnerEndpoint.publish(process, on: system)
        self.network.join(host, system)
        self.runners[name] = host
        records.startProcess()
        let schedulers = ShardMap(members: Self.names)
        let reporter = ClusterClient(system: system, shards: schedulers).podReporter
        self.simulation.note("\(name) starts")
        self.runnerTasks.append((host, host.spawn { await process.report(reporter) }))
        self.runnerTasks.append((host, host.spawn { await process.announce(on: system, to: schedulers) }))
    }

    func crashRunner(_ name: String) {
        guard let host = self.runners.removeValue(forKey: name) else { return }
        self.simulation.note("\(name) is killed")
        host.kill()
        self.records.first { $0.name == name }?.lostProcess()
        self.network.leave(name)
    }

    // MARK: The end

    /// Lets everything that was begun end, so that nothing of a run is left in memory.
    func bury() {
        self.network.isOver = true
        self.store.host.resume()
        self.client.resume()
        for member in self.processes {
            member.host.bury()
            member.stop?()
        }
        for runner in self.runnerTasks {
            runner.host.bury()
            runner.task.cancel()
        }
        self.simulation.run(for: .seconds(20)) { self.processes.allSatisfy(\.hasEnded) }
    }
}

/// Lets a task of the simulation's one thread touch a member.
// SAFETY: see `Simulation`.
private final class Held: @unchecked Sendable {
    let member: SimulatedCluster.Member
    init(_ member: SimulatedCluster.Member) { self.member = member }
}

// SAFETY: see `Simulation`.
private final class Ended: @unchecked Sendable {
    private let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
    func call() { self.body() }
}
