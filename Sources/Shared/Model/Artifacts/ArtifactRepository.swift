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
    package var endpoint: String?
    package var bucket: String?
    package var region: String?
    package var insecure: Bool?
    @Boxed package var accessKeySecret: SecretKeySelector?
    @Boxed package var secretKeySecret: SecretKeySelector?
    @Boxed package var sessionTokenSecret: SecretKeySelector?
    package var roleARN: String?
    package var useSDKCreds = false
    @Boxed package var createBucketIfNotPresent: CreateS3BucketOptions?
    @Boxed package var encryptionOptions: S3EncryptionOptions?
    @Boxed package var caSecret: SecretKeySelector?
    package var addressingStyle: String?
    package var keyFormat: String?
    package var keyPrefix: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("endpoint", \.endpoint),
        .text("bucket", \.bucket),
        .text("region", \.region),
        .optional("insecure", \.insecure),
        .boxed("accessKeySecret", \._accessKeySecret),
        .boxed("secretKeySecret", \._secretKeySecret),
        .boxed("sessionTokenSecret", \._sessionTokenSecret),
        .text("roleARN", \.roleARN),
        .flag("useSDKCreds", \.useSDKCreds),
        .boxed("createBucketIfNotPresent", \._createBucketIfNotPresent),
        .boxed("encryptionOptions", \._encryptionOptions),
        .boxed("caSecret", \._caSecret),
        .text("addressingStyle", \.addressingStyle),
        .text("keyFormat", \.keyFormat),
        .text("keyPrefix", \.keyPrefix),
    ])
}

/// A repository in a Google Cloud Storage bucket.
package struct GCSArtifactRepository: ModelObject {
    package var bucket: String?
    @Boxed package var serviceAccountKeySecret: SecretKeySelector?
    package var keyFormat: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("bucket", \.bucket),
        .boxed("serviceAccountKeySecret", \._serviceAccountKeySecret),
        .text("keyFormat", \.keyFormat),
    ])
}

/// A repository in an Alibaba Cloud OSS bucket.
package struct OSSArtifactRepository: ModelObject {
    package var endpoint: String?
    package var bucket: String?
    @Boxed package var accessKeySecret: SecretKeySelector?
    @Boxed package var secretKeySecret: SecretKeySelector?
    package var createBucketIfNotPresent = false
    package var securityToken: String?
    @Boxed package var lifecycleRule: OSSLifecycleRule?
    package var useSDKCreds = false
    package var keyFormat: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("endpoint", \.endpoint),
        .text("bucket", \.bucket),
        .boxed("accessKeySecret", \._accessKeySecret),
        .boxed("secretKeySecret", \._secretKeySecret),
        .flag("createBucketIfNotPresent", \.createBucketIfNotPresent),
        .text("securityToken", \.securityToken),
        .boxed("lifecycleRule", \._lifecycleRule),
        .flag("useSDKCreds", \.useSDKCreds),
        .text("keyFormat", \.keyFormat),
    ])
}

/// A repository in an Azure storage container.
package struct AzureArtifactRepository: ModelObject {
    package var endpoint = ""
    package var container = ""
    @Boxed package var accountKeySecret: SecretKeySelector?
    package var useSDKCreds = false
    package var blobNameFormat: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("endpoint", \.endpoint),
        .requiredText("container", \.container),
        .boxed("accountKeySecret", \._accountKeySecret),
        .flag("useSDKCreds", \.useSDKCreds),
        .text("blobNameFormat", \.blobNameFormat),
    ])
}

/// A repository in Artifactory.
package struct ArtifactoryArtifactRepository: ModelObject {
    @Boxed package var usernameSecret: SecretKeySelector?
    @Boxed package var passwordSecret: SecretKeySelector?
    package var repoURL: String?
    package var keyFormat: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .boxed("usernameSecret", \._usernameSecret),
        .boxed("passwordSecret", \._passwordSecret),
        .text("repoURL", \.repoURL),
        .text("keyFormat", \.keyFormat),
    ])
}

/// A repository in a Hadoop file system.
package struct HDFSArtifactRepository: ModelObject {
    @Boxed package var krbCCacheSecret: SecretKeySelector?
    @Boxed package var krbKeytabSecret: SecretKeySelector?
    package var krbUsername: String?
    package var krbRealm: String?
    @Boxed package var krbConfigConfigMap: ConfigMapKeySelector?
    package var krbServicePrincipalName: String?
    package var addresses: [String] = []
    package var hdfsUser: String?
    package var dataTransferProtection: String?
    package var pathFormat: String?
    package var force = false
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .boxed("krbCCacheSecret", \._krbCCacheSecret),
        .boxed("krbKeytabSecret", \._krbKeytabSecret),
        .text("krbUsername", \.krbUsername),
        .text("krbRealm", \.krbRealm),
        .boxed("krbConfigConfigMap", \._krbConfigConfigMap),
        .text("krbServicePrincipalName", \.krbServicePrincipalName),
        .list("addresses", \.addresses),
        .text("hdfsUser", \.hdfsUser),
        .text("dataTransferProtection", \.dataTransferProtection),
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
