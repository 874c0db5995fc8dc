import ActorTransport
import JSON
import Model
import OrderedCollections

extension QueryService {
    /// The logs of a workflow's pods, in the order in which the pods were made; following, as the lines come.
    func logs(_ request: LogRequest) async throws(ServiceError) -> AsyncThrowingStream<LogEntry, any Error> {
        let key = ObjectKey(.workflow, namespace: request.namespace, name: request.workflow)
        // Says at once that there is no such workflow.
        _ = try await self.replica.document(of: key)
        if request.follow {
            let channel = BoundedChannel<LogEntry>(limit: LogFollower.bufferLimit)
            let follower = LogFollower(request: request, service: self, channel: channel)
            let job = self.replica.jobs.start {
                do {
                    try await follower.run()
                    channel.finish(nil)
                } catch {
                    channel.finish(error)
                }
            }
            return AsyncThrowingStream(unfolding: {
                let entry = try await channel.next()
                // Kept by this closure: when the consumer lets go of the stream, the job ends with it.
                if entry == nil { job.cancel() }
                return entry
            })
        }
        let pods = try await self.pods(of: request)
        let reader = LogReader(pods: pods, request: request, service: self)
        return AsyncThrowingStream(unfolding: { try await reader.next() })
    }

    /// A pod whose log is asked for.
    struct LoggedPod: Sendable, Hashable {
        var identity: PodIdentity
        var name: String
        var isFinished: Bool
    }

    func pods(of request: LogRequest) async throws(ServiceError) -> [LoggedPod] {
        try await self.podsAndEnd(of: request).pods
    }

    /// The pods that have been started, and whether the workflow has ended.
    func podsAndEnd(of request: LogRequest) async throws(ServiceError) -> (pods: [LoggedPod], isOver: Bool) {
        let stored: StoredWorkflow?
        do {
            stored = try await self.replica.store.workflow(namespace: request.namespace, name: request.workflow)
        } catch {
            throw ServiceError(store: error)
        }
        guard let stored else { throw .notFound(.workflow, request.workflow) }
        var pods: [LoggedPod] = []
        do {
            for row in stored.nodes {
                let node = try NodeStatus(json: try .parse(row.status), at: DecodingPlace())
                guard node.type == .pod, node.phase != .pending else { continue }
                let name = NodeNames.podName(
                    of: node.name, template: node.templateName ?? node.templateRef?.template ?? "",
                    workflow: request.workflow)
                guard request.podName == nil || request.podName == "" || request.podName == name else { continue }
                let identity = PodIdentity(workflowUID: stored.uid, nodeID: node.id, attempt: row.attempt)
                pods.append(LoggedPod(identity: identity, name: name, isFinished: node.phase.isFulfilled))
            }
        } catch {
            throw ServiceError(.internal, "\(error)")
        }
        return (pods, !stored.head.isActive)
    }

    func lines(of pod: LoggedPod, _ request: LogRequest) async throws -> AsyncThrowingStream<LogEntry, any Error> {
        try await self.system.open(
            RunnerStreams.logs, on: .runner(on: self.replica.runnerMember),
            PodLogRequest(identity: pod.identity, podName: pod.name, lines: request))
    }
}

/// Reads the logs of pods one after another.
private actor LogReader {
    private var pods: ArraySlice<QueryService.LoggedPod>
    private let request: LogRequest
    private let service: QueryService
    private var current: StreamSource<LogEntry>?

    init(pods: [QueryService.LoggedPod], request: LogRequest, service: QueryService) {
        self.pods = pods[...]
        self.request = request
        self.service = service
    }

    func next() async throws -> LogEntry? {
        while true {
            if let line = try await self.current?.next() { return line }
            guard let pod = self.pods.popFirst() else { return nil }
            self.current = StreamSource(try await self.service.lines(of: pod, self.request))
        }
    }
}

/// Follows the logs of all pods of a workflow until it has ended.
private struct LogFollower {
    /// How many lines may wait for a consumer.
    static let bufferLimit = 256

    let request: LogRequest
    let service: QueryService
    let channel: BoundedChannel<LogEntry>

    func run() async throws {
        let watch = WatchRequest(namespace: self.request.namespace, name: self.request.workflow)
        let changes = StreamSource(try await self.service.watchWorkflows(watch))
        try await withThrowingTaskGroup(of: Void.self) { group in
            var started: Set<PodIdentity> = []
            while true {
                let (pods, isOver) = try await self.service.podsAndEnd(of: self.request)
                for pod in pods where started.insert(pod.identity).inserted {
                    group.addTask { try await self.follow(pod) }
                }
                let isPodDone = self.request.podName != nil && pods.contains { $0.isFinished }
                guard !isOver, !isPodDone, try await changes.next() != nil else { break }
            }
            try await group.waitForAll()
        }
    }

    private func follow(_ pod: QueryService.LoggedPod) async throws {
        for try await line in try await self.service.lines(of: pod, self.request) {
            guard await self.channel.send(line) else { return }
        }
    }
}

extension WatchRequest {
    /// A watch on one workflow.
    init(namespace: String, name: String) {
        self.init(namespace: namespace)
        self.fieldSelector = "metadata.name=\(name)"
    }
}
