package import JSON
import OrderedCollections

/// One invocation of a template in a workflow's tree.
package struct NodeStatus: ModelObject {
    package var id = ""
    package var name = ""
    package var displayName = ""
    package var type = NodeType.pod
    package var templateName: String?
    @Boxed package var templateRef: TemplateRef?
    package var templateScope: String?
    package var phase = NodePhase.pending
    /// The steps or DAG node that encloses this one.
    package var boundaryID: String?
    package var message: String?
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp?
    package var estimatedDuration = 0
    package var progress: String?
    package var resourcesDuration: IntMap = [:]
    package var podIP: String?
    package var daemoned: Bool?
    @Boxed package var nodeFlag: NodeFlag?
    @Boxed package var inputs: Inputs?
    @Boxed package var outputs: Outputs?
    package var children: [String] = []
    /// The exits of a node with children: what follows the node follows them.
    package var outboundNodes: [String] = []
    package var hostNodeName: String?
    @Boxed package var memoizationStatus: MemoizationStatus?
    @Boxed package var synchronizationStatus: NodeSynchronizationStatus?
    package var taskResultSynced: Bool?
    package var failedPodRestarts = 0
    package var restartingPodUID: String?
    package var unknown = UnknownMembers()

    package init() {}

    package init(id: String, name: String, displayName: String, type: NodeType) {
        self.id = id
        self.name = name
        self.displayName = displayName
        self.type = type
    }

    package static let fields = FieldTable<Self>([
        .requiredText("id", \.id),
        .requiredText("name", \.name),
        .defaulted("displayName", \.displayName, absent: ""),
        .required("type", \.type),
        .text("templateName", \.templateName),
        .boxed("templateRef", \._templateRef),
        .text("templateScope", \.templateScope),
        .required("phase", \.phase),
        .text("boundaryID", \.boundaryID),
        .text("message", \.message),
        .optional("startedAt", \.startedAt, always: .null),
        .optional("finishedAt", \.finishedAt, always: .null),
        .number("estimatedDuration", \.estimatedDuration),
        .text("progress", \.progress),
        .map("resourcesDuration", \.resourcesDuration),
        .text("podIP", \.podIP),
        .optional("daemoned", \.daemoned),
        .boxed("nodeFlag", \._nodeFlag),
        .boxed("inputs", \._inputs),
        .boxed("outputs", \._outputs),
        .list("children", \.children),
        .list("outboundNodes", \.outboundNodes),
        .text("hostNodeName", \.hostNodeName),
        .boxed("memoizationStatus", \._memoizationStatus),
        .boxed("synchronizationStatus", \._synchronizationStatus),
        .optional("taskResultSynced", \.taskResultSynced),
        .number("failedPodRestarts", \.failedPodRestarts),
        .text("restartingPodUID", \.restartingPodUID),
    ])
}

/// Whether a node was made by a hook or is an attempt of a retry node.
package struct NodeFlag: ModelObject {
    package var hooked = false
    package var retried = false
    package var unknown = UnknownMembers()

    package init() {}

    package init(hooked: Bool = false, retried: Bool = false) {
        self.hooked = hooked
        self.retried = retried
    }

    package static let fields = FieldTable<Self>([
        .flag("hooked", \.hooked),
        .flag("retried", \.retried),
    ])
}

/// Whether a node took its outputs from the cache.
package struct MemoizationStatus: ModelObject {
    package var hit = false
    package var key = ""
    package var cacheName = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .flag("hit", \.hit, always: true),
        .requiredText("key", \.key),
        .requiredText("cacheName", \.cacheName),
    ])
}

/// The lock that a node waits for.
package struct NodeSynchronizationStatus: ModelObject {
    package var waiting: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("waiting", \.waiting)
    ])
}
