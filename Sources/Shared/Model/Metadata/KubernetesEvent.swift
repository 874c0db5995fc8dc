package import JSON

/// Something that happened to an object, told to people: `WorkflowRunning`, `WorkflowNodeFailed`, ….
package struct KubernetesEvent: ModelObject {
    package var kind: String?
    package var apiVersion: String?
    package var metadata = ObjectMeta()
    package var involvedObject = ObjectReference()
    package var reason: String?
    package var message: String?
    package var source = EventSource()
    package var firstTimestamp: Timestamp?
    package var lastTimestamp: Timestamp?
    package var count = 0
    package var type: String?
    package var eventTime: Timestamp?
    package var series: JSONValue?
    package var action: String?
    @Boxed package var related: ObjectReference?
    package var reportingComponent = ""
    package var reportingInstance = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("kind", \.kind),
        .text("apiVersion", \.apiVersion),
        .object("metadata", \.metadata),
        .object("involvedObject", \.involvedObject),
        .text("reason", \.reason),
        .text("message", \.message),
        .object("source", \.source),
        .optional("firstTimestamp", \.firstTimestamp, always: .null),
        .optional("lastTimestamp", \.lastTimestamp, always: .null),
        .number("count", \.count),
        .text("type", \.type),
        .optional("eventTime", \.eventTime, always: .null),
        .optional("series", \.series),
        .text("action", \.action),
        .boxed("related", \._related),
        .requiredText("reportingComponent", \.reportingComponent),
        .requiredText("reportingInstance", \.reportingInstance),
    ])
}

/// Which component tells of an event.
package struct EventSource: ModelObject {
    package var component: String?
    package var host: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("component", \.component),
        .text("host", \.host),
    ])
}
