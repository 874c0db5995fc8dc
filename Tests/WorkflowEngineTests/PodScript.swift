import Foundation
import JSON
import Model
import OrderedCollections
import TestSupport
import Testing
import WorkflowEngine
import YAML

/// Runs a workflow with pods whose ends are written down.
struct PodScript {
    private(set) var machine: WorkflowMachine
    var now = Timestamp(seconds: 1_767_225_600)
    var catalog = TemplateCatalog()
    private(set) var launches: [PodLaunch] = []
    private(set) var timers: OrderedDictionary<TimerID, Timestamp> = [:]
    private(set) var rows: OrderedDictionary<String, NodeRow> = [:]
    private(set) var isComplete = false
    /// How a pod ends.
    var outcome: @Sendable (PodLaunch) -> PodReport? = { _ in PodScript.success() }
    private var open: [PodLaunch] = []
    /// The homes of locks, and what they have not answered yet; a semaphore lets two in.
    private(set) var locks: [String: LockStateMachine] = [:]
    private(set) var lockRequests: [LockRequest] = []
    private var notices: [LockNotice] = []

    init(_ workflow: Workflow) {
        var workflow = workflow
        if workflow.metadata.name.isEmpty { workflow.metadata.name = "wf" }
        workflow.metadata.uid = "uid"
        workflow.metadata.namespace = "default"
        workflow.metadata.creationTimestamp = self.now
        self.machine = WorkflowMachine(workflow: workflow)
    }

    /// Goes on with a recovered machine.
    init(
        _ machine: WorkflowMachine, now: Timestamp, catalog: TemplateCatalog = TemplateCatalog(),
        locks: [String: LockStateMachine] = [:]
    ) {
        self.machine = machine
        self.now = now
        self.catalog = catalog
        self.locks = locks
        self.open = machine.outstanding.pods
        for decision in machine.outstanding.decisions {
            switch decision {
            case .startTimer(let timer, let time): self.timers[timer] = time
            case .requestLock(let request): self.ask(request)
            case .startPod, .stopPod, .cancelTimer, .releaseLock, .emitEvent, .complete: break
            }
        }
        self.apply(.submitted)
    }

    /// The machine that is made of what is stored, once this one is lost.
    var recovered: WorkflowMachine { self.recovered(self.machine.workflow, self.machine.nodes) }

    private func recovered(_ workflow: Workflow, _ nodes: [NodeRow]) -> WorkflowMachine {
        WorkflowMachine(recovering: workflow, nodes: nodes, in: Surroundings(now: self.now, catalog: self.catalog))
    }

    /// Goes on after a crash, which nobody has heard of.
    func afterCrash() -> PodScript { PodScript(self.recovered, now: self.now, catalog: self.catalog) }

    /// Goes on after somebody has retried the workflow, from a node that had succeeded too; others keep their locks.
    func retried(from node: String? = nil) throws -> PodScript {
        let plan = try RetryPlan(
            of: self.whole, restartSuccessful: node != nil, nodeFieldSelector: node.map { "name=\($0)" } ?? "",
            now: self.now)
        let (head, rows) = plan.beginning(with: self.machine.nodes)
        return PodScript(self.recovered(head, rows), now: self.now, catalog: self.catalog, locks: self.locks)
    }

    /// The workflow with its nodes.
    var whole: Workflow {
        var workflow = self.machine.workflow
        for row in self.machine.nodes { workflow.status.nodes[row.status.id] = row.status }
        return workflow
    }

    init(yaml: String) throws {
        let json = try #require(try YAMLDocuments.read(yaml, name: "test").first)
        self.init(try Workflow(json: json, at: DecodingPlace()))
    }

    @Sendable private static func readYAML(_ text: String) -> JSONValue? {
        do { return try YAMLDocuments.read(text, name: "text").first } catch { return nil }
    }

    static func success(_ outputs: Outputs? = nil) -> PodReport {
        var report = PodReport()
        report.phase = .succeeded
        report.exitCode = 0
        report.outputs = outputs
        return report
    }

    static func failure(_ code: Int = 1) -> PodReport {
        var report = PodReport()
        report.phase = .failed
        report.message = "main: Error (exit code \(code))"
        report.exitCode = code
        return report
    }

    mutating func apply(_ event: Event) {
        let turn = self.machine.apply(
            event, in: Surroundings(now: self.now, catalog: self.catalog, readYAML: PodScript.readYAML))
        for row in turn.changedNodes { self.rows[row.status.id] = row }
        for decision in turn.decisions {
            switch decision {
            case .startPod(let launch):
                self.launches.append(launch)
                self.open.append(launch)
            case .stopPod(let identity, _): self.open.removeAll { $0.identity == identity }
            case .startTimer(let timer, let time): self.timers[timer] = time
            case .cancelTimer(let timer): self.timers[timer] = nil
            case .requestLock(let request), .releaseLock(let request): self.ask(request)
            case .emitEvent: break
            case .complete: self.isComplete = true
            }
        }
    }

    /// Somebody asks for a lock, or gives it back; answers come with the next step.
    mutating func ask(_ request: LockRequest) {
        guard let name = LockName(request.lock) else { return }
        self.lockRequests.append(request)
        var lock = self.locks[request.lock] ?? LockStateMachine(name, limit: name.isMutex ? 1 : 2)
        if request.isReleased {
            _ = lock.release(request.holder)
        } else {
            _ = lock.add(request, number: Int64(self.lockRequests.count))
        }
        self.notices += lock.grant().map { lock.notice(of: $0.request) }
        if !request.isReleased, lock.claims[request.holder]?.isGranted == false {
            self.notices.append(lock.notice(of: request))
        }
        self.locks[request.lock] = lock
    }

    /// What another workflow asks of a lock.
    static func foreignRequest(_ lock: String, isReleased: Bool = false) -> LockRequest {
        var request = LockRequest()
        request.lock = lock
        request.holder = PodIdentity(workflowUID: "other", nodeID: "", attempt: 0)
        request.workflow = "other"
        request.namespace = "default"
        request.isReleased = isReleased
        return request
    }

    /// What homes have said is heard.
    mutating func hearNotices() {
        while !self.notices.isEmpty { self.apply(.lockTold(self.notices.removeFirst())) }
    }

    /// Delivers reports and timers until nothing happens any more.
    mutating func run() {
        if self.machine.workflow.status.phase == .unknown { self.apply(.submitted) }
        while !self.isComplete, self.step() {}
    }

    /// One report or timer; `false` where there is none.
    mutating func step() -> Bool {
        if !self.notices.isEmpty {
            self.apply(.lockTold(self.notices.removeFirst()))
            return true
        }
        for (index, launch) in self.open.enumerated() {
            guard var report = self.outcome(launch) else { continue }
            self.open.remove(at: index)
            var started = PodReport()
            started.identity = launch.identity
            started.phase = .running
            self.now = self.now + GoDuration(seconds: 1)
            self.apply(.podReported(started))
            report.identity = launch.identity
            report.startedAt = self.now
            self.now = self.now + GoDuration(seconds: 1)
            report.finishedAt = self.now
            self.apply(.podReported(report))
            return true
        }
        guard let (timer, time) = self.timers.elements.min(by: { $0.value < $1.value }).map({ ($0.key, $0.value) })
        else {
            return false
        }
        self.timers[timer] = nil
        self.now = max(self.now, time)
        self.apply(.timerFired(timer))
        return true
    }

    var phase: WorkflowPhase { self.machine.workflow.status.phase }

    func node(_ name: String) -> NodeStatus? { self.machine.node(named: name)?.status }

    /// `name type phase` of every node.
    var tree: [String] {
        self.machine.nodes.map { "\($0.status.name) \($0.status.type.rawValue) \($0.status.phase.rawValue)" }
    }
}
