/// Durable records of workflows and stored objects.
///
/// There is one writer for each shard. It is fenced: a commit names the epoch under which the shard was claimed, and
/// nothing of a shard whose epoch has moved on is written. What a commit answered is on disk. The numbers of changes
/// are unique within a shard, and grow there; several writers may give the same number to changes of different shards.
package protocol WorkflowStore: ShardLeases {
    /// Writes the changes of any number of shards in one transaction.
    ///
    /// - Returns: What became of each change, in order.
    /// - Throws: `StoreError`. Whether the transaction took effect is then unknown: who asked must claim and load
    ///   again.
    func commit(_ changes: [ShardChange]) async throws(StoreError) -> [CommitOutcome]

    /// The workflows of these shards that have not ended, with their nodes, and the decisions not yet performed.
    func load(_ shards: [Int]) async throws(StoreError) -> ShardContents

    /// The workflow with its nodes.
    func workflow(namespace: String, name: String) async throws(StoreError) -> StoredWorkflow?
    func workflow(uid: String) async throws(StoreError) -> StoredWorkflow?
    /// Which of these workflows exist, by `namespace/name`, with their uids.
    func uids(of names: [WorkflowName]) async throws(StoreError) -> [WorkflowName: String]
    /// The newest workflows first.
    func workflows(_ filter: WorkflowFilter) async throws(StoreError) -> StoredWorkflowPage
    /// Workflows of these shards that changed and that were deleted after the cursor, in the order of their numbers.
    func changes(
        after cursor: ShardCursor, in shards: ShardSet, _ filter: WorkflowFilter
    ) async throws(StoreError) -> StoredChanges
    /// Workflows of these shards that were deleted after the cursor, in the order of their numbers.
    ///
    /// Of a great many the oldest are forgotten.
    func deletions(after cursor: ShardCursor, in shards: ShardSet) async throws(StoreError) -> [Tombstone]
    /// Workflows of these shards whose time to live has run out, oldest first.
    func expired(before seconds: Int64, in shards: ShardSet, limit: Int) async throws(StoreError) -> [WorkflowName]
    /// When the next workflow's time to live runs out in these shards, in seconds since 1970.
    func nextExpiry(in shards: ShardSet) async throws(StoreError) -> Int64?

    /// A number that has grown once a commit of anybody has changed a stored object.
    ///
    /// Objects that are read after it hold all that was committed before it.
    func objectsVersion() async throws(StoreError) -> Int64
    func objects(kind: String?, namespace: String?) async throws(StoreError) -> [StoredObject]
    /// Events for people, oldest first.
    func events(namespace: String?, after sequence: Int64, limit: Int) async throws(StoreError) -> [EventRecord]

    func close() async
}

package enum CommitOutcome: Sendable, Hashable {
    case committed
    /// Somebody else owns the shard by now: nothing of the change was written.
    case fenced(epoch: Int64)
}

package struct WorkflowName: Sendable, Hashable, CustomStringConvertible {
    package var namespace: String
    package var name: String

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    package var description: String { "\(self.namespace)/\(self.name)" }
}

/// What recovery needs of a set of shards.
package struct ShardContents: Sendable {
    package var workflows: [StoredWorkflow] = []
    package var outbox: [Int: [OutboxRecord]] = [:]

    package init() {}
}

package struct StoredWorkflowPage: Sendable {
    package var items: [StoredWorkflow] = []
    /// How many more match after the last of `items`.
    package var remaining = 0
    /// Every change up to this position is in `items`.
    package var cursor = ShardCursor()

    package init() {}
}

package struct StoredChanges: Sendable {
    package var changed: [StoredWorkflow] = []
    package var deleted: [Tombstone] = []
    /// Deletions older than this are forgotten: who asks from before it must list again.
    package var oldestTombstone: Int64 = 0

    package init() {}
}

/// What is left of a deleted workflow, so that watchers learn of it.
package struct Tombstone: Sendable, Hashable {
    package var shard: Int
    package var sequence: Int64
    package var name: WorkflowName
    package var uid: String
    package var metadata: String
}
