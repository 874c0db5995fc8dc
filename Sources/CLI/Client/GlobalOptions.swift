import ArgumentParser
import HTTPClient

/// The flags that every command of a client takes: where the server is and who asks.
struct GlobalOptions: ParsableArguments {
    @Option(
        name: [.customShort("s", allowingJoined: true), .customLong("argo-server")], parsing: .unconditional,
        help: ArgumentHelp(
            "API server host:port, for example localhost:2746. Defaults to ARGO_SERVER, then to 127.0.0.1:2746.",
            valueName: "host:port"))
    var argoServer: String?

    @Option(
        name: [.customShort("n", allowingJoined: true), .long], parsing: .unconditional,
        help: "The namespace of this request. Defaults to ARGO_NAMESPACE, then to \"default\".")
    var namespace: String?

    @Option(
        name: [.customShort("H", allowingJoined: true), .long], parsing: .unconditionalSingleValue,
        help: "A header, as name:value, that is sent along. May be repeated.")
    var header: [String] = []

    @Flag(
        name: [.customShort("e"), .long], inversion: .prefixedNo,
        help: "Use TLS. Defaults to ARGO_SECURE; without that, to TLS for every server but this machine's own.")
    var secure: Bool?

    @Flag(
        name: [.customShort("k"), .long], inversion: .prefixedNo,
        help: "Do not check the server's certificate. Defaults to ARGO_INSECURE_SKIP_VERIFY.")
    var insecureSkipVerify: Bool?

    @Flag(name: .long, help: ArgumentHelp("As --insecure-skip-verify.", visibility: .hidden))
    var insecureSkipTlsVerify = false

    @Option(name: .long, parsing: .unconditional, help: "Bearer token. Defaults to ARGO_TOKEN, which is sent as it is.")
    var token: String?

    @Option(name: .long, parsing: .unconditional, help: "User name for basic authentication.")
    var username: String?

    @Option(name: .long, parsing: .unconditional, help: "Password for basic authentication.")
    var password: String?

    @Option(name: .long, parsing: .unconditional, help: "Instance id label. Defaults to ARGO_INSTANCEID.")
    var instanceid: String?

    @Flag(
        name: .customLong("argo-http1"), inversion: .prefixedNo,
        help: ArgumentHelp("Accepted for scripts: requests go over HTTP/1.1 always.", visibility: .hidden))
    var argoHTTP1: Bool?

    @Option(
        name: .customLong("argo-base-href"), parsing: .unconditional,
        help: "Path under which the server answers. Defaults to ARGO_BASE_HREF.")
    var argoBaseHref: String?

    @Option(name: .long, parsing: .unconditional, help: "Log level: debug, info, warn or error.")
    var loglevel: String?

    @Option(name: .long, parsing: .unconditional, help: "Log format: text or json.")
    var logFormat: String?

    @Flag(name: [.customShort("v"), .long], help: "Verbose logging, as --loglevel debug.")
    var verbose = false

    @Option(name: .long, parsing: .unconditional, help: "File of certificate authorities to trust.")
    var certificateAuthority: String?

    @Option(name: .long, parsing: .unconditional, help: "Client certificate file for TLS.")
    var clientCertificate: String?

    @Option(name: .long, parsing: .unconditional, help: "Client key file for TLS.")
    var clientKey: String?

    @Option(name: .customLong("proxy-url"), parsing: .unconditional, help: "Proxy to connect through.")
    var proxyURL: String?

    @Option(name: .long, parsing: .unconditional, help: "How long a request may take, for example 30s; 0: no limit.")
    var requestTimeout: String?

    @OptionGroup(visibility: .private) var kubernetes: KubernetesOptions
}

/// Flags of `argo` that say how to reach Kubernetes: taken so that scripts keep working, and of no effect here.
struct KubernetesOptions: ParsableArguments {
    @Option(name: .customLong("as"), parsing: .unconditional) var impersonated: String?
    @Option(name: .long, parsing: .unconditionalSingleValue) var asGroup: [String] = []
    @Option(name: .customLong("as-uid"), parsing: .unconditional) var asUID: String?
    @Option(name: .long, parsing: .unconditional) var cluster: String?
    @Option(name: .long, parsing: .unconditional) var context: String?
    @Flag(name: .long) var disableCompression = false
    @Option(name: .long, parsing: .unconditional) var gloglevel: Int?
    @Option(name: .long, parsing: .unconditional) var kubeconfig: String?
    @Option(name: .customLong("server"), parsing: .unconditional) var kubernetesServer: String?
    @Option(name: .customLong("tls-server-name"), parsing: .unconditional) var tlsServerName: String?
    @Option(name: .long, parsing: .unconditional) var user: String?

    /// Those that were given, as they are written.
    var given: [String] {
        let flags: [(name: String, isGiven: Bool)] = [
            ("--as", self.impersonated != nil), ("--as-group", !self.asGroup.isEmpty), ("--as-uid", self.asUID != nil),
            ("--cluster", self.cluster != nil), ("--context", self.context != nil),
            ("--disable-compression", self.disableCompression), ("--gloglevel", self.gloglevel != nil),
            ("--kubeconfig", self.kubeconfig != nil), ("--server", self.kubernetesServer != nil),
            ("--tls-server-name", self.tlsServerName != nil), ("--user", self.user != nil),
        ]
        return flags.filter(\.isGiven).map(\.name)
    }
}
