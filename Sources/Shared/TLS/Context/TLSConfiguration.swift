/// A version of TLS.
package enum TLSVersion: String, Sendable, Hashable, Comparable, CaseIterable {
    case tls12 = "1.2"
    case tls13 = "1.3"

    package static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.rawValue < right.rawValue }
}

/// How one side of a connection speaks TLS: what it shows of itself, whom it trusts, and what it insists on.
package struct TLSConfiguration: Sendable, Hashable {
    package enum Role: Sendable, Hashable {
        case server, client
    }

    package var role: Role
    /// Our certificate, followed by those between it and an authority.
    package var certificate: TLSMaterial?
    /// The certificate's key.
    package var key: TLSMaterial?
    /// Authorities whose certificates are accepted; `nil`: those of the system.
    package var authorities: TLSMaterial?
    /// Lists of the certificates that the authorities have taken back.
    ///
    /// Where it is given, each authority needs one.
    package var revocations: TLSMaterial?
    package var minimumVersion = TLSVersion.tls13
    /// Whether the peer must show a certificate that we trust.
    ///
    /// A server that does not ask takes everybody.
    package var verifiesPeer = true
    /// Application protocols that we speak, the best first.
    package var applicationProtocols: [String] = []
    /// Whether a peer must agree on one of them; otherwise it may keep silent about them.
    package var requiresApplicationProtocol = false

    package init(_ role: Role) { self.role = role }

    /// Mutual TLS between members of a cluster: 1.3 alone, a certificate of our own authority on both sides.
    package static func service(
        _ role: Role, certificate: TLSMaterial, key: TLSMaterial, authorities: TLSMaterial,
        revocations: TLSMaterial? = nil, applicationProtocol: String
    ) -> TLSConfiguration {
        var configuration = TLSConfiguration(role)
        configuration.certificate = certificate
        configuration.key = key
        configuration.authorities = authorities
        configuration.revocations = revocations
        configuration.applicationProtocols = [applicationProtocol]
        configuration.requiresApplicationProtocol = true
        return configuration
    }

    /// A server that anybody may connect to.
    package static func publicServer(
        certificate: TLSMaterial, key: TLSMaterial, minimumVersion: TLSVersion = .tls12, applicationProtocols: [String]
    ) -> TLSConfiguration {
        var configuration = TLSConfiguration(.server)
        configuration.certificate = certificate
        configuration.key = key
        configuration.minimumVersion = minimumVersion
        configuration.verifiesPeer = false
        configuration.applicationProtocols = applicationProtocols
        return configuration
    }

    /// The files that it is read from.
    var files: [String] {
        [self.certificate, self.key, self.authorities, self.revocations].compactMap { $0?.path }
    }
}

/// Whom a connection must lead to, beyond a certificate that is trusted.
package enum TLSPeerExpectation: Sendable, Hashable {
    /// Whoever has a trusted certificate, or anybody where none is asked for.
    case anybody
    /// The server of this DNS name or address.
    case host(String)
    /// This member of the cluster, wherever it listens.
    case member(ServiceIdentity)
}

/// Who is at the other end.
package struct TLSPeer: Hashable, Sendable {
    package let commonName: String
    package let names: SubjectNames
    package let serial: String
    package let notAfter: CertificateDate?

    /// The member of the cluster that the certificate was issued to; `nil` for any other certificate.
    package var identity: ServiceIdentity? {
        let identities = self.names.uris.compactMap { ServiceIdentity(uri: $0) }
        return identities.count == 1 ? identities.first : nil
    }

    init(_ certificate: Certificate) {
        self.commonName = certificate.commonName
        self.names = certificate.names
        self.serial = certificate.serial
        self.notAfter = certificate.notAfter
    }
}

/// Fired through the pipeline as a user event when the handshake is done: what follows is from this peer alone.
package struct TLSHandshakeCompleted: Hashable, Sendable {
    package let version: TLSVersion
    /// The application protocol that both sides agreed on, if they did.
    package let applicationProtocol: String?
    /// `nil`: the peer showed no certificate, and was not asked for one.
    package let peer: TLSPeer?
}
