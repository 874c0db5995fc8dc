package import JSON
import Model
import OrderedCollections

/// `POST /api/v1/workflows/{namespace}`.
package struct CreateWorkflow: ModelObject {
    package var namespace = ""
    package var workflow: JSONValue = .null
    /// Validate and answer as if stored, but store nothing.
    package var isDryRun = false
    /// Who asks: goes to the creator labels.
    package var creator: String?
    package var unknown = UnknownMembers()

    package init() {}

    package init(namespace: String, workflow: JSONValue) {
        self.namespace = namespace
        self.workflow = workflow
    }

    package static let fields = FieldTable<Self>([
        .defaulted("namespace", \.namespace, absent: ""),
        .defaulted("workflow", \.workflow, absent: .null),
        .defaulted("isDryRun", \.isDryRun, absent: false),
        .optional("creator", \.creator),
    ])
}

/// `POST /api/v1/workflows/{namespace}/submit`: a workflow from a stored object.
package struct SubmitWorkflow: ModelObject {
    package var namespace = ""
    /// `workflowtemplate`, `clusterworkflowtemplate`, `cronworkflow` or `workflow`, in any case; `cronwf`, `wftmpl`, …
    /// too.
    package var resourceKind = ""
    package var resourceName = ""
    /// Argo's `submitOptions`, as sent.
    package var options: JSONValue = .null
    package var creator: String?
    package var unknown = UnknownMembers()

    package init() {}

    package init(namespace: String, resourceKind: String, resourceName: String, options: JSONValue) {
        self.namespace = namespace
        self.resourceKind = resourceKind
        self.resourceName = resourceName
        self.options = options
    }

    package static let fields = FieldTable<Self>([
        .defaulted("namespace", \.namespace, absent: ""),
        .defaulted("resourceKind", \.resourceKind, absent: ""),
        .defaulted("resourceName", \.resourceName, absent: ""),
        .defaulted("options", \.options, absent: .null),
        .optional("creator", \.creator),
    ])
}

/// `PUT /api/v1/workflows/{namespace}/{name}/{verb}`.
package struct WorkflowAction: ModelObject {
    package enum Verb: String, NamedValue {
        case suspend, resume, stop, terminate, retry, resubmit, set
    }

    package var namespace = ""
    package var name = ""
    package var verb: Verb = .suspend
    /// The request's body: `nodeFieldSelector`, `message`, `phase`, `outputParameters`, `restartSuccessful`,
    /// `memoized`, `parameters`.
    package var body: JSONValue = .null
    package var actor: String?
    package var unknown = UnknownMembers()

    package init() {}

    package init(namespace: String, name: String, verb: Verb, body: JSONValue = [:]) {
        self.namespace = namespace
        self.name = name
        self.verb = verb
        self.body = body
    }

    package static let fields = FieldTable<Self>([
        .defaulted("namespace", \.namespace, absent: ""),
        .defaulted("name", \.name, absent: ""),
        .defaulted("verb", \.verb, absent: .suspend),
        .defaulted("body", \.body, absent: .null),
        .optional("actor", \.actor),
    ])
}

/// Which workflows a list holds.
package struct WorkflowQuery: ModelObject {
    /// `nil`: every namespace.
    package var namespace: String?
    package var labelSelector = ""
    package var fieldSelector = ""
    package var nameFilter = ""
    package var namePattern = ""
    package var createdAfter: String?
    package var finishedBefore: String?
    package var limit: Int?
    package var continueToken: String?
    /// Leave `status.nodes` out: they are the bulk of a workflow.
    package var withoutNodes = false
    package var unknown = UnknownMembers()

    package init() {}

    package init(namespace: String?) { self.namespace = namespace }

    package static let fields = FieldTable<Self>([
        .optional("namespace", \.namespace),
        .defaulted("labelSelector", \.labelSelector, absent: ""),
        .defaulted("fieldSelector", \.fieldSelector, absent: ""),
        .defaulted("nameFilter", \.nameFilter, absent: ""),
        .defaulted("namePattern", \.namePattern, absent: ""),
        .optional("createdAfter", \.createdAfter),
        .optional("finishedBefore", \.finishedBefore),
        .optional("limit", \.limit),
        .optional("continueToken", \.continueToken),
        .defaulted("withoutNodes", \.withoutNodes, absent: false),
    ])
}

package struct WorkflowPage: ModelObject {
    package var items: [JSONValue] = []
    /// An opaque position from which a watch misses nothing and repeats nothing.
    package var resourceVersion = ""
    package var continueToken: String?
    package var remainingItemCount: Int?
    package var unknown = UnknownMembers()

    package init() {}

    package init(items: [JSONValue], resourceVersion: String, continueToken: String? = nil, remaining: Int? = nil) {
        self.items = items
        self.resourceVersion = resourceVersion
        self.continueToken = continueToken
        self.remainingItemCount = remaining
    }

    package static let fields = FieldTable<Self>([
        .defaulted("items", \.items, absent: []),
        .defaulted("resourceVersion", \.resourceVersion, absent: ""),
        .optional("continueToken", \.continueToken),
        .optional("remainingItemCount", \.remainingItemCount),
    ])
}

/// Which stored objects a list holds.
package struct ObjectQuery: ModelObject {
    package var labelSelector = ""
    package var fieldSelector = ""
    package var namePattern = ""
    package var limit: Int?
    package var continueToken: String?

    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .defaulted("labelSelector", \.labelSelector, absent: ""),
        .defaulted("fieldSelector", \.fieldSelector, absent: ""),
        .defaulted("namePattern", \.namePattern, absent: ""),
        .optional("limit", \.limit),
        .optional("continueToken", \.continueToken),
    ])
}

package typealias ObjectPage = WorkflowPage

/// What to watch, and from where.
package struct WatchRequest: ModelObject {
    package var namespace: String?
    package var labelSelector = ""
    package var fieldSelector = ""
    /// Where to start; without one every object comes first as `ADDED`.
    package var resourceVersion: String?
    package var unknown = UnknownMembers()

    package init() {}

    package init(namespace: String?) { self.namespace = namespace }

    package static let fields = FieldTable<Self>([
        .optional("namespace", \.namespace),
        .defaulted("labelSelector", \.labelSelector, absent: ""),
        .defaulted("fieldSelector", \.fieldSelector, absent: ""),
        .optional("resourceVersion", \.resourceVersion),
    ])
}

package struct WatchEvent: ModelObject {
    package enum Kind: String, NamedValue {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
        case bookmark = "BOOKMARK"
    }

    package var kind: Kind = .added
    package var object: JSONValue = .null
    package var unknown = UnknownMembers()

    package init() {}

    package init(_ kind: Kind, _ object: JSONValue) {
        self.kind = kind
        self.object = object
    }

    package static let fields = FieldTable<Self>([
        .defaulted("kind", \.kind, absent: .added),
        .defaulted("object", \.object, absent: .null),
    ])
}

/// Which log lines, of which pods of a workflow.
package struct LogRequest: ModelObject {
    package var namespace = ""
    package var workflow = ""
    /// `nil`: every pod.
    package var podName: String?
    package var container = "main"
    package var follow = false
    package var tailLines: Int?
    package var sinceSeconds: Int?
    /// RFC 3339.
    package var sinceTime: String?
    package var limitBytes: Int?
    package var timestamps = false
    /// A regular expression that a line must contain.
    package var grep: String?
    /// A label selector on pods.
    package var selector: String?
    package var unknown = UnknownMembers()

    package init() {}

    package init(namespace: String, workflow: String) {
        self.namespace = namespace
        self.workflow = workflow
    }

    package static let fields = FieldTable<Self>([
        .defaulted("namespace", \.namespace, absent: ""),
        .defaulted("workflow", \.workflow, absent: ""),
        .optional("podName", \.podName),
        .defaulted("container", \.container, absent: "main"),
        .defaulted("follow", \.follow, absent: false),
        .optional("tailLines", \.tailLines),
        .optional("sinceSeconds", \.sinceSeconds),
        .optional("sinceTime", \.sinceTime),
        .optional("limitBytes", \.limitBytes),
        .defaulted("timestamps", \.timestamps, absent: false),
        .optional("grep", \.grep),
        .optional("selector", \.selector),
    ])
}

/// One artifact of one node.
package struct ArtifactRequest: ModelObject {
    package var namespace = ""
    /// The workflow's name, or its uid where `byUID`.
    package var workflow = ""
    package var byUID = false
    package var nodeID = ""
    package var name = ""
    package var isInput = false
    package var unknown = UnknownMembers()

    package init() {}

    package init(namespace: String, workflow: String, nodeID: String, name: String) {
        self.namespace = namespace
        self.workflow = workflow
        self.nodeID = nodeID
        self.name = name
    }

    package static let fields = FieldTable<Self>([
        .defaulted("namespace", \.namespace, absent: ""),
        .defaulted("workflow", \.workflow, absent: ""),
        .defaulted("byUID", \.byUID, absent: false),
        .defaulted("nodeID", \.nodeID, absent: ""),
        .defaulted("name", \.name, absent: ""),
        .defaulted("isInput", \.isInput, absent: false),
    ])
}

package struct ArtifactContent: Sendable {
    /// The file name for `Content-Disposition`.
    package var fileName: String
    package var size: Int?
    package var chunks: AsyncThrowingStream<[UInt8], any Error>

    package init(fileName: String, size: Int?, chunks: AsyncThrowingStream<[UInt8], any Error>) {
        self.fileName = fileName
        self.size = size
        self.chunks = chunks
    }
}
