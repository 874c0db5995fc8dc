import Model

/// Sees which workflows the ticks of cron workflows make, and says what must never be.
// SAFETY: see `Simulation`.
final class CronWitness: @unchecked Sendable {
    private struct Child {
        var uid: String
        var tick: Int64
        var isOver = false
        var isDeleted = false
    }

    /// How soon after a tick its workflow must be there, and be over, once nothing breaks.
    private static let patience: Int64 = 10

    private let simulation: Simulation
    private var crons: [String: SimulatedCron] = [:]
    /// By cron workflow, and by name.
    private var children: [String: [String: Child]] = [:]
    /// Cron workflows whose deletion was acknowledged.
    var deleted: Set<String> = []
    /// Whether times of day are wrong: then ticks may come too early or too late.
    var hasWrongClocks = false
    var accuse: (String) -> Void = { _ in }
    /// The last time at which something broke.
    private var healed: Int64 = .max

    init(simulation: Simulation) { self.simulation = simulation }

    private var now: Int64 {
        (SimulatedClock.start + GoDuration(nanoseconds: self.simulation.time.nanoseconds)).seconds
    }

    func expect(_ cron: SimulatedCron) { self.crons[cron.name] = cron }

    func heal() { self.healed = self.now }

    // MARK: What is written

    /// A workflow was written; those of ticks are told by their names.
    func note(_ name: String, uid: String, isActive: Bool) {
        guard let (cron, tick) = self.origin(of: name) else { return }
        if let child = self.children[cron.name]?[name] {
            if child.uid != uid { self.accuse("tick \(tick) of \(cron.name) made a second workflow") }
        } else {
            self.check(tick, of: cron)
        }
        let wasDeleted = self.children[cron.name]?[name]?.isDeleted ?? false
        self.children[cron.name, default: [:]][name] = Child(
            uid: uid, tick: tick, isOver: !isActive, isDeleted: wasDeleted)
    }

    func noteDeletion(of name: String) {
        guard let (cron, _) = self.origin(of: name) else { return }
        self.children[cron.name]?[name]?.isOver = true
        self.children[cron.name]?[name]?.isDeleted = true
    }

    private func origin(of name: String) -> (SimulatedCron, Int64)? {
        guard let dash = name.lastIndex(of: "-"), let cron = self.crons[String(name[..<dash])],
            let tick = Int64(name[name.index(after: dash)...])
        else { return nil }
        return (cron, tick)
    }

    /// A tick has made its first workflow.
    private func check(_ tick: Int64, of cron: SimulatedCron) {
        let others = self.children[cron.name, default: [:]].values
        if cron.kind == .forbid, others.contains(where: { !$0.isOver }) {
            self.accuse("tick \(tick) of \(cron.name) made a workflow while another one lives")
        }
        guard !self.hasWrongClocks else { return }
        if tick > self.now { self.accuse("tick \(tick) of \(cron.name) came at \(self.now)") }
        if cron.kind == .minute {
            if tick % SimulatedCron.minute != 0 { self.accuse("\(cron.name) has no tick \(tick)") }
        } else if let other = others.first(where: { abs($0.tick - tick) < SimulatedCron.period }) {
            self.accuse("ticks \(other.tick) and \(tick) of \(cron.name) are too close together")
        }
    }

    // MARK: The end

    /// Whether enough ticks have come since nothing breaks any more, and all that they made is over.
    func isSettled() -> Bool {
        guard !self.crons.isEmpty else { return true }
        return self.now >= self.end && self.issues().isEmpty
    }

    /// The end of what is looked at: what comes later need not be over.
    private var end: Int64 {
        let settled = self.healed.addingClamped(Self.patience)
        guard self.crons.values.contains(where: { $0.kind == .minute }) else {
            return settled.addingClamped(2 * SimulatedCron.period)
        }
        // A whole minute in which nothing breaks has its tick.
        return settled / SimulatedCron.minute * SimulatedCron.minute + SimulatedCron.minute
    }

    func judge() { for issue in self.issues() { self.accuse(issue) } }

    private func issues() -> [String] {
        self.crons.values.sorted { $0.name < $1.name }.flatMap { self.issues(of: $0) }
    }

    private func issues(of cron: SimulatedCron) -> [String] {
        let children = self.children[cron.name, default: [:]]
        if cron.kind == .brief {
            guard self.deleted.contains(cron.name) else { return ["the deletion of \(cron.name) was not acknowledged"] }
            return children.filter { !$0.value.isDeleted }.keys.sorted().map { "\($0) outlives \(cron.name)" }
        }
        var issues = children.filter { !$0.value.isOver && $0.value.tick <= self.end - Self.patience }.keys.sorted()
            .map { "\($0) is not over" }
        let ticks = Set(children.values.map(\.tick))
        guard !self.hasWrongClocks else { return issues }
        guard let first = ticks.min(), let last = ticks.max() else { return issues + ["\(cron.name) has made nothing"] }
        switch cron.kind {
        case .minute:
            for tick in stride(from: first, through: self.end, by: Int(SimulatedCron.minute))
            where !ticks.contains(tick) {
                issues.append("tick \(tick) of \(cron.name) has made nothing")
            }
        case .every where last < self.end - SimulatedCron.period:
            issues.append("\(cron.name) has made nothing since \(last)")
        case .every, .forbid, .replace, .brief: break
        }
        return issues
    }
}
