package import JSON
package import Model

/// Names one stored object.
package struct ObjectKey: ModelObject {
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

    package static let fields = FieldTable<Self>([
        .defaulted("kind", \.kind, absent: .workflow),
        .defaulted("namespace", \.namespace, absent: ""),
        .defaulted("name", \.name, absent: ""),
        .optional("uid", \.uid),
    ])
}

/// Deletes a workflow.
///
/// `force` does not wait for its pods to end.
package struct DeleteWorkflow: ModelObject {
    package var namespace = ""
    package var name = ""
    package var force = false
    package var unknown = UnknownMembers()

    package init() {}

    package init(namespace: String, name: String, force: Bool) {
        self.namespace = namespace
        self.name = name
        self.force = force
    }

    package static let fields = FieldTable<Self>([
        .defaulted("namespace", \.namespace, absent: ""),
        .defaulted("name", \.name, absent: ""),
        .defaulted("force", \.force, absent: false),
    ])
}

/// An object to create, to replace or to check.
package struct StoreObject: ModelObject {
    package var kind = ObjectKind.workflow
    package var namespace = ""
    package var name = ""
    package var object: JSONValue = .null
    package var unknown = UnknownMembers()

    package init() {}

    package init(_ kind: ObjectKind, namespace: String, name: String, object: JSONValue) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.object = object
    }

    package static let fields = FieldTable<Self>([
        .defaulted("kind", \.kind, absent: .workflow),
        .defaulted("namespace", \.namespace, absent: ""),
        .defaulted("name", \.name, absent: ""),
        .defaulted("object", \.object, absent: .null),
    ])
}

/// Which stored objects of a kind to list.
package struct ListObjects: ModelObject {
    package var kind = ObjectKind.workflowTemplate
    /// Empty: every namespace.
    package var namespace = ""
    package var query = ObjectQuery()
    package var unknown = UnknownMembers()

    package init() {}

    package init(_ kind: ObjectKind, namespace: String, query: ObjectQuery) {
        self.kind = kind
        self.namespace = namespace
        self.query = query
    }

    package static let fields = FieldTable<Self>([
        .defaulted("kind", \.kind, absent: .workflowTemplate),
        .defaulted("namespace", \.namespace, absent: ""),
        .defaulted("query", \.query, absent: ObjectQuery()),
    ])
}

/// A pod to stop: SIGTERM, the grace period, SIGKILL.
package struct PodStop: ModelObject {
    package var identity = PodIdentity()
    package var graceSeconds = 30
    package var unknown = UnknownMembers()

    package init() {}

    package init(_ identity: PodIdentity, graceSeconds: Int) {
        self.identity = identity
        self.graceSeconds = graceSeconds
    }

    package static let fields = FieldTable<Self>([
        .defaulted("identity", \.identity, absent: PodIdentity()),
        .defaulted("graceSeconds", \.graceSeconds, absent: 30),
    ])
}

/// The log of one pod: which, and which lines of it.
package struct PodLogRequest: ModelObject {
    package var identity = PodIdentity()
    package var podName = ""
    package var lines = LogRequest()
    package var unknown = UnknownMembers()

    package init() {}

    package init(identity: PodIdentity, podName: String, lines: LogRequest) {
        self.identity = identity
        self.podName = podName
        self.lines = lines
    }

    package static let fields = FieldTable<Self>([
        .defaulted("identity", \.identity, absent: PodIdentity()),
        .defaulted("podName", \.podName, absent: ""),
        .defaulted("lines", \.lines, absent: LogRequest()),
    ])
}

/// One artifact in the artifact repository of a runner.
package struct StoredArtifact: ModelObject {
    /// The artifact as the node's status has it: its name and where it lies.
    package var artifact: JSONValue = .null
    package var namespace = ""
    package var workflow = ""
    package var unknown = UnknownMembers()

    package init() {}

    package init(artifact: JSONValue, namespace: String, workflow: String) {
        self.artifact = artifact
        self.namespace = namespace
        self.workflow = workflow
    }

    package static let fields = FieldTable<Self>([
        .defaulted("artifact", \.artifact, absent: .null),
        .defaulted("namespace", \.namespace, absent: ""),
        .defaulted("workflow", \.workflow, absent: ""),
    ])
}
