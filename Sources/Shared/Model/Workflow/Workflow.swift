package import JSON

/// One run: what is wanted (`spec`) and what is observed (`status`).
package struct Workflow: ModelObject {
    package var kind: String?
    package var apiVersion: String?
    package var metadata = ObjectMeta()
    package var spec = WorkflowSpec()
    package var status = WorkflowStatus()
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
