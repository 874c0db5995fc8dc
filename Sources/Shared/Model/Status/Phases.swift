/// How far a node is.
///
/// `Succeeded`, `Failed`, `Error`, `Skipped` and `Omitted` are final.
package enum NodePhase: String, NamedValue {
    case pending = "Pending"
    case running = "Running"
    case succeeded = "Succeeded"
    /// Its `when` was false.
    case skipped = "Skipped"
    case failed = "Failed"
    /// Something other than its own work went wrong.
    case error = "Error"
    /// What it depends on has not come out as it needs.
    case omitted = "Omitted"

    /// Whether the phase is final.
    package var isFulfilled: Bool {
        switch self {
        case .succeeded, .failed, .error, .skipped, .omitted: true
        case .pending, .running: false
        }
    }

    package var isFailedOrError: Bool { self == .failed || self == .error }
}

/// How far a workflow is.
///
/// `Succeeded`, `Failed` and `Error` are final.
package enum WorkflowPhase: String, NamedValue {
    /// Nobody has looked at the workflow yet.
    case unknown = ""
    case pending = "Pending"
    case running = "Running"
    case succeeded = "Succeeded"
    case failed = "Failed"
    case error = "Error"

    /// Whether the phase is final.
    package var isCompleted: Bool {
        switch self {
        case .succeeded, .failed, .error: true
        case .unknown, .pending, .running: false
        }
    }
}

/// What a node stands for.
package enum NodeType: String, NamedValue {
    case pod = "Pod"
    /// A container of a container set.
    case container = "Container"
    case steps = "Steps"
    /// One of the parallel groups of a steps node.
    case stepGroup = "StepGroup"
    case dag = "DAG"
    /// A DAG task with a loop.
    case taskGroup = "TaskGroup"
    /// Holds the attempts of a retried node.
    case retry = "Retry"
    case skipped = "Skipped"
    case suspend = "Suspend"
    case http = "HTTP"
    case plugin = "Plugin"
}
