import ActorTransport
import JSON
import Model
import OrderedCollections

/// One watch on shards of this replica: what has changed since a cursor, then what is committed from now on.
///
/// The numbers of a replica's changes grow in the order of its commits, so that one number is a cursor over all of its
/// shards: every change up to it was seen, none after it. Versions of one workflow between two looks may be left out,
/// its last one never. Shards that are not owned here, or no longer, are said to be lost; with the last one the watch
/// ends.
actor ShardWatch {
    private enum Item {
        case stored(uid: String, sequence: Int64)
        /// Changed, and not let through by the filter as it is now.
        case left(uid: String, sequence: Int64, metadata: String)
        case gone(Tombstone)

        var sequence: Int64 {
            switch self {
            case .stored(_, let sequence), .left(_, let sequence, _): sequence
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
    /// The shards that it tells of.
    private var shards: ShardSet

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
        self.shards = watching.shards
        let changes: StoredChanges
        do {
            changes = try await store.changes(
                after: cursor, in: watching.shards, filter.withoutState)
        } catch {
            throw ServiceError(store: error)
        }
        guard watching.shards.isEmpty || cursor.lowest(of: watching.shards) >= changes.oldestTombstone - 1 else {
            throw ServiceError(
                .outOfRange, "too old resource version: \(cursor.text); list again and watch from there")
        }
        let items =
            changes.changed.map { Self.item($0, filter) }
            + changes.deleted.filter { Self.wasMeant($0, filter) }.map { .gone($0) }
        self.backlog = items.filter { $0.sequence <= watching.published }.sorted { $0.sequence < $1.sequence }
    }

    /// What a workflow that changed since the cursor is for the watch.
    ///
    /// Whether the filter let it through before nobody knows any more: one that it does not is told as deleted, which
    /// means nothing to whoever did not have it.
    private static func item(_ stored: StoredWorkflow, _ filter: WorkflowFilter) -> Item {
        let labels = filter.labels.isEmpty ? [] : stored.head.labels
        let isMeant = filter.matches(name: stored.name, uid: stored.uid, head: stored.head) { key in
            labels.first { $0.key == key }?.value
        }
        return isMeant
            ? .stored(uid: stored.uid, sequence: stored.sequence)
            : .left(uid: stored.uid, sequence: stored.sequence, metadata: stored.head.metadata)
    }

    /// Whether the filter may have let a workflow through that is gone: by what of it could not change.
    private static func wasMeant(_ tombstone: Tombstone, _ filter: WorkflowFilter) -> Bool {
        var lasting = filter.withoutState
        lasting.createdAfter = nil
        return lasting.matches(name: tombstone.name, uid: tombstone.uid, head: WorkflowHead()) { _ in nil }
    }

    /// What comes next; waits for it.
    ///
    /// `nil` when the replica stops, and when no shard is left.
    func next() async throws -> ShardNotice? {
        if !self.lost.isEmpty {
            defer { self.lost = [] }
            return ShardNotice(lost: self.lost)
        }
        while self.position < self.backlog.count {
            let item = self.backlog[self.position]
            self.position += 1
            // Shards that had different owners may have changes of the same number.
            let isTied =
                self.position < self.backlog.count && self.backlog[self.position].sequence == item.sequence
            if self.position == self.backlog.count {
                self.backlog = []
                self.position = 0
            }
            guard var notice = try await self.notice(of: item) else { continue }
            notice.isTied = isTied
            return notice
        }
        while !self.shards.isEmpty, let telling = try await self.tellings.next() {
            guard case .changed(let notice) = telling else {
                guard case .lost(let shard) = telling else { continue }
                self.shards.remove(shard)
                return ShardNotice(lost: [shard])
            }
            if let known = self.ahead[notice.uid] {
                if notice.sequence >= known { self.ahead[notice.uid] = nil }
                if notice.sequence <= known, notice.kind != .deleted { continue }
            }
            switch notice.kind {
            case .deleted:
                self.ahead[notice.uid] = nil
                return try await self.deleted(
                    notice.uid, notice.sequence, last: try notice.lastDocument?(), metadata: notice.metadata)
            case .added, .modified:
                if let event = try await self.event(notice.uid, notice.sequence, notice.kind) { return event }
            case .bookmark: break
            }
        }
        return nil
    }

    private func notice(of item: Item) async throws -> ShardNotice? {
        switch item {
        case .gone(let tombstone): try Self.deleted(metadata: tombstone.metadata, sequence: tombstone.sequence)
        case .left(let uid, let sequence, let metadata):
            try await self.deleted(uid, sequence, last: nil, metadata: metadata)
        case .stored(let uid, let sequence): try await self.event(uid, sequence, .modified)
        }
    }

    /// The document as it is now, under the number of the change: a watch that resumes from there misses nothing.
    private func event(_ uid: String, _ sequence: Int64, _ kind: WatchEvent.Kind) async throws -> ShardNotice? {
        // Deleted meanwhile: the notice of that is on its way.
        guard let stored = try await self.store.workflow(uid: uid) else { return nil }
        if stored.sequence > sequence { self.ahead[uid] = stored.sequence }
        return ShardNotice(WatchEvent(kind, try stored.document()), shard: stored.shard, number: sequence)
    }

    /// The end of a workflow for this watch: it is gone, or the filter no longer lets it through.
    private func deleted(
        _ uid: String, _ sequence: Int64, last: JSONValue?, metadata: String
    ) async throws -> ShardNotice {
        var document = last
        if document == nil { document = try await self.store.workflow(uid: uid)?.document() }
        guard let document else { return try Self.deleted(metadata: metadata, sequence: sequence) }
        return Self.deleted(document, sequence)
    }

    private static func deleted(metadata: String, sequence: Int64) throws -> ShardNotice {
        self.deleted(["metadata": try .parse(metadata), "spec": ["arguments": [:]], "status": [:]], sequence)
    }

    private static func deleted(_ document: JSONValue, _ sequence: Int64) -> ShardNotice {
        let metadata = document["metadata"]
        let shard = ShardMap.shard(
            ofWorkflow: metadata?["name"]?.stringValue ?? "", in: metadata?["namespace"]?.stringValue ?? "")
        return ShardNotice(WatchEvent(.deleted, document), shard: shard, number: sequence)
    }
}
