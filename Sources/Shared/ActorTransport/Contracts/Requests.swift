package import JSON
import OrderedCollections

/// `POST /api/v1/workflows/{namespace}`.
package struct CreateWorkflow: Sendable, Hashable {
    package var namespace: String
    package var workflow: JSONValue
    /// Validate and answer as if stored, but store nothing.
    package var isDryRun = false
    /// Who asks: goes to the creator labels.
    package var creator: String?

    package init(namespace: String, workflow: JSONValue) {
        self.namespace = namespace
        self.workflow = workflow
    }
}

/// `POST /api/v1/workflows/{namespace}/submit`: a workflow from a stored object.
package struct SubmitWorkflow: Sendable, Hashable {
    package var namespace: String
    /// `workflowtemplate`, `clusterworkflowtemplate`, `cronworkflow` or `workflow`, in any case; `cronwf`, `wftmpl`, … too.
    package var resourceKind: String
    package var resourceName: String
    /// Argo's `submitOptions`, as sent.
    package var options: JSONValue
    package var creator: String?

    package init(namespace: String, resourceKind: String, resourceName: String, options: JSONValue) {
        self.namespace = namespace
        self.resourceKind = resourceKind
        self.resourceName = resourceName
        self.options = options
    }
}

/// `PUT /api/v1/workflows/{namespace}/{name}/{verb}`.
package struct WorkflowAction: Sendable, Hashable {
    package enum Verb: String, Sendable, CaseIterable {
        case suspend, resume, stop, terminate, retry, resubmit, set
    }

    package var namespace: String
    package var name: String
    package var verb: Verb
    /// The request's body: `nodeFieldSelector`, `message`, `phase`, `outputParameters`, `restartSuccessful`, `memoized`,
    /// `parameters`.
    package var body: JSONValue
    package var actor: String?

    package init(namespace: String, name: String, verb: Verb, body: JSONValue = [:]) {
        self.namespace = namespace
        self.name = name
        self.verb = verb
        self.body = body
    }
}

/// Which workflows a list holds.
package struct WorkflowQuery: Sendable, Hashable {
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

    package init(namespace: String?) { self.namespace = namespace }
}

package struct WorkflowPage: Sendable, Hashable {
    package var items: [JSONValue]
    /// An opaque position from which a watch misses nothing and repeats nothing.
    package var resourceVersion: String
    package var continueToken: String?
    package var remainingItemCount: Int?

    package init(items: [JSONValue], resourceVersion: String, continueToken: String? = nil, remaining: Int? = nil) {
        self.items = items
        self.resourceVersion = resourceVersion
        self.continueToken = continueToken
        self.remainingItemCount = remaining
    }
}

/// Which stored objects a list holds.
package struct ObjectQuery: Sendable, Hashable {
    package var labelSelector = ""
    package var fieldSelector = ""
    package var namePattern = ""
    package var limit: Int?
    package var continueToken: String?

    package init() {}
}

package typealias ObjectPage = WorkflowPage

/// What to watch, and from where.
package struct WatchRequest: Sendable, Hashable {
    package var namespace: String?
    package var labelSelector = ""
    package var fieldSelector = ""
    /// Where to start; without one every object comes first as `ADDED`.
    package var resourceVersion: String?

    package init(namespace: String?) { self.namespace = namespace }
}

package struct WatchEvent: Sendable, Hashable {
    package enum Kind: String, Sendable {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
        case bookmark = "BOOKMARK"
    }

    package var kind: Kind
    package var object: JSONValue

    package init(_ kind: Kind, _ object: JSONValue) {
        self.kind = kind
        self.object = object
    }
}

/// Which log lines, of which pods of a workflow.
package struct LogRequest: Sendable, Hashable {
    package var namespace: String
    package var workflow: String
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

    package init(namespace: String, workflow: String) {
        self.namespace = namespace
        self.workflow = workflow
    }
}

package struct LogEntry: Sendable, Hashable {
    package var content: String
    package var podName: String

    package init(content: String, podName: String) {
        self.content = content
        self.podName = podName
    }
}

/// One artifact of one node.
package struct ArtifactRequest: Sendable, Hashable {
    package var namespace: String
    /// The workflow's name, or its uid where `byUID`.
    package var workflow: String
    package var byUID = false
    package var nodeID: String
    package var name: String
    package var isInput = false

    package init(namespace: String, workflow: String, nodeID: String, name: String) {
        self.namespace = namespace
        self.workflow = workflow
        self.nodeID = nodeID
        self.name = name
    }
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
