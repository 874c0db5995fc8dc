import ActorTransport
import JSON
import Model
import OrderedCollections

/// One watch on shards of this replica: what has changed since a cursor, then what is committed from now on.
///
/// The numbers of a replica's changes grow in the order of its commits, so that one number is a cursor over all of its
/// shards: every change up to it was seen, none after it. Versions of one workflow between two looks may be left out,
/// its last one never. Shards that are not owned here, or no longer, are said to be lost.
actor ShardWatch {
    private enum Item {
        case stored(uid: String, sequence: Int64)
        case gone(Tombstone)

        var sequence: Int64 {
            switch self {
            case .stored(_, let sequence): sequence
            case .gone(let tombstone): tombstone.sequence
            }
        }
    }

    private let store: any WorkflowStore
    private let tellings: StreamSource<WatchHub.Telling>
    private var backlog: [Item]
    private var position = 0
    /// Workflows whose document was newer than its notice: notices up to this number tell nothing new.
    private var ahead: [String: Int64] = [:]
    private var lost: [Int]

    /// - Throws: `ServiceError` with `outOfRange` where the cursor is too old to be resumed from.
    init(
        _ request: WatchRequest, in shards: ShardSet, after cursor: ShardCursor, store: any WorkflowStore, hub: WatchHub
    ) async throws(ServiceError) {
        let filter = try WorkflowFilter(
            namespace: request.namespace, labelSelector: request.labelSelector, fieldSelector: request.fieldSelector)
        // Watching begins before reading: what is committed in between is told by a notice, not lost.
        let watching = try hub.watch(filter, in: shards)
        self.store = store
        self.tellings = StreamSource(watching.tellings)
        var lost = shards
        lost.subtract(watching.shards)
        self.lost = lost.members
        var outline = filter
        outline.withoutNodes = true
        let changes: StoredChanges
        do {
            changes = try await store.changes(after: cursor, in: watching.shards, outline)
        } catch {
            throw ServiceError(store: error)
        }
        guard watching.shards.isEmpty || cursor.lowest(of: watching.shards) >= changes.oldestTombstone - 1 else {
            throw ServiceError(
                .outOfRange, "too old resource version: \(cursor.text); list again and watch from there")
        }
        let items =
            changes.changed.map { Item.stored(uid: $0.uid, sequence: $0.sequence) }
            + changes.deleted.filter { filter.namespace == nil || $0.name.namespace == filter.namespace }
            .map { .gone($0) }
        self.backlog = items.filter { $0.sequence <= watching.published }.sorted { $0.sequence < $1.sequence }
    }

    /// What comes next; waits for it.
    ///
    /// `nil` when the replica stops.
    func next() async throws -> ShardNotice? {
        if !self.lost.isEmpty {
            defer { self.lost = [] }
            return ShardNotice(lost: self.lost)
        }
        while self.position < self.backlog.count {
            let item = self.backlog[self.position]
            self.position += 1
            if self.position == self.backlog.count {
                self.backlog = []
                self.position = 0
            }
            switch item {
            case .gone(let tombstone):
                return try Self.deleted(metadata: tombstone.metadata, sequence: tombstone.sequence)
            case .stored(let uid, let sequence):
                if let event = try await self.event(uid, sequence, .modified) { return event }
            }
        }
        while let telling = try await self.tellings.next() {
            guard case .changed(let notice) = telling else {
                if case .lost(let shard) = telling { return ShardNotice(lost: [shard]) }
                continue
            }
            if let known = self.ahead[notice.uid] {
                if notice.sequence >= known { self.ahead[notice.uid] = nil }
                if notice.sequence <= known, notice.kind != .deleted { continue }
            }
            switch notice.kind {
            case .deleted: return try Self.deleted(metadata: notice.metadata, sequence: notice.sequence)
            case .created, .modified:
                let kind = notice.kind == .created ? WatchEvent.Kind.added : .modified
                if let event = try await self.event(notice.uid, notice.sequence, kind) { return event }
            }
        }
        return nil
    }

    /// The document as it is now, under the number of the change: a watch that resumes from there misses nothing.
    private func event(_ uid: String, _ sequence: Int64, _ kind: WatchEvent.Kind) async throws -> ShardNotice? {
        // Deleted meanwhile: the notice of that is on its way.
        guard let stored = try await self.store.workflow(uid: uid) else { return nil }
        if stored.sequence > sequence { self.ahead[uid] = stored.sequence }
        return ShardNotice(WatchEvent(kind, try stored.document()), shard: stored.shard, number: sequence)
    }

    private static func deleted(metadata: String, sequence: Int64) throws -> ShardNotice {
        let metadata = try JSONValue.parse(metadata)
        let shard = ShardMap.shard(
            ofWorkflow: metadata["name"]?.stringValue ?? "", in: metadata["namespace"]?.stringValue ?? "")
        let document: JSONValue = ["metadata": metadata, "spec": ["arguments": [:]], "status": [:]]
        return ShardNotice(WatchEvent(.deleted, document), shard: shard, number: sequence)
    }
}
