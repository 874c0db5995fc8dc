package import JSON

/// An S3 bucket and the way to it.
package struct S3Bucket: ModelObject {
    package var endpoint: String?
    package var name: String?
    package var region: String?
    package var insecure: Bool?
    @Boxed package var accessKeySecret: KeySelector?
    @Boxed package var secretKeySecret: KeySelector?
    @Boxed package var sessionTokenSecret: KeySelector?
    package var roleARN: String?
    package var useSDKCreds = false
    @Boxed package var createBucketIfNotPresent: CreateS3BucketOptions?
    @Boxed package var encryptionOptions: S3EncryptionOptions?
    @Boxed package var caSecret: KeySelector?
    package var addressingStyle: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("endpoint", \.endpoint),
        .text("bucket", \.name),
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
    ])
}

/// An object, or all objects below a key, of an S3 bucket.
package struct S3Artifact: ModelObject {
    package var bucket = S3Bucket()
    package var key: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .inline(\.bucket),
        .text("key", \.key),
    ])
}

/// How objects are encrypted by the S3 server.
package struct S3EncryptionOptions: ModelObject {
    package var kmsKeyId: String?
    package var kmsEncryptionContext: String?
    package var enableEncryption = false
    @Boxed package var serverSideCustomerKeySecret: KeySelector?
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

/// A Google Cloud Storage bucket and the way to it.
package struct GCSBucket: ModelObject {
    package var name: String?
    @Boxed package var serviceAccountKeySecret: KeySelector?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("bucket", \.name),
        .boxed("serviceAccountKeySecret", \._serviceAccountKeySecret),
    ])
}

/// An object of a Google Cloud Storage bucket.
package struct GCSArtifact: ModelObject {
    package var bucket = GCSBucket()
    package var key = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .inline(\.bucket),
        .requiredText("key", \.key),
    ])
}

/// An Alibaba Cloud OSS bucket and the way to it.
package struct OSSBucket: ModelObject {
    package var endpoint: String?
    package var name: String?
    @Boxed package var accessKeySecret: KeySelector?
    @Boxed package var secretKeySecret: KeySelector?
    package var createBucketIfNotPresent = false
    package var securityToken: String?
    @Boxed package var lifecycleRule: OSSLifecycleRule?
    package var useSDKCreds = false
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("endpoint", \.endpoint),
        .text("bucket", \.name),
        .boxed("accessKeySecret", \._accessKeySecret),
        .boxed("secretKeySecret", \._secretKeySecret),
        .flag("createBucketIfNotPresent", \.createBucketIfNotPresent),
        .text("securityToken", \.securityToken),
        .boxed("lifecycleRule", \._lifecycleRule),
        .flag("useSDKCreds", \.useSDKCreds),
    ])
}

/// An object of an Alibaba Cloud OSS bucket.
package struct OSSArtifact: ModelObject {
    package var bucket = OSSBucket()
    package var key = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .inline(\.bucket),
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

/// An Azure storage container and the way to it.
package struct AzureContainer: ModelObject {
    package var endpoint = ""
    package var name = ""
    @Boxed package var accountKeySecret: KeySelector?
    package var useSDKCreds = false
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("endpoint", \.endpoint),
        .requiredText("container", \.name),
        .boxed("accountKeySecret", \._accountKeySecret),
        .flag("useSDKCreds", \.useSDKCreds),
    ])
}

/// A blob of an Azure storage container.
package struct AzureArtifact: ModelObject {
    package var container = AzureContainer()
    package var blob = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .inline(\.container),
        .requiredText("blob", \.blob),
    ])
}
