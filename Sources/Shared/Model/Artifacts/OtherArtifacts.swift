package import JSON

/// A Git repository, checked out at a revision.
package struct GitArtifact: ModelObject {
    package var repo = ""
    package var revision: String?
    package var depth: Int?
    package var fetch: [String] = []
    @Boxed package var usernameSecret: SecretKeySelector?
    @Boxed package var passwordSecret: SecretKeySelector?
    @Boxed package var sshPrivateKeySecret: SecretKeySelector?
    package var insecureIgnoreHostKey = false
    package var disableSubmodules = false
    package var singleBranch = false
    package var branch: String?
    package var insecureSkipTLS = false
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("repo", \.repo),
        .text("revision", \.revision),
        .optional("depth", \.depth),
        .list("fetch", \.fetch),
        .boxed("usernameSecret", \._usernameSecret),
        .boxed("passwordSecret", \._passwordSecret),
        .boxed("sshPrivateKeySecret", \._sshPrivateKeySecret),
        .flag("insecureIgnoreHostKey", \.insecureIgnoreHostKey),
        .flag("disableSubmodules", \.disableSubmodules),
        .flag("singleBranch", \.singleBranch),
        .text("branch", \.branch),
        .flag("insecureSkipTLS", \.insecureSkipTLS),
    ])
}

/// A file of an Artifactory repository.
package struct ArtifactoryArtifact: ModelObject {
    package var url = ""
    @Boxed package var usernameSecret: SecretKeySelector?
    @Boxed package var passwordSecret: SecretKeySelector?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("url", \.url),
        .boxed("usernameSecret", \._usernameSecret),
        .boxed("passwordSecret", \._passwordSecret),
    ])
}

/// A file of a Hadoop file system.
package struct HDFSArtifact: ModelObject {
    @Boxed package var krbCCacheSecret: SecretKeySelector?
    @Boxed package var krbKeytabSecret: SecretKeySelector?
    package var krbUsername: String?
    package var krbRealm: String?
    @Boxed package var krbConfigConfigMap: ConfigMapKeySelector?
    package var krbServicePrincipalName: String?
    package var addresses: [String] = []
    package var hdfsUser: String?
    package var dataTransferProtection: String?
    package var path = ""
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
        .requiredText("path", \.path),
        .flag("force", \.force),
    ])
}

/// A text, written into the spec itself.
package struct RawArtifact: ModelObject {
    package var data = ""
    package var unknown = UnknownMembers()

    package init() {}

    package init(data: String) {
        self.data = data
    }

    package static let fields = FieldTable<Self>([
        .requiredText("data", \.data)
    ])
}

/// A file that an artifact plugin stores.
package struct PluginArtifact: ModelObject {
    package var name: String?
    package var configuration: String?
    package var connectionTimeoutSeconds = 0
    package var key = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("name", \.name),
        .text("configuration", \.configuration),
        .number("connectionTimeoutSeconds", \.connectionTimeoutSeconds),
        .requiredText("key", \.key),
    ])
}
