import JSON

/// The kinds of object that we store.
package enum ObjectKind: String, Sendable, CaseIterable, Hashable, TextConvertible {
    case workflow = "Workflow"
    case workflowTemplate = "WorkflowTemplate"
    case clusterWorkflowTemplate = "ClusterWorkflowTemplate"
    case cronWorkflow = "CronWorkflow"
    case workflowEventBinding = "WorkflowEventBinding"
    case configMap = "ConfigMap"

    /// The name of the resource in messages: `workflows.argoproj.io`, `configmaps`.
    package var resource: String {
        switch self {
        case .workflow: "workflows.argoproj.io"
        case .workflowTemplate: "workflowtemplates.argoproj.io"
        case .clusterWorkflowTemplate: "clusterworkflowtemplates.argoproj.io"
        case .cronWorkflow: "cronworkflows.argoproj.io"
        case .workflowEventBinding: "workfloweventbindings.argoproj.io"
        case .configMap: "configmaps"
        }
    }

    /// Whether objects of this kind live in a namespace. Those that do not are stored under the namespace `""`.
    package var isNamespaced: Bool { self != .clusterWorkflowTemplate }
}
