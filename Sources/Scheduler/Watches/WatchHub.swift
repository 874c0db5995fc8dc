import ActorTransport
import JSON
import Synchronization

/// Tells watchers of this replica what was committed, in the order of the commits.
///
/// A watcher's queue is bounded: one that does not keep up is ended with an error, and may resume from where it was.
final class WatchHub: Sendable {
    /// How many changes may wait for one watcher.
    static let queueLimit = 4_096

    /// A change of a workflow, as watchers are told of it.
    ///
    /// They read the document themselves.
    struct Notice: Sendable {
        /// What the change is for a watcher: a workflow that its filter begins to let through is added, one that it no
        /// longer does is deleted, as in Kubernetes.
        var kind: WatchEvent.Kind
        var uid: String
        var name: WorkflowName
        var sequence: Int64
        /// The metadata of a workflow, for when it is gone.
        var metadata: String
        /// The last document of a workflow that is gone.
        var lastDocument: (@Sendable () throws -> JSONValue?)?
    }

    /// What a watcher is told.
    enum Telling: Sendable {
        case changed(Notice)
        /// Nothing more of this shard is told here; everything that was committed here was.
        case lost(shard: Int)
    }

    /// A watch that has begun.
    struct Watching: Sendable {
        var tellings: AsyncThrowingStream<Telling, any Error>
        /// Everything up to this number was published before.
        var published: Int64
        /// The shards that are watched: those of the ones asked for that are owned here.
        var shards: ShardSet
    }

    fileprivate struct Watcher {
        var filter: WorkflowFilter
        var shards: ShardSet
        var queue: AsyncThrowingStream<Telling, any Error>.Continuation
    }

    fileprivate struct EventWatcher {
        var namespace: String?
        var queue: AsyncThrowingStream<EventRecord, any Error>.Continuation
    }

    private struct State {
        var watchers: [Int: Watcher] = [:]
        var eventWatchers: [Int: EventWatcher] = [:]
        var nextWatcher = 0
        var published: Int64 = 0
        var owned = ShardSet()
        var isClosed = false
    }

    private let state = Mutex(State())
    /// Watchers that have left, and are forgotten with the next call.
    ///
    /// They have a lock of their own, under which nothing else is taken: a task that is cancelled says that it leaves
    /// while it holds a lock of the runtime, and what is told under `state` waits for that one.
    private let left = Mutex<[Int]>([])

    private func forgetLeft(_ state: inout State) {
        let left = self.left.withLock { numbers in
            defer { numbers = [] }
            return numbers
        }
        for number in left {
            state.watchers[number] = nil
            state.eventWatchers[number] = nil
        }
    }

    /// Changes of this shard are told from now on; they have numbers above `sequence`.
    func own(_ shard: Int, from sequence: Int64) {
        self.state.withLock { state in
            state.published = max(state.published, sequence)
            state.owned.insert(shard)
        }
    }

    /// The shard is somebody else's, or nobody's: nothing more of it is told here.
    func disown(_ shard: Int) {
        self.state.withLock { state in
            state.owned.remove(shard)
            for (number, watcher) in state.watchers where watcher.shards.contains(shard) {
                state.watchers[number]?.shards.remove(shard)
                // A queue that is full is ended with the next change.
                watcher.queue.yield(.lost(shard: shard))
            }
        }
    }

    /// Changes of these shards from now on, as far as they are owned here, that `filter` lets through.
    func watch(_ filter: WorkflowFilter, in shards: ShardSet) throws(ServiceError) -> Watching {
        let (stream, queue) = AsyncThrowingStream<Telling, any Error>.makeStream(
            bufferingPolicy: .bufferingOldest(WatchHub.queueLimit))
        let registered = self.state.withLock { state -> (Int, Watching)? in
            self.forgetLeft(&state)
            guard !state.isClosed else { return nil }
            var watched = ShardSet()
            for shard in shards.members where state.owned.contains(shard) { watched.insert(shard) }
            state.nextWatcher += 1
            state.watchers[state.nextWatcher] = Watcher(filter: filter, shards: watched, queue: queue)
            return (state.nextWatcher, Watching(tellings: stream, published: state.published, shards: watched))
        }
        guard let (number, watching) = registered else { throw Self.closed }
        queue.onTermination = { [weak self] _ in self?.left.withLock { $0.append(number) } }
        return watching
    }

    /// Whether the replica stops.
    var isClosed: Bool { self.state.withLock { $0.isClosed } }

    /// Events for people from now on.
    func watchEvents(
        namespace: String?
    ) throws(ServiceError) -> (AsyncThrowingStream<EventRecord, any Error>, Int64) {
        let (stream, queue) = AsyncThrowingStream<EventRecord, any Error>.makeStream(
            bufferingPolicy: .bufferingOldest(WatchHub.queueLimit))
        let registered = self.state.withLock { state -> (Int, Int64)? in
            self.forgetLeft(&state)
            guard !state.isClosed else { return nil }
            state.nextWatcher += 1
            state.eventWatchers[state.nextWatcher] = EventWatcher(namespace: namespace, queue: queue)
            return (state.nextWatcher, state.published)
        }
        guard let (number, published) = registered else { throw Self.closed }
        queue.onTermination = { [weak self] _ in self?.left.withLock { $0.append(number) } }
        return (stream, published)
    }

    /// Nothing was begun: another scheduler may be asked.
    private static let closed: ServiceError = {
        var error = ServiceError(.unavailable, "the server is shutting down")
        error.redirect = ""
        return error
    }()

    func publish(_ changes: [ShardChange], upTo sequence: Int64) {
        let slow = self.state.withLock { state in
            state.published = max(state.published, sequence)
            self.forgetLeft(&state)
            guard !state.watchers.isEmpty || !state.eventWatchers.isEmpty else { return [] as [Int] }
            var slow: [Int] = []
            for (number, watcher) in state.watchers {
                for change in changes where watcher.shards.contains(change.shard) {
                    for workflow in change.workflows where !watcher.take(workflow) { slow.append(number) }
                }
            }
            for (number, watcher) in state.eventWatchers {
                for change in changes {
                    for event in change.events where !watcher.take(event) { slow.append(number) }
                }
            }
            return slow
        }
        for number in slow { self.drop(number) }
    }

    private func drop(_ number: Int) {
        let error = ServiceError(
            .resourceExhausted, "the watcher is too slow: \(WatchHub.queueLimit) changes wait; resume from the last one"
        )
        let (watcher, eventWatcher) = self.state.withLock {
            ($0.watchers.removeValue(forKey: number), $0.eventWatchers.removeValue(forKey: number))
        }
        watcher?.queue.finish(throwing: error)
        eventWatcher?.queue.finish(throwing: error)
    }

    /// Ends all watches, because the replica stops.
    func close() {
        let (watchers, eventWatchers) = self.state.withLock { state in
            state.isClosed = true
            defer {
                state.watchers = [:]
                state.eventWatchers = [:]
            }
            return (state.watchers, state.eventWatchers)
        }
        for watcher in watchers.values { watcher.queue.finish() }
        for watcher in eventWatchers.values { watcher.queue.finish() }
    }
}

extension WatchHub.Watcher {
    /// Whether the watcher keeps up.
    func take(_ change: WorkflowChange) -> Bool {
        let was = change.previous.map { self.isMeant(change, $0, change.previousLabels) } ?? false
        let isNow = change.kind != .deleted && self.isMeant(change, change.current, change.currentLabels)
        let kind: WatchEvent.Kind
        switch (was, isNow) {
        case (false, false): return true
        case (false, true): kind = .added
        case (true, true): kind = .modified
        case (true, false): kind = .deleted
        }
        let notice = WatchHub.Notice(
            kind: kind, uid: change.uid, name: change.name, sequence: change.sequence,
            metadata: (change.head ?? change.current).metadata, lastDocument: change.lastDocument)
        if case .dropped = self.queue.yield(.changed(notice)) { return false }
        return true
    }

    private func isMeant(_ change: WorkflowChange, _ head: WorkflowHead, _ labels: [Label]) -> Bool {
        self.filter.matches(name: change.name, uid: change.uid, head: head) { key in
            labels.first { $0.key == key }?.value
        }
    }
}

extension WatchHub.EventWatcher {
    /// Whether the watcher keeps up.
    func take(_ event: EventRecord) -> Bool {
        guard self.namespace == nil || self.namespace == event.namespace else { return true }
        if case .dropped = self.queue.yield(event) { return false }
        return true
    }
}
