package import JSON
import OrderedCollections

/// What every stored object is known by: name, namespace, labels and the rest of Kubernetes' object metadata.
package struct ObjectMeta: ModelObject {
    package var name = ""
    package var generateName: String?
    package var namespace = ""
    package var selfLink: String?
    package var uid = ""
    package var resourceVersion: String?
    /// Grows by one with each change of the spec.
    package var generation = 0
    package var creationTimestamp: Timestamp?
    package var deletionTimestamp: Timestamp?
    package var deletionGracePeriodSeconds: Int?
    package var labels: StringMap = [:]
    package var annotations: StringMap = [:]
    package var ownerReferences: [OwnerReference] = []
    package var finalizers: [String] = []
    /// Kept as it came: nothing of ours reads it.
    package var managedFields: [JSONValue] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .defaulted("name", \.name, absent: ""),
        .text("generateName", \.generateName),
        .defaulted("namespace", \.namespace, absent: ""),
        .text("selfLink", \.selfLink),
        .defaulted("uid", \.uid, absent: ""),
        .text("resourceVersion", \.resourceVersion),
        .number("generation", \.generation),
        .optional("creationTimestamp", \.creationTimestamp),
        .optional("deletionTimestamp", \.deletionTimestamp),
        .optional("deletionGracePeriodSeconds", \.deletionGracePeriodSeconds),
        .map("labels", \.labels),
        .map("annotations", \.annotations),
        .list("ownerReferences", \.ownerReferences),
        .list("finalizers", \.finalizers),
        .list("managedFields", \.managedFields),
    ])
}

/// The object whose deletion deletes this one.
package struct OwnerReference: ModelObject {
    package var apiVersion = ""
    package var kind = ""
    package var name = ""
    package var uid = ""
    package var controller: Bool?
    package var blockOwnerDeletion: Bool?
    package var unknown = UnknownMembers()

    package init() {}

    package init(apiVersion: String, kind: String, name: String, uid: String) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.name = name
        self.uid = uid
    }

    package static let fields = FieldTable<Self>([
        .requiredText("apiVersion", \.apiVersion),
        .requiredText("kind", \.kind),
        .requiredText("name", \.name),
        .requiredText("uid", \.uid),
        .optional("controller", \.controller),
        .optional("blockOwnerDeletion", \.blockOwnerDeletion),
    ])
}
