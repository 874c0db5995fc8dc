/// What every process tells of itself, by the names that Prometheus' own libraries use.
package enum ProcessMetrics {
    package static let definitions = [
        Self.processorTime, Self.residentMemory, Self.openFiles, Self.startTime, Self.version, Self.messages,
    ]

    private static let processorTime = MetricDefinition(
        "process_cpu_seconds_total", .counter, help: "Processor time that the process has used, in seconds.")
    private static let residentMemory = MetricDefinition(
        "process_resident_memory_bytes", .gauge, help: "Memory of the process that is in RAM, in bytes.")
    private static let openFiles = MetricDefinition(
        "process_open_fds", .gauge, help: "File descriptors that are open.")
    private static let startTime = MetricDefinition(
        "process_start_time_seconds", .gauge, help: "When the process began, in seconds since 1970.")
    private static let version = MetricDefinition(
        "argo_workflows_version", .gauge, labels: ["version", "platform"], help: "Always 1; its labels say what runs.")
    /// Lines of the log.
    package static let messages = MetricDefinition(
        "argo_workflows_log_messages", .counter, labels: ["level"], help: "Messages that were logged.")

    /// Has the process tell of itself in `registry`.
    ///
    /// - Parameters:
    ///   - platform: system and architecture, in the words of Go.
    ///   - startedAt: when it began, in seconds since 1970.
    package static func observe(in registry: MetricRegistry, version: String, platform: String, startedAt: Double) {
        registry.onScrape { registry in
            let figures = ProcessFigures()
            registry.set(Self.processorTime, to: figures.processorSeconds)
            if let bytes = figures.residentBytes { registry.set(Self.residentMemory, to: Double(bytes)) }
            if let count = figures.openFiles { registry.set(Self.openFiles, to: Double(count)) }
            registry.set(Self.startTime, to: startedAt)
            registry.set(Self.version, version, platform, to: 1)
        }
    }
}
