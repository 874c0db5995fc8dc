import ActorTransport
import JSON
import Model
import Scheduler
import Synchronization

/// The store of a whole cluster, with somebody who watches what is written, and bugs that can be planted.
final class WitnessStore: Sendable {
    enum PlantedBug: CaseIterable, Sendable {
        case none
        /// A change of an old epoch is written as if it were of the present one.
        case noFence
        /// A commit is answered before it is done, and one of a member that dies is lost.
        case acknowledgesBeforeCommit
        /// A new owner does not find what its predecessor had decided but not done.
        case forgetsOutbox
    }

    private struct State {
        var epochs: [Int: Int64] = [:]
        var sequences: [Int: Int64] = [:]
        var ended: [String: String] = [:]
        var violations: [String] = []
        var fenced = 0
    }

    let base: MemoryStore
    let bug: PlantedBug
    private let clock: any SchedulerClock
    private let state = Mutex(State())

    init(clock: any SchedulerClock, bug: PlantedBug = .none) {
        self.base = MemoryStore(clock: clock)
        self.clock = clock
        self.bug = bug
    }

    var violations: [String] { self.state.withLock { $0.violations } }
    /// How many changes were refused because their epoch was past.
    var fenced: Int { self.state.withLock { $0.fenced } }

    func commit(_ changes: [ShardChange], _ gate: MemberGate) async throws(StoreError) -> [CommitOutcome] {
        let leases = try await self.base.leases().leases
        if self.bug == .noFence {
            var unfenced = changes
            for index in changes.indices { unfenced[index].epoch = leases[changes[index].shard].epoch }
            self.note(changes, leases)
            return try await self.base.commit(unfenced)
        }
        if self.bug == .acknowledgesBeforeCommit {
            Task.detached {
                try await self.clock.sleep(for: .milliseconds(500))
                if !gate.isDead { _ = try await self.base.commit(changes) }
            }
            return changes.map { _ in .committed }
        }
        let outcomes = try await self.base.commit(changes)
        let written = zip(changes, outcomes).filter { $0.1 == .committed }.map(\.0)
        self.state.withLock { $0.fenced += changes.count - written.count }
        self.note(written, leases)
        return outcomes
    }

    /// What is written by which epoch: neither epochs nor numbers go back, and what has ended stays as it is.
    private func note(_ changes: [ShardChange], _ before: [LeaseTable.Lease]) {
        self.state.withLock { state in
            for change in changes {
                let last = max(state.epochs[change.shard] ?? 0, before[change.shard].epoch)
                if change.epoch < last {
                    state.violations.append("shard \(change.shard): epoch \(change.epoch) wrote after \(last)")
                }
                state.epochs[change.shard] = change.epoch
                for workflow in change.workflows {
                    if let last = state.sequences[change.shard], workflow.sequence <= last {
                        state.violations.append("shard \(change.shard): \(workflow.sequence) came after \(last)")
                    }
                    state.sequences[change.shard] = workflow.sequence
                    guard let head = workflow.head, workflow.kind != .deleted else { continue }
                    if let phase = state.ended[workflow.uid], phase != head.phase {
                        state.violations.append("\(workflow.name) was \(phase) and became \(head.phase)")
                    }
                    if !head.isActive { state.ended[workflow.uid] = head.phase }
                }
            }
        }
    }

    func load(_ shards: [Int]) async throws(StoreError) -> ShardContents {
        var contents = try await self.base.load(shards)
        if self.bug == .forgetsOutbox { contents.outbox = [:] }
        return contents
    }
}

/// The cluster's store as one replica reaches it, through its gate.
struct GatedStore: WorkflowStore {
    let gate: MemberGate
    let witness: WitnessStore

    private var base: MemoryStore { self.witness.base }

    private func pass() async throws(StoreError) {
        guard await self.gate.pass() else { throw StoreError(.closed, "this replica is dead") }
    }

    func heartbeat(_ member: MemberRecord, lease: Duration) async throws(StoreError) -> LeaseTable {
        try await self.pass()
        return try await self.base.heartbeat(member, lease: lease)
    }

    func leases() async throws(StoreError) -> LeaseTable {
        try await self.pass()
        return try await self.base.leases()
    }

    func claim(_ shards: [Int], member: String) async throws(StoreError) -> [ShardClaim] {
        try await self.pass()
        return try await self.base.claim(shards, member: member)
    }

    func release(_ held: [HeldShard], member: String) async throws(StoreError) {
        try await self.pass()
        try await self.base.release(held, member: member)
    }

    func leave(_ member: String) async throws(StoreError) {
        try await self.pass()
        try await self.base.leave(member)
    }

    func leaseChanges() -> AsyncStream<Void> {
        let changes = self.base.leaseChanges()
        return AsyncStream {
            for await change in changes where await self.gate.pass() { return change }
            return nil
        }
    }

    func commit(_ changes: [ShardChange]) async throws(StoreError) -> [CommitOutcome] {
        if self.witness.bug != .acknowledgesBeforeCommit { try await self.pass() }
        return try await self.witness.commit(changes, self.gate)
    }

    func load(_ shards: [Int]) async throws(StoreError) -> ShardContents {
        try await self.pass()
        return try await self.witness.load(shards)
    }

    func workflow(namespace: String, name: String) async throws(StoreError) -> StoredWorkflow? {
        try await self.pass()
        return try await self.base.workflow(namespace: namespace, name: name)
    }

    func workflow(uid: String) async throws(StoreError) -> StoredWorkflow? {
        try await self.pass()
        return try await self.base.workflow(uid: uid)
    }

    func uids(of names: [WorkflowName]) async throws(StoreError) -> [WorkflowName: String] {
        try await self.pass()
        return try await self.base.uids(of: names)
    }

    func workflows(_ filter: WorkflowFilter) async throws(StoreError) -> StoredWorkflowPage {
        try await self.pass()
        return try await self.base.workflows(filter)
    }

    func changes(
        after cursor: ShardCursor, in shards: ShardSet, _ filter: WorkflowFilter
    ) async throws(StoreError) -> StoredChanges {
        try await self.pass()
        return try await self.base.changes(after: cursor, in: shards, filter)
    }

    func deletions(after cursor: ShardCursor, in shards: ShardSet) async throws(StoreError) -> [Tombstone] {
        try await self.pass()
        return await self.base.deletions(after: cursor, in: shards)
    }

    func expired(before seconds: Int64, in shards: ShardSet, limit: Int) async throws(StoreError) -> [WorkflowName] {
        try await self.pass()
        return try await self.base.expired(before: seconds, in: shards, limit: limit)
    }

    func nextExpiry(in shards: ShardSet) async throws(StoreError) -> Int64? {
        try await self.pass()
        return try await self.base.nextExpiry(in: shards)
    }

    func objectsVersion() async throws(StoreError) -> Int64 {
        try await self.pass()
        return try await self.base.objectsVersion()
    }

    func objects(kind: String?, namespace: String?) async throws(StoreError) -> [StoredObject] {
        try await self.pass()
        return try await self.base.objects(kind: kind, namespace: namespace)
    }

    func events(namespace: String?, after sequence: Int64, limit: Int) async throws(StoreError) -> [EventRecord] {
        try await self.pass()
        return try await self.base.events(namespace: namespace, after: sequence, limit: limit)
    }

    func close() async {}
}
