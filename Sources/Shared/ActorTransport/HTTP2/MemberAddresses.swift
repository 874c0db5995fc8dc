import Synchronization

/// Where a member listens.
package struct MemberAddress: Hashable, Sendable, CustomStringConvertible {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package var description: String { "\(self.host):\(self.port)" }
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
