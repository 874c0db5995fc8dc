import ArgumentParser
import TLS

/// Whether and how `server` speaks TLS.
struct TLSOptions: ParsableArguments {
    @Flag(
        name: [.customShort("e"), .long], inversion: .prefixedNo,
        help: "Speak TLS: with the given certificate, or with a self-signed one that is kept in the data folder.")
    var secure = false

    @Option(
        name: .long, parsing: .unconditional,
        help: "File with the server's certificate and those between it and its authority, PEM. Changes are noticed.")
    var tlsCertificate: String?

    @Option(name: .long, parsing: .unconditional, help: "File with the certificate's key, PEM.")
    var tlsKey: String?

    @Option(name: .long, parsing: .unconditional, help: "The oldest version of TLS that clients may speak: 1.2 or 1.3.")
    var tlsMinVersion: String?

    func validate() throws {
        guard self.secure || (self.tlsCertificate == nil && self.tlsKey == nil && self.tlsMinVersion == nil) else {
            throw ValidationError("--tls-certificate, --tls-key and --tls-min-version need --secure")
        }
        guard (self.tlsCertificate == nil) == (self.tlsKey == nil) else {
            throw ValidationError("--tls-certificate and --tls-key must be given together")
        }
        guard self.tlsMinVersion.map({ TLSVersion(rawValue: $0) != nil }) ?? true else {
            throw ValidationError("invalid --tls-min-version \"\(self.tlsMinVersion ?? "")\": 1.2 or 1.3")
        }
    }

    /// The certificate to serve with; `nil`: plain text.
    ///
    /// - Parameters:
    ///   - host: the address that the server listens on.
    ///   - folder: the data folder, which is ours already.
    ///   - note: told where the self-signed certificate is.
    /// - Throws: `TLSError` where the files cannot be used.
    func certificate(
        host: String, dataFolder folder: String, note: (String) -> Void
    ) throws(TLSError) -> TLSContextHolder? {
        guard self.secure else { return nil }
        let version = self.tlsMinVersion.flatMap { TLSVersion(rawValue: $0) } ?? .tls12
        let paths: (certificate: String, key: String)
        if let certificate = self.tlsCertificate, let key = self.tlsKey {
            paths = (certificate, key)
        } else {
            let files = SelfSignedFiles(folder: "\(folder)/tls")
            try files.ensure(hosts: self.hosts(host), now: .now())
            paths = (files.certificatePath, files.keyPath)
            note(files.certificatePath)
        }
        return try TLSContextHolder(
            .publicServer(
                certificate: .file(paths.certificate), key: .file(paths.key), minimumVersion: version,
                applicationProtocols: ["http/1.1"]))
    }

    /// What clients may call this machine.
    private func hosts(_ host: String) -> [String] {
        var hosts = ["localhost", "127.0.0.1", "::1"]
        for name in [DataFolder.hostName, host]
        where !hosts.contains(name) && !["0.0.0.0", "::"].contains(name) && SubjectNames.canName(name) {
            hosts.append(name)
        }
        return hosts
    }
}
