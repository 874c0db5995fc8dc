package import JSON

/// Waits for a person, or for a time: a number of seconds or a duration such as `1h30m`.
package struct SuspendTemplate: ModelObject {
    package var duration: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("duration", \.duration)
    ])
}
