import Expressions
import JSON
package import Model
import OrderedCollections

/// The state machine of one workflow: takes events, says which rows changed and what is to be done.
///
/// It is pure and deterministic: the same workflow and the same events give the same rows, byte for byte. An event
/// costs what it touches: the end of a node is told to the frame of the node around it, which counts down what waits
/// for it. Nothing but rows is needed to make it again: the recovered machine walks the tree from the root, takes over
/// the nodes that are there and goes on where a node is missing.
package struct WorkflowMachine: Sendable {
    /// The workflow; its status has no nodes, they are rows of their own.
    package internal(set) var workflow: Workflow
    /// The spec that runs: that of the workflow template, if there is one, under the workflow's own; tags of workflow
    /// variables are replaced.
    var spec: WorkflowSpec
    var library: TemplateLibrary
    var globals: [String: Value] = [:]

    var entries: [NodeEntry] = []
    var indexByName: [String: Int] = [:]
    var indexByID: [String: Int] = [:]
    var frames: [Int: Frame] = [:]
    var retries: [Int: RetryFrame] = [:]

    // The machine's work, in order.
    var finished = FIFO<Int>()
    var phaseChanges = FIFO<Int>()
    var failedFast = FIFO<Int>()
    /// What waits for the workflow's parallelism, or for its resumption.
    var waiting = FIFO<Waiting>()

    var activePods = 0
    var workflowDone = 0
    var workflowTotal = 0
    var openWorkflowHooks = 0
    var startedWorkflowHooks: Set<String> = []
    var mayTriggerWorkflowHooks = false
    var exitState = ExitState.none
    /// The locks that nodes and the workflow itself hold or ask for.
    var lockClaims: [Int: LockClaim] = [:]
    /// How many of them ask for each lock.
    var lockWaiters: [LockName: Int] = [:]
    /// New pods begin at this attempt, which grows with each retry of the workflow.
    var firstAttempt = 0
    var isRecovering = false
    /// The children that big rows named before a recovery.
    var recoveredChildren: [Int: Set<String>] = [:]

    // What the current event has changed.
    var now = Timestamp(nanoseconds: 0)
    var catalog = TemplateCatalog()
    var readYAML: (@Sendable (String) -> JSONValue?)?
    var parallelism = ParallelismLimits()
    var changed: [Int] = []
    var removed: [String] = []
    var isWorkflowChanged = false
    var decisions: [Decision] = []
    /// What must be in force after a recovery: the pods that have not ended, and the timers that run.
    ///
    /// A pod's launch is idempotent by its identity, so it is simply told again.
    package internal(set) var outstanding: [Decision] = []
    /// Row operations and frame operations since the machine was made: the measure of what events cost.
    package internal(set) var operationCount = 0

    enum ExitState: Sendable {
        case none
        case running
        case concluded
    }

    /// The annotation that counts a workflow's retries.
    package static let retryCountAnnotation = "workflows.apus.dev/retries"
    /// How deep templates may invoke templates.
    package static let maximumDepth = 100
    /// Rows with more children are told in steps while they grow.
    static let bigRow = 512

    /// A machine for a workflow that has not begun.
    package init(workflow: Workflow) {
        self.workflow = workflow
        self.workflow.status.nodes = [:]
        self.spec = workflow.spec
        self.library = TemplateLibrary(spec: workflow.spec, localScope: "local/\(workflow.metadata.name)")
    }

    /// The machine of a stored workflow.
    ///
    /// What it had to add, where rows were taken away, is told with the next turn; ``outstanding`` says what must be in
    /// force.
    package init(recovering workflow: Workflow, nodes: [NodeRow], in surroundings: Surroundings) {
        self.init(workflow: workflow)
        self.enter(surroundings)
        self.recover(nodes)
        self.catalog = TemplateCatalog()
    }

    package mutating func apply(_ event: Event, in surroundings: Surroundings) -> Turn {
        self.enter(surroundings)
        if !self.workflow.status.phase.isCompleted || self.exitState != .concluded {
            self.take(event)
            self.settle()
        }
        self.catalog = TemplateCatalog()
        return self.takeTurn()
    }

    private mutating func enter(_ surroundings: Surroundings) {
        self.now = surroundings.now
        self.catalog = surroundings.catalog
        self.readYAML = surroundings.readYAML
        self.parallelism = surroundings.parallelism
    }

    private mutating func take(_ event: Event) {
        switch event {
        case .submitted: self.begin()
        case .podReported(let report): self.take(report)
        case .timerFired(let timer): self.timerFired(timer)
        case .lockTold(let notice): self.take(notice)
        case .suspended: self.suspend()
        case .resumed, .stopped, .nodeSet: self.heed(event)
        case .terminated: self.shutDown("Terminate")
        }
    }

    /// Works until nothing is left that can go on without a further event.
    mutating func settle() {
        while !self.workflow.status.phase.isCompleted {
            self.drainPhaseChanges()
            if self.isSuspended { break }
            if let frame = self.failedFast.popFirst() {
                self.failFast(frame)
            } else if let node = self.finished.popFirst() {
                self.nodeFinished(node)
            } else if let waiting = self.nextWaiting() {
                self.perform(waiting)
            } else if !self.conclude() {
                break
            }
            self.operationCount += 1
        }
    }

    /// The next of those that wait for a free place among the workflow's pods.
    private mutating func nextWaiting() -> Waiting? {
        while !self.waiting.isEmpty, !self.isFull {
            guard let waiting = self.waiting.popFirst() else { return nil }
            if self.mayBegin(waiting) { return waiting }
        }
        return nil
    }

    var isSuspended: Bool { self.workflow.spec.suspend == true }

    /// Whether the workflow's parallelism is used up.
    var isFull: Bool { self.spec.parallelism.map { self.activePods >= $0 } ?? false }

    // MARK: What others may look at

    package var nodeCount: Int { self.entries.count }

    package var nodes: [NodeRow] { self.entries.map(\.row) }

    package func node(_ id: String) -> NodeRow? { self.indexByID[id].map { self.entries[$0].row } }

    package func node(named name: String) -> NodeRow? { self.indexByName[name].map { self.entries[$0].row } }

    /// The workflow's row: everything but nodes.
    package var status: Workflow { self.workflow }
}
