package import JSON
package import Model
import OrderedCollections

/// What surrounds a workflow while it takes an event: the time, and the objects that its spec may refer to.
package struct Surroundings: Sendable {
    package var now: Timestamp
    package var catalog: TemplateCatalog
    /// Reads one document of YAML, `nil` where the text is none: `podSpecPatch` may be written so.
    ///
    /// A pure function of the text; without it only JSON is understood.
    package var readYAML: (@Sendable (String) -> JSONValue?)?
    /// How many workflows may run at once.
    package var parallelism = ParallelismLimits()

    package init(
        now: Timestamp, catalog: TemplateCatalog = TemplateCatalog(),
        readYAML: (@Sendable (String) -> JSONValue?)? = nil, parallelism: ParallelismLimits = ParallelismLimits()
    ) {
        self.now = now
        self.catalog = catalog
        self.readYAML = readYAML
        self.parallelism = parallelism
    }
}

/// The stored objects that a spec may refer to, as they are at this moment.
package struct TemplateCatalog: Sendable {
    /// Keyed by `namespace/name`.
    package var workflowTemplates: [String: WorkflowTemplate] = [:]
    package var clusterWorkflowTemplates: [String: WorkflowTemplate] = [:]
    /// Keyed by `namespace/name`: the `data` of config maps with the label `workflows.argoproj.io/configmap-type:
    /// Parameter`.
    package var parameterConfigMaps: [String: StringMap] = [:]

    package init() {}
}

/// What one event changed.
package struct Turn: Sendable {
    /// The rows of the nodes that changed, in the order of their making.
    package var changedNodes: [NodeRow] = []
    package var removedNodeIDs: [String] = []
    /// Whether the workflow's own row (metadata, spec or status without nodes) changed.
    package var workflowChanged = false
    package var decisions: [Decision] = []

    package init() {}

    package var isEmpty: Bool {
        self.changedNodes.isEmpty && self.removedNodeIDs.isEmpty && !self.workflowChanged && self.decisions.isEmpty
    }
}

/// A node as it is stored: what clients see, and what the engine must remember beside it.
package struct NodeRow: Sendable, Hashable {
    package var status: NodeStatus
    /// The current attempt at this node's pod.
    package var attempt = 0
    /// The engine's own memory of the node, which no client sees.
    package var memory = JSONObject()

    package init(status: NodeStatus, attempt: Int = 0, memory: JSONObject = [:]) {
        self.status = status
        self.attempt = attempt
        self.memory = memory
    }
}
