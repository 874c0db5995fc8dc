package import ActorTransport
package import Distributed
package import JSON
import Logging
package import Model

/// The door of a shard: takes calls off the wire, hands them to the shard's processor, and answers from the store.
///
/// A processor answers after the commit, so what is read then holds what the call wrote.
package distributed actor ShardEndpoint: ShardContract {
    package typealias ActorSystem = ApusActorSystem

    private let shard: Int
    private let replica: Replica

    init(shard: Int, replica: Replica, actorSystem: ApusActorSystem) {
        self.shard = shard
        self.replica = replica
        self.actorSystem = actorSystem
    }

    /// Who works on the shard, if this replica owns it.
    private var processor: ShardProcessor {
        get throws(ServiceError) {
            if let processor = self.replica.directory[self.shard] { return processor }
            let owner = self.replica.shards.owner(of: self.shard)
            throw .notOwner(of: self.shard, hint: owner == self.replica.member ? nil : owner)
        }
    }

    /// A message that takes effect once, where the caller says by what it is known if it comes again.
    ///
    /// - Throws: where the key is too long to be kept.
    private func asking<Value: Sendable>(
        _ message: (Reply<Value>) -> ShardMessage
    ) async throws(ServiceError) -> Value {
        guard let key = CallContext.current.received.idempotencyKey else {
            return try await self.processor.ask(message)
        }
        guard key.utf8.count <= AnsweredCalls.keyLimit else {
            throw ServiceError(.invalidArgument, "an idempotency key has at most \(AnsweredCalls.keyLimit) bytes")
        }
        return try await self.processor.ask { .once(key: key, message($0)) }
    }

    private func note(_ what: Logger.Message, _ namespace: String, _ name: String) {
        self.replica.logger.debug(what, metadata: ["namespace": "\(namespace)", "workflow": "\(name)"])
    }

    // MARK: Workflows

    package distributed func createWorkflow(_ request: CreateWorkflow) async throws -> JSONValue {
        let workflow: JSONValue = try await self.processor.ask { .create(request, $0) }
        self.note("workflow created", request.namespace, workflow["metadata"]?["name"]?.stringValue ?? "")
        return workflow
    }

    package distributed func workflow(_ key: ObjectKey) async throws -> JSONValue {
        try await self.replica.document(of: key)
    }

    package distributed func act(_ action: WorkflowAction) async throws -> JSONValue {
        let uid: String = try await self.asking { .act(action, $0) }
        self.note("workflow told to \(action.verb.rawValue)", action.namespace, action.name)
        return try await self.replica.document(
            of: ObjectKey(.workflow, namespace: action.namespace, name: action.name, uid: uid))
    }

    package distributed func deleteWorkflow(_ request: DeleteWorkflow) async throws -> Nothing {
        try await self.asking { .delete(request, $0) }
        self.note("workflow deleted", request.namespace, request.name)
        return Nothing()
    }

    package distributed func report(_ reports: [PodReport]) async throws -> ReportAnswer {
        try await self.processor.ask(isUrgent: true) { .report(reports, $0) }
    }

    // MARK: Objects

    package distributed func createObject(_ request: StoreObject) async throws -> JSONValue {
        try await self.processor.ask { .createObject(request, $0) }
    }

    package distributed func updateObject(_ request: StoreObject) async throws -> JSONValue {
        try await self.asking { .updateObject(request, $0) }
    }

    package distributed func childEnded(_ cronWorkflow: ObjectKey) async throws -> Nothing {
        _ = try self.processor
        self.replica.childEnded(cronWorkflow)
        return Nothing()
    }

    package distributed func askLocks(_ requests: [LockRequest]) async throws -> [LockNotice] {
        try await self.processor.ask(isUrgent: true) { .askLocks(requests, $0) }
    }

    package distributed func tellLocks(_ notices: [LockNotice]) async throws -> Nothing {
        try await self.processor.ask(isUrgent: true) { .tellLocks(notices, $0) }
        return Nothing()
    }

    package distributed func object(_ key: ObjectKey) async throws -> JSONValue {
        try await self.processor.untilBegun()
        guard let entry = self.replica.catalog.entry(key) else { throw ServiceError.notFound(key.kind, key.name) }
        var object = entry.object
        object.set(resourceVersion: entry.sequence)
        return object
    }

    package distributed func deleteObject(_ key: ObjectKey) async throws -> Nothing {
        try await self.asking { .deleteObject(key, $0) }
        return Nothing()
    }
}

/// Where runners tell of themselves and of their pods.
package distributed actor ReportsEndpoint: RunnerReports {
    package typealias ActorSystem = ApusActorSystem

    private let replica: Replica

    init(replica: Replica, actorSystem: ApusActorSystem) {
        self.replica = replica
        self.actorSystem = actorSystem
    }

    package distributed func report(_ reports: [PodReport]) async throws -> ReportAnswer {
        try await self.replica.router.report(reports)
    }

    package distributed func announce(_ announcement: RunnerAnnouncement) async throws -> AnnouncementAnswer {
        // Before anything is sent there.
        try self.replica.shards.addresses.take(announcement)
        var answer = AnnouncementAnswer()
        answer.wantsReports = await self.replica.dispatcher.heard(announcement)
        answer.cluster = self.replica.keeper.lastTable.view
        // Runners take artifacts from each other.
        for name in self.replica.book.livingRunners {
            answer.cluster.members.append(
                ClusterMember(runner: name, address: self.replica.shards.addresses.address(of: name)))
        }
        return answer
    }
}

extension Replica {
    /// A workflow as the store has it.
    func document(of key: ObjectKey) async throws(ServiceError) -> JSONValue {
        let stored = try await self.stored(key)
        return try await ServiceError.wrapping { try stored.document() }
    }

    func stored(_ key: ObjectKey) async throws(ServiceError) -> StoredWorkflow {
        let stored: StoredWorkflow?
        do {
            if key.name.isEmpty, let uid = key.uid {
                stored = try await self.store.workflow(uid: uid)
            } else {
                stored = try await self.store.workflow(namespace: key.namespace, name: key.name)
            }
        } catch {
            throw ServiceError(store: error)
        }
        guard let stored, key.uid == nil || key.uid == "" || key.uid == stored.uid else {
            throw .notFound(.workflow, key.name.isEmpty ? key.uid ?? "" : key.name)
        }
        return stored
    }
}
