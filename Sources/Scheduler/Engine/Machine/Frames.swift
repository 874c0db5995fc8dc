import Expressions
import JSON
import Model

/// How far a steps or DAG node is.
struct Frame: Sendable {
    let template: CompiledTemplate
    /// The variables of the invocation: inputs, names.
    let locals: [String: Value]
    let inputs: Inputs
    /// The declared outputs, tags of inputs and globals replaced.
    let outputs: Outputs
    let isExit: Bool
    let depth: Int
    /// The tasks that decide the outcome, and which tasks these need.
    var targets: [Int] = []
    var needed: [Bool] = []
    var sites: [SiteState]
    /// The current step group.
    var group = 0
    var groupNodes: [Int] = []
    /// Sites of the current group, or needed tasks, that have not ended.
    var open = 0
    /// What of its own the engine could not do.
    var failure: String?
    // The template's parallelism.
    let limit: Int?
    let failsFast: Bool
    var active = 0
    var unsuccessful = 0
    var waiting = FIFO<Waiting>()
    var isClosed = false
}

/// How far one step or task is.
struct SiteState: Sendable {
    /// The step with its tags replaced; a loop's items are not.
    var step: WorkflowStep?
    var when = ""
    var isSkipped = false
    var items: [JSONValue] = []
    var itemBody: TaggedObject<WorkflowStep>?
    /// The node, or the task group of a loop; -1 where there is none.
    var node = -1
    /// The nodes of a loop's items, in the order of the items; -1 where there is none yet.
    var children: [Int] = []
    /// Items that have not ended.
    var remaining = 0
    /// Dependencies that have not ended.
    var missing = 0
    var isDecided = false
    var isDone = false
    var variables: [String: Value]?
}

/// How far a retried node is.
struct RetryFrame: Sendable {
    let call: Call
    let bound: BoundTemplate
    let strategy: RetryStrategy
    var attempts: [Int] = []
    var executionDeadline: Timestamp?
}

/// An invocation: which template, where from, with what.
struct Call: Sendable {
    var name: String
    var reference: TemplateLibrary.Reference
    var scope: String
    var arguments: Arguments
    var boundary: Int
    var up: Int
    var link: NodeLink
    var isExit = false
    var flag: NodeFlag?
    var depth = 0
    var locals: [String: Value] = [:]
}

/// A template with its inputs bound and its tags replaced.
struct BoundTemplate: Sendable {
    var compiled: CompiledTemplate
    /// All but the sites.
    var template: Template
    var locals: [String: Value]
}
