import Synchronization
package import TLS

/// Where a member listens.
package struct MemberAddress: Hashable, Sendable, CustomStringConvertible {
    package var host: String
    package var port: Int
    /// The part that its certificate must name.
    package var role: ServiceIdentity.Role

    package init(host: String, port: Int, role: ServiceIdentity.Role = .scheduler) {
        self.host = host
        self.port = port
        self.role = role
    }

    /// Reads `host:port` or `[::1]:port`; `nil` for anything else.
    package init?(_ text: String, role: ServiceIdentity.Role = .scheduler) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { return nil }
        self.init(host: String(host), port: Int(port), role: role)
    }

    package var description: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }
}

/// Which member listens where.
///
/// Asked at each call, so it must answer at once: from memory.
package protocol AddressBook: Sendable {
    func address(of member: String) -> MemberAddress?
}

/// An address book that others write.
package final class MemberAddresses: AddressBook {
    private let addresses: Mutex<[String: MemberAddress]>

    package init(_ addresses: [String: MemberAddress] = [:]) { self.addresses = Mutex(addresses) }

    package func address(of member: String) -> MemberAddress? { self.addresses.withLock { $0[member] } }

    /// Writes or, with `nil`, strikes out an address.
    package func set(_ address: MemberAddress?, of member: String) {
        self.addresses.withLock { $0[member] = address }
    }
}

extension MemberAddresses {
    /// Writes down where a runner is that announces itself in the call that is served.
    ///
    /// - Throws: `permissionDenied` where somebody announces another than itself.
    package func take(_ announcement: RunnerAnnouncement) throws(ServiceError) {
        try ClusterMember(announcement, isLost: false).checkAnnouncer()
        guard let address = MemberAddress(announcement.address, role: .runner) else { return }
        self.set(address, of: announcement.name)
    }
}
