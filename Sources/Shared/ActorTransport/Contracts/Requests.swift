package import JSON
import Model
import OrderedCollections

/// `POST /api/v1/workflows/{namespace}`.
package struct CreateWorkflow: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.CreateWorkflow")

    package var namespace = ""
    package var workflow: JSONValue = .null
    /// Validate and answer as if stored, but store nothing.
    package var isDryRun = false
    /// Who asks: goes to the creator labels.
    package var creator: String?
    /// Whether the workflow begins with the nodes in its status, as a memoized resubmission does.
    package var bringsNodes = false

    package init() {}

    package init(namespace: String, workflow: JSONValue) {
        self.namespace = namespace
        self.workflow = workflow
    }

    /// A workflow as somebody has written it, or exported it: a uid in it is another one's.
    package init(namespace: String, manifest: JSONValue) {
        self.init(namespace: namespace, workflow: manifest)
        guard var members = manifest.objectValue, var metadata = members["metadata"]?.objectValue else { return }
        metadata["uid"] = nil
        members["metadata"] = .object(metadata)
        self.workflow = .object(members)
    }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("namespace", &self.namespace)
        try coder.document("workflow", &self.workflow)
        try coder.field("is_dry_run", &self.isDryRun)
        try coder.field("creator", &self.creator)
        try coder.field("brings_nodes", &self.bringsNodes)
    }
}

/// `POST /api/v1/workflows/{namespace}/submit`: a workflow from a stored object.
package struct SubmitWorkflow: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.SubmitWorkflow")

    package var namespace = ""
    /// `workflowtemplate`, `clusterworkflowtemplate`, `cronworkflow` or `workflow`, in any case; `cronwf`, `wftmpl`, …
    /// too.
    package var resourceKind = ""
    package var resourceName = ""
    /// Argo's `submitOptions`, as sent.
    package var options: JSONValue = .null
    package var creator: String?

    package init() {}

    package init(namespace: String, resourceKind: String, resourceName: String, options: JSONValue) {
        self.namespace = namespace
        self.resourceKind = resourceKind
        self.resourceName = resourceName
        self.options = options
    }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("namespace", &self.namespace)
        try coder.field("resource_kind", &self.resourceKind)
        try coder.field("resource_name", &self.resourceName)
        try coder.document("options", &self.options)
        try coder.field("creator", &self.creator)
    }
}

/// `PUT /api/v1/workflows/{namespace}/{name}/{verb}`.
package struct WorkflowAction: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.WorkflowAction")

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

    package init() {}

    package init(namespace: String, name: String, verb: Verb, body: JSONValue = [:]) {
        self.namespace = namespace
        self.name = name
        self.verb = verb
        self.body = body
    }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("namespace", &self.namespace)
        try coder.field("name", &self.name)
        try coder.field("verb", &self.verb)
        try coder.document("body", &self.body)
        try coder.field("actor", &self.actor)
    }
}

/// Which workflows a list holds.
package struct WorkflowQuery: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.WorkflowQuery")

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

    package init() {}

    package init(namespace: String?) { self.namespace = namespace }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("namespace", &self.namespace)
        try coder.field("label_selector", &self.labelSelector)
        try coder.field("field_selector", &self.fieldSelector)
        try coder.field("name_filter", &self.nameFilter)
        try coder.field("name_pattern", &self.namePattern)
        try coder.field("created_after", &self.createdAfter)
        try coder.field("finished_before", &self.finishedBefore)
        try coder.field("limit", &self.limit)
        try coder.field("continue_token", &self.continueToken)
        try coder.field("without_nodes", &self.withoutNodes)
    }
}

package struct WorkflowPage: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.WorkflowPage")

    package var items: [JSONValue] = []
    /// An opaque position from which a watch misses nothing and repeats nothing.
    package var resourceVersion = ""
    package var continueToken: String?
    package var remainingItemCount: Int?

    package init() {}

    package init(items: [JSONValue], resourceVersion: String, continueToken: String? = nil, remaining: Int? = nil) {
        self.items = items
        self.resourceVersion = resourceVersion
        self.continueToken = continueToken
        self.remainingItemCount = remaining
    }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.documents("items", &self.items)
        try coder.field("resource_version", &self.resourceVersion)
        try coder.field("continue_token", &self.continueToken)
        try coder.field("remaining_item_count", &self.remainingItemCount)
    }
}

/// Which stored objects a list holds.
package struct ObjectQuery: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.ObjectQuery")

    package var labelSelector = ""
    package var fieldSelector = ""
    package var namePattern = ""
    package var limit: Int?
    package var continueToken: String?

    package init() {}

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("label_selector", &self.labelSelector)
        try coder.field("field_selector", &self.fieldSelector)
        try coder.field("name_pattern", &self.namePattern)
        try coder.field("limit", &self.limit)
        try coder.field("continue_token", &self.continueToken)
    }
}

package typealias ObjectPage = WorkflowPage

/// What to watch, and from where.
package struct WatchRequest: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.WatchRequest")

    package var namespace: String?
    package var labelSelector = ""
    package var fieldSelector = ""
    /// Where to start; without one every object comes first as `ADDED`.
    package var resourceVersion: String?

    package init() {}

    package init(namespace: String?) { self.namespace = namespace }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("namespace", &self.namespace)
        try coder.field("label_selector", &self.labelSelector)
        try coder.field("field_selector", &self.fieldSelector)
        try coder.field("resource_version", &self.resourceVersion)
    }
}

package struct WatchEvent: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.WatchEvent")

    package enum Kind: String, NamedValue {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
        case bookmark = "BOOKMARK"
    }

    package var kind: Kind = .added
    package var object: JSONValue = .null

    package init() {}

    package init(_ kind: Kind, _ object: JSONValue) {
        self.kind = kind
        self.object = object
    }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("kind", &self.kind)
        try coder.document("object", &self.object)
    }
}

/// Which log lines, of which pods of a workflow.
package struct LogRequest: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.LogRequest")

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
    /// How far each pod's log was told before: the rest is wanted, whatever since and tail say.
    package var after: [LogPosition] = []

    package init() {}

    package init(namespace: String, workflow: String) {
        self.namespace = namespace
        self.workflow = workflow
    }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("namespace", &self.namespace)
        try coder.field("workflow", &self.workflow)
        try coder.field("pod_name", &self.podName)
        try coder.field("container", &self.container)
        try coder.field("follow", &self.follow)
        try coder.field("tail_lines", &self.tailLines)
        try coder.field("since_seconds", &self.sinceSeconds)
        try coder.field("since_time", &self.sinceTime)
        try coder.field("limit_bytes", &self.limitBytes)
        try coder.field("timestamps", &self.timestamps)
        try coder.text("grep", &self.grep)
        try coder.field("selector", &self.selector)
        try coder.field("after", &self.after)
    }
}

/// One artifact of one node.
package struct ArtifactRequest: ProtoMessage, Hashable {
    package static let schema = MessageSchema("apus.v1.ArtifactRequest")

    package var namespace = ""
    /// The workflow's name, or its uid where `byUID`.
    package var workflow = ""
    package var byUID = false
    package var nodeID = ""
    package var name = ""
    package var isInput = false

    package init() {}

    package init(namespace: String, workflow: String, nodeID: String, name: String) {
        self.namespace = namespace
        self.workflow = workflow
        self.nodeID = nodeID
        self.name = name
    }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("namespace", &self.namespace)
        try coder.field("workflow", &self.workflow)
        try coder.field("by_uid", &self.byUID)
        try coder.field("node_id", &self.nodeID)
        try coder.field("name", &self.name)
        try coder.field("is_input", &self.isInput)
    }
}

package struct ArtifactContent: Sendable {
    /// The file name for `Content-Disposition`.
    package var fileName: String
    package var size: Int?
    /// Whether the bytes are a tar file that holds the folder which was asked for.
    package var isFolder = false
    package var chunks: AsyncThrowingStream<[UInt8], any Error>

    package init(
        fileName: String, size: Int?, isFolder: Bool = false, chunks: AsyncThrowingStream<[UInt8], any Error>
    ) {
        self.isFolder = isFolder
        self.fileName = fileName
        self.size = size
        self.chunks = chunks
    }
}
