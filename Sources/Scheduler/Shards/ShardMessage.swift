import ActorTransport
import JSON
import Model
import WorkflowEngine

/// What a shard is told.
///
/// Every message is answered or ignored after the commit that it led to.
enum ShardMessage: Sendable {
    case create(CreateWorkflow, Reply<JSONValue>)
    case act(WorkflowAction, Reply<String>)
    case delete(DeleteWorkflow, Reply<Void>)
    case createObject(StoreObject, Reply<JSONValue>)
    case updateObject(StoreObject, Reply<JSONValue>)
    case deleteObject(ObjectKey, Reply<Void>)
    case report([PodReport], Reply<ReportAnswer>)
    /// Locks whose home this shard is are asked for and given back.
    case askLocks([LockRequest], Reply<[LockNotice]>)
    /// Homes of locks speak of requests of this shard's workflows.
    case tellLocks([LockNotice], Reply<Void>?)
    /// The limits of semaphores may have changed with this config map; `nil`: how many workflows may run at once.
    case limitsChanged(ObjectKey?)
    /// Holders of locks are told again that they hold them: those who do not exist any more are found so.
    case auditLocks
    /// Runners are proposed for pods that waited.
    case place([QueuedPod])
    /// A timer of a workflow has run out.
    case timer(uid: String, TimerID)
    /// The effects of these outbox rows are acknowledged.
    case performed([Int64])
    /// A workflow's time to live has run out.
    case expire(WorkflowName)
    /// What a cron workflow has done by now: its status, labels and annotations.
    case setCronStatus(WorkflowName, JSONValue, Reply<Void>?)
    /// Try again to load the shard from the store.
    case recover
    /// What may come again because its answer was lost: with the same key it takes effect once.
    indirect case once(key: String, ShardMessage)

    /// Whether it can only be taken with what the store knows.
    var readsStore: Bool {
        switch self {
        case .create, .act, .delete, .createObject, .updateObject, .expire: true
        case .askLocks, .tellLocks, .limitsChanged, .auditLocks, .deleteObject, .report, .place, .timer, .performed,
            .setCronStatus, .recover:
            false
        case .once(_, let message): message.readsStore
        }
    }

    /// What it asks for, whether it may come again or not.
    var content: ShardMessage {
        if case .once(_, let message) = self { message } else { self }
    }

    func fail(_ error: ServiceError) {
        switch self {
        case .create(_, let reply), .createObject(_, let reply), .updateObject(_, let reply): reply.fail(error)
        case .act(_, let reply): reply.fail(error)
        case .delete(_, let reply), .deleteObject(_, let reply): reply.fail(error)
        case .report(_, let reply): reply.fail(error)
        case .askLocks(_, let reply): reply.fail(error)
        case .tellLocks(_, let reply): reply?.fail(error)
        case .setCronStatus(_, _, let reply): reply?.fail(error)
        case .limitsChanged, .auditLocks, .place, .timer, .performed, .expire, .recover: break
        case .once(_, let message): message.fail(error)
        }
    }
}

/// Where the answer to a message goes.
///
/// It is used exactly once.
struct Reply<Value: Sendable>: Sendable {
    private let continuation: CheckedContinuation<Result<Value, ServiceError>, Never>

    init(_ continuation: CheckedContinuation<Result<Value, ServiceError>, Never>) { self.continuation = continuation }

    func succeed(_ value: Value) { self.continuation.resume(returning: .success(value)) }

    func fail(_ error: ServiceError) { self.continuation.resume(returning: .failure(error)) }
}
