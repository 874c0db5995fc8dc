package import JSON

/// The service account that talks to the API from within pods.
package struct ExecutorConfig: ModelObject {
    package var serviceAccountName: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("serviceAccountName", \.serviceAccountName)
    ])
}

/// A plugin of one workflow, run as a sidecar of its agent.
package struct ExecutorPlugin: ModelObject {
    package var metadata = ObjectMeta()
    package var spec = ExecutorPluginSpec()
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .object("metadata", \.metadata),
        .object("spec", \.spec),
    ])
}

/// What an executor plugin runs.
package struct ExecutorPluginSpec: ModelObject {
    package var sidecar = ExecutorPluginSidecar()
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .object("sidecar", \.sidecar)
    ])
}

/// The container of an executor plugin.
package struct ExecutorPluginSidecar: ModelObject {
    package var automountServiceAccountToken = false
    package var container = Container()
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .flag("automountServiceAccountToken", \.automountServiceAccountToken),
        .object("container", \.container),
    ])
}
