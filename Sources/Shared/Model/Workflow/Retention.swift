package import JSON

/// How many seconds a completed workflow is kept.
package struct TTLStrategy: ModelObject {
    package var secondsAfterCompletion: Int?
    package var secondsAfterSuccess: Int?
    package var secondsAfterFailure: Int?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .optional("secondsAfterCompletion", \.secondsAfterCompletion),
        .optional("secondsAfterSuccess", \.secondsAfterSuccess),
        .optional("secondsAfterFailure", \.secondsAfterFailure),
    ])
}

/// When pods are deleted, and which.
package struct PodGC: ModelObject {
    package var strategy: String?
    package var labelSelector: JSONValue?
    package var deleteDelayDuration: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("strategy", \.strategy),
        .optional("labelSelector", \.labelSelector),
        .text("deleteDelayDuration", \.deleteDelayDuration),
    ])
}

/// When the claims made for a workflow are deleted.
package struct VolumeClaimGC: ModelObject {
    package var strategy: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("strategy", \.strategy)
    ])
}
