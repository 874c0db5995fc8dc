package import JSON
package import OrderedCollections

/// What is observed of a workflow.
package struct WorkflowStatus: ModelObject {
    package var phase = WorkflowPhase.unknown
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp?
    package var estimatedDuration = 0
    package var progress: String?
    package var message: String?
    package var compressedNodes: String?
    package var nodes: OrderedDictionary<String, NodeStatus> = [:]
    package var offloadNodeStatusVersion: String?
    package var storedTemplates: OrderedDictionary<String, Template> = [:]
    package var persistentVolumeClaims: [Volume] = []
    @Boxed package var outputs: Outputs?
    package var conditions: [Condition] = []
    package var resourcesDuration: IntMap = [:]
    @Boxed package var storedWorkflowTemplateSpec: WorkflowSpec?
    @Boxed package var synchronization: SynchronizationStatus?
    @Boxed package var artifactRepositoryRef: ArtifactRepositoryRefStatus?
    @Boxed package var artifactGCStatus: ArtifactGCProgress?
    package var taskResultsCompletionStatus: OrderedDictionary<String, Bool> = [:]
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .defaulted("phase", \.phase, absent: .unknown),
        .optional("startedAt", \.startedAt, always: .null),
        .optional("finishedAt", \.finishedAt, always: .null),
        .number("estimatedDuration", \.estimatedDuration),
        .text("progress", \.progress),
        .text("message", \.message),
        .text("compressedNodes", \.compressedNodes),
        .map("nodes", \.nodes),
        .text("offloadNodeStatusVersion", \.offloadNodeStatusVersion),
        .map("storedTemplates", \.storedTemplates),
        .list("persistentVolumeClaims", \.persistentVolumeClaims),
        .boxed("outputs", \._outputs),
        .list("conditions", \.conditions),
        .map("resourcesDuration", \.resourcesDuration),
        .boxed("storedWorkflowTemplateSpec", \._storedWorkflowTemplateSpec),
        .boxed("synchronization", \._synchronization),
        .boxed("artifactRepositoryRef", \._artifactRepositoryRef),
        .boxed("artifactGCStatus", \._artifactGCStatus),
        .map("taskResultsCompletionStatus", \.taskResultsCompletionStatus),
    ])
}

/// A fact about a workflow that its phase does not say.
package struct Condition: ModelObject {
    package var type: String?
    package var status: String?
    package var message: String?
    package var unknown = UnknownMembers()

    package init() {}

    package init(type: String, status: String, message: String? = nil) {
        self.type = type
        self.status = status
        self.message = message
    }

    package static let fields = FieldTable<Self>([
        .text("type", \.type),
        .text("status", \.status),
        .text("message", \.message),
    ])
}

/// How far the garbage collection of a workflow's artifacts is.
package struct ArtifactGCProgress: ModelObject {
    package var strategiesProcessed: OrderedDictionary<String, Bool> = [:]
    package var podsRecouped: OrderedDictionary<String, Bool> = [:]
    package var notSpecified = false
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .map("strategiesProcessed", \.strategiesProcessed),
        .map("podsRecouped", \.podsRecouped),
        .flag("notSpecified", \.notSpecified),
    ])
}
