/// What a new certificate shall say.
package struct CertificateRequest: Hashable, Sendable {
    /// How long certificates of members are valid: short, since they are replaced without a restart.
    package static let memberLifetime: Duration = .seconds(7 * 86_400)
    package static let authorityLifetime: Duration = .seconds(3650 * 86_400)
    /// How long a server's self-signed certificate is valid: as long as browsers accept.
    package static let selfSignedLifetime: Duration = .seconds(397 * 86_400)
    package static let longestName = 253
    /// How many names one certificate holds.
    package static let mostNames = 100
    /// Certificates are valid from a little before they are made: clocks differ.
    static let clockTolerance: Duration = .seconds(3600)

    package var commonName: String
    package var names: SubjectNames
    package var lifetime: Duration

    package init(commonName: String, names: SubjectNames, lifetime: Duration) {
        self.commonName = commonName
        self.names = names
        self.lifetime = lifetime
    }

    /// The certificate of a member of a cluster.
    package init(
        _ identity: ServiceIdentity, hosts: [String] = [], lifetime: Duration = CertificateRequest.memberLifetime
    ) {
        var names = SubjectNames(hosts: hosts)
        names.uris = [identity.description]
        self.init(commonName: identity.member, names: names, lifetime: lifetime)
    }

    /// - Throws: `TLSError.invalidSetting` for names or times that no certificate can say.
    func check() throws(TLSError) {
        guard self.lifetime > .zero else {
            throw TLSError(.invalidSetting, "a certificate cannot be valid for \(self.lifetime)")
        }
        guard !self.commonName.isEmpty, self.commonName.utf8.count <= Self.longestCommonName else {
            throw TLSError(
                .invalidSetting,
                "the name \"\(self.commonName)\" is not of 1 to \(Self.longestCommonName) bytes")
        }
        let count = self.names.dns.count + self.names.addresses.count + self.names.uris.count
        guard count <= Self.mostNames else {
            throw TLSError(.invalidSetting, "\(count) names in one certificate: at most \(Self.mostNames)")
        }
        for name in self.names.dns where !Self.isHostName(name) {
            throw TLSError(.invalidSetting, "\"\(name)\" is no DNS name: letters, digits, \"-\" and \".\"")
        }
        for address in self.names.addresses where IPAddress.bytes(address) == nil {
            throw TLSError(.invalidSetting, "\"\(address)\" is no IP address")
        }
    }

    /// The limit of X.509.
    private static let longestCommonName = 64

    /// A wildcard may stand for the first label.
    static func isHostName(_ name: String) -> Bool {
        guard (1...self.longestName).contains(name.utf8.count) else { return false }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        return labels.enumerated().allSatisfy { place, label in
            if place == 0, label == "*" { return labels.count > 1 }
            guard (1...63).contains(label.utf8.count), !label.hasPrefix("-"), !label.hasSuffix("-") else {
                return false
            }
            return label.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
        }
    }
}

extension SubjectNames {
    /// Whether a certificate can be made out to this host.
    package static func canName(_ host: String) -> Bool {
        IPAddress.bytes(host) != nil || CertificateRequest.isHostName(host)
    }

    /// Tells addresses from names.
    package init(hosts: [String]) {
        self.init()
        for host in hosts {
            if IPAddress.bytes(host) == nil { self.dns.append(host) } else { self.addresses.append(host) }
        }
    }
}
