import JSON
import Model
import OrderedCollections
import TestSupport
import WorkflowEngine

/// A workflow run without any machine around it: events come in any order, twice, and late; now and then everything in
/// memory is lost and built anew from the rows.
struct EngineSimulation {
    /// A fault that is put between the engine and the checkers, to see that they notice.
    enum Fault: String, CaseIterable {
        case startsTwice, startsUnderAnotherAttempt, losesAStart, losesATimer, losesARow, changesATerminalPhase
        case forgetsOutputs, neverCompletes, completesEarly, losesANodeAtRecovery, ignoresParallelism,
            ignoresDependencies
        case differsFromRunToRun
    }

    struct Violation: Error, CustomStringConvertible {
        var description: String
    }

    enum Delivery {
        case report(PodReport)
        case timer(TimerID, at: Timestamp)
    }

    /// Events that one run may take: a run that takes more is stuck in a circle.
    static let eventsMax = 5_000

    let seed: UInt64
    let fault: Fault?
    private var random: SplitMix64
    private var machine: WorkflowMachine
    private var now = Timestamp(seconds: 1_767_225_600)
    private var waiting: [Delivery] = []
    private var timers: [TimerID: Timestamp] = [:]
    private(set) var checker: InvariantChecker
    private(set) var rows: [String: NodeRow] = [:]
    private(set) var isComplete = false
    private var faultFired = false

    init(seed: UInt64, fault: Fault? = nil) throws {
        self.seed = seed
        self.fault = fault
        self.random = SplitMix64(seed: seed &* 31 &+ 7)
        let workflow = try RandomWorkflow.make(seed: seed)
        self.checker = InvariantChecker(workflow: workflow)
        self.machine = WorkflowMachine(workflow: Self.planted(fault, in: workflow))
    }

    private static func planted(_ fault: Fault?, in workflow: Workflow) -> Workflow {
        var workflow = workflow
        switch fault {
        case .ignoresParallelism:
            workflow.spec.parallelism = nil
        case .ignoresDependencies:
            for index in workflow.spec.templates.indices {
                guard var dag = workflow.spec.templates[index].dag else { continue }
                for task in dag.tasks.indices { dag.tasks[task].depends = nil }
                workflow.spec.templates[index].dag = dag
            }
        default: break
        }
        return workflow
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self.random) < percent }

    /// Runs to the end.
    ///
    /// - Throws: `Violation` where an invariant breaks or nothing is left that could wake the workflow.
    mutating func run() throws {
        try self.apply(.submitted)
        for _ in 0..<Self.eventsMax {
            if self.isComplete { return try self.checker.checkEnd(rows: self.rows, machine: self.machine) }
            if self.chance(4) { try self.recover() }
            if self.chance(1) { try self.apply(self.chance(50) ? .stopped(message: nil, selector: nil) : .terminated) }
            if self.chance(1) { try self.apply(.suspended) }
            try self.deliverNext()
        }
        throw Violation(description: "no end after \(Self.eventsMax) events")
    }

    private mutating func deliverNext() throws {
        if !self.waiting.isEmpty, self.timers.isEmpty || self.chance(85) {
            let index = Int.random(in: 0..<self.waiting.count, using: &self.random)
            let delivery = self.waiting[index]
            if !self.chance(15) { self.waiting.remove(at: index) }
            self.now = self.now + GoDuration(nanoseconds: Int64.random(in: 0...1_500_000_000, using: &self.random))
            guard case .report(let report) = delivery else { return }
            return try self.apply(.podReported(report))
        }
        if let next = self.timers.min(by: { ($0.value, "\($0.key)") < ($1.value, "\($1.key)") }) {
            self.now = max(self.now, next.value)
            self.timers[next.key] = nil
            return try self.apply(.timerFired(next.key))
        }
        try self.apply(.resumed(selector: nil, by: nil))
        if !self.isComplete, self.waiting.isEmpty, self.timers.isEmpty {
            throw Violation(description: "stuck: nothing is left that could wake it")
        }
    }

    private mutating func apply(_ event: Event) throws {
        let turn = self.faulty(self.machine.apply(event, in: Surroundings(now: self.now)))
        try self.take(turn)
    }

    private mutating func take(_ turn: Turn) throws {
        try self.checker.check(turn, machine: self.machine)
        for row in turn.changedNodes { self.rows[row.status.id] = row }
        for id in turn.removedNodeIDs { self.rows[id] = nil }
        for decision in turn.decisions { try self.perform(decision) }
    }

    private mutating func perform(_ decision: Decision) throws {
        switch decision {
        case .startPod(let launch):
            guard self.checker.noteLaunch(launch.identity) else { return }
            self.waiting += self.outcome(of: launch).map { .report($0) }
        case .stopPod(let identity, _):
            var report = PodReport()
            report.identity = identity
            report.phase = .failed
            report.message = "main: Error (exit code 143)"
            report.exitCode = 143
            report.finishedAt = self.now
            self.waiting.append(.report(report))
        case .startTimer(let timer, let time): self.timers[timer] = time
        case .cancelTimer(let timer): self.timers[timer] = nil
        case .requestLock, .releaseLock, .emitEvent: break
        case .complete: self.isComplete = true
        }
    }

    private mutating func outcome(of launch: PodLaunch) -> [PodReport] {
        var started = PodReport()
        started.identity = launch.identity
        started.phase = .running
        started.startedAt = self.now
        var finished = started
        finished.finishedAt = self.now + GoDuration(seconds: Int64.random(in: 0...3, using: &self.random))
        var outputs = Outputs()
        switch Int.random(in: 0..<10, using: &self.random) {
        case 0...1:
            finished.phase = .failed
            finished.message = "main: Error (exit code 1)"
            finished.exitCode = 1
        case 2:
            finished.phase = .error
            finished.message = "pod deleted"
        default:
            finished.phase = .succeeded
            finished.exitCode = 0
            outputs.parameters = launch.outputParameters.map { Parameter(name: $0.name, value: "value") }
        }
        if launch.wantsResult { outputs.result = "1" }
        finished.outputs = outputs
        return self.chance(80) ? [started, finished] : [finished]
    }

    /// Everything in memory is lost; the rows, read back from their JSON, are all that is left.
    private mutating func recover() throws {
        var rows = try self.rows.values.sorted { $0.status.id < $1.status.id }.map { row in
            let text = row.status.json(.compact).text
            let status = try NodeStatus(json: try JSONValue.parse(text), at: DecodingPlace())
            return NodeRow(status: status, attempt: row.attempt, memory: row.memory)
        }
        if self.fires(.losesANodeAtRecovery, when: rows.count > 2) {
            rows.removeAll { $0.status.phase == .running && $0.status.type == .pod }
        }
        let workflow = try Workflow(
            json: try JSONValue.parse(self.machine.workflow.json(.compact).text), at: DecodingPlace())
        self.machine = WorkflowMachine(recovering: workflow, nodes: rows, in: Surroundings(now: self.now))
        self.timers = [:]
        for decision in self.machine.outstanding { try self.perform(decision) }
    }

    // MARK: Faults

    private mutating func fires(_ fault: Fault, when isFit: Bool) -> Bool {
        guard self.fault == fault, isFit, !self.faultFired else { return false }
        self.faultFired = true
        return true
    }

    private mutating func faulty(_ turn: Turn) -> Turn {
        guard let fault = self.fault else { return turn }
        var turn = turn
        let start = turn.decisions.firstIndex { if case .startPod = $0 { true } else { false } }
        let timer = turn.decisions.firstIndex { if case .startTimer = $0 { true } else { false } }
        let done = turn.changedNodes.firstIndex { $0.status.type == .pod && $0.status.phase == .succeeded }
        switch fault {
        case .startsTwice:
            if let start, self.fires(fault, when: true) { turn.decisions.append(turn.decisions[start]) }
        case .startsUnderAnotherAttempt:
            if let start, case .startPod(var launch) = turn.decisions[start], self.fires(fault, when: true) {
                launch.identity.attempt += 1
                turn.decisions.append(.startPod(launch))
            }
        case .losesAStart:
            if let start, self.fires(fault, when: true) { turn.decisions.remove(at: start) }
        case .losesATimer:
            if let timer, self.fires(fault, when: true) { turn.decisions.remove(at: timer) }
        case .losesARow:
            if let done, self.fires(fault, when: true) { turn.changedNodes.remove(at: done) }
        case .changesATerminalPhase:
            let old = self.rows.values.filter { $0.status.phase == .succeeded }.min { $0.status.id < $1.status.id }
            if var old, self.fires(fault, when: true) {
                old.status.phase = .failed
                turn.changedNodes.append(old)
            }
        case .forgetsOutputs:
            if let done, self.fires(fault, when: true) { turn.changedNodes[done].status.outputs = nil }
        case .neverCompletes:
            turn.decisions.removeAll { if case .complete = $0 { true } else { false } }
        case .completesEarly:
            if self.fires(fault, when: self.machine.workflow.status.phase == .running) {
                turn.decisions.append(.complete)
            }
        case .differsFromRunToRun:
            for index in turn.changedNodes.indices {
                turn.changedNodes[index].status.message = "\(UInt64.random(in: 0...UInt64.max))"
            }
        case .losesANodeAtRecovery, .ignoresParallelism, .ignoresDependencies: break
        }
        return turn
    }
}
