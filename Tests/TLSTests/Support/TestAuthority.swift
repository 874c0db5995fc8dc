import TLS
import Testing

/// An authority and certificates of every kind, in memory.
struct TestAuthority {
    let authority: CertificateAuthority
    let now: CertificateDate

    /// It was made a month ago, so that its certificates may be old.
    init(name: String = "test authority") throws {
        self.now = .now()
        self.authority = try CertificateAuthority.create(name: name, now: self.now - .seconds(30 * 86_400))
    }

    var pem: TLSMaterial { get throws { .bytes(try self.authority.certificate.pem()) } }

    /// A certificate and its key.
    struct Pair {
        let issued: IssuedCertificate

        var certificate: TLSMaterial { get throws { .bytes(try self.issued.certificate.pem()) } }
        var key: TLSMaterial { get throws { .bytes(try self.issued.key.pem()) } }
    }

    func pair(
        _ role: ServiceIdentity.Role, _ member: String, hosts: [String] = ["localhost", "127.0.0.1"],
        at time: CertificateDate? = nil, lifetime: Duration = CertificateRequest.memberLifetime
    ) throws -> Pair {
        let identity = try #require(ServiceIdentity(role: role, member: member))
        let request = CertificateRequest(identity, hosts: hosts, lifetime: lifetime)
        return Pair(issued: try self.authority.issue(request, now: time ?? self.now))
    }

    func revocations(of pairs: [Pair]) throws -> TLSMaterial {
        let serials = pairs.map(\.issued.certificate.serial)
        return .bytes(try self.authority.revocationList(of: serials, now: self.now).pem())
    }

    /// The configuration of a member whose certificate is of this authority, and who trusts it.
    func configuration(
        _ role: TLSConfiguration.Role, _ pair: Pair? = nil, applicationProtocol: String = "h2"
    ) throws -> TLSConfiguration {
        let pair = try pair ?? self.pair(role == .server ? .scheduler : .runner, role == .server ? "s-0" : "r-0")
        return .service(
            role, certificate: try pair.certificate, key: try pair.key, authorities: try self.pem,
            applicationProtocol: applicationProtocol)
    }
}
