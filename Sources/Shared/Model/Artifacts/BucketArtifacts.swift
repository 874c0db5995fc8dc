package import JSON

/// An object, or all objects below a key, of an S3 bucket.
package struct S3Artifact: ModelObject {
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
    package var key: String?
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
        .text("key", \.key),
    ])
}

/// How objects are encrypted by the S3 server.
package struct S3EncryptionOptions: ModelObject {
    package var kmsKeyId: String?
    package var kmsEncryptionContext: String?
    package var enableEncryption = false
    @Boxed package var serverSideCustomerKeySecret: SecretKeySelector?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("kmsKeyId", \.kmsKeyId),
        .text("kmsEncryptionContext", \.kmsEncryptionContext),
        .flag("enableEncryption", \.enableEncryption),
        .boxed("serverSideCustomerKeySecret", \._serverSideCustomerKeySecret),
    ])
}

/// How a missing S3 bucket is made.
package struct CreateS3BucketOptions: ModelObject {
    package var objectLocking = false
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .flag("objectLocking", \.objectLocking)
    ])
}

/// An object of a Google Cloud Storage bucket.
package struct GCSArtifact: ModelObject {
    package var bucket: String?
    @Boxed package var serviceAccountKeySecret: SecretKeySelector?
    package var key = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("bucket", \.bucket),
        .boxed("serviceAccountKeySecret", \._serviceAccountKeySecret),
        .requiredText("key", \.key),
    ])
}

/// An object of an Alibaba Cloud OSS bucket.
package struct OSSArtifact: ModelObject {
    package var endpoint: String?
    package var bucket: String?
    @Boxed package var accessKeySecret: SecretKeySelector?
    @Boxed package var secretKeySecret: SecretKeySelector?
    package var createBucketIfNotPresent = false
    package var securityToken: String?
    @Boxed package var lifecycleRule: OSSLifecycleRule?
    package var useSDKCreds = false
    package var key = ""
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
        .requiredText("key", \.key),
    ])
}

/// When OSS moves or deletes an object.
package struct OSSLifecycleRule: ModelObject {
    package var markInfrequentAccessAfterDays = 0
    package var markDeletionAfterDays = 0
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .number("markInfrequentAccessAfterDays", \.markInfrequentAccessAfterDays),
        .number("markDeletionAfterDays", \.markDeletionAfterDays),
    ])
}

/// A blob of an Azure storage container.
package struct AzureArtifact: ModelObject {
    package var endpoint = ""
    package var container = ""
    @Boxed package var accountKeySecret: SecretKeySelector?
    package var useSDKCreds = false
    package var blob = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("endpoint", \.endpoint),
        .requiredText("container", \.container),
        .boxed("accountKeySecret", \._accountKeySecret),
        .flag("useSDKCreds", \.useSDKCreds),
        .requiredText("blob", \.blob),
    ])
}
