import Telemetry
import Testing

@Suite("MetricRegistry", .timeLimit(.minutes(1)))
struct MetricRegistryTests {
    private static let count = MetricDefinition("jobs_total", .counter, labels: ["kind"], help: "Jobs, \\ all.")
    private static let level = MetricDefinition("level", .gauge, help: "A level.")
    private static let time = MetricDefinition("time_seconds", .histogram([0.1, 1]), help: "Times.")

    private let registry = MetricRegistry([Self.count, Self.level, Self.time])

    /// The lines of one metric, without those of the registry itself.
    private func lines(_ name: String) async -> [String] {
        await self.registry.text().split(separator: "\n").map(String.init)
            .filter { $0.hasPrefix(name) || $0.hasPrefix("# HELP \(name) ") || $0.hasPrefix("# TYPE \(name) ") }
    }

    @Test("a counter adds up by labels, and is written with its help and type")
    func counters() async {
        self.registry.add(to: Self.count, "a")
        self.registry.add(2, to: Self.count, "b")
        self.registry.add(to: Self.count, "a")
        #expect(
            await self.lines("jobs_total") == [
                "# HELP jobs_total Jobs, \\\\ all.", "# TYPE jobs_total counter", "jobs_total{kind=\"a\"} 2",
                "jobs_total{kind=\"b\"} 2",
            ])
    }

    @Test("a label's quotes, backslashes and line ends are escaped, so that no name can forge a line")
    func escaping() async {
        self.registry.add(to: Self.count, "x\"} 1\nforged 2 \\")
        #expect(await self.lines("jobs_total{") == ["jobs_total{kind=\"x\\\"} 1\\nforged 2 \\\\\"} 1"])
        #expect(await self.lines("forged").isEmpty)
    }

    @Test("a gauge is what it was set to last; an observer sets it when somebody reads")
    func gauges() async {
        self.registry.set(Self.level, to: 3)
        self.registry.set(Self.level, to: 1.5)
        #expect(await self.lines("level").last == "level 1.5")
        self.registry.onScrape { $0.set(Self.level, to: 7) }
        #expect(await self.lines("level").last == "level 7")
    }

    @Test("a histogram counts what is at most each bound, and everything under +Inf")
    func histograms() async {
        for value in [0.05, 0.1, 0.5, 20] { self.registry.observe(Self.time, value: value) }
        #expect(
            await self.lines("time_seconds").filter { !$0.hasPrefix("#") } == [
                "time_seconds_bucket{le=\"0.1\"} 2", "time_seconds_bucket{le=\"1\"} 3",
                "time_seconds_bucket{le=\"+Inf\"} 4", "time_seconds_sum 20.65", "time_seconds_count 4",
            ])
    }

    @Test("no more time series are kept than the limit; those that are known go on counting")
    func seriesLimit() async {
        for number in 0..<MetricRegistry.seriesLimit + 5 { self.registry.add(to: Self.count, "\(number)") }
        self.registry.add(to: Self.count, "0")
        let lines = await self.lines("jobs_total{")
        #expect(lines.count == MetricRegistry.seriesLimit)
        #expect(lines.contains("jobs_total{kind=\"0\"} 2"))
        #expect(await self.lines("apus_metric_series_dropped_total").last == "apus_metric_series_dropped_total 5")
    }

    @Test("a process tells its processor time, memory, files and version")
    func process() async throws {
        ProcessMetrics.observe(in: self.registry, version: "v1", platform: "linux/amd64", startedAt: 12)
        let text = await self.registry.text()
        for name in ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"] {
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name) })
            #expect(try #require(Double(line.split(separator: " ")[1])) > 0, "\(line)")
        }
        #expect(text.contains("process_start_time_seconds 12\n"))
        #expect(text.contains("argo_workflows_version{version=\"v1\",platform=\"linux/"))
    }
}
