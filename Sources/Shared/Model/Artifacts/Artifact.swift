package import JSON

/// A named file or folder: where it lies in the pod, and where it is stored.
@dynamicMemberLookup
package struct Artifact: ModelObject {
    package var name = ""
    package var path: String?
    package var mode: Int?
    package var from: String?
    package var location = ArtifactLocation()
    package var globalName: String?
    @Boxed package var archive: ArchiveStrategy?
    package var optional = false
    package var subPath: String?
    package var recurseMode = false
    package var fromExpression: String?
    @Boxed package var artifactGC: ArtifactGC?
    package var deleted = false
    package var unknown = UnknownMembers()

    package init() {}

    package init(name: String) {
        self.name = name
    }

    package static let fields = FieldTable<Self>([
        .requiredText("name", \.name),
        .text("path", \.path),
        .optional("mode", \.mode),
        .text("from", \.from),
        .inline(\.location),
        .text("globalName", \.globalName),
        .optional("archive", \.archive),
        .flag("optional", \.optional),
        .text("subPath", \.subPath),
        .flag("recurseMode", \.recurseMode),
        .text("fromExpression", \.fromExpression),
        .optional("artifactGC", \.artifactGC),
        .flag("deleted", \.deleted),
    ])

    /// The location's members, as the wire has them: `artifact.s3` is `artifact.location.s3`.
    package subscript<Value>(dynamicMember path: WritableKeyPath<ArtifactLocation, Value>) -> Value {
        get { self.location[keyPath: path] }
        set { self.location[keyPath: path] = newValue }
    }
}

/// Where an artifact is stored: at most one of the locations is set.
package struct ArtifactLocation: ModelObject {
    package var archiveLogs: Bool?
    @Boxed package var s3: S3Artifact?
    @Boxed package var git: GitArtifact?
    @Boxed package var http: HTTPArtifact?
    @Boxed package var artifactory: ArtifactoryArtifact?
    @Boxed package var hdfs: HDFSArtifact?
    @Boxed package var raw: RawArtifact?
    @Boxed package var oss: OSSArtifact?
    @Boxed package var gcs: GCSArtifact?
    @Boxed package var azure: AzureArtifact?
    @Boxed package var plugin: PluginArtifact?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .optional("archiveLogs", \.archiveLogs),
        .optional("s3", \.s3),
        .optional("git", \.git),
        .optional("http", \.http),
        .optional("artifactory", \.artifactory),
        .optional("hdfs", \.hdfs),
        .optional("raw", \.raw),
        .optional("oss", \.oss),
        .optional("gcs", \.gcs),
        .optional("azure", \.azure),
        .optional("plugin", \.plugin),
    ])
}
