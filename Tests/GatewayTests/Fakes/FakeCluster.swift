import ActorTransport
import JSON
import Model
import OrderedCollections
import Synchronization

/// A cluster in memory that does as little as the gateway's tests need, and notes what it was asked.
final class FakeCluster: WorkflowCluster {
    struct State {
        var cluster = ClusterView()
        var objects: [String: JSONValue] = [:]
        var asked: [Asked] = []
        var logLines: [LogEntry] = []
        var failure: ServiceError?
        var version = 100
        var chunksMade = 0
    }

    enum Asked: Equatable {
        case create(CreateWorkflow)
        case submit(SubmitWorkflow)
        case list(WorkflowQuery)
        case objects(ObjectKind, String, ObjectQuery)
        case act(WorkflowAction)
        case delete(String, force: Bool)
        case watch(WatchRequest)
        case logs(LogRequest)
        case artifact(ArtifactRequest)
        case update(ObjectKind, String)
        case cancelledStream
    }

    /// The artifact `huge`: more than sockets hold.
    static let hugeChunks = 1_000
    static let hugeChunkBytes = 64 * 1024

    /// How much of `huge` was asked for.
    var chunksMade: Int { self.state.withLock { $0.chunksMade } }

    private let state = Mutex(State())
    /// What watches and followed logs go on with.
    let events = EventSource()

    var asked: [Asked] { self.state.withLock { $0.asked } }

    func fail(with error: ServiceError?) { self.state.withLock { $0.failure = error } }

    func setCluster(_ view: ClusterView) { self.state.withLock { $0.cluster = view } }

    func setLogs(_ lines: [LogEntry]) { self.state.withLock { $0.logLines = lines } }

    private func key(_ kind: ObjectKind, _ namespace: String, _ name: String) -> String {
        "\(kind.rawValue)/\(namespace)/\(name)"
    }

    func put(_ kind: ObjectKind, _ namespace: String, _ name: String, _ object: JSONValue) {
        self.state.withLock { $0.objects[self.key(kind, namespace, name)] = object }
    }

    private func note(_ asked: Asked) throws(ServiceError) {
        let failure = self.state.withLock { state in
            state.asked.append(asked)
            return state.failure
        }
        if let failure { throw failure }
    }

    private func store(_ kind: ObjectKind, _ namespace: String, _ object: JSONValue) throws(ServiceError) -> JSONValue {
        guard case .object(var members) = object else { throw ServiceError(.invalidArgument, "no object") }
        var metadata = members["metadata"]?.objectValue ?? [:]
        if metadata["name"] == nil, let prefix = metadata["generateName"]?.stringValue {
            metadata["name"] = .string(prefix + "abcde")
        }
        guard let name = metadata["name"]?.stringValue else { throw ServiceError(.invalidArgument, "no name") }
        metadata["namespace"] = namespace.isEmpty ? nil : .string(namespace)
        let version = self.state.withLock { state in
            state.version += 1
            return state.version
        }
        metadata["resourceVersion"] = .string(String(version))
        if metadata["uid"] == nil { metadata["uid"] = .string("uid-\(name)") }
        members["metadata"] = .object(metadata)
        let stored = JSONValue.object(members)
        let isNew = self.state.withLock { state in
            let key = self.key(kind, namespace, name)
            guard state.objects[key] == nil else { return false }
            state.objects[key] = stored
            return true
        }
        guard isNew else { throw .alreadyExists(kind, name) }
        return stored
    }

    private func find(_ kind: ObjectKind, _ namespace: String, _ name: String) throws(ServiceError) -> JSONValue {
        let found = self.state.withLock { $0.objects[self.key(kind, namespace, name)] }
        guard let found else { throw .notFound(kind, name) }
        return found
    }

    // MARK: WorkflowCluster

    func cluster() async throws(ServiceError) -> ClusterView { self.state.withLock { $0.cluster } }

    func setDraining(_ isDraining: Bool, member: String) async throws(ServiceError) {
        try self.state.withLock { state throws(ServiceError) in
            guard let index = state.cluster.members.firstIndex(where: { $0.name == member }) else {
                throw ServiceError(.notFound, "there is no scheduler \"\(member)\"")
            }
            state.cluster.members[index].isDraining = isDraining
        }
    }

    func createWorkflow(_ request: CreateWorkflow) async throws(ServiceError) -> JSONValue {
        try self.note(.create(request))
        let entrypoint = request.workflow["spec"]?["entrypoint"]?.stringValue
        let templates = request.workflow["spec"]?["templates"]?.arrayValue ?? []
        guard templates.contains(where: { $0["name"]?.stringValue == entrypoint }) else {
            throw ServiceError(.invalidArgument, "template name '\(entrypoint ?? "")' undefined")
        }
        guard !request.isDryRun else { return request.workflow }
        return try self.store(.workflow, request.namespace, request.workflow)
    }

    func submitWorkflow(_ request: SubmitWorkflow) async throws(ServiceError) -> JSONValue {
        try self.note(.submit(request))
        return ["metadata": ["name": .string(request.resourceName + "-abcde")], "spec": ["arguments": [:]]]
    }

    func workflow(namespace: String, name: String, uid: String?) async throws(ServiceError) -> JSONValue {
        if name == "never" {
            // Answers only when nobody waits any more.
            do {
                for try await _ in self.events.stream({ $0 }) {}
            } catch {
                throw ServiceError(.internal, "\(error)")
            }
            throw ServiceError(.cancelled, "cancelled")
        }
        return try self.find(.workflow, namespace, name)
    }

    func workflows(_ query: WorkflowQuery) async throws(ServiceError) -> WorkflowPage {
        try self.note(.list(query))
        let items = self.state.withLock { state in
            state.objects.filter { $0.key.hasPrefix("Workflow/" + (query.namespace.map { $0 + "/" } ?? "")) }
                .sorted { $0.key < $1.key }.map(\.value)
        }
        guard query.labelSelector != "nope=x", !query.labelSelector.contains("archiving") else {
            return WorkflowPage(items: [], resourceVersion: "57197")
        }
        let limited = query.limit.map { Array(items.prefix($0)) } ?? items
        return WorkflowPage(
            items: limited, resourceVersion: "57193", continueToken: limited.count < items.count ? "1" : nil)
    }

    func act(_ action: WorkflowAction) async throws(ServiceError) -> JSONValue {
        try self.note(.act(action))
        let found = try self.find(.workflow, action.namespace, action.name)
        guard action.verb != .retry else {
            throw ServiceError(
                .invalidArgument,
                "To retry a succeeded workflow, set the options restartSuccessful and nodeFieldSelector")
        }
        return found
    }

    func deleteWorkflow(namespace: String, name: String, force: Bool) async throws(ServiceError) {
        try self.note(.delete(name, force: force))
        _ = try self.find(.workflow, namespace, name)
        self.state.withLock { $0.objects[self.key(.workflow, namespace, name)] = nil }
    }

    func lint(_ kind: ObjectKind, namespace: String, object: JSONValue) async throws(ServiceError) -> JSONValue {
        if let entrypoint = object["spec"]?["entrypoint"]?.stringValue,
            object["spec"]?["templates"]?.arrayValue?.isEmpty == true
        {
            throw ServiceError(.invalidArgument, "template name '\(entrypoint)' undefined")
        }
        return object
    }

    func createObject(
        _ kind: ObjectKind, namespace: String, object: JSONValue
    ) async throws(ServiceError) -> JSONValue {
        try self.store(kind, namespace, object)
    }

    func updateObject(
        _ kind: ObjectKind, namespace: String, name: String, object: JSONValue
    ) async throws(ServiceError) -> JSONValue {
        try self.note(.update(kind, name))
        _ = try self.find(kind, namespace, name)
        self.put(kind, namespace, name, object)
        return object
    }

    func object(_ kind: ObjectKind, namespace: String, name: String) async throws(ServiceError) -> JSONValue {
        try self.find(kind, namespace, name)
    }

    func objects(
        _ kind: ObjectKind, namespace: String, query: ObjectQuery
    ) async throws(ServiceError) -> ObjectPage {
        try self.note(.objects(kind, namespace, query))
        let items = self.state.withLock { state in
            state.objects.filter { $0.key.hasPrefix("\(kind.rawValue)/\(namespace)") }.map(\.value)
        }
        return ObjectPage(items: items, resourceVersion: "57231")
    }

    func deleteObject(_ kind: ObjectKind, namespace: String, name: String) async throws(ServiceError) {
        _ = try self.find(kind, namespace, name)
        self.state.withLock { $0.objects[self.key(kind, namespace, name)] = nil }
    }

    func setCronWorkflowSuspended(
        _ suspended: Bool, namespace: String, name: String
    ) async throws(ServiceError) -> JSONValue {
        _ = try self.find(.cronWorkflow, namespace, name)
        return ["metadata": ["name": .string(name)], "spec": ["suspend": .bool(suspended)]]
    }

    func watchWorkflows(
        _ request: WatchRequest
    ) async throws(ServiceError) -> AsyncThrowingStream<WatchEvent, any Error> {
        try self.note(.watch(request))
        return self.events.stream { $0 }
    }

    func watchEvents(
        _ request: WatchRequest
    ) async throws(ServiceError) -> AsyncThrowingStream<JSONValue, any Error> {
        try self.note(.watch(request))
        return self.events.stream(\.object)
    }

    func logs(_ request: LogRequest) async throws(ServiceError) -> AsyncThrowingStream<LogBatch, any Error> {
        try self.note(.logs(request))
        _ = try self.find(.workflow, request.namespace, request.workflow)
        let lines = self.state.withLock { $0.logLines }
            .filter { entry in request.grep.map { entry.content.contains($0) } ?? true }
        guard request.follow else {
            return AsyncThrowingStream { continuation in
                continuation.yield(LogBatch(lines))
                continuation.finish()
            }
        }
        return self.events.stream {
            LogBatch([LogEntry(content: $0.object.stringValue ?? "", podName: request.workflow)])
        }
    }

    func artifact(_ request: ArtifactRequest) async throws(ServiceError) -> ArtifactContent {
        try self.note(.artifact(request))
        if request.name == "huge" {
            return ArtifactContent(
                fileName: "huge", size: nil,
                chunks: AsyncThrowingStream {
                    let count = self.state.withLock { state in
                        state.chunksMade += 1
                        return state.chunksMade
                    }
                    return count > Self.hugeChunks ? nil : [UInt8](repeating: 7, count: Self.hugeChunkBytes)
                })
        }
        guard request.name == "report" else { throw ServiceError(.notFound, "no such artifact") }
        return ArtifactContent(
            fileName: "report.txt", size: 6,
            chunks: AsyncThrowingStream { continuation in
                continuation.yield(Array("abc".utf8))
                continuation.yield(Array("def".utf8))
                continuation.finish()
            })
    }
}

/// Feeds any number of streams, and tells when their consumers have gone.
final class EventSource: Sendable {
    private struct State {
        var sinks: [Int: @Sendable (WatchEvent?, (any Error)?) -> Void] = [:]
        var next = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
        var goneWaiters: [CheckedContinuation<Void, Never>] = []
        var gone = 0
    }

    private let state = Mutex(State())

    func stream<Element: Sendable>(
        _ transform: @escaping @Sendable (WatchEvent) -> Element
    ) -> AsyncThrowingStream<Element, any Error> {
        let (stream, continuation) = AsyncThrowingStream<Element, any Error>.makeStream()
        let (id, waiters) = self.state.withLock { state in
            state.next += 1
            state.sinks[state.next] = { event, error in
                if let event { continuation.yield(transform(event)) } else { continuation.finish(throwing: error) }
            }
            defer { state.waiters = [] }
            return (state.next, state.waiters)
        }
        continuation.onTermination = { _ in self.left(id) }
        for waiter in waiters { waiter.resume() }
        return stream
    }

    private func left(_ id: Int) {
        let waiters = self.state.withLock { state in
            state.sinks[id] = nil
            state.gone += 1
            defer { state.goneWaiters = [] }
            return state.goneWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func send(_ event: WatchEvent) {
        for sink in self.state.withLock({ Array($0.sinks.values) }) { sink(event, nil) }
    }

    func finish(_ error: (any Error)? = nil) {
        for sink in self.state.withLock({ Array($0.sinks.values) }) { sink(nil, error) }
    }

    /// Returns once a consumer has come.
    func consumerCame() async {
        await withCheckedContinuation { continuation in
            let isThere = self.state.withLock { state in
                if state.next > 0 { return true }
                state.waiters.append(continuation)
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Returns once a consumer has gone.
    func consumerLeft() async {
        await withCheckedContinuation { continuation in
            let isGone = self.state.withLock { state in
                if state.gone > 0 { return true }
                state.goneWaiters.append(continuation)
                return false
            }
            if isGone { continuation.resume() }
        }
    }
}
