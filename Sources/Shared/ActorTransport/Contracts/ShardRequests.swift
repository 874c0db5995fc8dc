package import JSON
package import Model

/// Names one stored object.
package struct ObjectKey: ProtoMessage, ModelObject {
    package static let schema = MessageSchema("apus.v1.ObjectKey")

    package var kind = ObjectKind.workflow
    package var namespace = ""
    package var name = ""
    /// Where given, only the object of this uid is meant.
    package var uid: String?
    package var unknown = UnknownMembers()

    package init() {}

    package init(_ kind: ObjectKind, namespace: String, name: String, uid: String? = nil) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.uid = uid
    }

    /// Its form in stores.
    package static let fields = FieldTable<Self>([
        .defaulted("kind", \.kind, absent: .workflow),
        .defaulted("namespace", \.namespace, absent: ""),
        .defaulted("name", \.name, absent: ""),
        .optional("uid", \.uid),
    ])

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("kind", &self.kind)
        try coder.field("namespace", &self.namespace)
        try coder.field("name", &self.name)
        try coder.field("uid", &self.uid)
    }
}

/// Deletes a workflow.
///
/// `force` does not wait for its pods to end.
package struct DeleteWorkflow: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.DeleteWorkflow")

    package var namespace = ""
    package var name = ""
    package var force = false

    package init() {}

    package init(namespace: String, name: String, force: Bool) {
        self.namespace = namespace
        self.name = name
        self.force = force
    }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("namespace", &self.namespace)
        try coder.field("name", &self.name)
        try coder.field("force", &self.force)
    }
}

/// An object to create, to replace or to check.
package struct StoreObject: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.StoreObject")

    package var kind = ObjectKind.workflow
    package var namespace = ""
    package var name = ""
    package var object: JSONValue = .null

    package init() {}

    package init(_ kind: ObjectKind, namespace: String, name: String, object: JSONValue) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.object = object
    }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("kind", &self.kind)
        try coder.field("namespace", &self.namespace)
        try coder.field("name", &self.name)
        try coder.document("object", &self.object)
    }
}

/// Which stored objects of a kind to list.
package struct ListObjects: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.ListObjects")

    package var kind = ObjectKind.workflowTemplate
    /// Empty: every namespace.
    package var namespace = ""
    package var query = ObjectQuery()

    package init() {}

    package init(_ kind: ObjectKind, namespace: String, query: ObjectQuery) {
        self.kind = kind
        self.namespace = namespace
        self.query = query
    }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("kind", &self.kind)
        try coder.field("namespace", &self.namespace)
        try coder.field("query", &self.query)
    }
}

/// A pod to stop: SIGTERM, the grace period, SIGKILL.
package struct PodStop: ListedMessage, ModelObject {
    package static let schema = MessageSchema("apus.v1.PodStop")
    package static let listSchema = MessageSchema("apus.v1.PodStops")

    package var identity = PodIdentity()
    package var graceSeconds = 30
    package var unknown = UnknownMembers()

    package init() {}

    package init(_ identity: PodIdentity, graceSeconds: Int) {
        self.identity = identity
        self.graceSeconds = graceSeconds
    }

    /// Its form in stores.
    package static let fields = FieldTable<Self>([
        .defaulted("identity", \.identity, absent: PodIdentity()),
        .defaulted("graceSeconds", \.graceSeconds, absent: 30),
    ])

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("identity", &self.identity)
        try coder.field("grace_seconds", &self.graceSeconds)
    }
}

/// The log of one pod: which, and which lines of it.
package struct PodLogRequest: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.PodLogRequest")

    package var identity = PodIdentity()
    package var podName = ""
    package var lines = LogRequest()

    package init() {}

    package init(identity: PodIdentity, podName: String, lines: LogRequest) {
        self.identity = identity
        self.podName = podName
        self.lines = lines
    }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("identity", &self.identity)
        try coder.field("pod_name", &self.podName)
        try coder.field("lines", &self.lines)
    }
}

/// One artifact in the artifact repository of a runner.
package struct StoredArtifact: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.StoredArtifact")

    /// The artifact as the node's status has it: its name and where it lies.
    package var artifact: JSONValue = .null
    package var namespace = ""
    package var workflow = ""
    /// Whether a folder is wanted too: it comes as a tar file that holds it.
    package var packsFolder = false

    package init() {}

    package init(artifact: JSONValue, namespace: String, workflow: String) {
        self.artifact = artifact
        self.namespace = namespace
        self.workflow = workflow
    }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.document("artifact", &self.artifact)
        try coder.field("namespace", &self.namespace)
        try coder.field("workflow", &self.workflow)
        try coder.field("packs_folder", &self.packsFolder)
    }
}

extension LockRequest: ListedMessage {
    package static let schema = MessageSchema("apus.v1.LockRequest")
    package static let listSchema = MessageSchema("apus.v1.LockRequests")

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("lock", &self.lock)
        try coder.field("holder", &self.holder)
        try coder.field("workflow", &self.workflow)
        try coder.field("namespace", &self.namespace)
        try coder.field("priority", &self.priority)
        try coder.field("created_at", &self.createdAt)
        try coder.field("is_released", &self.isReleased)
    }
}
