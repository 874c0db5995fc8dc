import HTTPClient
import Model

/// Where requests go and how, from flags and the environment.
struct Connection {
    private static let defaultServer = "127.0.0.1:2746"
    private static let defaultNamespace = "default"

    let baseURL: String
    let namespace: String
    let authorization: String?
    private let headers: [HTTPField]
    private let configuration: HTTPClientConfiguration
    private let timeout: Duration?

    /// - Throws: `CommandFailure` for flags that contradict each other or cannot be read.
    init(_ options: GlobalOptions, console: Console = .current) throws(CommandFailure) {
        self.namespace = options.namespace ?? console.variable("ARGO_NAMESPACE") ?? Self.defaultNamespace
        self.authorization = Self.authorization(options, console)
        self.baseURL = try Self.baseURL(options, console)
        self.headers = try Self.headers(options, console)
        self.configuration = try Self.configuration(options, console)
        guard let text = options.requestTimeout, text != "0" else {
            self.timeout = nil
            return
        }
        guard let timeout = GoDuration(secondsOrDuration: text), timeout > .zero else {
            throw CommandFailure("invalid --request-timeout \"\(text)\": write a duration such as 30s or 2m")
        }
        self.timeout = timeout.duration
    }

    func client() -> ArgoClient {
        let authorization = self.authorization.map { [HTTPField("Authorization", $0)] } ?? []
        return ArgoClient(
            http: CurlClient(self.configuration), baseURL: self.baseURL, headers: self.headers + authorization,
            namespace: self.namespace, timeout: self.timeout)
    }

    private static func baseURL(_ options: GlobalOptions, _ console: Console) throws(CommandFailure) -> String {
        var server = options.argoServer ?? console.variable("ARGO_SERVER") ?? self.defaultServer
        var scheme: String?
        for known in ["http", "https"] where server.hasPrefix("\(known)://") {
            scheme = known
            server.removeFirst(known.count + 3)
        }
        while server.hasSuffix("/") { server.removeLast() }
        guard !server.isEmpty, !server.contains("/"), !server.contains(" ") else {
            throw CommandFailure("invalid server \"\(server)\": write host:port, for example localhost:2746")
        }
        let isSecure = try self.boolean(options.secure, or: "ARGO_SECURE", console)
        let wanted = isSecure.map { $0 ? "https" : "http" } ?? scheme ?? (self.isLocal(server) ? "http" : "https")
        var path = options.argoBaseHref ?? console.variable("ARGO_BASE_HREF") ?? ""
        while path.hasSuffix("/") { path.removeLast() }
        if !path.isEmpty && !path.hasPrefix("/") { path = "/" + path }
        return "\(wanted)://\(server)\(path)"
    }

    /// What a flag says, or else a variable of the environment; `nil` where that is not set or empty.
    private static func boolean(
        _ flag: Bool?, or name: String, _ console: Console
    ) throws(CommandFailure) -> Bool? {
        if let flag { return flag }
        guard let text = console.variable(name), !text.isEmpty else { return nil }
        guard let value = ArgumentOrder.boolean(text) else {
            throw CommandFailure("invalid \(name) \"\(text)\": write true or false (also 1, t, 0, f)")
        }
        return value
    }

    private static func isLocal(_ server: String) -> Bool {
        if server.hasPrefix("[::1]") { return true }
        let host = server.split(separator: ":").first ?? ""
        return host == "localhost" || host.hasPrefix("127.")
    }

    private static func authorization(_ options: GlobalOptions, _ console: Console) -> String? {
        if let token = options.token { return token.contains(" ") ? token : "Bearer \(token)" }
        if let name = options.username {
            return "Basic \(Base64.text(Array("\(name):\(options.password ?? "")".utf8)))"
        }
        return console.variable("ARGO_TOKEN")
    }

    private static func headers(_ options: GlobalOptions, _ console: Console) throws(CommandFailure) -> [HTTPField] {
        // As instrumented scripts and `otel-cli` hand it on.
        var headers = console.variable("TRACEPARENT").map { [HTTPField("traceparent", $0)] } ?? []
        for text in options.header.flatMap({ $0.split(separator: ",") }) {
            guard let colon = text.firstIndex(of: ":") else {
                throw CommandFailure("additional headers must be colon(:)-separated: \(text)")
            }
            headers.append(HTTPField(String(text[..<colon]), String(text[text.index(after: colon)...])))
        }
        return headers
    }

    private static func configuration(
        _ options: GlobalOptions, _ console: Console
    ) throws(CommandFailure) -> HTTPClientConfiguration {
        guard (options.clientCertificate == nil) == (options.clientKey == nil) else {
            throw CommandFailure("--client-certificate and --client-key must be provided together")
        }
        var configuration = HTTPClientConfiguration()
        let skips = try self.boolean(options.insecureSkipVerify, or: "ARGO_INSECURE_SKIP_VERIFY", console) ?? false
        configuration.verifiesPeer = !(skips || options.insecureSkipTlsVerify)
        configuration.certificateAuthorityFile = options.certificateAuthority
        configuration.clientCertificateFile = options.clientCertificate
        configuration.clientKeyFile = options.clientKey
        configuration.proxy = options.proxyURL
        configuration.userAgent = "argo-workflows/\(Version.compatible) argo-cli apus/\(Version.current)"
        return configuration
    }
}

/// Base 64 with padding, for headers.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func text(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = group.reduce(0) { $0 << 8 | Int($1) }
            bits <<= 8 * (3 - group.count)
            for place in 0..<4 {
                let isPadding = place > group.count
                text.append(isPadding ? UInt8(ascii: "=") : self.alphabet[bits >> (18 - 6 * place) & 63])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// What this is a version of.
enum Version {
    /// Our own version.
    static let current = "0.1.0"
    /// The version of Argo Workflows whose interface this speaks.
    static let compatible = "v4.1.2"
}
