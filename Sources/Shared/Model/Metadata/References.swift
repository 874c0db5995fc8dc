package import JSON

/// An object of the same namespace, by name.
package struct LocalObjectReference: ModelObject {
    package var name = ""
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .defaulted("name", \.name, absent: "")
    ])
}

/// One key of a secret or config map of the same namespace.
package struct KeySelector: ModelObject {
    package var name = ""
    package var key = ""
    package var optional: Bool?
    package var unknown = UnknownMembers()

    package init() {}

    package init(name: String, key: String) {
        self.name = name
        self.key = key
    }

    package static let fields = FieldTable<Self>([
        .defaulted("name", \.name, absent: ""),
        .requiredText("key", \.key),
        .optional("optional", \.optional),
    ])
}

/// Any object of the cluster, for example the workflow that an event is about.
package struct ObjectReference: ModelObject {
    package var kind: String?
    package var namespace: String?
    package var name: String?
    package var uid: String?
    package var apiVersion: String?
    package var resourceVersion: String?
    package var fieldPath: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("kind", \.kind),
        .text("namespace", \.namespace),
        .text("name", \.name),
        .text("uid", \.uid),
        .text("apiVersion", \.apiVersion),
        .text("resourceVersion", \.resourceVersion),
        .text("fieldPath", \.fieldPath),
    ])
}
