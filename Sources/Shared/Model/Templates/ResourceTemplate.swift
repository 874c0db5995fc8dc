package import JSON

/// A Kubernetes object to create, change or delete, and the conditions that end the wait for it.
package struct ResourceTemplate: ModelObject {
    package var action = ""
    package var mergeStrategy: String?
    package var manifest: String?
    @Boxed package var manifestFrom: ManifestFrom?
    package var setOwnerReference = false
    package var successCondition: String?
    package var failureCondition: String?
    package var flags: [String] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("action", \.action),
        .text("mergeStrategy", \.mergeStrategy),
        .text("manifest", \.manifest),
        .boxed("manifestFrom", \._manifestFrom),
        .flag("setOwnerReference", \.setOwnerReference),
        .text("successCondition", \.successCondition),
        .text("failureCondition", \.failureCondition),
        .list("flags", \.flags),
    ])
}

/// An artifact that holds a manifest.
package struct ManifestFrom: ModelObject {
    @Boxed package var artifact: Artifact?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .boxed("artifact", \._artifact, always: .null)
    ])
}
