import OrderedCollections
package import Telemetry

/// What a runner measures.
package enum RunnerMetrics {
    package static let definitions = [Self.pods, Self.podLimit, Self.reports]

    private static let pods = MetricDefinition(
        "apus_runner_pods", .gauge, help: "Pods that the runner has on record and that have not been settled.")
    private static let podLimit = MetricDefinition(
        "apus_runner_pod_limit", .gauge, help: "How many pods may run at once; 0 where the runner is drained.")
    private static let reports = MetricDefinition(
        "apus_runner_reports_waiting", .gauge, help: "Reports of pods that no scheduler has taken yet.")

    /// Has the registry ask this runner.
    package static func observe(_ runner: LocalRunner, in registry: MetricRegistry) {
        registry.onScrape { [weak runner] registry in
            guard let load = await runner?.load else { return }
            registry.set(Self.pods, to: Double(load.pods))
            registry.set(Self.podLimit, to: Double(load.limit))
            registry.set(Self.reports, to: Double(load.reports))
        }
    }
}

extension LocalRunner {
    fileprivate var load: (pods: Int, limit: Int, reports: Int) {
        (self.pods.count, self.isDraining ? 0 : self.configuration.podLimit, self.unsentReports.count)
    }
}
