import COpenSSL

/// Fills a new OpenSSL context from a configuration, one concern after the other.
struct TLSContextSetup {
    /// AEAD with forward secrecy alone, for TLS 1.2; the suites of TLS 1.3 are all good.
    private static let ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20"
    private static let groups = "X25519:P-256:P-384"

    private let raw: OpaquePointer
    private let configuration: TLSConfiguration
    private let now: CertificateDate

    init(_ raw: OpaquePointer, _ configuration: TLSConfiguration, _ now: CertificateDate) {
        self.raw = raw
        self.configuration = configuration
        self.now = now
    }

    /// - Returns: when our certificate expires.
    func perform() throws(TLSError) -> CertificateDate? {
        try self.setProtocol()
        let notAfter = try self.setIdentity()
        try self.setTrust()
        try self.setApplicationProtocols()
        return notAfter
    }

    private func setProtocol() throws(TLSError) {
        let least = self.configuration.minimumVersion == .tls13 ? TLS1_3_VERSION : TLS1_2_VERSION
        apus_ssl_ctx_harden(self.raw)
        apus_ssl_ctx_set_max_cert_list(self.raw, TLSLimits.peerChainBytes)
        guard apus_ssl_ctx_set_versions(self.raw, least, TLS1_3_VERSION) == 1,
            SSL_CTX_set_cipher_list(self.raw, Self.ciphers) == 1, apus_ssl_ctx_set_groups(self.raw, Self.groups) == 1
        else { throw self.failure("OpenSSL refuses the TLS versions, ciphers or groups") }
    }

    // MARK: Who we are

    private func setIdentity() throws(TLSError) -> CertificateDate? {
        let configuration = self.configuration
        guard let certificate = configuration.certificate, let key = configuration.key else {
            guard configuration.certificate == nil, configuration.key == nil else {
                throw TLSError(.invalidSetting, "a certificate and its key must be given together")
            }
            guard configuration.role == .client else {
                throw TLSError(.invalidSetting, "a server that speaks TLS needs a certificate and its key")
            }
            return nil
        }
        let chain = try Certificate.all(in: certificate)
        for link in chain { try link.checkDates(at: self.now, from: certificate.description) }
        guard let own = chain.first else {
            throw TLSError(.malformed, "\(certificate) holds no certificate")
        }
        let secret = try PrivateKey(key)
        guard own.belongs(to: secret) else {
            throw TLSError(
                .wrongKey,
                "the key in \(key) is not that of the certificate in \(certificate): take both from the same issue")
        }
        OpenSSLFailure.clear()
        guard SSL_CTX_use_certificate(self.raw, own.raw) == 1, SSL_CTX_use_PrivateKey(self.raw, secret.raw) == 1 else {
            throw self.failure("OpenSSL refuses the certificate in \(certificate)")
        }
        for link in chain.dropFirst() {
            guard apus_ssl_ctx_add_chain_certificate(self.raw, link.raw) == 1 else {
                throw self.failure("OpenSSL refuses the chain in \(certificate)")
            }
        }
        return chain.compactMap(\.notAfter).min()
    }

    // MARK: Whom we trust

    private func setTrust() throws(TLSError) {
        guard self.configuration.verifiesPeer else {
            SSL_CTX_set_verify(self.raw, SSL_VERIFY_NONE, nil)
            return
        }
        SSL_CTX_set_verify(self.raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        SSL_CTX_set_verify_depth(self.raw, TLSLimits.chainDepth)
        if let authorities = self.configuration.authorities {
            try self.trust(authorities)
        } else {
            guard self.configuration.role == .client else {
                throw TLSError(
                    .invalidSetting, "a server that asks for certificates needs the authorities that it accepts")
            }
            guard SSL_CTX_set_default_verify_paths(self.raw) == 1 else {
                throw self.failure("OpenSSL cannot load the system's authorities")
            }
        }
        if let revocations = self.configuration.revocations { try self.refuse(revocations) }
    }

    private func trust(_ authorities: TLSMaterial) throws(TLSError) {
        let store = SSL_CTX_get_cert_store(self.raw)
        for authority in try Certificate.all(in: authorities) {
            try authority.checkDates(at: self.now, from: authorities.description)
            OpenSSLFailure.clear()
            guard X509_STORE_add_cert(store, authority.raw) == 1 else {
                throw self.failure("OpenSSL refuses an authority in \(authorities)")
            }
            if self.configuration.role == .server { SSL_CTX_add_client_CA(self.raw, authority.raw) }
        }
    }

    private func refuse(_ revocations: TLSMaterial) throws(TLSError) {
        let store = SSL_CTX_get_cert_store(self.raw)
        for list in try RevocationList.all(in: revocations) {
            try list.checkDates(at: self.now, from: revocations.description)
            OpenSSLFailure.clear()
            guard X509_STORE_add_crl(store, list.raw) == 1 else {
                throw self.failure("OpenSSL refuses a revocation list in \(revocations)")
            }
        }
        // Of the peer's own certificate; who takes back an authority takes it out of the file of authorities.
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(self.raw), UInt(X509_V_FLAG_CRL_CHECK))
    }

    // MARK: What we speak

    private func setApplicationProtocols() throws(TLSError) {
        var list: [UInt8] = []
        for name in self.configuration.applicationProtocols {
            guard (1...255).contains(name.utf8.count) else {
                throw TLSError(.invalidSetting, "the application protocol \"\(name)\" is not of 1 to 255 bytes")
            }
            list += [UInt8(name.utf8.count)] + Array(name.utf8)
        }
        guard !list.isEmpty, self.configuration.role == .client else { return }
        // Unlike its neighbours, this call answers 0 when all is well.
        guard SSL_CTX_set_alpn_protos(self.raw, list, UInt32(list.count)) == 0 else {
            throw self.failure("OpenSSL refuses the application protocols")
        }
    }

    private func failure(_ what: String) -> TLSError { TLSError(.failed, "\(what): \(OpenSSLFailure.take().text)") }
}
