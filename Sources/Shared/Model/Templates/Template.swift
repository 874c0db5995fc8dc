package import JSON
import OrderedCollections

/// One named building block of a spec: inputs, outputs, and exactly one kind of work.
package struct Template: ModelObject {
    package var name = ""
    package var inputs = Inputs()
    package var outputs = Outputs()
    package var nodeSelector: StringMap = [:]
    package var affinity: JSONValue?
    package var metadata = Metadata()
    package var daemon: Bool?
    /// Groups that run one after the other; the steps of a group run in parallel.
    package var steps: [[WorkflowStep]] = []
    @Boxed package var container: Container?
    @Boxed package var containerSet: ContainerSetTemplate?
    @Boxed package var script: ScriptTemplate?
    @Boxed package var resource: ResourceTemplate?
    @Boxed package var dag: DAGTemplate?
    @Boxed package var suspend: SuspendTemplate?
    @Boxed package var data: DataTemplate?
    @Boxed package var http: HTTPTemplate?
    @Boxed package var plugin: PluginTemplate?
    package var volumes: [Volume] = []
    package var initContainers: [UserContainer] = []
    package var sidecars: [UserContainer] = []
    @Boxed package var archiveLocation: ArtifactLocation?
    package var activeDeadlineSeconds: IntOrString?
    @Boxed package var retryStrategy: RetryStrategy?
    package var parallelism: Int?
    package var failFast: Bool?
    package var tolerations: [JSONValue] = []
    package var schedulerName: String?
    package var priorityClassName: String?
    package var serviceAccountName: String?
    package var automountServiceAccountToken: Bool?
    @Boxed package var executor: ExecutorConfig?
    package var hostAliases: [JSONValue] = []
    package var securityContext: JSONValue?
    package var podSpecPatch: String?
    @Boxed package var metrics: Metrics?
    @Boxed package var synchronization: Synchronization?
    @Boxed package var memoize: Memoize?
    package var timeout: String?
    package var annotations: StringMap = [:]
    package var pendingTimeout: String?
    @Boxed package var podResources: ResourceRequirements?
    package var resourceClaims: [JSONValue] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .defaulted("name", \.name, absent: ""),
        .object("inputs", \.inputs),
        .object("outputs", \.outputs),
        .map("nodeSelector", \.nodeSelector),
        .optional("affinity", \.affinity),
        .object("metadata", \.metadata),
        .optional("daemon", \.daemon),
        .list("steps", \.steps),
        .boxed("container", \._container),
        .boxed("containerSet", \._containerSet),
        .boxed("script", \._script),
        .boxed("resource", \._resource),
        .boxed("dag", \._dag),
        .boxed("suspend", \._suspend),
        .boxed("data", \._data),
        .boxed("http", \._http),
        .boxed("plugin", \._plugin),
        .list("volumes", \.volumes),
        .list("initContainers", \.initContainers),
        .list("sidecars", \.sidecars),
        .boxed("archiveLocation", \._archiveLocation),
        .optional("activeDeadlineSeconds", \.activeDeadlineSeconds),
        .boxed("retryStrategy", \._retryStrategy),
        .optional("parallelism", \.parallelism),
        .optional("failFast", \.failFast),
        .list("tolerations", \.tolerations),
        .text("schedulerName", \.schedulerName),
        .text("priorityClassName", \.priorityClassName),
        .text("serviceAccountName", \.serviceAccountName),
        .optional("automountServiceAccountToken", \.automountServiceAccountToken),
        .boxed("executor", \._executor),
        .list("hostAliases", \.hostAliases),
        .optional("securityContext", \.securityContext),
        .text("podSpecPatch", \.podSpecPatch),
        .boxed("metrics", \._metrics),
        .boxed("synchronization", \._synchronization),
        .boxed("memoize", \._memoize),
        .text("timeout", \.timeout),
        .map("annotations", \.annotations),
        .text("pendingTimeout", \.pendingTimeout),
        .boxed("podResources", \._podResources),
        .list("resourceClaims", \.resourceClaims),
    ])
}
