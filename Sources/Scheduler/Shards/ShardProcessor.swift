import ActorTransport
import JSON
import Logging
import Model
import OrderedCollections
import Synchronization
import WorkflowEngine

/// The one writer of a shard: takes every message that waits, applies them in memory, commits once, then acts.
///
/// Nobody sees anything of a turn before its commit: not the caller, not a watcher, not a runner. Where the commit
/// fails, its outcome is unknown; the shard is then claimed anew and loaded from the store, which is the only way of
/// recovery. Messages are refused until that succeeds. Where the commit is fenced, the shard is somebody else's: the
/// processor is abandoned, and what it has in memory goes with it.
actor ShardProcessor {
    /// How many messages may wait.
    static let mailboxLimit = 20_000
    /// How long a shard waits between attempts to load itself.
    static let recoveryPause = Duration.milliseconds(500)

    let shard: Int
    nonisolated let mailbox = Mailbox<ShardMessage>(limit: ShardProcessor.mailboxLimit)
    private let replica: Replica
    private var state: ShardState
    private var failure: ServiceError?
    private nonisolated let abandoned = Atomic<Bool>(false)
    private nonisolated let begun = Readiness()
    /// Opens when the processor has ended and what belongs to its shard is put away.
    nonisolated let ended = Readiness()

    init(shard: Int, state: ShardState, replica: Replica) {
        self.shard = shard
        self.state = state
        self.replica = replica
    }

    nonisolated var isAbandoned: Bool { self.abandoned.load(ordering: .acquiring) }

    /// Takes no more messages; those that wait are still worked on.
    nonisolated func close() { self.mailbox.close() }

    /// Does nothing any more: the shard is somebody else's.
    nonisolated func abandon() {
        self.abandoned.store(true, ordering: .releasing)
        // Not only once what is under way has ended: others change the shard by now, and what this replica commits for
        // its other shards must not pass that over.
        self.replica.watches.disown(self.shard)
        for message in self.mailbox.abandon() { message.fail(self.gone) }
        self.begun.succeed()
    }

    /// Returns once the shard is loaded, or never will be.
    nonisolated func untilBegun() async { await self.begun.untilSettled() }

    nonisolated func untilEnded() async { await self.ended.untilSettled() }

    /// What callers are told where the shard is not here any more.
    private nonisolated var gone: ServiceError {
        let schedulers = self.replica.keeper.lastTable.members.filter { $0.role == .scheduler }
        guard schedulers.contains(where: { $0.name != self.replica.member }) else {
            return ServiceError(.unavailable, "the server is shutting down")
        }
        let owner = self.replica.shards.owner(of: self.shard)
        return .notOwner(of: self.shard, hint: owner == self.replica.member ? nil : owner)
    }

    /// How many of its workflows are in which phase.
    var phases: [String: Int] { self.state.phases }

    /// Works from when the shard is loaded until the mailbox is closed and empty.
    func run() async {
        await self.untilBegun()
        while let batch = await self.mailbox.next() { await self.turn(batch) }
    }

    /// Sends a message and waits for its answer.
    nonisolated func ask<Value: Sendable>(
        isUrgent: Bool = false, _ message: (Reply<Value>) -> ShardMessage
    ) async throws(ServiceError) -> Value {
        let outcome = await withCheckedContinuation { continuation in
            let reply = Reply<Value>(continuation)
            switch self.mailbox.post(message(reply), isUrgent: isUrgent) {
            case .accepted: break
            case .full:
                reply.fail(
                    ServiceError(
                        .resourceExhausted,
                        "shard \(self.shard) has \(ShardProcessor.mailboxLimit) requests waiting: try again later"))
            case .closed: reply.fail(self.gone)
            }
        }
        return try outcome.get()
    }

    // MARK: A turn

    private func turn(_ batch: [ShardMessage]) async {
        let start = ContinuousClock.now
        defer { self.replica.metrics.turnEnded(since: start) }
        guard !self.isAbandoned else {
            for message in batch { message.fail(self.gone) }
            return
        }
        if self.failure != nil, await !self.recover() {
            let failure = self.failure ?? ServiceError(.unavailable, "shard \(self.shard) is not loaded")
            for message in batch { message.fail(failure) }
            return
        }
        var batch = batch
        let known: PreparedRecords
        do {
            known = try await self.prepare(batch)
        } catch {
            for message in batch where message.readsStore { message.fail(ServiceError(store: error)) }
            // Nobody says again that a timer has run out, or which runner a pod is given to.
            batch.removeAll(where: \.readsStore)
            known = PreparedRecords()
        }
        var turn = ShardTurn(surroundings: self.replica.surroundings, book: self.replica.book)
        self.state.apply(batch, to: &turn, knowing: known, replica: self.replica)
        let change = self.state.change(of: &turn)
        guard !change.isEmpty || turn.isFenced else {
            self.state.settle(turn)
            for answer in turn.answers { answer([:]) }
            await self.perform(turn)
            return
        }
        do {
            let numbered = try await self.replica.committer.commit(change)
            self.state.settle(turn)
            self.replica.metrics.committed(numbered, pods: turn.podPhases)
            self.publish(numbered, turn)
            // Where the shard was lost meanwhile, its next owner performs what was decided.
            if !self.isAbandoned { await self.perform(turn) }
        } catch {
            await self.fail(turn, because: error)
        }
    }

    private func publish(_ change: ShardChange, _ turn: ShardTurn) {
        var numbers: ChangeNumbers = [:]
        for workflow in change.workflows { numbers[workflow.uid] = workflow.sequence }
        for object in change.objects { numbers["\(object.kind)/\(object.namespace)/\(object.name)"] = object.sequence }
        for case .objectChanged(let key, let object) in turn.effects {
            let number = numbers["\(key.kind.rawValue)/\(key.namespace)/\(key.name)"] ?? change.sequence
            self.replica.catalog.set(key, object.map { ObjectCatalog.Entry(object: $0, sequence: number) })
        }
        for answer in turn.answers { answer(numbers) }
    }

    private func fail(_ turn: ShardTurn, because failure: CommitFailure) async {
        let error: ServiceError
        self.replica.metrics.commitFailed(failure)
        switch failure {
        case .fenced:
            error = .notOwner(of: self.shard, hint: nil)
            self.abandon()
            self.replica.keeper.tell(.fenced(shard: self.shard))
        case .unknown(let cause):
            error = ServiceError(store: cause)
            self.recoverLater()
        }
        self.replica.logger.error(
            "commit failed", metadata: ["shard": "\(self.shard)", "reason": "\(error)"])
        self.failure = error
        self.state = ShardState(shard: self.shard, epoch: 0, machines: self.replica.machines)
        for refusal in turn.refusals { refusal(error) }
    }

    // MARK: Before a turn

    /// What the messages of a batch need from the store: nothing may be read between reading and writing memory.
    private func prepare(_ batch: [ShardMessage]) async throws(StoreError) -> PreparedRecords {
        var records = PreparedRecords()
        var created: [WorkflowName] = []
        var named: Set<WorkflowName> = []
        var readsTemplates = false
        var deleted: Set<WorkflowName> = []
        for message in batch {
            switch message.content {
            case .create(let request, _):
                readsTemplates = true
                created.append(WorkflowName(creating: request))
            case .act(let action, _): named.insert(WorkflowName(namespace: action.namespace, name: action.name))
            case .delete(let request, _): deleted.insert(WorkflowName(namespace: request.namespace, name: request.name))
            case .expire(let name): named.insert(name)
            case .createObject, .updateObject: readsTemplates = true
            case .askLocks, .tellLocks, .limitsChanged, .auditLocks, .deleteObject, .report, .place, .timer,
                .performed, .setCronStatus, .recover, .once:
                break
            }
        }
        if readsTemplates { try await self.replica.refreshCatalog() }
        let unknown = created.filter { self.state.uids[$0] == nil }
        if !unknown.isEmpty { records.uids = try await self.replica.store.uids(of: unknown) }
        for name in named.union(deleted).sorted(by: { $0.description < $1.description }) {
            let isActive = self.state.uids[name] != nil
            guard !isActive || deleted.contains(name) else { continue }
            let stored = try await self.replica.store.workflow(namespace: name.namespace, name: name.name)
            if isActive { records.active[name] = stored } else { records.completed[name] = stored }
        }
        return records
    }

    // MARK: After a turn

    private func perform(_ turn: ShardTurn) async {
        var pods: [QueuedPod] = []
        var ended: [PodIdentity] = []
        var parcels: [LockCourier.Parcel] = []
        for effect in turn.effects {
            switch effect {
            case .launch(let pod): pods.append(pod)
            case .podEnded(let identity): ended.append(identity)
            case .setTimer(let uid, let timer, let time):
                self.replica.timers.set(.workflow(shard: self.shard, uid: uid, timer), at: time)
            case .cancelTimer(let uid, let timer):
                self.replica.timers.cancel(.workflow(shard: self.shard, uid: uid, timer))
            case .cancelTimers(let uid): self.replica.timers.cancelAll(uid: uid)
            case .createdFor(let owner): self.replica.cron.childMade(of: owner)
            case .completed(let name, let labels): self.replica.workflowCompleted(name, labels: labels)
            case .objectChanged(let key, _): self.replica.objectChanged(key)
            case .askLock(let request, let number):
                parcels.append(LockCourier.Parcel(from: self.shard, .ask(request, outboxNumber: number)))
            case .tellLock(let notice): parcels.append(LockCourier.Parcel(from: self.shard, .tell(notice)))
            case .stop, .remove: break
            }
        }
        if !parcels.isEmpty { await self.replica.lockCourier.send(parcels) }
        let dispatcher = self.replica.dispatcher
        if !ended.isEmpty { await dispatcher.ended(ended) }
        if !pods.isEmpty { await dispatcher.enqueue(pods) }
        for effect in turn.effects {
            switch effect {
            case .stop(let stop, let runner, let number):
                await dispatcher.stop(stop, runner: runner, shard: self.shard, outboxNumber: number)
            case .remove(let key, let number): await dispatcher.remove(key, shard: self.shard, outboxNumber: number)
            default: break
            }
        }
    }

    // MARK: Recovery

    /// Has the shard recovered after a pause, whatever the time of day is set to meanwhile.
    private func recoverLater() {
        self.replica.jobs.startDetached { [clock = self.replica.clock, mailbox = self.mailbox] in
            // Cancelled only when the replica stops.
            do { try await clock.sleep(for: Self.recoveryPause) } catch { return }
            _ = mailbox.post(.recover, isUrgent: true)
        }
    }

    /// Claims the shard and loads it, after a commit whose outcome is unknown.
    private func recover() async -> Bool {
        do {
            let claims = try await self.replica.committer.claim([self.shard])
            guard let claim = claims.first else {
                self.abandon()
                self.replica.keeper.tell(.fenced(shard: self.shard))
                return false
            }
            self.replica.keeper.tell(.reclaimed(claim))
            let contents = try await self.replica.store.load([self.shard])
            let deleted = try await self.replica.deletedLately([claim])
            self.failure = nil
            try await self.reloadCatalog()
            await self.load(claim, contents.workflows, contents.outbox[self.shard] ?? [], deleted[self.shard] ?? [])
            guard self.failure == nil else { return false }
            self.replica.watches.own(self.shard, from: claim.sequence)
            self.replica.loaded([self.shard])
            self.replica.logger.info("shard recovered", metadata: ["shard": "\(self.shard)"])
            return true
        } catch {
            self.failure = ServiceError(store: error)
            self.recoverLater()
            return false
        }
    }

    /// Reads the shard's stored objects anew: an object may have been written without the catalog being told.
    private func reloadCatalog() async throws(StoreError) {
        let stored = try await self.replica.store.objects(kind: nil, namespace: nil)
        self.replica.catalog.reload(stored, shards: ShardSet([self.shard]))
    }

    /// Takes the shard as it was loaded, and begins to work.
    func begin(
        _ claim: ShardClaim, _ workflows: [StoredWorkflow], _ outbox: [OutboxRecord], _ deleted: [Tombstone]
    ) async {
        if !self.isAbandoned {
            self.replica.watches.own(self.shard, from: claim.sequence)
            await self.load(claim, workflows, outbox, deleted)
        }
        self.begun.succeed()
    }

    /// Begins with a shard that could not be loaded: it is tried again before anything else is done.
    func begin(because error: StoreError) {
        self.failure = ServiceError(store: error)
        self.recoverLater()
        self.begun.succeed()
    }

    /// Takes the shard into memory as the store has it, and redoes what was decided but perhaps not performed.
    private func load(
        _ claim: ShardClaim, _ workflows: [StoredWorkflow], _ outbox: [OutboxRecord], _ deleted: [Tombstone]
    ) async {
        await self.replica.dispatcher.forget(shard: self.shard)
        await self.replica.lockCourier.forget(shard: self.shard)
        self.state = ShardState(shard: self.shard, epoch: claim.epoch, machines: self.replica.machines)
        self.state.deleted = OrderedSet(deleted.map(\.uid))
        var turn = ShardTurn(surroundings: self.replica.surroundings, book: self.replica.book)
        self.state.load(workflows, outbox, into: &turn, replica: self.replica)
        let change = self.state.change(of: &turn)
        if !change.isEmpty {
            // Workflows that could not be recovered end with an error that says why; others go on where a backoff has
            // passed meanwhile.
            do {
                self.publish(try await self.replica.committer.commit(change), turn)
                self.state.settle(turn)
            } catch {
                return await self.fail(turn, because: error)
            }
        }
        guard !self.isAbandoned else { return }
        await self.replica.dispatcher.recovered(self.state.recoveredPods)
        self.state.recoveredPods = [:]
        await self.perform(turn)
    }
}

/// What a turn was given to know of the store.
struct PreparedRecords {
    /// Which of the names to be created are taken, and by whom.
    var uids: [WorkflowName: String] = [:]
    /// Named workflows that are not in memory.
    var completed: [WorkflowName: StoredWorkflow] = [:]
    /// Workflows that are in memory and are deleted, as they were last: watchers are told.
    var active: [WorkflowName: StoredWorkflow] = [:]
}

extension WorkflowName {
    init(creating request: CreateWorkflow) {
        self.init(
            namespace: request.namespace, name: request.workflow["metadata"]?["name"]?.stringValue ?? "")
    }
}

extension ServiceError {
    init(store error: StoreError) { self.init(.unavailable, "the store failed: \(error.message)") }
}
