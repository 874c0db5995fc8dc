package import JSON

/// When an artifact is deleted, and by which pods.
package struct ArtifactGC: ModelObject {
    package var strategy: String?
    @Boxed package var podMetadata: Metadata?
    package var serviceAccountName: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("strategy", \.strategy),
        .boxed("podMetadata", \._podMetadata),
        .text("serviceAccountName", \.serviceAccountName),
    ])
}

/// When the artifacts of a workflow are deleted, unless they say so themselves.
package struct WorkflowLevelArtifactGC: ModelObject {
    package var strategy: String?
    @Boxed package var podMetadata: Metadata?
    package var serviceAccountName: String?
    package var forceFinalizerRemoval = false
    package var podSpecPatch: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("strategy", \.strategy),
        .boxed("podMetadata", \._podMetadata),
        .text("serviceAccountName", \.serviceAccountName),
        .flag("forceFinalizerRemoval", \.forceFinalizerRemoval),
        .text("podSpecPatch", \.podSpecPatch),
    ])
}
