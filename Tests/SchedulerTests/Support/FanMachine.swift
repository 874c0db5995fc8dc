import JSON
import Model
import OrderedCollections
import Scheduler
import WorkflowEngine

/// A machine simple enough to know by heart: `pods` pods, of which at most `width` run at once.
///
/// Both numbers are labels of the workflow. A pod that fails fails the workflow.
struct FanMachine: Machine {
    private(set) var workflow: Workflow
    private var nodes: OrderedDictionary<String, NodeRow> = [:]
    private let total: Int
    private let width: Int

    init(_ workflow: Workflow, rows: [NodeRow] = []) throws {
        guard workflow.metadata.labels["broken"] == nil else { throw BrokenMachine() }
        self.workflow = workflow
        self.total = Int(workflow.metadata.labels["pods"] ?? "1") ?? 1
        self.width = Int(workflow.metadata.labels["width"] ?? "1") ?? 1
        for row in rows { self.nodes[row.status.id] = row }
    }

    static let factory = MachineFactory(
        make: { try FanMachine($0) }, recover: { workflow, rows, _ in try FanMachine(workflow, rows: rows) })

    var outstanding: Outstanding {
        Outstanding(
            pods: self.nodes.values.filter { !$0.status.phase.isFulfilled }.map { self.launch($0) },
            decisions: self.workflow.status.phase.isCompleted ? [] : self.deadline)
    }

    private var deadline: [Decision] {
        guard let seconds = self.workflow.spec.activeDeadlineSeconds, let start = self.workflow.status.startedAt else {
            return []
        }
        return [.startTimer(.workflowDeadline, at: start + GoDuration(nanoseconds: Int64(seconds) * 1_000_000_000))]
    }

    func check(_ event: Event) throws(OperationError) {}

    mutating func apply(_ event: Event, in surroundings: Surroundings) -> Turn {
        var turn = Turn()
        guard !self.workflow.status.phase.isCompleted || self.isSubmission(event) else { return turn }
        switch event {
        case .submitted:
            guard self.workflow.status.phase != .running else { return turn }
            self.workflow.status.phase = .running
            self.workflow.status.startedAt = surroundings.now
            self.workflow.status.finishedAt = nil
            turn.workflowChanged = true
            turn.decisions = self.deadline
            turn.decisions.append(
                .emitEvent(reason: "WorkflowRunning", message: "Workflow Running", type: .normal, nodeID: nil))
            self.startMore(&turn)
        case .podReported(let report):
            self.take(report, &turn, surroundings.now)
        case .timerFired(.workflowDeadline), .terminated:
            for row in self.nodes.values where !row.status.phase.isFulfilled {
                turn.decisions.append(.stopPod(self.identity(row), graceSeconds: 1))
            }
            self.finish(.failed, &turn, surroundings.now)
        default:
            break
        }
        return turn
    }

    private func isSubmission(_ event: Event) -> Bool {
        if case .submitted = event { return true }
        return false
    }

    private mutating func take(_ report: PodReport, _ turn: inout Turn, _ now: Timestamp) {
        let id = report.identity.nodeID
        guard var row = self.nodes[id], !row.status.phase.isFulfilled, row.attempt == report.identity.attempt,
            row.status.phase != report.phase
        else { return }
        row.status.phase = report.phase
        row.status.message = report.message
        if report.phase.isFulfilled { row.status.finishedAt = now }
        self.nodes[id] = row
        turn.changedNodes.append(row)
        guard report.phase.isFulfilled else { return }
        if report.phase != .succeeded { return self.finish(.failed, &turn, now) }
        self.startMore(&turn)
        let succeeded = self.nodes.values.filter { $0.status.phase == .succeeded }.count
        if succeeded == self.total { self.finish(.succeeded, &turn, now) }
    }

    private mutating func startMore(_ turn: inout Turn) {
        var running = self.nodes.values.filter { !$0.status.phase.isFulfilled }.count
        while self.nodes.count < self.total, running < self.width {
            let name = "\(self.workflow.metadata.name).\(self.nodes.count)"
            let id = NodeNames.id(of: name, workflow: self.workflow.metadata.name)
            var status = NodeStatus(id: id, name: name, displayName: "\(self.nodes.count)", type: .pod)
            status.templateName = "main"
            status.phase = .pending
            let row = NodeRow(status: status)
            self.nodes[id] = row
            turn.changedNodes.append(row)
            turn.decisions.append(.startPod(self.launch(row)))
            running += 1
        }
    }

    private mutating func finish(_ phase: WorkflowPhase, _ turn: inout Turn, _ now: Timestamp) {
        self.workflow.status.phase = phase
        self.workflow.status.finishedAt = now
        turn.workflowChanged = true
        turn.decisions.append(.complete)
    }

    private func identity(_ row: NodeRow) -> PodIdentity {
        PodIdentity(workflowUID: self.workflow.metadata.uid, nodeID: row.status.id, attempt: row.attempt)
    }

    private func launch(_ row: NodeRow) -> PodLaunch {
        var launch = PodLaunch()
        launch.identity = self.identity(row)
        launch.namespace = self.workflow.metadata.namespace
        launch.workflowName = self.workflow.metadata.name
        launch.nodeName = row.status.name
        launch.podName = row.status.name
        launch.templateName = "main"
        return launch
    }
}

struct BrokenMachine: Error, CustomStringConvertible {
    var description: String { "this workflow cannot be run" }
}
