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
    /// What may begin, but lies so deep within what begins now that the stack would not hold it.
    var deferred = FIFO<Waiting>()
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
    var takeover = Takeover.none
    var nesting = 0
    /// The children of big rows that were loaded, once somebody had to know whether one is among them.
    var loadedChildren: [Int: Set<String>] = [:]
    /// Nodes that a retry or a resubmission brought along, by the id of the steps or DAG node around them.
    var broughtAlong: [String: [Int]] = [:]
    /// The ids of all children, once somebody had to know whether a node has a parent.
    var parented: Set<String>?

    // What the current event has changed.
    var now = Timestamp(nanoseconds: 0)
    var catalog = TemplateCatalog()
    var readYAML: (@Sendable (String) -> JSONValue?)?
    var parallelism = ParallelismLimits()
    var changed: [Int] = []
    var removed: [String] = []
    var isWorkflowChanged = false
    var decisions: [Decision] = []
    /// What must be in force after a recovery.
    package internal(set) var outstanding = Outstanding()
    /// Row operations and frame operations since the machine was made: the measure of what events cost.
    package internal(set) var operationCount = 0

    /// How nodes that are there already are made part of the machine.
    enum Takeover: Sendable {
        case none
        /// After a crash: as their rows tell.
        case asTold
        /// After somebody began the workflow again: their inputs may have changed.
        case again
    }

    enum ExitState: Sendable {
        case none
        case running
        case concluded
    }

    /// How deep templates may invoke templates.
    package static let maximumDepth = 100
    /// How many invocations begin within each other at once; deeper ones begin after them.
    static let maximumNesting = 8
    /// Rows with more children are told in steps while they grow.
    static let bigRow = 512

    /// A machine for a workflow that has not begun.
    ///
    /// A workflow that was resubmitted may bring nodes that are done already: they are told with the first turn.
    package init(workflow: Workflow) {
        self.init(empty: workflow)
        for status in workflow.status.nodes.values {
            var row = NodeRow(status: status)
            row.isBroughtAlong = !status.phase.isFulfilled
            let index = self.load(row)
            self.touch(index)
        }
    }

    private init(empty workflow: Workflow) {
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
        self.init(empty: workflow)
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
            // What was there before a recovery is taken over, suspended or not.
            if self.isSuspended, !self.isTakingOver { break }
            if let waiting = self.deferred.popFirst() {
                self.request(waiting)
            } else if let frame = self.failedFast.popFirst() {
                self.failFast(frame)
            } else if let node = self.finished.popFirst() {
                self.nodeFinished(node)
            } else if self.endAfterFailure() {
                break
            } else if let waiting = self.nextWaiting() {
                if self.mayBegin(waiting) { self.perform(waiting) }
                // It may have taken no place, as a step that is skipped: the next may begin as well.
                self.letIn(self.boundary(of: waiting))
            } else if self.failedFast.isEmpty, !self.conclude() {
                // Who is not let in any more may have been the last that a template waited for.
                break
            }
            self.operationCount += 1
        }
    }

    /// The next of those that wait for a free place among the workflow's pods.
    private mutating func nextWaiting() -> Waiting? {
        self.isFull || self.isSuspended ? nil : self.waiting.popFirst()
    }

    var isTakingOver: Bool {
        switch self.takeover {
        case .none: false
        case .asTold, .again: true
        }
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
