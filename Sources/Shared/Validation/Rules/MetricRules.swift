import Model

/// What Prometheus accepts as a metric.
enum MetricRules {
    static func check(_ metrics: Metrics?, template: String) throws(ValidationIssue) {
        for metric in metrics?.prometheus ?? [] {
            guard self.isName(metric.name) else {
                throw ValidationIssue(
                    "templates.\(template) metric name '\(metric.name)' is invalid. Metric names must contain "
                        + "alphanumeric characters or '_'")
            }
            for label in metric.labels where !self.isName(label.key) {
                throw ValidationIssue(
                    "metric label '\(label.key)' is invalid: keys may only contain alphanumeric characters or '_'")
            }
            guard !metric.help.isEmpty else {
                throw ValidationIssue(
                    "templates.\(template) metric '\(metric.name)' must contain a help string under 'help: ' field")
            }
            if let problem = self.problem(withValueOf: metric) {
                throw ValidationIssue("templates.\(template) metric '\(metric.name)' error: \(problem)")
            }
        }
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, first < UInt8(ascii: "0") || first > UInt8(ascii: "9") else { return false }
        return text.utf8.allSatisfy { FieldNames.isAlphanumeric($0) || $0 == UInt8(ascii: "_") }
    }

    private static func problem(withValueOf metric: PrometheusMetric) -> String? {
        if let gauge = metric.gauge {
            if gauge.value.isEmpty { return "missing gauge.value" }
            if gauge.realtime == true, gauge.value.contains("resourcesDuration.") {
                return "'resourcesDuration.*' metrics cannot be used in real-time"
            }
        }
        if let counter = metric.counter, counter.value.isEmpty { return "missing counter.value" }
        if let histogram = metric.histogram, histogram.value.isEmpty { return "missing histogram.value" }
        return nil
    }
}
