import ActorTransport
import Model

/// A store that keeps everything in memory: for tests, and for runs that nobody wants to keep.
///
/// It answers what the other stores answer; one conformance suite runs on all. Several replicas of one process may
/// share it: leases end by the clock that it is given.
package actor MemoryStore: WorkflowStore {
    private let clock: any SchedulerClock
    private var ledger = LeaseLedger()
    private nonisolated let leaseListeners = LeaseListeners()
    /// The last number that a change of each shard was given.
    private var sequences = Array(repeating: Int64(0), count: ShardMap.shardCount)
    private var objectChanges: Int64 = 0
    private var workflows: [String: StoredWorkflow] = [:]
    private var uids: [WorkflowName: String] = [:]
    private var labels: [String: [Label]] = [:]
    private var nodes: [String: [Int: NodeRecord]] = [:]
    private var outbox: [Int: [Int64: OutboxRecord]] = [:]
    private var events: [EventRecord] = []
    private var tombstones: [Tombstone] = []
    private var objects: [StoredObject] = []

    package init(clock: any SchedulerClock = SystemClock()) { self.clock = clock }

    // MARK: Leases

    private var now: Duration { .nanoseconds(self.clock.now().nanoseconds) }
    private var highestSequence: Int64 { self.sequences.max() ?? 0 }

    package func heartbeat(_ member: MemberRecord, lease: Duration) throws(StoreError) -> LeaseTable {
        let before = self.ledger.table(sequence: 0, now: self.now)
        self.ledger.heartbeat(member, lease: lease, now: self.now)
        let table = self.ledger.table(sequence: self.highestSequence, now: self.now)
        if table.members != before.members { self.leaseListeners.tell() }
        return table
    }

    package func leases() throws(StoreError) -> LeaseTable {
        self.ledger.table(sequence: self.highestSequence, now: self.now)
    }

    package func claim(_ shards: [Int], member: String) throws(StoreError) -> [ShardClaim] {
        let sequence = self.highestSequence
        let claimed = self.ledger.claim(shards, member: member, now: self.now)
        if !claimed.isEmpty { self.leaseListeners.tell() }
        return claimed.map { ShardClaim(shard: $0.shard, epoch: $0.epoch, sequence: sequence) }
    }

    package func release(_ held: [HeldShard], member: String) throws(StoreError) {
        self.ledger.release(held, member: member)
        self.leaseListeners.tell()
    }

    package func leave(_ member: String) throws(StoreError) {
        self.ledger.leave(member)
        self.leaseListeners.tell()
    }

    package nonisolated func leaseChanges() -> AsyncStream<Void> { self.leaseListeners.stream() }

    // MARK: Writing

    package func commit(_ changes: [ShardChange]) throws(StoreError) -> [CommitOutcome] {
        for change in changes where self.ledger.epoch(of: change.shard) == change.epoch {
            for workflow in change.workflows where workflow.kind == .created && self.uids[workflow.name] != nil {
                throw StoreError(.conflict, "workflow \(workflow.name) exists")
            }
        }
        return changes.map { change in
            let epoch = self.ledger.epoch(of: change.shard)
            guard epoch == change.epoch else { return .fenced(epoch: epoch) }
            self.write(change)
            return .committed
        }
    }

    private func write(_ change: ShardChange) {
        for workflow in change.workflows { self.write(workflow, shard: change.shard) }
        for row in change.outboxAdded { self.outbox[change.shard, default: [:]][row.number] = row }
        for number in change.outboxRemoved { self.outbox[change.shard]?[number] = nil }
        for row in change.placements { self.nodes[row.uid]?[row.ordinal]?.runner = row.runner }
        self.events += change.events
        for object in change.objects {
            self.objects.removeAll {
                $0.kind == object.kind && $0.namespace == object.namespace && $0.name == object.name
            }
            guard let content = object.object else { continue }
            self.objects.append(
                StoredObject(
                    kind: object.kind, namespace: object.namespace, name: object.name, sequence: object.sequence,
                    object: content))
        }
        if !change.objects.isEmpty { self.objectChanges += 1 }
        self.sequences[change.shard] = max(self.sequences[change.shard], change.sequence)
    }

    private func write(_ change: WorkflowChange, shard: Int) {
        if change.kind == .deleted {
            self.tombstones.append(
                Tombstone(
                    shard: shard, sequence: change.sequence, name: change.name, uid: change.uid,
                    metadata: change.head?.metadata ?? "{}"))
            self.workflows[change.uid] = nil
            self.uids[change.name] = nil
            self.labels[change.uid] = nil
            self.nodes[change.uid] = nil
            return
        }
        var stored =
            self.workflows[change.uid]
            ?? StoredWorkflow(
                uid: change.uid, shard: shard, name: change.name, head: WorkflowHead(), spec: "{}", sequence: 0)
        if let head = change.head { stored.head = head }
        if let spec = change.spec { stored.spec = spec }
        stored.sequence = change.sequence
        self.workflows[change.uid] = stored
        self.uids[change.name] = change.uid
        if let labels = change.labels { self.labels[change.uid] = labels }
        for ordinal in change.removedNodes { self.nodes[change.uid]?[ordinal] = nil }
        for node in change.nodes {
            let runner = node.runner ?? self.nodes[change.uid]?[node.ordinal]?.runner ?? ""
            self.nodes[change.uid, default: [:]][node.ordinal] = node
            self.nodes[change.uid]?[node.ordinal]?.runner = runner
        }
    }

    package func load(_ shards: [Int]) throws(StoreError) -> ShardContents {
        var contents = ShardContents()
        let active = self.workflows.values.filter { $0.head.isActive && shards.contains($0.shard) }
        contents.workflows = active.sorted {
            ($0.shard, $0.head.createdAt, $0.uid) < ($1.shard, $1.head.createdAt, $1.uid)
        }.map { self.whole($0) }
        for shard in shards {
            let rows = (self.outbox[shard] ?? [:]).values.sorted { $0.number < $1.number }
            if !rows.isEmpty { contents.outbox[shard] = rows }
        }
        return contents
    }

    private func whole(_ workflow: StoredWorkflow, withoutNodes: Bool = false) -> StoredWorkflow {
        var whole = workflow
        if !withoutNodes {
            whole.nodes = (self.nodes[workflow.uid] ?? [:]).values.sorted { $0.ordinal < $1.ordinal }
        }
        return whole
    }

    package func workflow(namespace: String, name: String) throws(StoreError) -> StoredWorkflow? {
        let uid = self.uids[WorkflowName(namespace: namespace, name: name)]
        return uid.flatMap { self.workflows[$0] }.map { self.whole($0) }
    }

    package func workflow(uid: String) throws(StoreError) -> StoredWorkflow? {
        self.workflows[uid].map { self.whole($0) }
    }

    package func uids(of names: [WorkflowName]) throws(StoreError) -> [WorkflowName: String] {
        self.uids.filter { names.contains($0.key) }
    }

    package func workflows(_ filter: WorkflowFilter) throws(StoreError) -> StoredWorkflowPage {
        var page = StoredWorkflowPage()
        page.cursor = ShardCursor(
            snapshot: self.sequences.indices.map { ($0, self.ledger.leases[$0].owner, self.sequences[$0]) })
        var matching = self.matching(filter).sorted {
            ($1.head.createdAt, $0.uid) < ($0.head.createdAt, $1.uid)
        }
        if let after = filter.after {
            matching.removeAll { ($0.head.createdAt, after.uid) > (after.createdAt, $0.uid) || $0.uid == after.uid }
        }
        let count = filter.limit ?? matching.count
        page.items = matching.prefix(count).map { self.whole($0, withoutNodes: filter.withoutNodes) }
        page.remaining = max(0, matching.count - count)
        return page
    }

    package func changes(
        after cursor: ShardCursor, in shards: ShardSet, _ filter: WorkflowFilter
    ) throws(StoreError) -> StoredChanges {
        var changes = StoredChanges()
        let changed = self.matching(filter).filter { shards.contains($0.shard) && $0.sequence > cursor[$0.shard] }
        changes.changed = changed.sorted { ($0.sequence, $0.shard) < ($1.sequence, $1.shard) }
            .map { self.whole($0, withoutNodes: filter.withoutNodes) }
        changes.deleted = self.deletions(after: cursor, in: shards)
        return changes
    }

    package func deletions(after cursor: ShardCursor, in shards: ShardSet) -> [Tombstone] {
        self.tombstones.filter { shards.contains($0.shard) && $0.sequence > cursor[$0.shard] }
            .sorted { ($0.sequence, $0.shard) < ($1.sequence, $1.shard) }
    }

    private func matching(_ filter: WorkflowFilter) -> [StoredWorkflow] {
        self.workflows.values.filter { workflow in
            filter.matches(name: workflow.name, uid: workflow.uid, head: workflow.head) { key in
                self.labels[workflow.uid]?.first { $0.key == key }?.value
            }
        }
    }

    package func expired(
        before seconds: Int64, in shards: ShardSet, limit: Int
    ) throws(StoreError) -> [WorkflowName] {
        let due = self.workflows.values.filter {
            shards.contains($0.shard) && ($0.head.expiresAt ?? .max) <= seconds
        }
        return due.sorted { ($0.head.expiresAt ?? 0, $0.uid) < ($1.head.expiresAt ?? 0, $1.uid) }.prefix(limit).map(
            \.name)
    }

    package func nextExpiry(in shards: ShardSet) throws(StoreError) -> Int64? {
        self.workflows.values.filter { shards.contains($0.shard) }.compactMap(\.head.expiresAt).min()
    }

    package func objectsVersion() throws(StoreError) -> Int64 { self.objectChanges }

    package func objects(kind: String?, namespace: String?) throws(StoreError) -> [StoredObject] {
        let matching = self.objects.filter {
            (kind == nil || $0.kind == kind) && (namespace == nil || $0.namespace == namespace)
        }
        return matching.sorted { ($0.kind, $0.namespace, $0.name) < ($1.kind, $1.namespace, $1.name) }
    }

    package func events(namespace: String?, after sequence: Int64, limit: Int) throws(StoreError) -> [EventRecord] {
        let matching = self.events.filter { $0.sequence > sequence && (namespace == nil || $0.namespace == namespace) }
        return Array(matching.sorted { $0.sequence < $1.sequence }.prefix(limit))
    }

    package func close() {}
}
