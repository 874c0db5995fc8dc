import Scheduler
import Synchronization

/// A store that fails as it is told: before a commit, or after it, when its outcome is unknown to whoever asked; and
/// that is as slow as the test says.
final class FaultyStore: WorkflowStore {
    enum Fault: Sendable { case before, after }

    private struct State {
        var commits = 0
        var faults: [Int: Fault] = [:]
        /// What makes a commit one whose outcome is unknown, once.
        var unknown: (@Sendable (ObjectChange) -> Bool)?
        var isDead = false
        /// Nothing is written, as on a disk that is full.
        var isReadOnly = false
        /// Nothing that requests need to know is read.
        var failsReads = false
        var failedReads = 0
        /// How many loads of shards are still to fail.
        var failingLoads = 0
        /// Where the process dies at a fault, nothing works after it.
        var diesAtFault = false
    }

    private let base: any WorkflowStore
    private let state = Mutex(State())
    /// What every call must pass before it is served.
    let turnstile = Turnstile()

    init(_ base: any WorkflowStore) { self.base = base }

    var commits: Int { self.state.withLock { $0.commits } }
    var isDead: Bool { self.state.withLock { $0.isDead } }

    /// The `number`-th commit from now, counted from 1, fails.
    func fail(_ number: Int, _ fault: Fault, andDie: Bool = false) {
        self.state.withLock { state in
            state.faults[state.commits + number] = fault
            state.diesAtFault = andDie
        }
    }

    /// The next commit that changes such an object is made, and whoever asked does not hear of it.
    func loseOutcome(where matches: @escaping @Sendable (ObjectChange) -> Bool) {
        self.state.withLock { $0.unknown = matches }
    }

    /// Whether every commit and every claim fails.
    var isReadOnly: Bool {
        get { self.state.withLock { $0.isReadOnly } }
        set { self.state.withLock { $0.isReadOnly = newValue } }
    }

    /// Whether whatever requests need to know cannot be read.
    var failsReads: Bool {
        get { self.state.withLock { $0.failsReads } }
        set { self.state.withLock { $0.failsReads = newValue } }
    }

    /// How many reads have failed that requests needed.
    var failedReads: Int { self.state.withLock { $0.failedReads } }

    /// The next loads of shards fail.
    func failLoads(_ count: Int) { self.state.withLock { $0.failingLoads = count } }

    private static let broken = StoreError(.failed, "a planted fault")

    private func check() async throws(StoreError) {
        await self.turnstile.pass()
        try self.checkLife()
    }

    private func checkReading() async throws(StoreError) {
        try await self.check()
        guard self.failsReads else { return }
        self.state.withLock { $0.failedReads += 1 }
        throw Self.broken
    }

    /// Leases are not slowed: whoever loses them is another test's matter.
    private func checkLife() throws(StoreError) {
        if self.isDead { throw Self.broken }
    }

    func heartbeat(_ member: MemberRecord, lease: Duration) async throws(StoreError) -> LeaseTable {
        try self.checkLife()
        return try await self.base.heartbeat(member, lease: lease)
    }

    func leases() async throws(StoreError) -> LeaseTable {
        try self.checkLife()
        return try await self.base.leases()
    }

    func claim(_ shards: [Int], member: String) async throws(StoreError) -> [ShardClaim] {
        try await self.check()
        if self.isReadOnly { throw Self.broken }
        return try await self.base.claim(shards, member: member)
    }

    func release(_ held: [HeldShard], member: String) async throws(StoreError) {
        try await self.check()
        try await self.base.release(held, member: member)
    }

    func leave(_ member: String) async throws(StoreError) {
        try await self.check()
        try await self.base.leave(member)
    }

    func leaseChanges() -> AsyncStream<Void> { self.base.leaseChanges() }

    func commit(_ changes: [ShardChange]) async throws(StoreError) -> [CommitOutcome] {
        try await self.check()
        if self.isReadOnly { throw Self.broken }
        let fault = self.state.withLock { state in
            state.commits += 1
            var fault = state.faults[state.commits]
            if let matches = state.unknown, changes.contains(where: { $0.objects.contains(where: matches) }) {
                state.unknown = nil
                fault = .after
            }
            if fault != nil, state.diesAtFault { state.isDead = true }
            return fault
        }
        switch fault {
        case .before: throw Self.broken
        case .after:
            _ = try await self.base.commit(changes)
            throw Self.broken
        case nil: return try await self.base.commit(changes)
        }
    }

    func load(_ shards: [Int]) async throws(StoreError) -> ShardContents {
        try await self.check()
        let fails = self.state.withLock { state in
            state.failingLoads -= 1
            return state.failingLoads >= 0
        }
        if fails { throw Self.broken }
        return try await self.base.load(shards)
    }

    func workflow(namespace: String, name: String) async throws(StoreError) -> StoredWorkflow? {
        try await self.checkReading()
        return try await self.base.workflow(namespace: namespace, name: name)
    }

    func workflow(uid: String) async throws(StoreError) -> StoredWorkflow? {
        try await self.checkReading()
        return try await self.base.workflow(uid: uid)
    }

    func uids(of names: [WorkflowName]) async throws(StoreError) -> [WorkflowName: String] {
        try await self.checkReading()
        return try await self.base.uids(of: names)
    }

    func workflows(_ filter: WorkflowFilter) async throws(StoreError) -> StoredWorkflowPage {
        try await self.check()
        return try await self.base.workflows(filter)
    }

    func changes(
        after cursor: ShardCursor, in shards: ShardSet, _ filter: WorkflowFilter
    ) async throws(StoreError) -> StoredChanges {
        try await self.check()
        return try await self.base.changes(after: cursor, in: shards, filter)
    }

    func deletions(after cursor: ShardCursor, in shards: ShardSet) async throws(StoreError) -> [Tombstone] {
        try await self.check()
        return try await self.base.deletions(after: cursor, in: shards)
    }

    func expired(before seconds: Int64, in shards: ShardSet, limit: Int) async throws(StoreError) -> [WorkflowName] {
        try await self.check()
        return try await self.base.expired(before: seconds, in: shards, limit: limit)
    }

    func nextExpiry(in shards: ShardSet) async throws(StoreError) -> Int64? {
        try await self.check()
        return try await self.base.nextExpiry(in: shards)
    }

    func objectsVersion() async throws(StoreError) -> Int64 {
        try await self.check()
        return try await self.base.objectsVersion()
    }

    func objects(kind: String?, namespace: String?) async throws(StoreError) -> [StoredObject] {
        try await self.check()
        return try await self.base.objects(kind: kind, namespace: namespace)
    }

    func events(namespace: String?, after sequence: Int64, limit: Int) async throws(StoreError) -> [EventRecord] {
        try await self.check()
        return try await self.base.events(namespace: namespace, after: sequence, limit: limit)
    }

    /// The records outlive a scheduler that stops: tests close them.
    func close() async {}
}
