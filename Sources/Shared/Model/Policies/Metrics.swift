package import JSON

/// Metrics that a workflow or template emits.
package struct Metrics: ModelObject {
    package var prometheus: [PrometheusMetric] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .list("prometheus", \.prometheus, always: .null)
    ])
}

/// One metric: a counter, a gauge or a histogram.
package struct PrometheusMetric: ModelObject {
    package var name = ""
    package var labels: [MetricLabel] = []
    package var help = ""
    package var when: String?
    @Boxed package var gauge: MetricGauge?
    @Boxed package var histogram: MetricHistogram?
    @Boxed package var counter: MetricCounter?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("name", \.name),
        .list("labels", \.labels),
        .requiredText("help", \.help),
        .text("when", \.when),
        .boxed("gauge", \._gauge),
        .boxed("histogram", \._histogram),
        .boxed("counter", \._counter),
    ])
}

/// A label of a metric; its value may hold tags.
package struct MetricLabel: ModelObject {
    package var key = ""
    package var value = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("key", \.key),
        .requiredText("value", \.value),
    ])
}

/// A metric that only grows.
package struct MetricCounter: ModelObject {
    package var value = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("value", \.value)
    ])
}

/// A metric that is set, at the end or (realtime) at every moment.
package struct MetricGauge: ModelObject {
    package var value = ""
    package var realtime: Bool?
    package var operation: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("value", \.value),
        .optional("realtime", \.realtime, always: .null),
        .text("operation", \.operation),
    ])
}

/// A metric that counts values by bucket.
package struct MetricHistogram: ModelObject {
    package var value = ""
    package var buckets: [JSONValue] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .requiredText("value", \.value),
        .list("buckets", \.buckets, always: .null),
    ])
}
