import CoreMetrics
import Synchronization

/// The name and the labels of a time series.
struct SeriesKey: Hashable, Sendable {
    var name: String
    var labels: [SeriesLabel]
}

struct SeriesLabel: Hashable, Sendable {
    var name: String
    var value: String
}

/// What a time series has come to.
enum SeriesValue: Sendable {
    case number(Double)
    case histogram(HistogramValue)

    mutating func add(_ amount: Double) {
        if case .number(let number) = self { self = .number(number + amount) }
    }

    /// Takes an observation: a number is replaced, a histogram counts.
    mutating func record(_ observed: Double) {
        switch self {
        case .number: self = .number(observed)
        case .histogram(var histogram):
            self = .number(0)
            histogram.record(observed)
            self = .histogram(histogram)
        }
    }
}

/// How many observations were at most each bound.
struct HistogramValue: Sendable {
    let bounds: [Double]
    /// Those above the bound before and at most this one; the last are above every bound.
    private(set) var counts: [Int]
    private(set) var sum = 0.0

    init(bounds: [Double]) {
        self.bounds = bounds
        self.counts = Array(repeating: 0, count: bounds.count + 1)
    }

    mutating func record(_ observed: Double) {
        self.counts[self.bounds.firstIndex { observed <= $0 } ?? self.bounds.count] += 1
        self.sum += observed
    }
}

/// One time series, as swift-metrics hands it to whoever counts.
final class Series: CounterHandler, RecorderHandler, MeterHandler, TimerHandler, Sendable {
    private let state: Mutex<SeriesValue>

    init(_ value: SeriesValue) { self.state = Mutex(value) }

    var value: SeriesValue { self.state.withLock { $0 } }

    func increment(by amount: Int64) { self.state.withLock { $0.add(Double(amount)) } }
    func increment(by amount: Double) { self.state.withLock { $0.add(amount) } }
    func decrement(by amount: Double) { self.state.withLock { $0.add(-amount) } }
    func record(_ value: Int64) { self.state.withLock { $0.record(Double(value)) } }
    func record(_ value: Double) { self.state.withLock { $0.record(value) } }
    func set(_ value: Int64) { self.state.withLock { $0 = .number(Double(value)) } }
    func set(_ value: Double) { self.state.withLock { $0 = .number(value) } }
    func recordNanoseconds(_ duration: Int64) { self.state.withLock { $0.record(Double(duration) / 1e9) } }

    func reset() {
        self.state.withLock { value in
            switch value {
            case .number: value = .number(0)
            case .histogram(let histogram): value = .histogram(HistogramValue(bounds: histogram.bounds))
            }
        }
    }
}
