package import JSON

/// A Git repository, checked out at a revision.
package struct GitArtifact: ModelObject {
    package var repo = ""
    package var revision: String?
    package var depth: Int?
    package var fetch: [String] = []
    @Boxed package var usernameSecret: KeySelector?
    @Boxed package var passwordSecret: KeySelector?
    @Boxed package var sshPrivateKeySecret: KeySelector?
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
    package var auth = HTTPBasicAuth()
    package var url = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("url", \.url),
        .inline(\.auth),
    ])
}

/// A Hadoop file system and the way to it.
package struct HDFSConfiguration: ModelObject {
    @Boxed package var krbCCacheSecret: KeySelector?
    @Boxed package var krbKeytabSecret: KeySelector?
    package var krbUsername: String?
    package var krbRealm: String?
    @Boxed package var krbConfigConfigMap: KeySelector?
    package var krbServicePrincipalName: String?
    package var addresses: [String] = []
    package var hdfsUser: String?
    package var dataTransferProtection: String?
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
    ])
}

/// A file of a Hadoop file system.
package struct HDFSArtifact: ModelObject {
    package var configuration = HDFSConfiguration()
    package var path = ""
    package var force = false
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .inline(\.configuration),
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
