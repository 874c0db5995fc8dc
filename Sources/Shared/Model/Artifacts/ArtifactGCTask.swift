package import JSON
package import OrderedCollections

/// The artifacts that one garbage collection pod is to delete, and what became of them.
package struct WorkflowArtifactGCTask: ModelObject {
    package var kind: String?
    package var apiVersion: String?
    package var metadata = ObjectMeta()
    package var spec = ArtifactGCSpec()
    package var status = ArtifactGCStatus()
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

/// The artifacts to delete, by node.
package struct ArtifactGCSpec: ModelObject {
    package var artifactsByNode: OrderedDictionary<String, ArtifactNodeSpec> = [:]
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .map("artifactsByNode", \.artifactsByNode)
    ])
}

/// The artifacts to delete of one node.
package struct ArtifactNodeSpec: ModelObject {
    @Boxed package var archiveLocation: ArtifactLocation?
    package var artifacts: OrderedDictionary<String, Artifact> = [:]
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .boxed("archiveLocation", \._archiveLocation),
        .map("artifacts", \.artifacts),
    ])
}

/// What became of the artifacts, by node.
package struct ArtifactGCStatus: ModelObject {
    package var artifactResultsByNode: OrderedDictionary<String, ArtifactResultNodeStatus> = [:]
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .map("artifactResultsByNode", \.artifactResultsByNode)
    ])
}

/// What became of the artifacts of one node.
package struct ArtifactResultNodeStatus: ModelObject {
    package var artifactResults: OrderedDictionary<String, ArtifactResult> = [:]
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .map("artifactResults", \.artifactResults)
    ])
}

/// Whether an artifact was deleted, and why not.
package struct ArtifactResult: ModelObject {
    package var name = ""
    package var success = false
    package var error: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("name", \.name),
        .flag("success", \.success),
        .optional("error", \.error),
    ])
}
