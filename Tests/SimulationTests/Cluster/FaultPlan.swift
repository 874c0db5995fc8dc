import TestSupport

/// What breaks, and when: drawn from the seed, and mended at the end.
// SAFETY: see `Simulation`.
final class FaultPlan: @unchecked Sendable {
    private enum Kind: CaseIterable {
        case crash, stop, join, pause, crashRunner, pauseRunner, cutStore, cutPeers, isolate, fallStore, slowStore
        case setClock
    }

    private let cluster: SimulatedCluster
    private let kinds: [Kind]
    private var isOver = false
    private(set) var count = 0

    init(_ cluster: SimulatedCluster) {
        self.cluster = cluster
        let simulation = cluster.simulation
        var kinds = Kind.allCases.filter { _ in !simulation.once(in: 3) }
        if kinds.isEmpty { kinds = [.crash, .pause] }
        self.kinds = kinds
    }

    /// Whether times of day are wrong by up to an hour: then nothing can be said of when timers run out.
    var setsClocks: Bool { self.kinds.contains(.setClock) }

    private var simulation: Simulation { self.cluster.simulation }

    func begin() {
        let simulation = self.simulation
        var faults = SimulatedNetwork.Faults()
        faults.lossIn = simulation.random.pick([0, 0, 200, 40])
        faults.duplicateIn = simulation.random.pick([0, 100, 20])
        faults.slowIn = simulation.random.pick([0, 100, 20])
        self.cluster.network.faults = faults
        self.cluster.store.breaksIn = simulation.random.pick([0, 0, 60, 15])
        self.next()
    }

    private func next() {
        self.simulation.after(self.simulation.draw(100...2_500) { .milliseconds($0) }) {
            guard !self.isOver else { return }
            self.count += 1
            self.strike(self.simulation.random.pick(self.kinds))
            self.next()
        }
    }

    /// Nothing breaks any more, and what is broken is mended.
    func heal() {
        self.isOver = true
        self.simulation.note("nothing breaks any more")
        self.cluster.network.faults = SimulatedNetwork.Faults()
        self.cluster.network.mend()
        self.cluster.store.breaksIn = 0
        self.cluster.store.slowness = .zero
        self.cluster.store.rise()
        self.cluster.store.host.resume()
        // One that was stopped while it was paused has yet to end.
        for member in self.cluster.processes {
            member.host.resume()
            member.clock.skew = .zero
        }
        for runner in self.cluster.runners.values { runner.resume() }
        self.cluster.startRunners()
        // One that was stopped may not have ended yet.
        for name in SimulatedCluster.names where self.cluster.members.isEmpty { self.cluster.startMember(name) }
    }

    /// Lets something happen to schedulers about a time: whoever is to do something then may not be there.
    func strike(about time: Duration) {
        for _ in 0..<Self.strikes {
            self.simulation.after(time - self.simulation.draw(-500...3_000) { .milliseconds($0) }) {
                guard !self.isOver else { return }
                self.count += 1
                self.strike(self.simulation.random.pick([.crash, .stop, .pause, .isolate]))
            }
        }
    }

    private static let strikes = 2

    private func later(_ longest: Int, _ action: @escaping () -> Void) {
        self.simulation.after(self.simulation.draw(50...longest) { .milliseconds($0) }) {
            if !self.isOver { action() }
        }
    }

    private func strike(_ kind: Kind) {
        let cluster = self.cluster
        let simulation = self.simulation
        let living = cluster.living
        guard !living.isEmpty else { return cluster.startMember(simulation.random.pick(SimulatedCluster.names)) }
        let name = simulation.random.pick(living)
        let runner = simulation.random.pick(cluster.records).name
        switch kind {
        case .crash:
            cluster.crash(name)
            self.later(4_000) { cluster.startMember(name) }
        case .stop:
            cluster.stop(name)
            self.later(4_000) { cluster.startMember(name) }
        case .join: cluster.startMember(simulation.random.pick(SimulatedCluster.names))
        case .pause:
            guard let host = cluster.members[name]?.host else { return }
            simulation.note("\(name) is paused")
            host.pause()
            self.later(8_000) {
                simulation.note("\(name) goes on")
                host.resume()
            }
        case .crashRunner:
            cluster.crashRunner(runner)
            self.later(4_000) { cluster.startRunner(runner) }
        case .pauseRunner:
            guard let host = cluster.runners[runner] else { return }
            simulation.note("\(runner) is paused")
            host.pause()
            // Now and then for so long that it counts as lost, and comes back with results that nobody wants.
            self.later(simulation.once(in: 4) ? 18_000 : 6_000) { host.resume() }
        case .cutStore: self.cut(name, SimulatedCluster.storeName)
        case .cutPeers:
            let others = living.filter { $0 != name } + [runner, SimulatedCluster.clientName]
            self.cut(name, simulation.random.pick(others))
        case .isolate:
            let all = living + cluster.records.map(\.name) + [SimulatedCluster.clientName, SimulatedCluster.storeName]
            let way = simulation.random.below(3)
            for other in all where other != name { self.cut(name, other, way: way) }
        case .fallStore:
            simulation.note("store falls")
            cluster.store.fall()
            self.later(3_000) { cluster.store.rise() }
        case .slowStore:
            cluster.store.slowness = simulation.draw(20...1_500) { .milliseconds($0) }
            simulation.note("store is slow by \(cluster.store.slowness)")
            self.later(4_000) { cluster.store.slowness = .zero }
        case .setClock:
            let skew = simulation.draw(-3_600...3_600) { .seconds($0) }
            simulation.note("\(name) is wrong by \(skew)")
            cluster.members[name]?.clock.skew = skew
        }
    }

    /// Cuts the way between two hosts, in one direction or in both.
    private func cut(_ left: String, _ right: String) { self.cut(left, right, way: self.simulation.random.below(3)) }

    private func cut(_ left: String, _ right: String, way: Int) {
        let network = self.cluster.network
        self.simulation.note("cut \(left) \(["<>", ">", "<"][way]) \(right)")
        if way != 2 { network.cut(from: left, to: right) }
        if way != 1 { network.cut(from: right, to: left) }
        self.later(6_000) {
            network.mend(from: left, to: right)
            network.mend(from: right, to: left)
        }
    }
}
