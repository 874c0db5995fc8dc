package import Model
import OrderedCollections

/// What a pod's resources come to, in Argo's `resourcesDuration`.
package enum ResourceUsage {
    /// Seconds times amount: of cores for `cpu`, of 100 MiB for `memory`.
    ///
    /// Requests count, else limits, else Kubernetes' customary 100m and 100Mi.
    package static func duration(of container: Container, from record: ExitRecord) -> IntMap {
        guard let start = record.startedAt, let end = record.finishedAt else { return [:] }
        let seconds = Double(max(0, (end.nanoseconds - start.nanoseconds) / 1_000_000_000))
        var amounts: OrderedDictionary<String, Double> = ["cpu": 0.1, "memory": denominator]
        for (name, quantity) in container.resources.limits { amounts[name] = quantity.value }
        for (name, quantity) in container.resources.requests { amounts[name] = quantity.value }
        var durations: IntMap = [:]
        for (name, amount) in amounts {
            let unit = name == "memory" || name == "ephemeral-storage" || name == "storage" ? denominator : 1
            durations[name] = Int(clamped: min(max(amount * seconds / unit, 0), greatestDuration))
        }
        return durations
    }
}

/// The greatest amount that is told of one pod, so that those of many can be added.
private let greatestDuration = 1e12

/// Argo counts memory in units of 100 MiB.
private let denominator = 100.0 * 1_048_576
