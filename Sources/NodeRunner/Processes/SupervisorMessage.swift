package import Model

/// What a supervisor or the launcher says of a pod.
package enum SupervisorMessage: Hashable, Sendable {
    /// The command runs; `supervisor` is the pid of the process that watches over it.
    case started(id: String, supervisor: Int32, at: Timestamp?)
    /// The exit record is on disk. `nil` where it was too long for a packet.
    case exited(id: String, ExitRecord?)
    /// No supervisor could take the pod.
    case refused(id: String, reason: String)
    /// A supervisor has ended: with an exit record on disk, or killed before it wrote one.
    case supervisorEnded(id: String)

    /// Reads a packet: its kind, the pod and the rest, each on a line.
    ///
    /// `nil` where it is none of ours.
    package init?(packet: String) {
        let parts = packet.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2 else { return nil }
        let id = String(parts[1])
        let rest = parts.count > 2 ? parts[2] : ""
        switch parts[0] {
        case "started":
            let fields = rest.split(separator: "\n")
            let pid = fields.first { $0.hasPrefix("pid=") }.flatMap { Int32($0.dropFirst(4)) }
            let started = fields.first { $0.hasPrefix("started=") }.flatMap { Timestamp($0.dropFirst(8)) }
            guard let pid else { return nil }
            self = .started(id: id, supervisor: pid, at: started)
        case "exited": self = .exited(id: id, rest.isEmpty ? nil : ExitRecord(rest))
        case "refused": self = .refused(id: id, reason: String(rest))
        case "died": self = .supervisorEnded(id: id)
        default: return nil
        }
    }

    package var id: String {
        switch self {
        case .started(let id, _, _), .exited(let id, _), .refused(let id, _), .supervisorEnded(let id): id
        }
    }
}
