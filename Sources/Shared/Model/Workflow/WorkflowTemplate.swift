package import JSON

/// A stored reusable spec, of one namespace or (kind `ClusterWorkflowTemplate`) of all.
package struct WorkflowTemplate: ModelObject {
    package var kind: String?
    package var apiVersion: String?
    package var metadata = ObjectMeta()
    package var spec = WorkflowSpec()
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("kind", \.kind),
        .text("apiVersion", \.apiVersion),
        .object("metadata", \.metadata),
        .object("spec", \.spec),
    ])
}
