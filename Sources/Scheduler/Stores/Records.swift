package import JSON
package import Model
import OrderedCollections

/// Everything that one turn of a shard changes.
///
/// Only rows that changed are in it.
package struct ShardChange: Sendable {
    package var shard: Int
    package var epoch: Int64
    package var workflows: [WorkflowChange] = []
    package var outboxAdded: [OutboxRecord] = []
    package var outboxRemoved: [Int64] = []
    package var events: [EventRecord] = []
    package var objects: [ObjectChange] = []
    /// Pods that are given to runners though nothing else of their nodes changes: nobody watches for it.
    package var placements: [PlacementRecord] = []
    /// The highest number drawn for a change of this shard.
    package var sequence: Int64 = 0

    package init(shard: Int, epoch: Int64) {
        self.shard = shard
        self.epoch = epoch
    }

    package var isEmpty: Bool {
        self.workflows.isEmpty && self.outboxAdded.isEmpty && self.outboxRemoved.isEmpty && self.events.isEmpty
            && self.objects.isEmpty && self.placements.isEmpty
    }

    /// Gives every change a number of its own, in order.
    package mutating func number(from counter: inout Int64) {
        for index in self.workflows.indices {
            counter += 1
            self.workflows[index].sequence = counter
        }
        for index in self.events.indices {
            counter += 1
            self.events[index].sequence = counter
        }
        for index in self.objects.indices {
            counter += 1
            self.objects[index].sequence = counter
        }
        self.sequence = counter
    }
}

/// What changed of one workflow.
package struct WorkflowChange: Sendable {
    package enum Kind: Sendable { case created, modified, deleted }

    package var kind: Kind
    package var uid: String
    package var name: WorkflowName
    /// The workflow's own row, where it changed.
    package var head: WorkflowHead?
    package var spec: String?
    package var labels: [Label]?
    package var nodes: [NodeRecord] = []
    /// Ordinals of nodes that are gone.
    package var removedNodes: [Int] = []
    package var sequence: Int64 = 0
    /// The row and the labels as they are now, whether they changed or not: watchers choose by them.
    package var current = WorkflowHead()
    package var currentLabels: [Label] = []
    /// The row and the labels as they were before the change; `nil` where there was no workflow.
    package var previous: WorkflowHead?
    package var previousLabels: [Label] = []
    /// The template that all of the workflow is made of; it is not stored here.
    package var template: WorkflowTemplateRef?
    /// The document of a workflow that is deleted, as it was last; made only where somebody watches.
    package var lastDocument: (@Sendable () throws -> JSONValue?)?

    package init(_ kind: Kind, uid: String, name: WorkflowName) {
        self.kind = kind
        self.uid = uid
        self.name = name
    }
}

package struct Label: Sendable, Hashable {
    package var key: String
    package var value: String

    package init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }
}

/// A workflow's own row: what lists filter by, and its document without spec and nodes.
///
/// Times are seconds since 1970.
package struct WorkflowHead: Sendable, Hashable {
    package var phase = ""
    package var createdAt: Int64 = 0
    package var finishedAt: Int64?
    /// When the workflow is to be deleted.
    package var expiresAt: Int64?
    /// Whether a machine works on it: it is loaded at recovery.
    package var isActive = true
    package var isArchived = false
    /// JSON, without resourceVersion.
    package var metadata = "{}"
    /// JSON, without nodes.
    package var status = "{}"

    package init() {}
}

extension WorkflowHead {
    /// The labels in the metadata.
    var labels: [Label] {
        do {
            let labels = try JSONValue.parse(self.metadata)["labels"]
            return (labels?.objectValue ?? [:]).map { Label($0.key, $0.value.stringValue ?? "") }
        } catch {
            // We wrote it: where it is damaged, nobody can have chosen the workflow by a label.
            return []
        }
    }
}

package struct NodeRecord: Sendable, Hashable {
    /// The place of the node in the order of their making; it names the node's row.
    package var ordinal: Int
    package var attempt: Int
    /// JSON: what clients see.
    package var status: String
    /// JSON: what the engine remembers.
    package var memory: String
    /// The runner that the pod of the present attempt was given to, whatever has become of it; empty where it was given
    /// to none.
    ///
    /// Written `nil`, it stays what it was; it is never read as `nil`.
    package var runner: String?

    package init(ordinal: Int, attempt: Int, status: String, memory: String, runner: String? = nil) {
        self.ordinal = ordinal
        self.attempt = attempt
        self.status = status
        self.memory = memory
        self.runner = runner
    }
}

/// A pod that is given to a runner: it is on disk before the runner is asked, so that nobody ever asks another.
package struct PlacementRecord: Sendable, Hashable {
    package var uid: String
    /// The place of the pod's node.
    package var ordinal: Int
    package var runner: String

    package init(uid: String, ordinal: Int, runner: String) {
        self.uid = uid
        self.ordinal = ordinal
        self.runner = runner
    }
}

package struct StoredWorkflow: Sendable, Hashable {
    package var uid: String
    package var shard: Int
    package var name: WorkflowName
    package var head: WorkflowHead
    package var spec: String
    package var sequence: Int64
    /// In the order of their making; empty where they were not asked for.
    package var nodes: [NodeRecord] = []
}

/// A decision that is stored but perhaps not yet performed.
package struct OutboxRecord: Sendable, Hashable {
    package enum Kind: String, Sendable {
        case startPod, stopPod, removeWorkflow, releaseLock
        /// What the home of a lock owes one who asked for it, until it is given back.
        case lockClaim
        /// A call that was answered, so that it does nothing when it comes again.
        case answeredCall
    }

    /// Names the row, together with the shard.
    package var number: Int64
    package var uid: String
    package var kind: Kind
    /// JSON.
    package var payload: String

    package init(number: Int64, uid: String, kind: Kind, payload: String) {
        self.number = number
        self.uid = uid
        self.kind = kind
        self.payload = payload
    }
}

/// An event for people.
package struct EventRecord: Sendable, Hashable {
    package var namespace: String
    package var uid: String
    /// Seconds since 1970.
    package var at: Int64
    /// JSON.
    package var event: String
    package var sequence: Int64 = 0

    package init(namespace: String, uid: String, at: Int64, event: String) {
        self.namespace = namespace
        self.uid = uid
        self.at = at
        self.event = event
    }
}

package struct StoredObject: Sendable, Hashable {
    package var kind: String
    package var namespace: String
    package var name: String
    package var sequence: Int64
    /// JSON, without resourceVersion.
    package var object: String
}

/// A stored object that is written, or deleted where it has no content.
package struct ObjectChange: Sendable, Hashable {
    package var kind: String
    package var namespace: String
    package var name: String
    package var object: String?
    package var sequence: Int64 = 0

    package init(kind: String, namespace: String, name: String, object: String?) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.object = object
    }
}
