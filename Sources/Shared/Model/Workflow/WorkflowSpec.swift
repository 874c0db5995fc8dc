package import JSON
package import OrderedCollections

/// What a workflow is to do: templates, the one to begin with, and what holds for all of its pods.
package struct WorkflowSpec: ModelObject {
    package var templates: [Template] = []
    package var entrypoint: String?
    package var arguments = Arguments()
    package var serviceAccountName: String?
    package var automountServiceAccountToken: Bool?
    @Boxed package var executor: ExecutorConfig?
    package var volumes: [Volume] = []
    package var volumeClaimTemplates: [JSONValue] = []
    package var parallelism: Int?
    @Boxed package var artifactRepositoryRef: ArtifactRepositoryRef?
    package var suspend: Bool?
    package var nodeSelector: StringMap = [:]
    package var affinity: JSONValue?
    package var tolerations: [JSONValue] = []
    package var imagePullSecrets: [LocalObjectReference] = []
    package var hostNetwork: Bool?
    package var dnsPolicy: String?
    package var dnsConfig: JSONValue?
    package var onExit: String?
    @Boxed package var ttlStrategy: TTLStrategy?
    package var activeDeadlineSeconds: Int?
    package var priority: Int?
    package var schedulerName: String?
    @Boxed package var podGC: PodGC?
    package var podPriorityClassName: String?
    package var hostAliases: [JSONValue] = []
    package var securityContext: JSONValue?
    package var podSpecPatch: String?
    package var podDisruptionBudget: JSONValue?
    @Boxed package var metrics: Metrics?
    package var shutdown: String?
    @Boxed package var workflowTemplateRef: WorkflowTemplateRef?
    @Boxed package var synchronization: Synchronization?
    @Boxed package var volumeClaimGC: VolumeClaimGC?
    @Boxed package var retryStrategy: RetryStrategy?
    @Boxed package var podMetadata: Metadata?
    @Boxed package var templateDefaults: Template?
    package var archiveLogs: Bool?
    package var hooks: OrderedDictionary<String, LifecycleHook> = [:]
    @Boxed package var workflowMetadata: WorkflowMetadata?
    @Boxed package var artifactGC: WorkflowLevelArtifactGC?
    package var executorPlugins: [ExecutorPlugin] = []
    @Boxed package var podResources: ResourceRequirements?
    package var resourceClaims: [JSONValue] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .list("templates", \.templates),
        .text("entrypoint", \.entrypoint),
        .object("arguments", \.arguments),
        .text("serviceAccountName", \.serviceAccountName),
        .optional("automountServiceAccountToken", \.automountServiceAccountToken),
        .boxed("executor", \._executor),
        .list("volumes", \.volumes),
        .list("volumeClaimTemplates", \.volumeClaimTemplates),
        .optional("parallelism", \.parallelism),
        .boxed("artifactRepositoryRef", \._artifactRepositoryRef),
        .optional("suspend", \.suspend),
        .map("nodeSelector", \.nodeSelector),
        .optional("affinity", \.affinity),
        .list("tolerations", \.tolerations),
        .list("imagePullSecrets", \.imagePullSecrets),
        .optional("hostNetwork", \.hostNetwork),
        .optional("dnsPolicy", \.dnsPolicy),
        .optional("dnsConfig", \.dnsConfig),
        .text("onExit", \.onExit),
        .boxed("ttlStrategy", \._ttlStrategy),
        .optional("activeDeadlineSeconds", \.activeDeadlineSeconds),
        .optional("priority", \.priority),
        .text("schedulerName", \.schedulerName),
        .boxed("podGC", \._podGC),
        .text("podPriorityClassName", \.podPriorityClassName),
        .list("hostAliases", \.hostAliases),
        .optional("securityContext", \.securityContext),
        .text("podSpecPatch", \.podSpecPatch),
        .optional("podDisruptionBudget", \.podDisruptionBudget),
        .boxed("metrics", \._metrics),
        .text("shutdown", \.shutdown),
        .boxed("workflowTemplateRef", \._workflowTemplateRef),
        .boxed("synchronization", \._synchronization),
        .boxed("volumeClaimGC", \._volumeClaimGC),
        .boxed("retryStrategy", \._retryStrategy),
        .boxed("podMetadata", \._podMetadata),
        .boxed("templateDefaults", \._templateDefaults),
        .optional("archiveLogs", \.archiveLogs),
        .map("hooks", \.hooks),
        .boxed("workflowMetadata", \._workflowMetadata),
        .boxed("artifactGC", \._artifactGC),
        .list("executorPlugins", \.executorPlugins),
        .boxed("podResources", \._podResources),
        .list("resourceClaims", \.resourceClaims),
    ])
}
