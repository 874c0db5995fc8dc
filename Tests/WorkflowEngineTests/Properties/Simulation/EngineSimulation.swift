import JSON
import Model
import OrderedCollections
import TestSupport
import WorkflowEngine

/// A workflow run without any machine around it: events come in any order, twice, and late; people interfere; now and
/// then everything in memory is lost and built anew from the rows.
struct EngineSimulation {
    struct Violation: Error, CustomStringConvertible {
        let rule: Rule
        let description: String

        init(_ rule: Rule, _ description: String) {
            self.rule = rule
            self.description = description
        }
    }

    /// Word of a pod, which may be given from a time on.
    struct Delivery {
        var report: PodReport
        var notBefore: Timestamp
    }

    /// Events that one run may take: a run that takes more is stuck in a circle.
    static let eventsMax = 20_000

    let bug: PlantedBug?
    var bugHasShown = false
    var random: SplitMix64
    var machine: WorkflowMachine
    var now = Timestamp(seconds: 1_767_225_600)
    var waiting: [Delivery] = []
    var timers: [TimerID: Timestamp] = [:]
    var checker: InvariantChecker
    /// What is stored: the workflow's own row, those of its nodes, and the launches that are not acknowledged.
    var stored: Workflow
    var rows: OrderedDictionary<String, NodeRow> = [:]
    var outbox: OrderedDictionary<PodIdentity, PodLaunch> = [:]
    /// The pods that were decided on and have not ended: nobody listens to others.
    var pods: Set<PodIdentity> = []
    /// Pods that no runner was asked yet to launch.
    var queue: [PodIdentity] = []
    /// The homes of locks, those that the workflow names, and others who want them.
    var homes: LockHomes
    let lockNames: [String]
    var strangers: [Stranger] = []
    var strangerCount = 0
    /// Whether homes have told all holders again since anything happened.
    private var isAudited = false
    /// Whether there is a limit to the workflows that run at once.
    private let parallelism: ParallelismLimits
    var isComplete = false
    /// How often people have begun the workflow again.
    var rounds = 0
    /// Whether somebody may stop it.
    let isInDanger: Bool

    init(seed: UInt64, bug: PlantedBug? = nil, keepsHistory: Bool = false) throws {
        self.bug = bug
        self.random = SplitMix64(seed: seed &* 31 &+ 7)
        let workflow = try RandomWorkflow.make(seed: seed)
        self.checker = try InvariantChecker(workflow, keepsHistory: keepsHistory)
        self.machine = WorkflowMachine(workflow: try bug?.misreading(workflow) ?? workflow)
        self.stored = self.machine.workflow
        self.isInDanger = self.random.below(100) < 35
        self.homes = LockHomes(isGenerous: bug == .givesALockToTwo)
        var limits = ParallelismLimits()
        limits.isLimited = self.random.below(100) < 5
        self.parallelism = limits
        self.lockNames =
            self.checker.lockNames + (limits.isLimited ? ["\(LockName.parallelism(namespace: nil))"] : [])
        if !self.lockNames.isEmpty, self.chance(50) { self.addStranger() }
    }

    var surroundings: Surroundings { Surroundings(now: self.now, parallelism: self.parallelism) }

    mutating func chance(_ percent: Int) -> Bool { self.random.below(100) < percent }

    /// Runs to the end.
    ///
    /// - Throws: `Violation` where an invariant breaks or nothing is left that could wake the workflow.
    mutating func run() throws {
        try self.apply(.submitted)
        for _ in 0..<Self.eventsMax {
            if self.isComplete {
                try self.checker.checkEnd(self.stored)
                if self.chance(50) { try self.settleLocks() }
                guard try self.beginAgain() else { return try self.settleLocks() }
                continue
            }
            if self.chance(2) { try self.recover() }
            try self.interfere()
            self.letStrangersAct()
            if !self.isComplete { try self.deliverNext() }
        }
        throw Violation(.progress, "no end after \(Self.eventsMax) events")
    }

    private mutating func deliverNext() throws {
        if !self.queue.isEmpty, self.chance(50) { return self.ask(self.queue.removeFirst()) }
        if !self.homes.isQuiet, self.chance(60) { return try self.carry() }
        let ready = self.waiting.indices.filter { self.waiting[$0].notBefore <= self.now }
        if !ready.isEmpty, self.timers.isEmpty || self.chance(85) {
            let index = self.random.pick(ready)
            let report = self.waiting[index].report
            if !self.chance(15) { self.waiting.remove(at: index) }
            self.now = self.now + GoDuration(nanoseconds: Int64.random(in: 0...1_500_000_000, using: &self.random))
            return try self.take(report)
        }
        if !self.homes.isQuiet { return try self.carry() }
        let timer = self.timers.min { ($0.value, "\($0.key)") < ($1.value, "\($1.key)") }
        let report = self.waiting.map(\.notBefore).filter { $0 > self.now }.min()
        if let report, timer.map({ report < $0.value }) ?? true {
            self.now = report
            return
        }
        if let timer {
            self.now = max(self.now, timer.value)
            self.timers[timer.key] = nil
            return try self.apply(.timerFired(timer.key))
        }
        if !self.queue.isEmpty { return self.ask(self.queue.removeFirst()) }
        if self.removeStranger() { return }
        guard self.isAudited || self.lockNames.isEmpty else {
            self.isAudited = true
            return self.homes.recover()
        }
        try self.wake()
    }

    /// Lets the machine hear of a pod, if somebody waits for it.
    private mutating func take(_ report: PodReport) throws {
        guard self.pods.contains(report.identity) else {
            var machine = self.machine
            guard machine.apply(.podReported(report), in: self.surroundings).isEmpty else {
                throw Violation(.reports, "a report that nobody waits for (\(report.identity)) has changed something")
            }
            return
        }
        if report.phase.isFulfilled {
            self.pods.remove(report.identity)
            self.outbox[report.identity] = nil
        }
        try self.apply(.podReported(report))
    }

    mutating func apply(_ event: Event) throws {
        self.checker.note(event)
        guard self.bug?.overhears(event) != true else { return }
        let turn = self.distorted(self.machine.apply(event, in: self.surroundings))
        try self.checker.check(turn, machine: self.machine, homes: self.homes, now: self.now)
        for row in turn.changedNodes { self.rows[row.status.id] = row }
        for id in turn.removedNodeIDs { self.rows[id] = nil }
        if !turn.isEmpty { self.isAudited = false }
        for decision in turn.decisions { try self.perform(decision) }
        if turn.workflowChanged || self.isComplete { self.stored = self.machine.workflow }
    }

    mutating func perform(_ decision: Decision) throws {
        switch decision {
        case .startPod(let launch):
            self.pods.insert(launch.identity)
            self.outbox[launch.identity] = launch
            if self.chance(10) { self.queue.append(launch.identity) } else { self.ask(launch.identity) }
        case .stopPod(let identity, _): if self.pods.contains(identity) { self.stop(identity) }
        case .startTimer(let timer, let time): self.timers[timer] = time
        case .cancelTimer(let timer): self.timers[timer] = nil
        case .requestLock(let request), .releaseLock(let request): self.homes.requests.append(request)
        case .emitEvent: break
        case .complete: self.isComplete = true
        }
    }
}
