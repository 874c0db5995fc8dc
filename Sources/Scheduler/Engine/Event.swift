package import Model
import OrderedCollections

/// A fact fed to a workflow's machine.
///
/// Delivery is at least once and in no order: what is late or known already changes nothing. Nor does what a person
/// says of suspend nodes that cannot take it; `WorkflowMachine.check` tells beforehand.
package enum Event: Sendable {
    /// The workflow exists and its first node may be made.
    case submitted
    /// A runner speaks of a pod: it started, it moved on, it ended.
    case podReported(PodReport)
    /// A timer that a decision started has run out.
    case timerFired(TimerID)
    /// A lock's home speaks of a request: it is granted, it waits, it cannot be.
    case lockTold(LockNotice)
    /// No new nodes until `resumed`.
    case suspended
    /// New nodes again; suspend nodes that match the selector (all, where there is none) succeed.
    case resumed(selector: String?, by: String?)
    /// Running pods are stopped; exit handlers still run. With a selector only the matching suspend nodes fail.
    case stopped(message: String?, selector: String?)
    /// Everything is stopped, exit handlers too.
    case terminated
    /// A suspend node is given its phase, message or outputs by a person.
    case nodeSet(NodeSetRequest)
}

/// What `PUT …/set` says about suspend nodes.
package struct NodeSetRequest: Sendable, Hashable {
    package var selector: String
    package var phase: NodePhase?
    package var message: String?
    package var outputParameters: StringMap = [:]

    package init(selector: String, phase: NodePhase? = nil, message: String? = nil) {
        self.selector = selector
        self.phase = phase
        self.message = message
    }
}

/// Names a timer of one workflow.
///
/// Starting a timer again moves it.
package enum TimerID: Hashable, Sendable {
    /// The workflow's `activeDeadlineSeconds`.
    case workflowDeadline
    /// A node's deadline or timeout.
    case nodeDeadline(String)
    /// The end of a suspend node's duration.
    case suspendEnd(String)
    /// The end of the wait before a retry node's next attempt.
    case retryBackoff(String)
}
