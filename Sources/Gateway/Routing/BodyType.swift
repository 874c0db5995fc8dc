/// What a request's body holds, by the name of Argo's message.
///
/// Members that are not listed are ignored, as Go's decoder does; a listed one of another kind is refused.
package struct BodyType: Sendable, Hashable {
    package enum Kind: String, Sendable {
        case string, boolean, number, object, strings
        case anything
    }

    package struct Member: Sendable, Hashable {
        package let name: String
        package let kind: Kind
    }

    package let name: String
    package let members: [Member]

    private init(_ name: String, _ members: KeyValuePairs<String, Kind>) {
        self.name = name
        self.members = members.map { Member(name: $0.key, kind: $0.value) }
    }
}

extension BodyType {
    package static let workflowCreate = BodyType(
        "WorkflowCreateRequest",
        [
            "namespace": .string, "workflow": .object, "serverDryRun": .boolean, "createOptions": .object,
            "instanceID": .string,
        ])
    package static let workflowLint = BodyType("WorkflowLintRequest", ["namespace": .string, "workflow": .object])
    package static let workflowSubmit = BodyType(
        "WorkflowSubmitRequest",
        ["namespace": .string, "resourceKind": .string, "resourceName": .string, "submitOptions": .object])
    package static let workflowResubmit = BodyType(
        "WorkflowResubmitRequest",
        ["name": .string, "namespace": .string, "memoized": .boolean, "parameters": .strings])
    package static let workflowResume = BodyType(
        "WorkflowResumeRequest", ["name": .string, "namespace": .string, "nodeFieldSelector": .string])
    package static let workflowRetry = BodyType(
        "WorkflowRetryRequest",
        [
            "name": .string, "namespace": .string, "nodeFieldSelector": .string, "restartSuccessful": .boolean,
            "parameters": .strings,
        ])
    package static let workflowSet = BodyType(
        "WorkflowSetRequest",
        [
            "name": .string, "namespace": .string, "nodeFieldSelector": .string, "message": .string, "phase": .string,
            "outputParameters": .string,
        ])
    package static let workflowStop = BodyType(
        "WorkflowStopRequest",
        ["name": .string, "namespace": .string, "nodeFieldSelector": .string, "message": .string])
    package static let workflowSuspend = BodyType(
        "WorkflowSuspendRequest", ["name": .string, "namespace": .string])
    package static let workflowTerminate = BodyType(
        "WorkflowTerminateRequest", ["name": .string, "namespace": .string])

    package static let templateCreate = BodyType(
        "WorkflowTemplateCreateRequest", ["namespace": .string, "template": .object, "createOptions": .object])
    package static let templateLint = BodyType(
        "WorkflowTemplateLintRequest", ["namespace": .string, "template": .object, "createOptions": .object])
    package static let templateUpdate = BodyType(
        "WorkflowTemplateUpdateRequest", ["name": .string, "namespace": .string, "template": .object])
    package static let clusterTemplateCreate = BodyType(
        "ClusterWorkflowTemplateCreateRequest", ["template": .object, "createOptions": .object])
    package static let clusterTemplateLint = BodyType(
        "ClusterWorkflowTemplateLintRequest", ["template": .object, "createOptions": .object])
    package static let clusterTemplateUpdate = BodyType(
        "ClusterWorkflowTemplateUpdateRequest", ["name": .string, "template": .object])
    package static let cronCreate = BodyType(
        "CreateCronWorkflowRequest", ["namespace": .string, "cronWorkflow": .object, "createOptions": .object])
    package static let cronLint = BodyType(
        "LintCronWorkflowRequest", ["namespace": .string, "cronWorkflow": .object])
    package static let cronUpdate = BodyType(
        "UpdateCronWorkflowRequest", ["name": .string, "namespace": .string, "cronWorkflow": .object])
    package static let cronResume = BodyType("CronWorkflowResumeRequest", ["name": .string, "namespace": .string])
    package static let cronSuspend = BodyType("CronWorkflowSuspendRequest", ["name": .string, "namespace": .string])

    package static let archivedResubmit = BodyType(
        "ResubmitArchivedWorkflowRequest",
        ["uid": .string, "name": .string, "namespace": .string, "memoized": .boolean, "parameters": .strings])
    package static let archivedRetry = BodyType(
        "RetryArchivedWorkflowRequest",
        [
            "uid": .string, "name": .string, "namespace": .string, "nodeFieldSelector": .string,
            "restartSuccessful": .boolean, "parameters": .strings,
        ])

    package static let collectEvent = BodyType("CollectEventRequest", ["name": .string])
    /// Any JSON at all, a scalar too.
    package static let item = BodyType("Item", [:])
    package static let syncCreate = BodyType(
        "CreateSyncLimitRequest",
        ["cmName": .string, "key": .string, "limit": .number, "namespace": .string, "type": .anything])
    package static let syncUpdate = BodyType(
        "UpdateSyncLimitRequest",
        ["cmName": .string, "key": .string, "limit": .number, "namespace": .string, "type": .anything])
    package static let eventSourceCreate = BodyType(
        "CreateEventSourceRequest", ["eventSource": .object, "namespace": .string])
    package static let eventSourceUpdate = BodyType(
        "UpdateEventSourceRequest", ["eventSource": .object, "name": .string, "namespace": .string])
    package static let sensorCreate = BodyType(
        "CreateSensorRequest", ["sensor": .object, "namespace": .string, "createOptions": .object])
    package static let sensorUpdate = BodyType(
        "UpdateSensorRequest", ["sensor": .object, "name": .string, "namespace": .string])
    package static let eventBinding = BodyType(
        "WorkflowEventBindingRequest", ["namespace": .string, "workflowEventBinding": .object])
    package static let join = BodyType(
        "JoinRequest",
        ["token": .string, "identity": .string, "key": .string, "proof": .string, "certificate": .string])
    package static let empty = BodyType("Empty", [:])
    /// The config map itself.
    package static let configMap = BodyType("ConfigMap", ["metadata": .object, "data": .object])
}
