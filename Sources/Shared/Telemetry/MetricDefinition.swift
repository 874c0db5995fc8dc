import CoreMetrics

/// One metric that a service tells of: the single source of its name, its help in an exposition, and `docs/metrics.md`.
package struct MetricDefinition: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// Grows until the process ends.
        case counter
        /// Is what it is when it is asked for.
        case gauge
        /// Counts what was observed by the upper bounds of its buckets.
        case histogram([Double])
    }

    package let name: String
    package let kind: Kind
    /// The names of its labels, in the order in which values are given.
    package let labels: [String]
    package let help: String

    package init(_ name: String, _ kind: Kind, labels: [String] = [], help: String) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
    }

    /// Upper bounds for times in seconds, from a tenth of a millisecond to ten seconds.
    package static let seconds: Kind = .histogram([
        0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ])
}

extension MetricRegistry {
    /// Adds to a counter.
    package func add(_ count: Int = 1, to metric: MetricDefinition, _ labels: String...) {
        Counter(label: metric.name, dimensions: metric.dimensions(labels), factory: self).increment(by: count)
    }

    /// Sets a gauge.
    package func set(_ metric: MetricDefinition, _ labels: String..., to value: Double) {
        Gauge(label: metric.name, dimensions: metric.dimensions(labels), factory: self).record(value)
    }

    /// Adds an observation to a histogram.
    package func observe(_ metric: MetricDefinition, _ labels: String..., value: Double) {
        self.observe(metric, labels, value)
    }

    /// Adds a time, in seconds, to a histogram.
    package func observe(_ metric: MetricDefinition, _ labels: String..., since start: ContinuousClock.Instant) {
        self.observe(metric, labels, (ContinuousClock.now - start) / .seconds(1))
    }

    private func observe(_ metric: MetricDefinition, _ labels: [String], _ value: Double) {
        Recorder(label: metric.name, dimensions: metric.dimensions(labels), aggregate: true, factory: self)
            .record(value)
    }
}

extension MetricDefinition {
    fileprivate func dimensions(_ values: [String]) -> [(String, String)] {
        precondition(values.count == self.labels.count, "\(self.name) has the labels \(self.labels)")
        return Array(zip(self.labels, values))
    }
}
