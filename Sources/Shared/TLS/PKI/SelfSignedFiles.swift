/// A server's self-signed certificate, kept in a folder so that those who have come to trust it need not do so again.
package struct SelfSignedFiles: Sendable {
    /// A certificate with less time left is made anew.
    package static let renewalMargin: Duration = .seconds(30 * 86_400)

    package let folder: String

    package init(folder: String) { self.folder = folder }

    package var certificatePath: String { "\(self.folder)/server.crt" }
    package var keyPath: String { "\(self.folder)/server.key" }

    /// Makes a certificate for the hosts, unless there is one that is good for them and for some time yet.
    ///
    /// - Returns: whether a new one was made.
    /// - Throws: `TLSError.unwritable`.
    @discardableResult
    package func ensure(hosts: [String], now: CertificateDate) throws(TLSError) -> Bool {
        guard !self.isGood(for: hosts, now: now) else { return false }
        let made = try IssuedCertificate.selfSigned(hosts: hosts, now: now)
        try SecretFile.makeFolder(self.folder)
        try SecretFile.write(try made.key.pem(), to: self.keyPath)
        try SecretFile.write(try made.certificate.pem(), to: self.certificatePath)
        return true
    }

    private func isGood(for hosts: [String], now: CertificateDate) -> Bool {
        do {
            guard let certificate = try Certificate.all(in: .file(self.certificatePath)).first,
                let notAfter = certificate.notAfter, notAfter > now + Self.renewalMargin
            else { return false }
            let named = certificate.names.dns + certificate.names.addresses
            return certificate.belongs(to: try PrivateKey(.file(self.keyPath))) && hosts.allSatisfy(named.contains)
        } catch {
            // Missing or damaged: what the reason is does not matter to who makes a new one.
            return false
        }
    }
}
