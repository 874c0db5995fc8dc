package import Model

/// What a machine wants done.
///
/// Decisions are performed after the change that made them is durable, at least once:
/// each effect is idempotent by the pod's identity or the timer's name.
package enum Decision: Sendable {
    case startPod(PodLaunch)
    /// SIGTERM, the grace period, SIGKILL.
    case stopPod(PodIdentity, graceSeconds: Int)
    case startTimer(TimerID, at: Timestamp)
    case cancelTimer(TimerID)
    /// Asks a lock's home for the lock; `Event.lockTold` is the answer.
    case requestLock(LockRequest)
    /// Gives a lock back, or no longer waits for it.
    case releaseLock(LockRequest)
    /// A Kubernetes-like event for people: `WorkflowRunning`, `WorkflowNodeFailed`, …
    case emitEvent(reason: String, message: String, type: EventType, nodeID: String?)
    /// The workflow has reached its final phase.
    case complete

    package enum EventType: String, Sendable {
        case normal = "Normal"
        case warning = "Warning"
    }
}
