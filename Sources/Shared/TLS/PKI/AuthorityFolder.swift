/// A private authority on disk: a folder that only its owner enters.
///
/// `ca.crt` and `ca.crl` go to every member of the cluster; `ca.key` stays here.
package struct AuthorityFolder: Sendable {
    /// The files of one issued certificate.
    package struct Issued: Sendable {
        package let certificate: Certificate
        package let certificatePath: String
        package let keyPath: String
    }

    package let path: String

    package init(_ path: String) { self.path = path }

    package var certificatePath: String { "\(self.path)/ca.crt" }
    package var keyPath: String { "\(self.path)/ca.key" }
    package var revocationsPath: String { "\(self.path)/ca.crl" }

    /// Makes a new authority, with an empty list of revocations.
    ///
    /// - Throws: `TLSError.exists` where there is one already, unless it shall be replaced.
    @discardableResult
    package func create(
        name: String, lifetime: Duration = CertificateRequest.authorityLifetime, replacing: Bool = false,
        now: CertificateDate
    ) throws(TLSError) -> CertificateAuthority {
        for path in [self.certificatePath, self.keyPath, self.revocationsPath]
        where !replacing && SecretFile.exists(path) {
            throw TLSError(
                .exists,
                "\(path) exists: a new authority would make every certificate of the old one worthless; "
                    + "choose another folder, or replace it with --force")
        }
        let authority = try CertificateAuthority.create(name: name, lifetime: lifetime, now: now)
        try SecretFile.makeFolder(self.path, isPrivate: true)
        try SecretFile.write(try authority.key.pem(), to: self.keyPath)
        try SecretFile.write(
            try authority.revocationList(of: [], now: now).pem(), to: self.revocationsPath)
        // Last, so that a folder with a certificate is whole.
        try SecretFile.write(try authority.certificate.pem(), to: self.certificatePath)
        return authority
    }

    /// - Throws: `TLSError` where the folder holds no authority.
    package func open() throws(TLSError) -> CertificateAuthority {
        guard SecretFile.exists(self.certificatePath) else {
            throw TLSError(
                .unreadable, "\(self.path) holds no authority (no ca.crt): make one with `apus pki init`")
        }
        let key = try PrivateKey(.file(self.keyPath))
        guard let certificate = try Certificate.all(in: .file(self.certificatePath)).first else {
            throw TLSError(.malformed, "\(self.certificatePath) holds no certificate")
        }
        guard certificate.belongs(to: key) else {
            throw TLSError(.wrongKey, "the key in \(self.keyPath) is not that of \(self.certificatePath)")
        }
        return CertificateAuthority(certificate: certificate, key: key)
    }

    /// Issues a certificate and writes it and its key to `NAME.crt` and `NAME.key` of a folder.
    ///
    /// - Throws: `TLSError.exists` where these files are there already, unless they shall be replaced.
    package func issue(
        _ request: CertificateRequest, name: String, into folder: String, replacing: Bool = false, now: CertificateDate
    ) throws(TLSError) -> Issued {
        let certificatePath = "\(folder)/\(name).crt"
        let keyPath = "\(folder)/\(name).key"
        for path in [certificatePath, keyPath] where !replacing && SecretFile.exists(path) {
            throw TLSError(.exists, "\(path) exists: replace it with --force, or write to another folder with --out")
        }
        guard ![self.certificatePath, self.keyPath].contains(certificatePath), keyPath != self.keyPath else {
            throw TLSError(.invalidSetting, "\(keyPath) is the authority's own key: choose another name or folder")
        }
        let issued = try self.open().issue(request, now: now)
        try SecretFile.makeFolder(folder)
        // The key first: a reader that sees the new certificate finds its key.
        try SecretFile.write(try issued.key.pem(), to: keyPath)
        try SecretFile.write(try issued.certificate.pem(), to: certificatePath)
        return Issued(certificate: issued.certificate, certificatePath: certificatePath, keyPath: keyPath)
    }

    /// Puts serial numbers onto the list of revocations, and those of the certificates that they were renewed by.
    ///
    /// - Returns: all that is on the list now.
    /// - Throws: `TLSError.invalidSetting` for what is no serial number.
    @discardableResult
    package func revoke(_ serials: [String], now: CertificateDate) throws(TLSError) -> [String] {
        let authority = try self.open()
        var known = try self.revokedSerials()
        for serial in serials {
            guard let bytes = SerialNumber.bytes(serial) else {
                throw TLSError(.invalidSetting, "\"\(serial)\" is no serial number: hexadecimal digits")
            }
            let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
            if !known.contains(digits) { known.append(digits) }
        }
        // Again, until nothing was renewed while the list was written: what is renewed after that finds itself on it.
        var written: [String]?
        while written != known {
            try SecretFile.write(
                try authority.revocationList(of: known, now: now).pem(), to: self.revocationsPath)
            written = known
            // In the order in which they were made: one pass finds those that were renewed again.
            for (new, old) in try self.renewals() where known.contains(old) && !known.contains(new) {
                known.append(new)
            }
        }
        return known
    }

    func revokedSerials() throws(TLSError) -> [String] {
        try RevocationList.all(in: .file(self.revocationsPath)).flatMap(\.serials)
    }

    // MARK: Renewals

    private var renewalsPath: String { "\(self.path)/renewals" }

    /// Writes down that a certificate takes the place of another.
    func note(renewal new: String, of old: String) throws(TLSError) {
        try SecretFile.append(Array("\(new) \(old)\n".utf8), to: self.renewalsPath)
    }

    /// Which certificate came in the place of which.
    private func renewals() throws(TLSError) -> [(new: String, old: String)] {
        guard SecretFile.exists(self.renewalsPath) else { return [] }
        let text = String(decoding: try TLSMaterial.file(self.renewalsPath).read(), as: UTF8.self)
        return text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return words.count == 2 ? (String(words[0]), String(words[1])) : nil
        }
    }
}
