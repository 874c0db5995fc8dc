import ActorTransport
import JSON
import Logging
import Model
import OrderedCollections

/// What a watch tells of.
enum WatchSubject: Sendable {
    case workflows
    /// Events for people.
    case events

    /// How schedulers ask each other for their part of it.
    var method: StreamMethod<ShardWatchRequest, ShardNotice> {
        switch self {
        case .workflows: QueryStreams.watchShards
        case .events: QueryStreams.watchShardEvents
        }
    }
}

/// One watch over the whole cluster: a stream from the owner of each shard, made into one.
///
/// At each moment a shard is told by one stream, whose owner numbers the changes of all its shards in their order;
/// where the shard moves, the next owner's stream begins where the last one ended. Each event carries the cursor from
/// which a watch misses nothing and repeats nothing, through whichever scheduler it is resumed.
struct ClusterWatch: Sendable {
    /// How many events may wait for the consumer, and how many notices for the merging.
    private static let bufferLimit = 256
    /// How many streams there may be before all begin anew, with one for each owner.
    private static let streamLimit = 16
    /// How long a shard that nobody tells of waits before its owner is asked for again.
    private static let retryPause = Duration.milliseconds(100)

    private enum Item: Sendable {
        case notice(stream: Int, ShardNotice)
        case ended(stream: Int)
        case retry
    }

    private struct Listed: Sendable {
        var uid: String
        var shard: Int
        var sequence: Int64
    }

    private typealias Opened = (shards: ShardSet, source: StreamSource<ShardNotice>)

    private let subject: WatchSubject
    private let request: WatchRequest
    private let service: QueryService
    private let output = BoundedChannel<WatchEvent>(limit: ClusterWatch.bufferLimit)
    private let items = BoundedChannel<Item>(limit: ClusterWatch.bufferLimit)

    private init(_ subject: WatchSubject, _ request: WatchRequest, _ service: QueryService) {
        self.subject = subject
        self.request = request
        self.service = service
    }

    /// Begins a watch; without a cursor it begins with what is there.
    ///
    /// - Throws: `ServiceError` with `outOfRange` where the cursor is too old to be resumed from.
    static func open(
        _ subject: WatchSubject, _ request: WatchRequest, _ service: QueryService
    ) async throws(ServiceError) -> AsyncThrowingStream<WatchEvent, any Error> {
        let watch = ClusterWatch(subject, request, service)
        var cursor = ShardCursor()
        var first: [Listed] = []
        if let text = request.resourceVersion, !text.isEmpty, text != "0" {
            guard let given = ShardCursor(text: text) else {
                throw ServiceError(.invalidArgument, "resourceVersion \"\(text)\" is none of ours")
            }
            cursor = given
        } else if case .workflows = subject {
            (first, cursor) = try await watch.list()
        }
        var streams = WatchedStreams(cursor: cursor)
        // Opened here, so that what is wrong with the request is thrown and not told in the stream.
        let opened = try await watch.openStreams(for: .all, after: cursor)
        for opened in opened { streams.add(opened.shards) }
        let beginning = first
        let prepared = streams
        let job = service.replica.jobs.start {
            do {
                if try await watch.tell(beginning, upTo: prepared.cursor) {
                    try await watch.merge(prepared, opened)
                }
                watch.output.finish(nil)
            } catch {
                watch.output.finish(error)
            }
        }
        return AsyncThrowingStream(unfolding: {
            let event = try await watch.output.next()
            // Kept by this closure: when the consumer lets go of the stream, the job ends with it.
            if event == nil { job.cancel() }
            return event
        })
    }

    /// What is there, in the order of its numbers, and the position after all of it.
    private func list() async throws(ServiceError) -> ([Listed], ShardCursor) {
        var filter = try WorkflowFilter(
            namespace: self.request.namespace, labelSelector: self.request.labelSelector,
            fieldSelector: self.request.fieldSelector)
        filter.withoutNodes = true
        do {
            let page = try await self.service.replica.store.workflows(filter)
            let items = page.items.map { Listed(uid: $0.uid, shard: $0.shard, sequence: $0.sequence) }
            return (items.sorted { $0.sequence < $1.sequence }, page.cursor)
        } catch {
            throw ServiceError(store: error)
        }
    }

    /// Tells what was there, each read only when its turn comes; `false` where nobody listens any more.
    private func tell(_ listed: [Listed], upTo end: ShardCursor) async throws -> Bool {
        var told = ShardCursor()
        for (index, item) in listed.enumerated() {
            let isTied = index + 1 < listed.count && listed[index + 1].sequence == item.sequence
            told.advance(.all, to: item.sequence - (isTied ? 1 : 0))
            told[item.shard] = item.sequence
            // Deleted meanwhile: the stream of its shard tells.
            guard let stored = try await self.service.replica.store.workflow(uid: item.uid) else { continue }
            var document = try stored.document()
            // Later changes of another shard may have lower numbers than this one.
            document.set(resourceVersion: told.limited(to: end).text)
            guard await self.output.send(WatchEvent(.added, document)) else { return false }
        }
        return true
    }

    // MARK: Streams

    /// Opens a stream on each owner of these shards; those that nobody answers for are left out.
    private func openStreams(
        for shards: ShardSet, after cursor: ShardCursor
    ) async throws(ServiceError) -> [Opened] {
        let replica = self.service.replica
        let groups = Dictionary(grouping: shards.members) { replica.shards.owner(of: $0) }
        var opened: [Opened] = []
        for (owner, shards) in groups.sorted(by: { $0.key < $1.key }) {
            let request = ShardWatchRequest(self.request, shards: shards, cursor: cursor.text)
            do {
                let stream =
                    owner == replica.member
                    ? try await self.service.watchShards(self.subject, request)
                    : try await self.service.system.open(self.subject.method, on: .query(on: owner), request)
                opened.append((ShardSet(shards), StreamSource(stream)))
            } catch {
                // Of somebody who cannot be reached others know more, a little later.
                guard error.code == .unavailable || error.redirect != nil, !replica.watches.isClosed else {
                    throw error
                }
            }
        }
        return opened
    }

    private func read(_ source: StreamSource<ShardNotice>, _ stream: Int) async {
        do {
            while let notice = try await source.next() {
                guard await self.items.send(.notice(stream: stream, notice)) else { return }
            }
        } catch {
            self.service.replica.logger.debug("stream of a watch ended", metadata: ["reason": "\(error)"])
        }
        _ = await self.items.send(.ended(stream: stream))
    }

    // MARK: Merging

    /// Merges until the consumer lets go, or this replica stops.
    private func merge(_ prepared: WatchedStreams, _ opened: [Opened]) async throws {
        var streams = prepared
        var opened = opened
        while true {
            let isOver = try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                for (number, stream) in zip(streams.numbers, opened) {
                    group.addTask { await self.read(stream.source, number) }
                }
                return try await self.merge(&streams, &group)
            }
            if isOver { return }
            // Too many streams after many moves: one for each owner, from where they all are.
            streams.restart()
            opened = try await self.openStreams(for: .all, after: streams.cursor)
            for opened in opened { streams.add(opened.shards) }
        }
    }

    /// Whether the watch is over; otherwise the streams are to begin anew.
    private func merge(
        _ streams: inout WatchedStreams, _ group: inout ThrowingTaskGroup<Void, any Error>
    ) async throws -> Bool {
        var isWaiting = false
        while true {
            if !streams.untold.isEmpty, !isWaiting {
                isWaiting = true
                group.addTask {
                    try await self.service.replica.clock.sleep(for: Self.retryPause)
                    _ = await self.items.send(.retry)
                }
            }
            guard let item = try await self.items.next() else { return true }
            switch item {
            case .notice(let stream, let notice):
                streams.lose(notice.lost, from: stream)
                guard let event = notice.event, streams.take(notice, from: stream) else { continue }
                var document = event.object
                document.set(resourceVersion: streams.cursor.text)
                guard await self.output.send(WatchEvent(event.kind, document)) else { return true }
            case .ended(let stream):
                guard !self.service.replica.watches.isClosed else { return true }
                streams.end(stream)
            case .retry:
                isWaiting = false
                guard streams.count < Self.streamLimit else { return false }
                for opened in try await self.openStreams(for: streams.untold, after: streams.cursor) {
                    let number = streams.add(opened.shards)
                    group.addTask { await self.read(opened.source, number) }
                }
            }
        }
    }
}

/// Which stream tells of which shard, and how far each shard was told.
struct WatchedStreams: Sendable {
    private(set) var cursor: ShardCursor
    /// The shards that no stream tells of.
    private(set) var untold = ShardSet.all
    private var streams: [Int: ShardSet] = [:]
    private var next = 0

    init(cursor: ShardCursor) { self.cursor = cursor }

    var count: Int { self.streams.count }
    var numbers: [Int] { self.streams.keys.sorted() }

    @discardableResult
    mutating func add(_ shards: ShardSet) -> Int {
        self.next += 1
        self.streams[self.next] = shards
        self.untold.subtract(shards)
        return self.next
    }

    mutating func lose(_ shards: [Int], from stream: Int) {
        for shard in shards where self.streams[stream]?.contains(shard) == true {
            self.streams[stream]?.remove(shard)
            self.untold.insert(shard)
        }
        if self.streams[stream]?.isEmpty == true { self.streams[stream] = nil }
    }

    mutating func end(_ stream: Int) {
        guard let shards = self.streams.removeValue(forKey: stream) else { return }
        self.untold.formUnion(shards)
    }

    mutating func restart() {
        self.streams = [:]
        self.untold = .all
    }

    /// Whether the notice tells something new: its stream still tells of its shard.
    mutating func take(_ notice: ShardNotice, from stream: Int) -> Bool {
        guard let shards = self.streams[stream], shards.contains(notice.shard),
            self.cursor[notice.shard] < Int64(notice.number)
        else { return false }
        self.cursor.advance(shards, to: Int64(notice.number) - (notice.isTied ? 1 : 0))
        self.cursor[notice.shard] = Int64(notice.number)
        return true
    }
}
