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
        /// An event for people that is stored.
        case event(JSONValue, shard: Int, sequence: Int64)

        var sequence: Int64 {
            switch self {
            case .stored(_, let sequence), .left(_, let sequence, _), .event(_, _, let sequence): sequence
            case .gone(let tombstone): tombstone.sequence
            }
        }
    }

    /// How many events for people that are stored are told, the last ones.
    private static let eventLimit = 500

    private let store: any WorkflowStore
    private let fields: EventFields
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
        _ subject: WatchSubject, _ request: WatchRequest, in shards: ShardSet, after cursor: ShardCursor,
        store: any WorkflowStore, hub: WatchHub
    ) async throws(ServiceError) {
        // Watching begins before reading: what is committed in between is told by a notice, not lost.
        let watching: WatchHub.Watching
        let items: [Item]
        switch subject {
        case .workflows:
            let filter = try WorkflowFilter(
                namespace: request.namespace, labelSelector: request.labelSelector,
                fieldSelector: request.fieldSelector)
            self.fields = EventFields("")
            watching = try hub.watch(.workflows(filter), in: shards)
            items = try await Self.changes(filter, in: watching.shards, after: cursor, store)
        case .events:
            let namespace = request.namespace.flatMap { $0.isEmpty ? nil : $0 }
            self.fields = EventFields(request.fieldSelector)
            watching = try hub.watch(.events(namespace: namespace), in: shards)
            items = try await Self.events(namespace, self.fields, in: watching, after: cursor, store)
        }
        self.store = store
        self.tellings = StreamSource(watching.tellings)
        var lost = shards
        lost.subtract(watching.shards)
        self.lost = lost.members
        self.shards = watching.shards
        self.backlog = items.filter { $0.sequence <= watching.published }.sorted { $0.sequence < $1.sequence }
    }

    private static func changes(
        _ filter: WorkflowFilter, in shards: ShardSet, after cursor: ShardCursor, _ store: any WorkflowStore
    ) async throws(ServiceError) -> [Item] {
        let changes: StoredChanges
        do {
            changes = try await store.changes(after: cursor, in: shards, filter.withoutState)
        } catch {
            throw ServiceError(store: error)
        }
        guard shards.isEmpty || cursor.lowest(of: shards) >= changes.oldestTombstone - 1 else {
            throw ServiceError(
                .outOfRange, "too old resource version: \(cursor.text); list again and watch from there")
        }
        return changes.changed.map { Self.item($0, filter) }
            + changes.deleted.filter { Self.wasMeant($0, filter) }.map { .gone($0) }
    }

    /// The last events for people since the cursor.
    private static func events(
        _ namespace: String?, _ fields: EventFields, in watching: WatchHub.Watching, after cursor: ShardCursor,
        _ store: any WorkflowStore
    ) async throws(ServiceError) -> [Item] {
        guard !watching.shards.isEmpty else { return [] }
        let records: [EventRecord]
        do {
            records = try await store.events(
                namespace: namespace, after: cursor.lowest(of: watching.shards), limit: .max)
        } catch {
            throw ServiceError(store: error)
        }
        return try await ServiceError.wrapping {
            var items: [Item] = []
            for record in records.reversed() where record.sequence <= watching.published {
                let event = try JSONValue.parse(record.event)
                let shard = ShardMap.shard(
                    ofWorkflow: event["involvedObject"]?["name"]?.stringValue ?? "", in: record.namespace)
                guard watching.shards.contains(shard), cursor[shard] < record.sequence, fields.match(event) else {
                    continue
                }
                items.append(.event(event, shard: shard, sequence: record.sequence))
                if items.count == Self.eventLimit { break }
            }
            return items
        }
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
            switch telling {
            case .changed(let change):
                if let notice = try await self.notice(of: change) { return notice }
            case .event(let record, let shard):
                let event = try JSONValue.parse(record.event)
                if self.fields.match(event) { return Self.told(event, shard, record.sequence) }
            case .lost(let shard):
                self.shards.remove(shard)
                return ShardNotice(lost: [shard])
            }
        }
        return nil
    }

    private func notice(of change: WatchHub.Notice) async throws -> ShardNotice? {
        if let known = self.ahead[change.uid] {
            if change.sequence >= known { self.ahead[change.uid] = nil }
            if change.sequence <= known, change.kind != .deleted { return nil }
        }
        switch change.kind {
        case .deleted:
            self.ahead[change.uid] = nil
            return try await self.deleted(
                change.uid, change.sequence, last: try change.lastDocument?(), metadata: change.metadata)
        case .added, .modified: return try await self.event(change.uid, change.sequence, change.kind)
        case .bookmark: return nil
        }
    }

    private func notice(of item: Item) async throws -> ShardNotice? {
        switch item {
        case .gone(let tombstone): try Self.deleted(metadata: tombstone.metadata, sequence: tombstone.sequence)
        case .left(let uid, let sequence, let metadata):
            try await self.deleted(uid, sequence, last: nil, metadata: metadata)
        case .stored(let uid, let sequence): try await self.event(uid, sequence, .modified)
        case .event(let event, let shard, let sequence): Self.told(event, shard, sequence)
        }
    }

    private static func told(_ event: JSONValue, _ shard: Int, _ sequence: Int64) -> ShardNotice {
        ShardNotice(WatchEvent(.added, event), shard: shard, number: sequence)
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

/// What an event for people must hold, for example `involvedObject.name=x`.
private struct EventFields: Sendable {
    private let terms: [(path: [String], value: String)]

    init(_ fieldSelector: String) {
        self.terms = fieldSelector.split(separator: ",").compactMap { term in
            let sides = term.split(separator: "=", maxSplits: 1)
            guard sides.count == 2 else { return nil }
            return (sides[0].split(separator: ".").map(String.init), String(sides[1].drop { $0 == "=" }))
        }
    }

    func match(_ event: JSONValue) -> Bool {
        self.terms.allSatisfy { term in
            let value = term.path.reduce(event as JSONValue?) { $0?[$1] }
            return value?.stringValue ?? "" == term.value
        }
    }
}
