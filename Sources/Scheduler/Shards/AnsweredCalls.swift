import ActorTransport
import JSON
import OrderedCollections

/// Calls that may come again because their answers were lost, by the keys of those who made them.
///
/// Each is a row of the outbox, written together with what the call did, until as many newer ones have come.
struct AnsweredCalls {
    /// How many of a shard are remembered: who repeats a call does so within seconds.
    static let limit = 64
    /// How many bytes a key may have.
    static let keyLimit = 64
    static let keyMember = "key"

    private struct Call {
        var number: Int64
        /// Of the workflow that it was about, if it was about one.
        var uid: String
    }

    private var calls: OrderedDictionary<String, Call> = [:]

    /// The uid of the workflow that a call was about, where it has been answered; empty where it was about none.
    subscript(key: String) -> String? { self.calls[key]?.uid }

    /// Remembers a call; answers the rows of those that are forgotten for it.
    mutating func add(_ key: String, uid: String, number: Int64) -> [Int64] {
        self.calls[key] = Call(number: number, uid: uid)
        let surplus = self.calls.count - Self.limit
        guard surplus > 0 else { return [] }
        let forgotten = self.calls.values.prefix(surplus).map(\.number)
        self.calls.removeFirst(surplus)
        return forgotten
    }
}

extension ShardState {
    /// Applies a message that may have been applied already: then it is only answered once more.
    mutating func apply(
        once key: String, _ message: ShardMessage, to turn: inout ShardTurn, knowing known: PreparedRecords,
        replica: Replica
    ) throws(ServiceError) {
        if let uid = self.answered[key] { return try self.repeatAnswer(of: message, uid: uid, in: &turn, replica) }
        try self.apply(message, to: &turn, knowing: known, replica: replica)
        var uid = ""
        if case .act(let action, _) = message {
            let name = WorkflowName(namespace: action.namespace, name: action.name)
            uid = self.uids[name] ?? known.completed[name]?.uid ?? ""
        }
        let number = self.addOutbox(.answeredCall, uid: uid, [AnsweredCalls.keyMember: .string(key)], to: &turn)
        turn.outboxRemoved += self.answered.add(key, uid: uid, number: number)
    }

    private func repeatAnswer(
        of message: ShardMessage, uid: String, in turn: inout ShardTurn, _ replica: Replica
    ) throws(ServiceError) {
        switch message {
        case .act(_, let reply): turn.answer(reply) { _ in uid }
        case .delete(_, let reply), .deleteObject(_, let reply): turn.answer(reply) { _ in }
        case .updateObject(let request, let reply):
            let key = ObjectKey(request.kind, namespace: request.namespace, name: request.name)
            guard let entry = replica.catalog.entry(key), var object = turn.object(key, replica.catalog) else {
                throw .notFound(request.kind, request.name)
            }
            object.set(resourceVersion: entry.sequence)
            turn.answer(reply) { [object] _ in object }
        case .create, .createObject, .report, .askLocks, .tellLocks, .limitsChanged, .auditLocks, .place, .timer,
            .performed, .expire, .setCronStatus, .recover, .once:
            preconditionFailure("the door asks for none of these by a key")
        }
    }
}
