package import JSON

/// What a submitter changes in the workflow: name, entrypoint, parameters, labels.
package struct SubmitOptions: ModelObject {
    package var name: String?
    package var generateName: String?
    /// Spelled with a capital P on the wire, unlike the spec's `entrypoint`.
    package var entryPoint: String?
    package var parameters: [String] = []
    package var serviceAccount: String?
    package var dryRun = false
    package var serverDryRun = false
    package var labels: String?
    @Boxed package var ownerReference: OwnerReference?
    package var annotations: String?
    package var podPriorityClassName: String?
    package var priority: Int?
    package var artifacts: [String] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("name", \.name),
        .text("generateName", \.generateName),
        .text("entryPoint", \.entryPoint),
        .list("parameters", \.parameters),
        .text("serviceAccount", \.serviceAccount),
        .flag("dryRun", \.dryRun),
        .flag("serverDryRun", \.serverDryRun),
        .text("labels", \.labels),
        .boxed("ownerReference", \._ownerReference),
        .text("annotations", \.annotations),
        .text("podPriorityClassName", \.podPriorityClassName),
        .optional("priority", \.priority),
        .list("artifacts", \.artifacts),
    ])
}
