package import JSON
package import OrderedCollections

/// The HTTP and plugin nodes that a workflow's agent is to run.
package struct WorkflowTaskSet: ModelObject {
    package var kind: String?
    package var apiVersion: String?
    package var metadata = ObjectMeta()
    package var spec = WorkflowTaskSetSpec()
    package var status = WorkflowTaskSetStatus()
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("kind", \.kind),
        .text("apiVersion", \.apiVersion),
        .object("metadata", \.metadata),
        .object("spec", \.spec),
        .object("status", \.status),
    ])
}

/// The templates to run, by node.
package struct WorkflowTaskSetSpec: ModelObject {
    package var tasks: OrderedDictionary<String, Template> = [:]
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .map("tasks", \.tasks)
    ])
}

/// What became of the nodes.
package struct WorkflowTaskSetStatus: ModelObject {
    package var nodes: OrderedDictionary<String, NodeResult> = [:]
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .map("nodes", \.nodes)
    ])
}

/// What an agent says of a node.
package struct NodeResult: ModelObject {
    package var phase: NodePhase?
    package var message: String?
    @Boxed package var outputs: Outputs?
    package var progress: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .optional("phase", \.phase),
        .text("message", \.message),
        .boxed("outputs", \._outputs),
        .text("progress", \.progress),
    ])
}

/// What a pod says of its node: the outputs that its exit code cannot carry.
package struct WorkflowTaskResult: ModelObject {
    package var kind: String?
    package var apiVersion: String?
    package var metadata = ObjectMeta()
    package var phase: NodePhase?
    package var message: String?
    @Boxed package var outputs: Outputs?
    package var progress: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("kind", \.kind),
        .text("apiVersion", \.apiVersion),
        .object("metadata", \.metadata),
        .optional("phase", \.phase),
        .text("message", \.message),
        .boxed("outputs", \._outputs),
        .text("progress", \.progress),
    ])
}
