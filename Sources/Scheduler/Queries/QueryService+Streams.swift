import ActorTransport
import JSON
import Model
import OrderedCollections
import Synchronization

extension QueryService {
    /// How many events for people one look at the store takes.
    private static let eventPage = 500

    func watchWorkflows(
        _ request: WatchRequest
    ) async throws(ServiceError) -> AsyncThrowingStream<WatchEvent, any Error> {
        try await ClusterWatch.open(request, self)
    }

    /// A watch on shards that are owned here.
    func watchShards(
        _ request: ShardWatchRequest
    ) async throws(ServiceError) -> AsyncThrowingStream<ShardNotice, any Error> {
        guard let cursor = ShardCursor(text: request.cursor),
            request.shards.allSatisfy({ (0..<ShardMap.shardCount).contains($0) })
        else { throw ServiceError(.invalidArgument, "cursor \"\(request.cursor)\" is none of ours") }
        let watch = try await ShardWatch(
            request.watch, in: ShardSet(request.shards), after: cursor, store: self.replica.store,
            hub: self.replica.watches)
        return AsyncThrowingStream(unfolding: { try await watch.next() })
    }

    func watchEvents(
        _ request: WatchRequest
    ) async throws(ServiceError) -> AsyncThrowingStream<JSONValue, any Error> {
        let namespace = request.namespace.flatMap { $0.isEmpty ? nil : $0 }
        let terms = request.fieldSelector.split(separator: ",").map(String.init)
        let (live, published) = try self.replica.watches.watchEvents(namespace: namespace)
        let start = request.resourceVersion.flatMap { Int64($0) } ?? 0
        let past: [EventRecord]
        do {
            let events = try await self.replica.store.events(namespace: namespace, after: start, limit: .max)
            past = events.filter { $0.sequence <= published }.suffix(Self.eventPage)
        } catch {
            throw ServiceError(store: error)
        }
        let feed = EventFeed(past: past, live: StreamSource(live), terms: terms)
        return AsyncThrowingStream(unfolding: { try await feed.next() })
    }

    // MARK: Artifacts

    func artifact(
        _ request: ArtifactRequest
    ) async throws(ServiceError) -> AsyncThrowingStream<ArtifactChunk, any Error> {
        let key =
            request.byUID
            ? ObjectKey(.workflow, namespace: "", name: "", uid: request.workflow)
            : ObjectKey(.workflow, namespace: request.namespace, name: request.workflow)
        let workflow = try await self.replica.stored(key)
        let document = try await ServiceError.wrapping { try workflow.document() }
        guard let node = document["status"]?["nodes"]?[request.nodeID] else {
            throw ServiceError(.notFound, "node \(request.nodeID) not found in workflow \(request.workflow)")
        }
        let artifacts = node[request.isInput ? "inputs" : "outputs"]?["artifacts"]?.arrayValue ?? []
        guard let artifact = artifacts.first(where: { $0["name"]?.stringValue == request.name }) else {
            throw ServiceError(.notFound, "artifact \(request.name) not found in node \(request.nodeID)")
        }
        let stored = StoredArtifact(
            artifact: artifact, namespace: workflow.name.namespace, workflow: workflow.name.name)
        var failure = ServiceError(.notFound, "artifact \(request.name) of node \(request.nodeID) is with no runner")
        for runner in self.runners(near: request.nodeID, of: workflow) {
            do {
                let chunks = try await self.system.open(RunnerStreams.artifact, on: .runner(on: runner), stored)
                // Says at once where the runner does not have it.
                return try await chunks.begun()
            } catch {
                if error.code != .notFound || failure.code == .notFound { failure = error }
            }
        }
        throw failure
    }

    /// The runners that may have what a node made or took: its own first, then those of its workflow, then all others.
    private func runners(near nodeID: String, of workflow: StoredWorkflow) -> OrderedSet<String> {
        var runners: OrderedSet<String> = []
        for row in workflow.nodes where row.status.contains(nodeID) {
            if let runner = row.runner, !runner.isEmpty, row.isOf(nodeID) { runners.append(runner) }
        }
        runners.formUnion(workflow.nodes.compactMap(\.runner).filter { !$0.isEmpty })
        runners.formUnion(self.replica.book.livingRunners)
        return runners
    }
}

extension NodeRecord {
    fileprivate func isOf(_ nodeID: String) -> Bool {
        // We wrote it: where it is damaged, it is nobody's.
        do { return try JSONValue.parse(self.status)["id"]?.stringValue == nodeID } catch { return false }
    }
}

extension AsyncThrowingStream where Failure == any Error, Element: Sendable {
    /// The same stream once its first element is there; throws what is thrown instead of it.
    fileprivate func begun() async throws(ServiceError) -> Self {
        let source = StreamSource(self)
        let first = Mutex(try await ServiceError.wrapping { try await source.next() })
        return Self(unfolding: {
            if let first = first.withLock({ $0.take() }) { return first }
            return try await source.next()
        })
    }
}

/// Events for people: those that are stored, then those that are committed from now on.
private actor EventFeed {
    private var past: ArraySlice<EventRecord>
    private let live: StreamSource<EventRecord>
    /// What an event must hold, for example `involvedObject.name=x`.
    private let terms: [String]

    init(past: [EventRecord], live: StreamSource<EventRecord>, terms: [String]) {
        self.past = past[...]
        self.live = live
        self.terms = terms
    }

    func next() async throws -> JSONValue? {
        while let record = self.past.popFirst() {
            if let event = try self.event(record) { return event }
        }
        while let record = try await self.live.next() {
            if let event = try self.event(record) { return event }
        }
        return nil
    }

    private func event(_ record: EventRecord) throws -> JSONValue? {
        var event = try JSONValue.parse(record.event)
        for term in self.terms {
            let sides = term.split(separator: "=", maxSplits: 1)
            guard sides.count == 2 else { continue }
            let wanted = sides[1].drop { $0 == "=" }
            var value: JSONValue? = event
            for name in sides[0].split(separator: ".") { value = value?[String(name)] }
            guard value?.stringValue ?? "" == wanted else { return nil }
        }
        event.set(resourceVersion: record.sequence)
        return event
    }
}
