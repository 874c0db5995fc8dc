extension JoinDesk {
    /// Gives a member a new certificate before its own ends: for the same key, names and time.
    ///
    /// Whoever asks need not show that the key is his: without it the certificate is of no use to him.
    ///
    /// - Parameter certificate: the member's certificate, PEM.
    /// - Throws: `TLSError.refusedRenewal` for one that is not this authority's, has expired, or was taken back.
    package func renew(_ certificate: String, now: CertificateDate) throws(TLSError) -> JoinAnswer {
        let authority = try self.authority.open()
        guard let old = try Certificate.all(in: .bytes(Array(certificate.utf8))).first,
            old.isIssued(by: authority.certificate), let lifetime = old.lifetime, let end = old.notAfter,
            let identity = old.names.uris.first.flatMap(ServiceIdentity.init(uri:))
        else { throw Self.noRenewal("is no member's, or of another authority") }
        guard now < end else { throw Self.noRenewal("expired at \(end)") }
        let new = try authority.issue(
            CertificateRequest(
                identity, hosts: old.names.dns + old.names.addresses, lifetime: lifetime),
            for: try old.publicKey(), now: now)
        try self.authority.note(renewal: new.serial, of: old.serial)
        // Only now: whoever takes the old one back from here on finds the new one noted.
        guard try !self.authority.revokedSerials().contains(old.serial) else { throw Self.noRenewal("was taken back") }
        return try self.answer(new, of: authority)
    }

    func answer(_ certificate: Certificate, of authority: CertificateAuthority) throws(TLSError) -> JoinAnswer {
        JoinAnswer(
            certificate: String(decoding: try certificate.pem(), as: UTF8.self),
            authority: String(decoding: try authority.certificate.pem(), as: UTF8.self),
            revocations: String(decoding: try TLSMaterial.file(self.authority.revocationsPath).read(), as: UTF8.self))
    }

    private static func noRenewal(_ what: String) -> TLSError {
        TLSError(
            .refusedRenewal,
            "the certificate to renew \(what): make a token with `apus pki token NAME` where the authority is")
    }
}

extension Certificate {
    /// For how long an authority of ours has made it; `nil` if it did not.
    var lifetime: Duration? {
        guard let start = self.notBefore, let end = self.notAfter else { return nil }
        let lifetime = Duration.seconds(end.seconds - start.seconds) - CertificateRequest.clockTolerance
        return lifetime > .zero ? lifetime : nil
    }

    /// When two thirds of its time are over: from then on its owner asks for a new one.
    package var renewalDate: CertificateDate? {
        guard let lifetime = self.lifetime, let end = self.notAfter else { return nil }
        return end - lifetime / 3
    }
}

extension JoinAnswer {
    /// The certificate that takes the place of another one.
    ///
    /// - Parameter authorities: whom we trust.
    /// - Throws: `TLSError.untrustedPeer` for one of somebody else, or for another key or member.
    package func certificate(
        renewing old: Certificate, authorities: TLSMaterial
    ) throws(TLSError) -> Certificate {
        guard let new = try Certificate.all(in: .bytes(Array(self.certificate.utf8))).first,
            try Certificate.all(in: authorities).contains(where: { new.isIssued(by: $0) })
        else { throw Self.foreign("the certificate is not of our authority") }
        guard new.hasKey(of: old), new.names == old.names else {
            throw Self.foreign("the certificate is not for our key and our name")
        }
        return new
    }

    static func foreign(_ what: String) -> TLSError {
        TLSError(.untrustedPeer, "what the gateway has sent is not to be trusted: \(what)")
    }
}
