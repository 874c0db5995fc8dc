import ActorTransport
import JSON
import Model
import OrderedCollections

/// One watch: what is there or has changed since a cursor, then what is committed from now on.
///
/// The numbers of a replica's changes grow in the order of its commits, so that one number is a cursor over all of its
/// shards: every change up to it was seen, none after it. Versions of one workflow between two looks may be left out,
/// its last one never.
actor WorkflowWatch {
    private enum Item {
        case stored(uid: String, sequence: Int64, kind: WatchEvent.Kind)
        case gone(Tombstone)

        var sequence: Int64 {
            switch self {
            case .stored(_, let sequence, _): sequence
            case .gone(let tombstone): tombstone.sequence
            }
        }
    }

    private let store: any WorkflowStore
    private let notices: StreamSource<WatchHub.Notice>
    private var backlog: [Item]
    private var position = 0
    /// Workflows whose document was newer than its notice: notices up to this number tell nothing new.
    private var ahead: [String: Int64] = [:]
    /// Workflows that were there before the watch but have not been told of yet.
    private var unseen: Set<String>

    /// - Throws: `ServiceError` with `outOfRange` where the cursor is too old to be resumed from.
    init(_ request: WatchRequest, store: any WorkflowStore, hub: WatchHub) async throws(ServiceError) {
        let filter = try WorkflowFilter(
            namespace: request.namespace, labelSelector: request.labelSelector, fieldSelector: request.fieldSelector)
        // Watching begins before reading: what is committed in between is told by a notice, not lost.
        let (stream, published) = try hub.watch(filter)
        self.store = store
        self.notices = StreamSource(stream)
        var outline = filter
        outline.withoutNodes = true
        do {
            if let cursor = try Self.cursor(request) {
                let changes = try await store.changes(after: ShardCursor(cursor), in: .all, outline)
                guard cursor >= changes.oldestTombstone - 1 else {
                    throw ServiceError(
                        .outOfRange, "too old resource version: \(cursor); list again and watch from there")
                }
                let items =
                    changes.changed.map { Item.stored(uid: $0.uid, sequence: $0.sequence, kind: .modified) }
                    + changes.deleted.filter { filter.namespace == nil || $0.name.namespace == filter.namespace }
                    .map { .gone($0) }
                self.backlog = items.filter { $0.sequence <= published }.sorted { $0.sequence < $1.sequence }
                self.unseen = []
            } else {
                let items = try await store.workflows(outline).items
                self.backlog = items.filter { $0.sequence <= published }.sorted { $0.sequence < $1.sequence }
                    .map { .stored(uid: $0.uid, sequence: $0.sequence, kind: .added) }
                self.unseen = Set(items.filter { $0.sequence > published }.map(\.uid))
            }
        } catch let error as StoreError {
            throw ServiceError(store: error)
        } catch {
            throw (error as? ServiceError) ?? ServiceError(.internal, "\(error)")
        }
    }

    private static func cursor(_ request: WatchRequest) throws(ServiceError) -> Int64? {
        guard let text = request.resourceVersion, !text.isEmpty, text != "0" else { return nil }
        guard let number = Int64(text) else {
            throw ServiceError(.invalidArgument, "resourceVersion \"\(text)\" is none of ours")
        }
        return number
    }

    /// The next change; waits for it.
    ///
    /// `nil` when the replica stops.
    func next() async throws -> WatchEvent? {
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
            case .stored(let uid, let sequence, let kind):
                if let event = try await self.event(uid, sequence, kind) { return event }
            }
        }
        while let notice = try await self.notices.next() {
            if let known = self.ahead[notice.uid] {
                if notice.sequence >= known { self.ahead[notice.uid] = nil }
                if notice.sequence <= known, notice.kind != .deleted { continue }
            }
            switch notice.kind {
            case .deleted: return try Self.deleted(metadata: notice.metadata, sequence: notice.sequence)
            case .created, .modified:
                let isNew = notice.kind == .created || self.unseen.remove(notice.uid) != nil
                if let event = try await self.event(notice.uid, notice.sequence, isNew ? .added : .modified) {
                    return event
                }
            }
        }
        return nil
    }

    /// The document as it is now, under the number of the change: a watch that resumes from there misses nothing.
    private func event(_ uid: String, _ sequence: Int64, _ kind: WatchEvent.Kind) async throws -> WatchEvent? {
        // Deleted meanwhile: the notice of that is on its way.
        guard let stored = try await self.store.workflow(uid: uid) else { return nil }
        if stored.sequence > sequence { self.ahead[uid] = stored.sequence }
        var document = try stored.document()
        document.set(resourceVersion: sequence)
        return WatchEvent(kind, document)
    }

    private static func deleted(metadata: String, sequence: Int64) throws -> WatchEvent {
        var document: JSONValue = ["metadata": try .parse(metadata), "spec": ["arguments": [:]], "status": [:]]
        document.set(resourceVersion: sequence)
        return WatchEvent(.deleted, document)
    }
}
