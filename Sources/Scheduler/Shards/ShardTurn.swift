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
        /// The runners that pods of these nodes are given to; empty where a pod waits for one.
        var runners: [String: String] = [:]
    }

    /// What is done once the change is durable.
    enum Effect: Sendable {
        case launch(QueuedPod)
        case stop(PodStop, runner: String, outboxNumber: Int64)
        case remove(PodRemoval, outboxNumber: Int64)
        case podEnded(PodIdentity)
        /// The outbox row, where it must not be forgotten.
        case askLock(LockRequest, outboxNumber: Int64?)
        case tellLock(LockNotice)
        case setTimer(uid: String, TimerID, Timestamp)
        case cancelTimer(uid: String, TimerID)
        case cancelTimers(uid: String)
        /// A workflow was created that this cron workflow owns.
        case createdFor(CronOwner)
        case completed(WorkflowName, labels: StringMap)
        case objectChanged(ObjectKey, JSONValue?)
    }

    /// A phase that a pod entered, for whoever counts.
    struct PodPhase: Sendable {
        var phase: NodePhase
        var namespace: String
    }

    let surroundings: Surroundings
    let book: PlacementBook
    var edits: OrderedDictionary<String, Edit> = [:]
    /// What is already in its stored form: deletions.
    var deletions: [WorkflowChange] = []
    var outboxAdded: [OutboxRecord] = []
    var outboxRemoved: [Int64] = []
    /// Claims to locks by their numbers, as they are to be stored; `nil` where they are gone.
    var lockClaims: OrderedDictionary<Int64, OutboxRecord?> = [:]
    var events: [EventRecord] = []
    var objects: [ObjectChange] = []
    var placements: [PlacementRecord] = []
    var effects: [Effect] = []
    /// Whether what is answered is true of the shard's owner alone: then it is fenced even where nothing changes.
    var isFenced = false
    var podPhases: [PodPhase] = []
    /// Workflows that rested until something of this turn was for them.
    var woken: Set<String> = []
    /// Run after the commit, with the numbers that changes were given.
    var answers: [@Sendable (ChangeNumbers) -> Void] = []
    /// Run where the commit did not succeed.
    var refusals: [@Sendable (ServiceError) -> Void] = []

    init(surroundings: Surroundings, book: PlacementBook) {
        self.surroundings = surroundings
        self.book = book
    }

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

/// What has one runner forget the pods, logs and artifacts of a workflow that is deleted.
struct PodRemoval: ModelObject {
    var workflow = ObjectKey()
    var runner = ""
    var unknown = UnknownMembers()

    init() {}

    init(_ workflow: ObjectKey, runner: String) {
        self.workflow = workflow
        self.runner = runner
    }

    static let fields = FieldTable<Self>([
        .defaulted("workflow", \.workflow, absent: ObjectKey()),
        .defaulted("runner", \.runner, absent: ""),
    ])
}
