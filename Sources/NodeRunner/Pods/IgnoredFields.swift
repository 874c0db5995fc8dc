import JSON
import Model
import OrderedCollections

/// The fields of a launch that ask for what processes of one machine do not have.
enum IgnoredFields {
    /// Fields of `securityContext` that are honoured.
    private static let knownSecurity: Set<String> = ["runAsUser", "runAsGroup", "runAsNonRoot"]
    /// Resources whose limits are honoured, or warned of where control groups cannot be had.
    private static let knownLimits: Set<String> = ["cpu", "memory"]

    /// The names of those that are set, each once.
    static func of(_ launch: PodLaunch) -> [String] {
        let container = launch.container
        var names = launch.clusterFields
        for context in [launch.podSecurityContext, container.securityContext] {
            for key in context?.objectValue?.keys ?? [] where !self.knownSecurity.contains(key) {
                let name = "securityContext.\(key)"
                if !names.contains(name) { names.append(name) }
            }
        }
        let fields: [(name: String, value: JSONValue?)] = [
            ("lifecycle", container.lifecycle), ("livenessProbe", container.livenessProbe),
            ("readinessProbe", container.readinessProbe), ("startupProbe", container.startupProbe),
        ]
        names += fields.filter { $0.value != nil }.map(\.name)
        names += container.resources.limits.keys.filter { !self.knownLimits.contains($0) }
            .map { "resources.limits.\($0)" }
        return names
    }
}
