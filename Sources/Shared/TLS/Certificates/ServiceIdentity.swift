/// Who a member of a cluster is: the part it plays, and its name.
///
/// A certificate says it as a URI among its names, `apus://scheduler/scheduler-0`.
package struct ServiceIdentity: Hashable, Sendable, CustomStringConvertible {
    package enum Role: String, Sendable, CaseIterable {
        case scheduler, runner, gateway
        /// A person or a program that manages the cluster.
        case admin
    }

    package static let longestMember = 63

    package let role: Role
    package let member: String

    /// `nil` for a name that is empty, too long, or holds more than letters, digits, `.`, `_` and `-`.
    package init?(role: Role, member: String) {
        let isPlain = member.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isPlain, (1...Self.longestMember).contains(member.utf8.count), member != ".", member != ".." else {
            return nil
        }
        self.role = role
        self.member = member
    }

    /// `nil` for what is no such URI.
    package init?(uri: String) {
        guard uri.hasPrefix("apus://") else { return nil }
        let parts = uri.dropFirst("apus://".count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let role = Role(rawValue: String(parts[0])) else { return nil }
        self.init(role: role, member: String(parts[1]))
    }

    package var description: String { "apus://\(self.role.rawValue)/\(self.member)" }
}
