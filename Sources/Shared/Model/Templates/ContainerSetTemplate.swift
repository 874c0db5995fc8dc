package import JSON

/// Several containers in one pod, run in the order of their dependencies.
package struct ContainerSetTemplate: ModelObject {
    package var containers: [ContainerNode] = []
    package var volumeMounts: [VolumeMount] = []
    @Boxed package var retryStrategy: ContainerSetRetryStrategy?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .list("containers", \.containers, always: .null),
        .list("volumeMounts", \.volumeMounts),
        .boxed("retryStrategy", \._retryStrategy),
    ])
}

/// A container of a set, and those that must have ended before it starts.
package struct ContainerNode: ModelObject {
    package var container = Container()
    package var dependencies: [String] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .inline(\.container),
        .list("dependencies", \.dependencies),
    ])
}

/// How often a container of a set is started again in its pod.
package struct ContainerSetRetryStrategy: ModelObject {
    package var duration: String?
    package var retries: IntOrString?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("duration", \.duration),
        .optional("retries", \.retries, always: .null),
    ])
}
