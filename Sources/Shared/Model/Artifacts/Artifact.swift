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
        .boxed("archive", \._archive),
        .flag("optional", \.optional),
        .text("subPath", \.subPath),
        .flag("recurseMode", \.recurseMode),
        .text("fromExpression", \.fromExpression),
        .boxed("artifactGC", \._artifactGC),
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
        .boxed("s3", \._s3),
        .boxed("git", \._git),
        .boxed("http", \._http),
        .boxed("artifactory", \._artifactory),
        .boxed("hdfs", \._hdfs),
        .boxed("raw", \._raw),
        .boxed("oss", \._oss),
        .boxed("gcs", \._gcs),
        .boxed("azure", \._azure),
        .boxed("plugin", \._plugin),
    ])
}
