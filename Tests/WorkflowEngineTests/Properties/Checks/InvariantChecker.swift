import JSON
import Model
import OrderedCollections
import WorkflowEngine

/// Watches what comes out of a machine, and says which invariant it breaks.
///
/// It reads the workflow as its author wrote it and asks the machine for nothing but the workflow's own row and the
/// causes that wake nodes.
struct InvariantChecker {
    typealias Violation = EngineSimulation.Violation

    private(set) var workflow: Workflow
    /// The templates by name.
    private(set) var templates: [String: WrittenTemplate] = [:]
    private(set) var rows: [String: NodeRow] = [:]
    private(set) var ids: [String: String] = [:]
    /// The nodes that a steps or DAG node encloses.
    private(set) var members: [String: [String]] = [:]
    private(set) var isSuspended = false
    /// `Stop` or `Terminate`.
    private(set) var shutdown: String?
    /// When the workflow began to run: its nodes may be older, as those that were brought along while it waited.
    private(set) var begun: Timestamp?
    /// Nodes that were told to run again although places are taken.
    private(set) var excused: Set<String> = []
    /// Nodes that were over when the workflow began again, and stay.
    private(set) var stayed: Set<String> = []
    private(set) var open: Set<String> = []
    private var launched: Set<PodIdentity> = []
    private var decided: [String: Int] = [:]
    private var reports: [PodIdentity: PodReport] = [:]
    /// The locks that are asked for or held, as the machine has said, and those that this machine has asked for.
    var claims: Set<LockClaim> = []
    var requested: Set<LockClaim> = []
    private let keepsHistory: Bool
    /// Everything that came out, in order: two runs from one seed must give the same.
    private(set) var history = ""
    /// The kinds that have occurred.
    var kinds: Set<Kind> = []

    init(_ workflow: Workflow, keepsHistory: Bool) throws {
        self.workflow = workflow
        self.keepsHistory = keepsHistory
        for template in workflow.spec.templates { self.templates[template.name] = try WrittenTemplate(template) }
    }

    // MARK: What happens outside

    mutating func note(_ event: Event) {
        if self.keepsHistory { self.history += "\(event)\n" }
        switch event {
        case .suspended:
            self.isSuspended = true
            self.kinds.insert(.workflowSuspension)
        case .resumed(let selector, _) where selector == nil:
            if self.isSuspended { self.kinds.insert(.workflowResumption) }
            self.isSuspended = false
        case .stopped(_, let selector) where selector == nil: self.noteShutdown("Stop", .stop)
        case .terminated: self.noteShutdown("Terminate", .terminate)
        case .lockTold(let notice) where notice.state == .granted: self.noteGranted(notice)
        case .submitted, .podReported, .timerFired, .lockTold, .resumed, .stopped, .nodeSet: break
        }
    }

    private mutating func noteShutdown(_ strategy: String, _ kind: Kind) {
        self.kinds.insert(kind)
        self.isSuspended = false
        if self.shutdown != "Terminate" { self.shutdown = strategy }
    }

    /// Notes that a runner is told to launch a pod, and answers whether it has to: a repeated call starts nothing.
    mutating func noteLaunch(_ identity: PodIdentity) -> Bool { self.launched.insert(identity).inserted }

    /// Notes how a pod ends.
    mutating func note(_ report: PodReport) { self.reports[report.identity] = report }

    /// People have begun the workflow again: some nodes stay, some run again, some are gone.
    mutating func beginAgain(_ plan: RetryPlan, chosen: String?) throws {
        self.kinds.insert(chosen == nil ? .retryOfFailed : .retryOfChosen)
        try self.checkRemoved(by: plan, chosen: chosen)
        self.isSuspended = plan.workflow.spec.suspend ?? false
        self.shutdown = nil
        self.excused = plan.reset
        for id in plan.removed {
            guard let row = self.rows.removeValue(forKey: id) else { continue }
            self.ids[row.status.name] = nil
            if let boundary = row.status.boundaryID { self.members[boundary]?.removeAll { $0 == id } }
        }
        for node in plan.workflow.status.nodes.values { self.rows[node.id]?.status = node }
        self.open = Set(self.rows.values.filter { !$0.status.phase.isFulfilled }.map(\.status.id))
        self.stayed = Set(self.rows.keys).subtracting(self.open)
    }

    /// Whether a pod was told to start for the node's attempt.
    func hasStarted(_ row: NodeRow) -> Bool { self.decided[row.status.id] == row.attempt }

    /// People have made a new workflow of an old one, which may bring what has succeeded.
    mutating func beginAnew(_ workflow: Workflow, isMemoized: Bool) {
        self.kinds.insert(isMemoized ? .memoizedResubmission : .resubmission)
        self.workflow.metadata = workflow.metadata
        self.isSuspended = workflow.spec.suspend ?? false
        self.shutdown = nil
        (self.rows, self.ids, self.members, self.open, self.excused) = ([:], [:], [:], [], [])
        for node in workflow.status.nodes.values {
            self.keep(NodeRow(status: node))
            self.excused.insert(node.id)
        }
        self.stayed = Set(self.rows.keys).subtracting(self.open)
    }

    // MARK: What the machine says

    mutating func check(_ turn: Turn, machine: WorkflowMachine, homes: LockHomes, now: Timestamp) throws {
        guard !turn.isEmpty else { return }
        if self.keepsHistory { self.record(turn) }
        self.begun = machine.workflow.status.startedAt
        var new: [NodeRow] = []
        // What was over before the workflow began anew is not judged again.
        let past = self.excused.filter { self.rows[$0]?.status.phase.isFulfilled == true }
        for row in turn.changedNodes {
            let before = self.rows[row.status.id]
            try self.check(row, after: before)
            self.keep(row)
            if before == nil { new.append(row) }
        }
        for row in new { try self.checkNew(row) }
        for row in turn.changedNodes where row.status.phase.isFulfilled && !past.contains(row.status.id) {
            try self.checkEnded(row)
        }
        for decision in turn.decisions {
            guard case .startPod(let launch) = decision else { continue }
            try self.check(launch, homes, now: now)
        }
        try self.checkLocks(turn.decisions)
        try self.checkLocksGivenBack(isComplete: turn.isComplete)
        try self.checkPlaces(turn.changedNodes)
        let forgotten = self.open.filter { !self.isAwaited($0, machine) }.compactMap { self.rows[$0]?.status.name }
        guard forgotten.isEmpty else { throw Violation(.progress, "nothing will wake \(forgotten.sorted())") }
    }

    /// Whether the causes that wake a node end with a pod, a timer, a free place or a person.
    private func isAwaited(_ id: String, _ machine: WorkflowMachine) -> Bool {
        if machine.workflow.status.phase == .pending { return self.claims.contains { $0.holder.nodeID.isEmpty } }
        var next = id
        for _ in 0...self.open.count {
            switch machine.waitingFor(nodeID: next) {
            case .node(let other): next = other
            case .lock(let lock): return self.claims.contains { $0.lock == "\(lock)" && $0.holder.nodeID == next }
            case .pod, .timer, .person, .parallelism: return true
            case nil: return false
            }
        }
        return false
    }

    private mutating func keep(_ row: NodeRow) {
        let id = row.status.id
        if self.rows.updateValue(row, forKey: id) == nil {
            self.ids[row.status.name] = id
            if let boundary = row.status.boundaryID { self.members[boundary, default: []].append(id) }
        }
        if row.status.phase.isFulfilled { self.open.remove(id) } else { self.open.insert(id) }
    }

    private func check(_ row: NodeRow, after before: NodeRow?) throws {
        let status = row.status
        if let other = self.ids[status.name], other != status.id {
            throw Violation(.identity, "two nodes are named \(status.name)")
        }
        if let before, before.status.phase.isFulfilled {
            guard before.status.phase == status.phase else {
                throw Violation(
                    .ends,
                    "\(status.name) changed from \(before.status.phase.rawValue) to \(status.phase.rawValue)")
            }
            guard before.status.outputs == status.outputs else {
                throw Violation(.ends, "the outputs of \(status.name) changed after its end")
            }
        }
        if status.message == "workflow ended", status.phase == .failed, !self.excused.contains(status.id) {
            throw Violation(.ends, "the workflow ended around \(status.name)")
        }
        guard status.type == .pod, status.phase == .succeeded, before?.status.phase != .succeeded else { return }
        let identity = PodIdentity(
            workflowUID: self.workflow.metadata.uid, nodeID: status.id, attempt: row.attempt)
        guard let report = self.reports[identity], report.phase == .succeeded, status.outputs?.exitCode == "0",
            status.outputs?.result == report.outputs?.result
        else { throw Violation(.reports, "\(status.name) succeeded without the outputs that its pod reported") }
        for parameter in report.outputs?.parameters ?? []
        where status.outputs?.parameters.first(where: { $0.name == parameter.name })?.value != parameter.value {
            throw Violation(.reports, "\(status.name) has not the \(parameter.name) that its pod reported")
        }
    }

    private mutating func checkNew(_ row: NodeRow) throws {
        try self.checkDepth(of: row)
        try self.checkCondition(of: row)
        try self.checkInputs(of: row)
        try self.checkAttempt(row)
        self.noteKinds(ofNew: row)
    }

    private mutating func checkEnded(_ row: NodeRow) throws {
        try self.checkOutputs(of: row)
        try self.checkWhole(row)
        self.noteKinds(ofEnded: row)
    }

    private mutating func check(_ launch: PodLaunch, _ homes: LockHomes, now: Timestamp) throws {
        let identity = launch.identity
        if let attempt = self.decided.updateValue(identity.attempt, forKey: identity.nodeID),
            attempt >= identity.attempt
        {
            throw Violation(
                .starts, "\(launch.nodeName) started as attempt \(identity.attempt) after attempt \(attempt)")
        }
        guard let row = self.rows[identity.nodeID], row.attempt == identity.attempt, !row.status.phase.isFulfilled
        else { throw Violation(.starts, "\(launch.nodeName) started without a row that waits for it") }
        if self.isSuspended {
            throw Violation(.suspension, "\(launch.nodeName) started while the workflow was suspended")
        }
        try self.checkLimits(of: launch, row, now: now)
        try self.checkLocks(of: launch, row, homes)
        try self.checkTexts(of: launch, row)
        self.noteKinds(of: launch)
    }

    /// A pod that is in force after a recovery is one that was decided on, and its node waits for it.
    func check(outstanding launch: PodLaunch) throws {
        let identity = launch.identity
        guard self.decided[identity.nodeID] == identity.attempt else {
            throw Violation(.recovery, "\(launch.nodeName) is in force, although it was not told to start")
        }
        guard let row = self.rows[identity.nodeID], row.attempt == identity.attempt, !row.status.phase.isFulfilled
        else { throw Violation(.recovery, "\(launch.nodeName) is in force without a row that waits for it") }
        try self.checkTexts(of: launch, row)
    }

    private mutating func record(_ turn: Turn) {
        for row in turn.changedNodes {
            self.history += row.status.json(.compact).text + JSONValue.object(row.memory).text + "\n"
        }
        for id in turn.removedNodeIDs { self.history += "removed \(id)\n" }
        for decision in turn.decisions {
            switch decision {
            case .startPod(let launch): self.history += launch.json(.compact).text + "\n"
            case .stopPod, .startTimer, .cancelTimer, .requestLock, .releaseLock, .emitEvent, .complete:
                self.history += "\(decision)\n"
            }
        }
    }
}
