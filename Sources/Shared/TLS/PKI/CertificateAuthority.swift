import COpenSSL

/// A certificate and the key that belongs to it.
package struct IssuedCertificate: Sendable {
    package let certificate: Certificate
    package let key: PrivateKey

    /// A server's certificate that nobody vouches for: who connects must be given it, or not check.
    package static func selfSigned(hosts: [String], now: CertificateDate) throws(TLSError) -> IssuedCertificate {
        let key = try PrivateKey.generate()
        let request = CertificateRequest(
            commonName: "apus server", names: SubjectNames(hosts: hosts),
            lifetime: CertificateRequest.selfSignedLifetime)
        let certificate = try CertificateBuilder.build(
            request, .selfSignedServer, key: key, signedBy: .itself(key), now: now)
        return IssuedCertificate(certificate: certificate, key: key)
    }
}

/// A private authority: issues certificates to the members of a cluster, and takes them back.
package struct CertificateAuthority: Sendable {
    package let certificate: Certificate
    package let key: PrivateKey

    /// A new authority.
    package static func create(
        name: String, lifetime: Duration = CertificateRequest.authorityLifetime, now: CertificateDate
    ) throws(TLSError) -> CertificateAuthority {
        let key = try PrivateKey.generate()
        let request = CertificateRequest(commonName: name, names: SubjectNames(), lifetime: lifetime)
        let certificate = try CertificateBuilder.build(request, .authority, key: key, signedBy: .itself(key), now: now)
        return CertificateAuthority(certificate: certificate, key: key)
    }

    package init(certificate: Certificate, key: PrivateKey) {
        self.certificate = certificate
        self.key = key
    }

    /// Makes a key and a certificate for it, valid no longer than the authority itself.
    ///
    /// - Throws: `TLSError.invalidSetting` for a request that cannot be, `.expired` where the authority is.
    package func issue(_ request: CertificateRequest, now: CertificateDate) throws(TLSError) -> IssuedCertificate {
        let key = try PrivateKey.generate()
        let certificate = try self.certify(request, key: key, now: now)
        return IssuedCertificate(certificate: certificate, key: key)
    }

    /// Makes a certificate for a key of which the authority sees the public half alone.
    package func issue(
        _ request: CertificateRequest, for key: PublicKey, now: CertificateDate
    ) throws(TLSError) -> Certificate {
        try self.certify(request, key: key, now: now)
    }

    private func certify(
        _ request: CertificateRequest, key: any KeyHolder, now: CertificateDate
    ) throws(TLSError) -> Certificate {
        var request = request
        if let end = self.certificate.notAfter {
            guard end > now else {
                throw TLSError(.expired, "the authority itself expired at \(end): make a new one")
            }
            request.lifetime = min(request.lifetime, .seconds(end.seconds - now.seconds))
        }
        return try CertificateBuilder.build(
            request, .member, key: key, signedBy: .authority(self.certificate, self.key), now: now)
    }

    /// A list of all that is taken back, valid as long as the authority.
    ///
    /// - Throws: `TLSError.invalidSetting` for what is no serial number.
    package func revocationList(of serials: [String], now: CertificateDate) throws(TLSError) -> RevocationList {
        guard let raw = X509_CRL_new() else { throw TLSError(.failed, "OpenSSL has no memory left") }
        let list = RevocationList(taking: raw)
        let end = self.certificate.notAfter ?? now + CertificateRequest.authorityLifetime
        guard let issued = ASN1_TIME_set(nil, now.seconds), let until = ASN1_TIME_set(nil, end.seconds) else {
            throw self.failure()
        }
        defer {
            ASN1_TIME_free(issued)
            ASN1_TIME_free(until)
        }
        // 1: version 2 of lists.
        guard X509_CRL_set_version(raw, 1) == 1,
            X509_CRL_set_issuer_name(raw, X509_get_subject_name(self.certificate.raw)) == 1,
            X509_CRL_set1_lastUpdate(raw, issued) == 1, X509_CRL_set1_nextUpdate(raw, until) == 1
        else { throw self.failure() }
        for serial in serials { try self.add(serial, issued, to: raw) }
        OpenSSLFailure.clear()
        guard X509_CRL_sort(raw) == 1, X509_CRL_sign(raw, self.key.raw, EVP_sha256()) > 0 else { throw self.failure() }
        return list
    }

    private func add(
        _ serial: String, _ date: UnsafeMutablePointer<ASN1_TIME>, to list: OpaquePointer
    ) throws(TLSError) {
        guard let bytes = SerialNumber.bytes(serial) else {
            throw TLSError(.invalidSetting, "\"\(serial)\" is no serial number: hexadecimal digits")
        }
        let isAdded = try SerialNumber.with(bytes) { number throws(TLSError) in
            guard let revoked = X509_REVOKED_new() else { return false }
            guard X509_REVOKED_set_serialNumber(revoked, number) == 1,
                X509_REVOKED_set_revocationDate(revoked, date) == 1, X509_CRL_add0_revoked(list, revoked) == 1
            else {
                X509_REVOKED_free(revoked)
                return false
            }
            return true
        }
        guard isAdded else { throw self.failure() }
    }

    private func failure() -> TLSError {
        TLSError(.failed, "OpenSSL cannot make the revocation list: \(OpenSSLFailure.take().text)")
    }
}
