import JSON
import Model
import OrderedCollections
import TestSupport
import WorkflowEngine

// What people do: they suspend, resume, answer, stop, and begin again.
extension EngineSimulation {
    private var questions: [NodeStatus] {
        self.rows.values.filter { $0.status.type == .suspend && $0.status.phase == .running }.map(\.status)
    }

    /// A person does something, or nothing.
    mutating func interfere() throws {
        if self.chance(1) { try self.say(.suspended) }
        if self.checker.isSuspended, self.chance(10) { try self.say(.resumed(selector: nil, by: "somebody")) }
        if self.isInDanger, self.chance(2) {
            try self.say(self.chance(60) ? .stopped(message: nil, selector: nil) : .terminated)
        }
        guard self.chance(15), let question = self.questions.first else { return }
        let selector = "id=\(question.id)"
        switch self.random.below(4) {
        case 0: try self.say(.resumed(selector: selector, by: "somebody"))
        case 1: try self.say(.stopped(message: "no", selector: selector))
        case 2: try self.say(self.answer(question, phase: self.chance(50) ? .succeeded : nil))
        default: try self.say(.resumed(selector: nil, by: nil))
        }
    }

    private func answer(_ question: NodeStatus, phase: NodePhase?) -> Event {
        var request = NodeSetRequest(selector: "id=\(question.id)", phase: phase, message: "answered")
        for parameter in question.outputs?.parameters ?? [] where parameter.value == nil {
            request.outputParameters[parameter.name] = "said"
        }
        return .nodeSet(request)
    }

    /// Goes on where only a person can.
    mutating func wake() throws {
        let open = self.questions.filter { $0.outputs?.parameters.contains { $0.value == nil } ?? false }
        if let question = open.first { return try self.say(self.answer(question, phase: nil)) }
        guard self.checker.isSuspended || !self.questions.isEmpty else {
            throw Violation(.progress, "stuck: nothing is left that could wake it")
        }
        try self.say(.resumed(selector: nil, by: nil))
    }

    /// Says a word that may be refused, which then must change nothing.
    private mutating func say(_ event: Event) throws {
        guard !self.isComplete else { return }
        do throws(OperationError) {
            try self.machine.check(event)
        } catch {
            var machine = self.machine
            guard machine.apply(event, in: self.surroundings).isEmpty else {
                throw Violation(.refusals, "what was refused (\(error.message)) has changed something")
            }
            return
        }
        try self.apply(event)
    }

    // MARK: Beginning again

    /// Somebody retries or resubmits the workflow, or leaves it.
    mutating func beginAgain() throws -> Bool {
        guard self.rounds < 2, self.chance(self.rounds == 0 ? 40 : 60) else { return false }
        self.rounds += 1
        var ended = self.stored
        for (id, row) in self.rows { ended.status.nodes[id] = row.status }
        if self.chance(70) {
            guard try self.retry(ended) else { return false }
        } else {
            try self.resubmit(ended)
        }
        try self.apply(.submitted)
        return true
    }

    private mutating func retry(_ ended: Workflow) throws -> Bool {
        let hasFailed = ended.status.phase != .succeeded
        let chosen = self.rows.values.first { $0.status.type == .pod && $0.status.phase == .succeeded }?.status.id
        guard hasFailed || chosen != nil else { return false }
        let selector = !hasFailed || self.chance(20) ? chosen : nil
        let plan: RetryPlan
        do throws(OperationError) {
            plan = try RetryPlan(
                of: ended, restartSuccessful: selector != nil, nodeFieldSelector: selector.map { "id=\($0)" } ?? "",
                now: self.now)
        } catch {
            throw Violation(.beginningAgain, "a workflow that has ended cannot be retried: \(error.message)")
        }
        var (workflow, rows) = plan.beginning(with: Array(self.rows.values))
        try self.checker.beginAgain(plan, chosen: selector)
        self.distort(retried: &rows)
        workflow.status.nodes = [:]
        self.machine = WorkflowMachine(recovering: workflow, nodes: rows, in: self.surroundings)
        self.forget()
        self.rows = OrderedDictionary(uniqueKeysWithValues: rows.map { ($0.status.id, $0) })
        return true
    }

    private mutating func resubmit(_ ended: Workflow) throws {
        let isMemoized = ended.status.phase != .succeeded && self.chance(60)
        var workflow = try ended.resubmission(isMemoized: isMemoized, now: self.now, using: &self.random)
        if !isMemoized { workflow.metadata.name = "\(ended.metadata.name)-again" }
        workflow.metadata.uid = "\(ended.metadata.uid)-again"
        self.machine = WorkflowMachine(workflow: workflow)
        self.checker.beginAnew(workflow, isMemoized: isMemoized)
        self.forget()
    }

    /// Forgets what was in force for the workflow that has ended.
    private mutating func forget() {
        self.stored = self.machine.workflow
        self.rows = [:]
        self.timers = [:]
        self.outbox = [:]
        self.pods = []
        self.queue = []
        self.isComplete = false
    }
}
