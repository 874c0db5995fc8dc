import ActorTransport
import Model
import TestSupport

@testable import Scheduler

/// One seed from beginning to end: faults strike while workflows run, then they stop, and everything must finish.
struct SimulationRun {
    struct Outcome {
        var seed: UInt64
        /// What must never be, and was.
        var violations: [String]
        var log: String
        var fingerprint: UInt64
        var faults: Int
        var jobs: Int
        var commits: Int
        var fenced: Int
        var pods: Int
        var time: Duration
    }

    private static let faultTime = 20
    /// How long everything may take once nothing breaks any more.
    private static let patience = Duration.seconds(120)

    static func run(seed: UInt64, bug: PlantedBug = .none) -> Outcome {
        let cluster = SimulatedCluster(seed: seed, bug: bug)
        let simulation = cluster.simulation
        let clients = SimulatedClients(cluster)
        let faults = FaultPlan(cluster)
        for records in cluster.records { records.podLimit = simulation.random.pick([1, 2, 4, 16]) }
        cluster.startRunners()
        for name in SimulatedCluster.names.prefix(1 + simulation.random.below(3)) { cluster.startMember(name) }
        let items = Self.items(simulation, hasTimers: !faults.setsClocks)
        for item in items {
            clients.submit(item, after: simulation.draw(0...(Self.faultTime * 700)) { .milliseconds($0) })
        }
        clients.watch()
        faults.begin()
        let witness = cluster.store.witness
        simulation.run(for: .seconds(Self.faultTime)) { !witness.violations.isEmpty }
        if witness.violations.isEmpty {
            faults.heal()
            simulation.run(for: Self.patience) {
                !witness.violations.isEmpty
                    || items.allSatisfy { clients.isDone($0) } && cluster.records.allSatisfy(\.leftOver.isEmpty)
            }
        }
        if witness.violations.isEmpty { Self.judge(items, clients, cluster) }
        let outcome = Outcome(
            seed: seed, violations: witness.violations, log: simulation.log.text,
            fingerprint: simulation.log.fingerprint, faults: faults.count, jobs: simulation.jobs,
            commits: witness.commits, fenced: witness.fenced, pods: witness.starts.count,
            time: simulation.time)
        clients.end()
        cluster.bury()
        return outcome
    }

    private static func items(_ simulation: Simulation, hasTimers: Bool) -> [Workload.Item] {
        let kinds = Workload.Kind.allCases.filter { hasTimers || !$0.hasTimers }
        var chosen = (0..<(4 + simulation.random.below(8))).map { _ in simulation.random.pick(kinds) }
        // What waits for time must not be rare: who loses its shard meanwhile loses its timers.
        if hasTimers { chosen += [.wait, .backoff] }
        return chosen.enumerated().map { Workload.item($0.element, $0.offset) }
    }

    private static func judge(_ items: [Workload.Item], _ clients: SimulatedClients, _ cluster: SimulatedCluster) {
        let witness = cluster.store.witness
        if cluster.simulation.isStuck { witness.accuse("something goes on for ever while no time passes") }
        for item in items {
            guard clients.isDone(item) else {
                let stored = witness.phase(of: item.uid) ?? "nowhere"
                let known = clients.acknowledged.contains(item.name) ? "acknowledged" : "not acknowledged"
                witness.accuse(
                    "\(item.name), \(known), is \(stored), and no watch told of its end: \(witness.open(in: item.uid))")
                continue
            }
            let phase = clients.seenEnds[item.name] ?? item.expected
            let isExcused = witness.bereaved.contains(item.uid) && cluster.network.wasSilent
            if phase != item.expected, !isExcused {
                witness.accuse("\(item.name) is \(phase) and not \(item.expected)")
            }
        }
        for pod in cluster.records.flatMap(\.leftOver) { witness.accuse("\(pod) runs, and nobody wants it any more") }
    }
}
