package import CoreMetrics
import Synchronization

/// Keeps what a process measures, and writes it in Prometheus' text format.
///
/// It is a factory of swift-metrics, so that libraries can count here too. What is of a moment is not kept: whoever
/// knows it is asked when somebody reads.
package final class MetricRegistry: MetricsFactory, Sendable {
    /// How many time series there are at most: labels hold names that users choose.
    ///
    /// What would be more is not kept, and counted.
    package static let seriesLimit = 10_000

    /// Told of the registry whenever somebody reads it, to set what is of the moment.
    package typealias Observer = @Sendable (MetricRegistry) async -> Void

    private struct State {
        var series: [SeriesKey: Series] = [:]
        var observers: [Observer] = []
        var dropped = 0
    }

    private let definitions: [String: MetricDefinition]
    private let state = Mutex(State())

    package init(_ definitions: [MetricDefinition]) {
        self.definitions = Dictionary(
            (definitions + Self.own).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    package static let own = [MetricRegistry.dropped]

    private static let dropped = MetricDefinition(
        "apus_metric_series_dropped_total", .counter,
        help: "Observations that were not kept because there are too many time series.")

    /// Has `observer` asked whenever somebody reads.
    package func onScrape(_ observer: @escaping Observer) { self.state.withLock { $0.observers.append(observer) } }

    /// Everything, as `text/plain; version=0.0.4`.
    package func text() async -> String {
        for observer in self.state.withLock({ $0.observers }) { await observer(self) }
        let (series, dropped) = self.state.withLock { ($0.series, $0.dropped) }
        var families: [String: [(SeriesKey, SeriesValue)]] = [:]
        for (key, cell) in series { families[key.name, default: []].append((key, cell.value)) }
        families[Self.dropped.name] = [(SeriesKey(name: Self.dropped.name, labels: []), .number(Double(dropped)))]
        return families.sorted { $0.key < $1.key }.map { name, members in
            PrometheusText.family(
                name, self.definitions[name],
                members.sorted { $0.0.labels.map(\.value).lexicographicallyPrecedes($1.0.labels.map(\.value)) })
        }.joined()
    }

    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    // MARK: MetricsFactory

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        self.series(label, dimensions, .number(0))
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return self.series(label, dimensions, .number(0)) }
        return self.series(label, dimensions, .histogram(HistogramValue(bounds: self.bounds(of: label))))
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        self.series(label, dimensions, .number(0))
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        self.series(label, dimensions, .histogram(HistogramValue(bounds: self.bounds(of: label))))
    }

    // A series stays until the process ends: a counter that began anew would look like a restart.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    private func bounds(of name: String) -> [Double] {
        for case .histogram(let bounds) in [self.definitions[name]?.kind, MetricDefinition.seconds] { return bounds }
        return []
    }

    private func series(_ name: String, _ dimensions: [(String, String)], _ first: SeriesValue) -> Series {
        let key = SeriesKey(name: name, labels: dimensions.map { SeriesLabel(name: $0.0, value: $0.1) })
        return self.state.withLock { state in
            if let known = state.series[key] { return known }
            let series = Series(first)
            if state.series.count < Self.seriesLimit { state.series[key] = series } else { state.dropped += 1 }
            return series
        }
    }
}
