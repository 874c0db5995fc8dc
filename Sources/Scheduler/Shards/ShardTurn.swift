import ActorTransport
import JSON
import Model
import OrderedCollections
import WorkflowEngine

/// What one batch of messages does to a shard: collected in memory, written in one commit, then performed.
struct ShardTurn {
    /// What changed of one workflow.
    struct Edit {
        var kind = WorkflowChange.Kind.modified
        var nodes: OrderedDictionary<String, NodeRow> = [:]
        var removedOrdinals: [Int] = []
        var headChanged = false
        var isComplete = false
    }

    /// What is done once the change is durable.
    enum Effect: Sendable {
        case launch(QueuedPod)
        case stop(PodStop, outboxNumber: Int64)
        case remove(ObjectKey, outboxNumber: Int64)
        case podEnded(PodIdentity)
        case setTimer(uid: String, TimerID, Timestamp)
        case cancelTimer(uid: String, TimerID)
        case cancelTimers(uid: String)
        case completed(WorkflowName, labels: StringMap)
        case objectChanged(ObjectKey, JSONValue?)
    }

    let surroundings: Surroundings
    var edits: OrderedDictionary<String, Edit> = [:]
    /// What is already in its stored form: deletions.
    var deletions: [WorkflowChange] = []
    var outboxAdded: [OutboxRecord] = []
    var outboxRemoved: [Int64] = []
    var events: [EventRecord] = []
    var objects: [ObjectChange] = []
    var effects: [Effect] = []
    /// Run after the commit, with the numbers that changes were given.
    var answers: [@Sendable (ChangeNumbers) -> Void] = []
    /// Run where the commit did not succeed.
    var refusals: [@Sendable (ServiceError) -> Void] = []

    init(surroundings: Surroundings) { self.surroundings = surroundings }

    /// Promises an answer for after the commit.
    mutating func answer<Value: Sendable>(
        _ reply: Reply<Value>, _ value: @escaping @Sendable (ChangeNumbers) -> Value
    ) {
        self.answers.append { reply.succeed(value($0)) }
        self.refusals.append { reply.fail($0) }
    }
}

/// The numbers that the changes of a turn were given, by the uid of the workflow or by `kind/namespace/name`.
typealias ChangeNumbers = [String: Int64]

/// A pod that waits for a runner.
package struct QueuedPod: Sendable {
    var launch: PodLaunch
    var shard: Int
    /// The outbox row that stands for the launch until a runner has it on record.
    var outboxNumber: Int64?
    var priority: Int
}
