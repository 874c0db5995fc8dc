import COpenSSL

/// Puts one certificate together and signs it.
struct CertificateBuilder {
    /// Who signs.
    enum Signer {
        /// The certificate's own key.
        case itself(PrivateKey)
        case authority(Certificate, PrivateKey)
    }

    enum Usage {
        /// It signs certificates of members, and no further authorities.
        case authority
        /// It proves who a server or client is.
        case member
        /// It proves who a server is, to those who were given it.
        case selfSignedServer

        /// Extensions in OpenSSL's words.
        var extensions: [(kind: Int32, value: String)] {
            switch self {
            case .authority:
                [
                    (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"),
                    (NID_key_usage, "critical,keyCertSign,cRLSign"),
                ]
            case .member:
                [
                    (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
                    (NID_ext_key_usage, "serverAuth,clientAuth"),
                ]
            case .selfSignedServer:
                // It is its own authority for those who trust it, and signs nothing else.
                [
                    (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"),
                    (NID_key_usage, "critical,digitalSignature,keyCertSign"), (NID_ext_key_usage, "serverAuth"),
                ]
            }
        }
    }

    private let raw: OpaquePointer
    private let certificate: Certificate

    private init() throws(TLSError) {
        guard let raw = X509_new() else { throw TLSError(.failed, "OpenSSL has no memory left") }
        self.raw = raw
        self.certificate = Certificate(taking: raw)
    }

    /// - Throws: `TLSError.invalidSetting` for a request that cannot be.
    static func build(
        _ request: CertificateRequest, _ usage: Usage, key: any KeyHolder, signedBy signer: Signer, now: CertificateDate
    ) throws(TLSError) -> Certificate {
        try request.check()
        let builder = try CertificateBuilder()
        let (issuer, secret): (Certificate, PrivateKey) =
            switch signer {
            case .itself(let secret): (builder.certificate, secret)
            case .authority(let authority, let secret): (authority, secret)
            }
        try builder.setHead(request, key: key, now: now)
        try builder.setNames(request.commonName, issuer: signer)
        for (kind, value) in usage.extensions + [(NID_subject_key_identifier, "hash")] {
            try builder.addExtension(kind, value, issuer: issuer)
        }
        // Of what signs itself it would say nothing new, and its subject's identifier must be there first.
        if case .authority = signer { try builder.addExtension(NID_authority_key_identifier, "keyid", issuer: issuer) }
        try builder.addSubjectNames(request.names)
        OpenSSLFailure.clear()
        guard X509_sign(builder.raw, secret.raw, EVP_sha256()) > 0 else { throw builder.failure("sign") }
        return builder.certificate
    }

    private func setHead(_ request: CertificateRequest, key: any KeyHolder, now: CertificateDate) throws(TLSError) {
        let start = now - CertificateRequest.clockTolerance
        let end = now + request.lifetime
        OpenSSLFailure.clear()
        // 2: version 3 of X.509.
        guard X509_set_version(self.raw, 2) == 1, X509_set_pubkey(self.raw, key.raw) == 1,
            ASN1_TIME_set(X509_getm_notBefore(self.raw), start.seconds) != nil,
            ASN1_TIME_set(X509_getm_notAfter(self.raw), end.seconds) != nil
        else { throw self.failure("fill in") }
        let isSet = try SerialNumber.with(try SerialNumber.random()) { number throws(TLSError) in
            X509_set_serialNumber(self.raw, number) == 1
        }
        guard isSet else { throw self.failure("number") }
    }

    private func setNames(_ commonName: String, issuer: Signer) throws(TLSError) {
        let subject = X509_get_subject_name(self.raw)
        guard self.append(NID_organizationName, "Apus", to: subject),
            self.append(NID_commonName, commonName, to: subject)
        else { throw self.failure("name") }
        let name =
            switch issuer {
            case .itself: subject
            case .authority(let authority, _): X509_get_subject_name(authority.raw)
            }
        guard X509_set_issuer_name(self.raw, name) == 1 else { throw self.failure("name the issuer of") }
    }

    private func append(_ kind: Int32, _ text: String, to name: OpaquePointer?) -> Bool {
        X509_NAME_add_entry_by_NID(
            name, kind, MBSTRING_UTF8, Array(text.utf8), Int32(text.utf8.count), -1, 0) == 1
    }

    /// The value is ours alone, never a caller's text: OpenSSL's words know commas and sections.
    private func addExtension(_ kind: Int32, _ value: String, issuer: Certificate) throws(TLSError) {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer.raw, self.raw, nil, nil, 0)
        OpenSSLFailure.clear()
        guard let extra = X509V3_EXT_conf_nid(nil, &context, kind, value) else { throw self.failure("extend") }
        defer { X509_EXTENSION_free(extra) }
        guard X509_add_ext(self.raw, extra, -1) == 1 else { throw self.failure("extend") }
    }

    private func addSubjectNames(_ names: SubjectNames) throws(TLSError) {
        guard let list = GENERAL_NAMES_new() else { throw self.failure("name") }
        defer { GENERAL_NAMES_free(list) }
        let texts = names.dns.map { (GEN_DNS, $0) } + names.uris.map { (GEN_URI, $0) }
        for (kind, text) in texts { try self.add(kind, Array(text.utf8), to: list) }
        for address in names.addresses { try self.add(GEN_IPADD, IPAddress.bytes(address) ?? [], to: list) }
        guard !texts.isEmpty || !names.addresses.isEmpty else { return }
        guard X509_add1_ext_i2d(self.raw, NID_subject_alt_name, UnsafeMutableRawPointer(list), 0, 0) == 1 else {
            throw self.failure("name")
        }
    }

    private func add(_ kind: Int32, _ bytes: [UInt8], to list: OpaquePointer) throws(TLSError) {
        let isAddress = kind == GEN_IPADD
        guard let name = GENERAL_NAME_new(),
            let value = isAddress ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new(),
            ASN1_STRING_set(value, bytes, Int32(bytes.count)) == 1
        else { throw self.failure("name") }
        // The name takes over the value, and the list the name.
        GENERAL_NAME_set0_value(name, kind, value)
        guard apus_general_names_add(list, name) > 0 else { throw self.failure("name") }
    }

    private func failure(_ what: String) -> TLSError {
        TLSError(.failed, "OpenSSL cannot \(what) the certificate: \(OpenSSLFailure.take().text)")
    }
}
