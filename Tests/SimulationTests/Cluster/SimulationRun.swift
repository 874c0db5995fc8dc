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
    /// The same where something happens every minute.
    private static let longFaultTime = 80
    /// When a minute is over within that time.
    private static let minutes = [12, 72]
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
        let crons = Self.crons(simulation, hasWrongClocks: faults.setsClocks, bug)
        let isLong = crons.contains { $0.kind == .minute }
        let faultTime = isLong ? Self.longFaultTime : Self.faultTime
        for item in items {
            clients.submit(item, after: simulation.draw(0...(faultTime * 700)) { .milliseconds($0) })
        }
        let witness = cluster.store.witness
        witness.crons.hasWrongClocks = faults.setsClocks
        for cron in crons {
            witness.crons.expect(cron)
            clients.submit(
                cron, after: simulation.draw(0...8_000) { .milliseconds($0) },
                deletedAfter: simulation.draw(3_000...14_000) { .milliseconds($0) })
        }
        if isLong { for minute in Self.minutes { faults.strike(about: .seconds(minute)) } }
        clients.watch()
        faults.begin()
        simulation.run(for: .seconds(faultTime)) { !witness.violations.isEmpty }
        if witness.violations.isEmpty {
            faults.heal()
            witness.crons.heal()
            simulation.run(for: Self.patience) {
                !witness.violations.isEmpty
                    || items.allSatisfy { clients.isDone($0) } && cluster.records.allSatisfy(\.leftOver.isEmpty)
                        && witness.crons.isSettled()
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

    /// The cron workflows of some runs: of fewer where clocks are wrong, which say less of when ticks come.
    private static func crons(
        _ simulation: Simulation, hasWrongClocks: Bool, _ bug: PlantedBug
    ) -> [SimulatedCron] {
        // A mistake with ticks shows only where there are some.
        if bug == .makesTicksAnew { return [.item(.minute, 0, kept: 100)] }
        guard simulation.once(in: hasWrongClocks ? 8 : 2) else { return [] }
        return (0...simulation.random.below(2)).map { number in
            .item(
                simulation.random.pick(SimulatedCron.Kind.allCases), number, kept: simulation.random.pick([0, 1, 100]))
        }
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
        witness.crons.judge()
    }
}
