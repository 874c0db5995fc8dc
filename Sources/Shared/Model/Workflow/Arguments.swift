package import JSON

/// Parameters and artifacts handed to a workflow, a template or a hook.
package struct Arguments: ModelObject {
    package var parameters: [Parameter] = []
    package var artifacts: [Artifact] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .list("parameters", \.parameters),
        .list("artifacts", \.artifacts),
    ])
}

/// The stored spec that a workflow is made from.
package struct WorkflowTemplateRef: ModelObject {
    package var name = ""
    package var clusterScope = false
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .defaulted("name", \.name, absent: ""),
        .flag("clusterScope", \.clusterScope),
    ])
}
