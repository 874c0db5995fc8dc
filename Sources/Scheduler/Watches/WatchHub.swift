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

    /// What a watcher wants to be told of.
    enum Subject: Sendable {
        case workflows(WorkflowFilter)
        /// Events for people, of all namespaces where none is named.
        case events(namespace: String?)
    }

    /// What a watcher is told.
    enum Telling: Sendable {
        case changed(Notice)
        case event(EventRecord, shard: Int)
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
        var subject: Subject
        var shards: ShardSet
        var queue: AsyncThrowingStream<Telling, any Error>.Continuation
    }

    private struct State {
        var watchers: [Int: Watcher] = [:]
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
        for number in left { state.watchers[number] = nil }
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

    /// What these shards have to tell of `subject` from now on, as far as they are owned here.
    func watch(_ subject: Subject, in shards: ShardSet) throws(ServiceError) -> Watching {
        let (stream, queue) = AsyncThrowingStream<Telling, any Error>.makeStream(
            bufferingPolicy: .bufferingOldest(WatchHub.queueLimit))
        let registered = self.state.withLock { state -> (Int, Watching)? in
            self.forgetLeft(&state)
            guard !state.isClosed else { return nil }
            var watched = ShardSet()
            for shard in shards.members where state.owned.contains(shard) { watched.insert(shard) }
            state.nextWatcher += 1
            state.watchers[state.nextWatcher] = Watcher(subject: subject, shards: watched, queue: queue)
            return (state.nextWatcher, Watching(tellings: stream, published: state.published, shards: watched))
        }
        guard let (number, watching) = registered else { throw Self.closed }
        queue.onTermination = { [weak self] _ in self?.left.withLock { $0.append(number) } }
        return watching
    }

    /// Whether the replica stops.
    var isClosed: Bool { self.state.withLock { $0.isClosed } }

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
            return state.watchers.compactMap { number, watcher in
                watcher.keepsUp(with: changes) ? nil : number
            }
        }
        for number in slow { self.drop(number) }
    }

    private func drop(_ number: Int) {
        let error = ServiceError(
            .resourceExhausted, "the watcher is too slow: \(WatchHub.queueLimit) changes wait; resume from the last one"
        )
        let watcher = self.state.withLock { $0.watchers.removeValue(forKey: number) }
        watcher?.queue.finish(throwing: error)
    }

    /// Ends all watches, because the replica stops.
    func close() {
        let watchers = self.state.withLock { state in
            state.isClosed = true
            defer { state.watchers = [:] }
            return state.watchers
        }
        for watcher in watchers.values { watcher.queue.finish() }
    }
}

extension WatchHub.Watcher {
    /// Tells the watcher what is meant for it, as long as there is room.
    func keepsUp(with changes: [ShardChange]) -> Bool {
        changes.allSatisfy { change in
            guard self.shards.contains(change.shard) else { return true }
            switch self.subject {
            case .workflows(let filter):
                return change.workflows.allSatisfy { workflow in
                    Self.notice(of: workflow, filter).map { self.tell(.changed($0)) } ?? true
                }
            case .events(let namespace):
                return change.events.allSatisfy { event in
                    guard namespace == nil || namespace == event.namespace else { return true }
                    return self.tell(.event(event, shard: change.shard))
                }
            }
        }
    }

    private func tell(_ telling: WatchHub.Telling) -> Bool {
        if case .dropped = self.queue.yield(telling) { false } else { true }
    }

    private static func notice(of change: WorkflowChange, _ filter: WorkflowFilter) -> WatchHub.Notice? {
        let was = change.previous.map { Self.isMeant(change, $0, change.previousLabels, filter) } ?? false
        let isNow = change.kind != .deleted && Self.isMeant(change, change.current, change.currentLabels, filter)
        let kind: WatchEvent.Kind
        switch (was, isNow) {
        case (false, false): return nil
        case (false, true): kind = .added
        case (true, true): kind = .modified
        case (true, false): kind = .deleted
        }
        return WatchHub.Notice(
            kind: kind, uid: change.uid, name: change.name, sequence: change.sequence,
            metadata: (change.head ?? change.current).metadata, lastDocument: change.lastDocument)
    }

    private static func isMeant(
        _ change: WorkflowChange, _ head: WorkflowHead, _ labels: [Label], _ filter: WorkflowFilter
    ) -> Bool {
        filter.matches(name: change.name, uid: change.uid, head: head) { key in
            labels.first { $0.key == key }?.value
        }
    }
}
