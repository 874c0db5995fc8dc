package import TLS

/// Who may call which method of a member, by the part that the caller's certificate names.
///
/// A method that no rule speaks of is nobody's.
package enum CallerRules {
    private static let prefix = "/apus.v1."

    private static let services: [String: Set<ServiceIdentity.Role>] = [
        "Shard": [.scheduler, .gateway, .admin],
        "Query": [.scheduler, .gateway, .admin],
        "Runner": [.scheduler],
        "RunnerReports": [.runner],
    ]

    /// Methods that others may call than the rest of their service.
    private static let exceptions: [String: Set<ServiceIdentity.Role>] = [
        "Shard/Report": [.scheduler],
        "Shard/ChildEnded": [.scheduler],
        "Shard/AskLocks": [.scheduler],
        "Shard/TellLocks": [.scheduler],
        "Query/WatchShards": [.scheduler],
        "Query/WatchShardEvents": [.scheduler],
        "Query/SetDraining": [.gateway, .admin],
        "Query/Announce": [.gateway],
        // Runners take input artifacts from each other.
        "Runner/Artifact": [.scheduler, .runner],
        // A runner learns here whom to report to.
        "Query/Cluster": [.scheduler, .runner, .gateway, .admin],
    ]

    /// The parts whose members may call the method.
    package static func callers(of method: String) -> Set<ServiceIdentity.Role> {
        guard method.hasPrefix(self.prefix) else { return [] }
        let name = String(method.dropFirst(self.prefix.count))
        let service = name.prefix { $0 != "/" }
        return self.exceptions[name] ?? self.services[String(service)] ?? []
    }

    /// - Throws: `permissionDenied`, saying who may.
    package static func check(_ caller: ServiceIdentity, calls method: String) throws(ServiceError) {
        let allowed = self.callers(of: method)
        guard !allowed.contains(caller.role) else { return }
        let names = ServiceIdentity.Role.allCases.filter(allowed.contains).map(\.rawValue)
        let rule = names.isEmpty ? "nobody may" : "only these may: \(names.joined(separator: ", "))"
        throw ServiceError(.permissionDenied, "\(caller) may not call \(method): \(rule)")
    }
}
