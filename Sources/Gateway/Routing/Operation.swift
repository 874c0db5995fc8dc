package import Model

/// What a route does.
package enum Operation: Sendable, Hashable {
    case workflow(WorkflowOperation)
    case stream(StreamOperation)
    /// A kind of object that is stored as it is given: every kind but workflows.
    case object(ObjectOperation, ObjectKind)
    case archive(ArchiveOperation)
    case artifact(ArtifactOperation)
    case information(InformationOperation)
    case probe(ProbeOperation)
    case cluster(ClusterOperation)
    /// An operation that clients know and this version does not have, by its id.
    case notAvailable(String)
}

package enum WorkflowOperation: String, Sendable, Hashable {
    case list = "ListWorkflows"
    case create = "CreateWorkflow"
    case lint = "LintWorkflow"
    case submit = "SubmitWorkflow"
    case get = "GetWorkflow"
    case delete = "DeleteWorkflow"
    case resubmit = "ResubmitWorkflow"
    case resume = "ResumeWorkflow"
    case retry = "RetryWorkflow"
    case set = "SetWorkflow"
    case stop = "StopWorkflow"
    case suspend = "SuspendWorkflow"
    case terminate = "TerminateWorkflow"
}

package enum StreamOperation: String, Sendable, Hashable {
    case workflowLogs = "WorkflowLogs"
    case podLogs = "PodLogs"
    case watchWorkflows = "WatchWorkflows"
    case watchEvents = "WatchEvents"
}

package enum ObjectOperation: String, Sendable, Hashable {
    case list = "List"
    case create = "Create"
    case lint = "Lint"
    case get = "Get"
    case update = "Update"
    case delete = "Delete"
    /// Store it whether it is there or not.
    case put = "Put"
    case suspend = "Suspend"
    case resume = "Resume"
}

package enum ArchiveOperation: String, Sendable, Hashable {
    case list = "ListArchivedWorkflows"
    case labelKeys = "ListArchivedWorkflowLabelKeys"
    case labelValues = "ListArchivedWorkflowLabelValues"
    case get = "GetArchivedWorkflow"
    case delete = "DeleteArchivedWorkflow"
    case resubmit = "ResubmitArchivedWorkflow"
    case retry = "RetryArchivedWorkflow"
}

package enum ArtifactOperation: String, Sendable, Hashable {
    case output = "GetOutputArtifact"
    case input = "GetInputArtifact"
    case outputByUID = "GetOutputArtifactByUID"
    case inputByUID = "GetInputArtifactByUID"
    case file = "GetArtifactFile"
    /// A file inside an artifact.
    case innerFile = "GetInnerArtifactFile"
}

package enum ClusterOperation: String, Sendable, Hashable {
    case get = "GetCluster"
    case drain = "DrainMember"
    case undrain = "UndrainMember"
    case join = "Join"
}

package enum InformationOperation: String, Sendable, Hashable {
    case info = "GetInfo"
    case version = "GetVersion"
    case userInfo = "GetUserInfo"
    case collectEvent = "CollectEvent"
    case frontPage = "GetFrontPage"
}

package enum ProbeOperation: String, Sendable, Hashable {
    case liveness = "GetLiveness"
    case readiness = "GetReadiness"
    case metrics = "GetMetrics"
}

extension Operation {
    /// The operation id of Argo's OpenAPI document, or one in its manner.
    package var id: String {
        switch self {
        case .workflow(let operation): "WorkflowService_\(operation.rawValue)"
        case .stream(let operation): "WorkflowService_\(operation.rawValue)"
        case .object(let operation, let kind):
            "\(Self.service(of: kind))_\(operation.rawValue)\(kind.rawValue)\(operation == .list ? "s" : "")"
        case .archive(let operation): "ArchivedWorkflowService_\(operation.rawValue)"
        case .artifact(let operation): "ArtifactService_\(operation.rawValue)"
        case .cluster(let operation): "ClusterService_\(operation.rawValue)"
        case .information(let operation): "InfoService_\(operation.rawValue)"
        case .probe(let operation): "InfoService_\(operation.rawValue)"
        case .notAvailable(let id): id
        }
    }

    private static func service(of kind: ObjectKind) -> String {
        kind == .workflowEventBinding ? "EventService" : "\(kind.rawValue)Service"
    }
}
