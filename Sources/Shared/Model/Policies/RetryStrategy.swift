package import JSON

/// Which failures of a node make a further attempt, how many, and how long to wait before each.
package struct RetryStrategy: ModelObject {
    package var limit: IntOrString?
    package var retryPolicy: String?
    @Boxed package var backoff: Backoff?
    @Boxed package var affinity: RetryAffinity?
    package var expression: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .optional("limit", \.limit),
        .text("retryPolicy", \.retryPolicy),
        .boxed("backoff", \._backoff),
        .boxed("affinity", \._affinity),
        .text("expression", \.expression),
    ])
}

/// The wait before an attempt: `duration` times `factor` to the power of the attempts made, at most `cap`.
package struct Backoff: ModelObject {
    package var duration: String?
    package var factor: IntOrString?
    package var maxDuration: String?
    package var cap: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("duration", \.duration),
        .optional("factor", \.factor),
        .text("maxDuration", \.maxDuration),
        .text("cap", \.cap),
    ])
}

/// Where a further attempt may run.
package struct RetryAffinity: ModelObject {
    @Boxed package var nodeAntiAffinity: EmptyObject?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .boxed("nodeAntiAffinity", \._nodeAntiAffinity)
    ])
}
