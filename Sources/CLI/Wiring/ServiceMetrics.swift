import Gateway
import Glibc
import NodeRunner
import Scheduler
import Telemetry

/// What each service measures, and `docs/metrics.md`.
enum ServiceMetrics {
    /// Those of the services that run in one process, and of the process itself.
    static func registry(of roles: [ServiceRole]) -> MetricRegistry {
        let registry = MetricRegistry(ProcessMetrics.definitions + roles.flatMap { self.definitions(of: $0) })
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        ProcessMetrics.observe(
            in: registry, version: GatewayVersion.version, platform: GatewayVersion.platform,
            startedAt: Double(now.tv_sec))
        return registry
    }

    private static func definitions(of role: ServiceRole) -> [MetricDefinition] {
        switch role {
        case .scheduler: SchedulerMetrics.definitions
        case .runner: RunnerMetrics.definitions
        case .gateway: GatewayMetrics.definitions
        }
    }

    /// `docs/metrics.md`.
    static var page: String {
        var lines = [
            "# Metrics", "",
            "This page is written from the code (`WRITE_DOCS=1 swift test --filter ServiceMetrics`), and a test fails "
                + "where it is",
            "out of date.", "",
            "`apus server` and `apus gateway` answer `/metrics` on the port of their API, in Prometheus' text format;",
            "a scheduler and a runner with a process of their own do so at `metrics-address`, beside `/healthz` and "
                + "`/readyz`. Names that begin",
            "with `argo_workflows_` are Argo's: its dashboards go on working. Where several schedulers run, each tells "
                + "of its own",
            "shards: sum over them. A registry keeps at most \(MetricRegistry.seriesLimit) time series.",
        ]
        let parts =
            ServiceRole.allCases.map { ("A \($0.rawValue)", self.definitions(of: $0)) }
            + [("Every process", ProcessMetrics.definitions + MetricRegistry.own)]
        for (title, definitions) in parts {
            lines += ["", "## \(title)", "", "| name | type | labels | |", "|---|---|---|---|"]
            lines += definitions.map { metric in
                let labels = metric.labels.map { "`\($0)`" }.joined(separator: ", ")
                return "| `\(metric.name)` | \(self.word(metric.kind)) | \(labels) | \(metric.help) |"
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func word(_ kind: MetricDefinition.Kind) -> String {
        switch kind {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}
