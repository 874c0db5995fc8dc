/// Prometheus' text format, version 0.0.4.
enum PrometheusText {
    /// A metric with all of its time series.
    static func family(
        _ name: String, _ definition: MetricDefinition?, _ members: [(SeriesKey, SeriesValue)]
    ) -> String {
        let name = self.metricName(name)
        var lines: [String] = []
        if let definition { lines.append("# HELP \(name) \(self.escaped(definition.help, quotes: false))") }
        lines.append("# TYPE \(name) \(self.type(definition?.kind, members.first?.1))")
        for (key, value) in members {
            let labels = key.labels.map { "\(self.metricName($0.name))=\"\(self.escaped($0.value, quotes: true))\"" }
            switch value {
            case .number(let number): lines.append("\(name)\(self.braces(labels)) \(self.number(number))")
            case .histogram(let histogram): lines += self.histogram(name, labels, histogram)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func histogram(_ name: String, _ labels: [String], _ value: HistogramValue) -> [String] {
        var lines: [String] = []
        var count = 0
        for (index, part) in value.counts.enumerated() {
            count += part
            let bound = index < value.bounds.count ? self.number(value.bounds[index]) : "+Inf"
            lines.append("\(name)_bucket\(self.braces(labels + ["le=\"\(bound)\""])) \(count)")
        }
        lines.append("\(name)_sum\(self.braces(labels)) \(self.number(value.sum))")
        lines.append("\(name)_count\(self.braces(labels)) \(count)")
        return lines
    }

    private static func type(_ kind: MetricDefinition.Kind?, _ value: SeriesValue?) -> String {
        switch (kind, value) {
        case (.counter, _): "counter"
        case (.gauge, _): "gauge"
        case (.histogram, _), (nil, .histogram): "histogram"
        case (nil, _): "untyped"
        }
    }

    private static func braces(_ labels: [String]) -> String {
        labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
    }

    /// A number as Go reads it.
    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return "\(value)"
    }

    /// Names hold letters, digits and underscores alone; libraries write dots and dashes.
    private static func metricName(_ name: String) -> String {
        var text = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == ":" ? $0 : "_" })
        if text.first?.isNumber ?? true { text = "_" + text }
        return text
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
