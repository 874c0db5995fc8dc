/// The names of the labels and annotations that Argo's clients know.
package enum WorkflowKeys {
    package static let completed = "workflows.argoproj.io/completed"
    package static let phase = "workflows.argoproj.io/phase"
    package static let archivingStatus = "workflows.argoproj.io/workflow-archiving-status"
    package static let creator = "workflows.argoproj.io/creator"
    package static let creatorEmail = "workflows.argoproj.io/creator-email"
    package static let creatorPreferredUsername = "workflows.argoproj.io/creator-preferred-username"
    package static let previousWorkflow = "workflows.argoproj.io/resubmitted-from-workflow"
    package static let cronWorkflow = "workflows.argoproj.io/cron-workflow"
    package static let workflowTemplate = "workflows.argoproj.io/workflow-template"
    package static let clusterWorkflowTemplate = "workflows.argoproj.io/cluster-workflow-template"
    package static let instanceID = "workflows.argoproj.io/controller-instanceid"
    package static let action = "workflows.argoproj.io/action"
    package static let actor = "workflows.argoproj.io/actor"
    package static let traceID = "workflows.argoproj.io/trace-id"
    package static let spanID = "workflows.argoproj.io/span-id"
    package static let podNameFormat = "workflows.argoproj.io/pod-name-format"
    package static let nodeName = "workflows.argoproj.io/node-name"
    package static let nodeID = "workflows.argoproj.io/node-id"
    /// On a pod: the name of its workflow.
    package static let workflow = "workflows.argoproj.io/workflow"
    /// On a config map: what its data are for.
    package static let configMapType = "workflows.argoproj.io/configmap-type"
    /// How often the workflow was retried: our own, the engine counts attempts from it.
    package static let retries = "workflows.apus.dev/retries"
    /// In a node selector: what must run the pod, `process` for example.
    package static let backend = "workflows.apus.dev/backend"
    package static let scheduledTime = "workflows.argoproj.io/scheduled-time"
    /// On a cron workflow whose stop expression has come true.
    package static let cronCompleted = "cronworkflows.argoproj.io/completed"
    /// On a cron workflow: the schedules, as they were when it last ran.
    package static let lastUsedSchedule = "cronworkflows.argoproj.io/last-used-schedule"

    package static let apiVersion = "argoproj.io/v1alpha1"

    /// What a workflow says of those who made it.
    static let creators = [creator, creatorEmail, creatorPreferredUsername]
}
