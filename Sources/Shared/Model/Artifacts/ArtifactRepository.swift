package import JSON

/// The config map and key that describe the artifact repository to use.
package struct ArtifactRepositoryRef: ModelObject {
    package var configMap: String?
    package var key: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("configMap", \.configMap),
        .text("key", \.key),
    ])
}

/// The artifact repository that a workflow uses, once resolved.
package struct ArtifactRepositoryRefStatus: ModelObject {
    package var configMap: String?
    package var key: String?
    package var namespace: String?
    package var defaultValue = false
    @Boxed package var artifactRepository: ArtifactRepository?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("configMap", \.configMap),
        .text("key", \.key),
        .text("namespace", \.namespace),
        .flag("default", \.defaultValue),
        .boxed("artifactRepository", \._artifactRepository),
    ])
}

/// Where artifacts go that name no location of their own.
package struct ArtifactRepository: ModelObject {
    package var archiveLogs: Bool?
    @Boxed package var s3: S3ArtifactRepository?
    @Boxed package var artifactory: ArtifactoryArtifactRepository?
    @Boxed package var hdfs: HDFSArtifactRepository?
    @Boxed package var oss: OSSArtifactRepository?
    @Boxed package var gcs: GCSArtifactRepository?
    @Boxed package var azure: AzureArtifactRepository?
    @Boxed package var plugin: PluginArtifactRepository?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .optional("archiveLogs", \.archiveLogs),
        .boxed("s3", \._s3),
        .boxed("artifactory", \._artifactory),
        .boxed("hdfs", \._hdfs),
        .boxed("oss", \._oss),
        .boxed("gcs", \._gcs),
        .boxed("azure", \._azure),
        .boxed("plugin", \._plugin),
    ])
}

/// A repository in an S3 bucket.
package struct S3ArtifactRepository: ModelObject {
    package var bucket = S3Bucket()
    package var keyFormat: String?
    package var keyPrefix: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .inline(\.bucket),
        .text("keyFormat", \.keyFormat),
        .text("keyPrefix", \.keyPrefix),
    ])
}

/// A repository in a Google Cloud Storage bucket.
package struct GCSArtifactRepository: ModelObject {
    package var bucket = GCSBucket()
    package var keyFormat: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .inline(\.bucket),
        .text("keyFormat", \.keyFormat),
    ])
}

/// A repository in an Alibaba Cloud OSS bucket.
package struct OSSArtifactRepository: ModelObject {
    package var bucket = OSSBucket()
    package var keyFormat: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .inline(\.bucket),
        .text("keyFormat", \.keyFormat),
    ])
}

/// A repository in an Azure storage container.
package struct AzureArtifactRepository: ModelObject {
    package var container = AzureContainer()
    package var blobNameFormat: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .inline(\.container),
        .text("blobNameFormat", \.blobNameFormat),
    ])
}

/// A repository in Artifactory.
package struct ArtifactoryArtifactRepository: ModelObject {
    package var auth = HTTPBasicAuth()
    package var repoURL: String?
    package var keyFormat: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .inline(\.auth),
        .text("repoURL", \.repoURL),
        .text("keyFormat", \.keyFormat),
    ])
}

/// A repository in a Hadoop file system.
package struct HDFSArtifactRepository: ModelObject {
    package var configuration = HDFSConfiguration()
    package var pathFormat: String?
    package var force = false
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .inline(\.configuration),
        .text("pathFormat", \.pathFormat),
        .flag("force", \.force),
    ])
}

/// A repository that an artifact plugin keeps.
package struct PluginArtifactRepository: ModelObject {
    package var name = ""
    package var keyFormat: String?
    package var configuration = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("name", \.name),
        .text("keyFormat", \.keyFormat),
        .requiredText("configuration", \.configuration),
    ])
}
