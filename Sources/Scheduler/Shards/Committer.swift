import Synchronization

/// Writes the changes of all shards of this replica: everything that is ready goes into one transaction.
///
/// It also numbers the changes. There is one committer for a store connection, so the numbers of a replica grow in the
/// order of its commits: one number says for all of its shards what a watcher has seen.
actor Committer {
    private enum Work {
        case change(Pending)
        case claim([Int], CheckedContinuation<Result<[ShardClaim], StoreError>, Never>)
    }

    private struct Pending {
        var change: ShardChange
        var continuation: CheckedContinuation<Result<ShardChange, CommitFailure>, Never>
    }

    private let member: String
    private let store: any WorkflowStore
    private let watches: WatchHub
    private let metrics: SchedulerMetrics
    private nonisolated let mailbox = Mailbox<Work>(limit: .max)
    private var counter: Int64
    private nonisolated let lastFailure = Mutex<StoreError?>(nil)

    init(
        member: String, store: any WorkflowStore, watches: WatchHub, metrics: SchedulerMetrics, sequence: Int64
    ) {
        self.member = member
        self.store = store
        self.watches = watches
        self.metrics = metrics
        self.counter = sequence
    }

    /// What went wrong with the last transaction, if anything did.
    ///
    /// Shards whose commit failed try again and again to write, so it is forgotten soon after the store has recovered.
    nonisolated var failure: StoreError? { self.lastFailure.withLock { $0 } }

    /// Numbers that were drawn elsewhere for shards of ours: ours must be above them.
    func advance(to sequence: Int64) { self.counter = max(self.counter, sequence) }

    /// Returns once the change is on disk, with the numbers that it was given.
    nonisolated func commit(_ change: ShardChange) async throws(CommitFailure) -> ShardChange {
        let outcome = await withCheckedContinuation { continuation in
            let pending = Pending(change: change, continuation: continuation)
            if self.mailbox.post(.change(pending)) != .accepted {
                continuation.resume(
                    returning: .failure(.unknown(StoreError(.closed, "the store is closed"))))
            }
        }
        return try outcome.get()
    }

    /// Claims shards between two commits, so that whatever is numbered later is above all that is stored of them.
    nonisolated func claim(_ shards: [Int]) async throws(StoreError) -> [ShardClaim] {
        let outcome = await withCheckedContinuation { continuation in
            if self.mailbox.post(.claim(shards, continuation)) != .accepted {
                continuation.resume(returning: .failure(StoreError(.closed, "the store is closed")))
            }
        }
        return try outcome.get()
    }

    /// Takes no more changes; those that wait are still written.
    nonisolated func close() { self.mailbox.close() }

    /// Writes until it is closed.
    func run() async {
        while let batch = await self.mailbox.next() {
            var changes: [Pending] = []
            for work in batch {
                switch work {
                case .change(let pending): changes.append(pending)
                case .claim(let shards, let continuation):
                    continuation.resume(returning: await self.claimNow(shards))
                }
            }
            if !changes.isEmpty { await self.write(changes) }
        }
    }

    private func claimNow(_ shards: [Int]) async -> Result<[ShardClaim], StoreError> {
        do {
            let claims = try await self.store.claim(shards, member: self.member)
            self.lastFailure.withLock { $0 = nil }
            self.advance(to: claims.map(\.sequence).max() ?? 0)
            return .success(claims)
        } catch {
            self.lastFailure.withLock { $0 = error }
            return .failure(error)
        }
    }

    private func write(_ pending: [Pending]) async {
        var batch = pending
        for index in batch.indices { batch[index].change.number(from: &self.counter) }
        let start = ContinuousClock.now
        defer { self.metrics.transactionEnded(since: start) }
        do {
            let outcomes = try await self.store.commit(batch.map(\.change))
            self.lastFailure.withLock { $0 = nil }
            let committed = zip(batch, outcomes).filter { $0.1 == .committed }.map(\.0.change)
            for (entry, outcome) in zip(batch, outcomes) where outcome != .committed {
                self.watches.disown(entry.change.shard)
            }
            // What was refused is no number that anybody has seen.
            self.watches.publish(committed, upTo: committed.map(\.sequence).max() ?? 0)
            for (entry, outcome) in zip(batch, outcomes) {
                switch outcome {
                case .committed: entry.continuation.resume(returning: .success(entry.change))
                case .fenced(let epoch): entry.continuation.resume(returning: .failure(.fenced(epoch: epoch)))
                }
            }
        } catch {
            self.lastFailure.withLock { $0 = error }
            // What may have been written was told to nobody, and must not be passed over with the next higher number:
            // watchers ask again, whoever owns these shards by then.
            for entry in batch { self.watches.disown(entry.change.shard) }
            for entry in batch { entry.continuation.resume(returning: .failure(.unknown(error))) }
        }
    }
}

/// Why a change is not known to be durable.
enum CommitFailure: Error, Sendable {
    /// Another member owns the shard.
    case fenced(epoch: Int64)
    /// The store failed. Whether the change took effect is unknown; nothing of its shard is told to watchers until
    /// somebody has loaded it.
    case unknown(StoreError)
}
