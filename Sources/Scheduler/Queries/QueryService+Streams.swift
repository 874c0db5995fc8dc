import ActorTransport
import JSON
import Model
import OrderedCollections
import Synchronization

extension QueryService {
    func watchWorkflows(
        _ request: WatchRequest
    ) async throws(ServiceError) -> AsyncThrowingStream<WatchEvent, any Error> {
        try await ClusterWatch.open(.workflows, request, self)
    }

    func watchEvents(
        _ request: WatchRequest
    ) async throws(ServiceError) -> AsyncThrowingStream<JSONValue, any Error> {
        let events = StreamSource(try await ClusterWatch.open(.events, request, self))
        return AsyncThrowingStream(unfolding: { try await events.next()?.object })
    }

    /// A watch on shards that are owned here.
    func watchShards(
        _ subject: WatchSubject, _ request: ShardWatchRequest
    ) async throws(ServiceError) -> AsyncThrowingStream<ShardNotice, any Error> {
        guard let cursor = ShardCursor(text: request.cursor),
            request.shards.allSatisfy({ (0..<ShardMap.shardCount).contains($0) })
        else { throw ServiceError(.invalidArgument, "cursor \"\(request.cursor)\" is none of ours") }
        let watch = try await ShardWatch(
            subject, request.watch, in: ShardSet(request.shards), after: cursor, store: self.replica.store,
            hub: self.replica.watches)
        return AsyncThrowingStream(unfolding: { try await watch.next() })
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
