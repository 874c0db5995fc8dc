import ActorTransport
import Expressions
import JSON
import Model
import OrderedCollections

extension QueryService {
    /// How many batches of lines may wait for a consumer that follows.
    private static let followLimit = 16
    /// The container that a pod of ours has.
    private static let onlyContainer = "main"
    /// How many pods an error names at most.
    private static let namedPods = 5

    /// The logs of a workflow's pods in the order of the lines' times; following, after those of pods that have ended
    /// the others' as they come.
    func logs(_ request: LogRequest) async throws(ServiceError) -> AsyncThrowingStream<LogBatch, any Error> {
        let reading = try LogReading(request, service: self)
        // Says at once that there is no such workflow.
        let (pods, _) = try await self.podsAndEnd(of: request)
        guard request.container == Self.onlyContainer else {
            throw ServiceError(
                .invalidArgument,
                "container \(request.container) is not valid for the pods of workflow \"\(request.workflow)\": "
                    + "they have one container, \(Self.onlyContainer)")
        }
        if pods.isEmpty, let podName = request.podName, !podName.isEmpty {
            try await self.checkPod(podName, of: request)
        }
        guard request.follow else {
            let reader = LogReader(LogMerge(pods.map(reading.source)))
            return AsyncThrowingStream(unfolding: { try await reader.next() })
        }
        let channel = BoundedChannel<LogBatch>(limit: Self.followLimit)
        let follower = LogFollower(reading: reading, channel: channel)
        let job = self.replica.jobs.start {
            do {
                try await follower.run()
                channel.finish(nil)
            } catch {
                // What ends with this scheduler is no end of the logs: another one knows the rest.
                channel.finish(Task.isCancelled ? follower.stopping : ServiceError.afterWaiting(error))
            }
        }
        if !job.isStarted { channel.finish(follower.stopping) }
        return AsyncThrowingStream(unfolding: {
            let batches = try await channel.nextAtHand()
            // Kept by this closure: when the consumer lets go of the stream, the job ends with it.
            if batches == nil { job.cancel() }
            return batches.map(LogBatch.init(merging:))
        })
    }

    /// - Throws: `notFound` where the workflow has no such pod, and no one waits for it to have one.
    private func checkPod(_ podName: String, of request: LogRequest) async throws(ServiceError) {
        var every = request
        every.podName = nil
        let (pods, isOver) = try await self.podsAndEnd(of: every, isPendingToo: true)
        guard isOver || !request.follow, !pods.contains(where: { $0.name == podName }) else { return }
        let names = pods.prefix(Self.namedPods).map(\.name).joined(separator: ", ")
        let others = pods.count > Self.namedPods ? " and \(pods.count - Self.namedPods) more" : ""
        throw ServiceError(
            .notFound,
            "pods \"\(podName)\" not found: workflow \"\(request.workflow)\" has "
                + (pods.isEmpty ? "no pods" : names + others))
    }

    /// A pod whose log is asked for.
    struct LoggedPod: Sendable, Hashable {
        var identity: PodIdentity
        var name: String
        /// The runner that has it.
        var runner: String
        var isFinished: Bool
        /// When its node was made: no line is older.
        var start: Timestamp
    }

    /// The pods that have been started, or are to be, and whether the workflow has ended.
    func podsAndEnd(
        of request: LogRequest, isPendingToo: Bool = false
    ) async throws(ServiceError) -> (pods: [LoggedPod], isOver: Bool) {
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
                guard node.type == .pod, isPendingToo || node.phase != .pending else { continue }
                // One that ended before a runner was found for it has said nothing.
                guard row.runner?.isEmpty == false || !node.phase.isFulfilled else { continue }
                let name = NodeNames.podName(
                    of: node.name, template: node.templateName ?? node.templateRef?.template ?? "",
                    workflow: request.workflow)
                guard request.podName == nil || request.podName == "" || request.podName == name else { continue }
                let identity = PodIdentity(workflowUID: stored.uid, nodeID: node.id, attempt: row.attempt)
                pods.append(
                    LoggedPod(
                        identity: identity, name: name, runner: row.runner ?? "", isFinished: node.phase.isFulfilled,
                        start: node.startedAt ?? Timestamp(nanoseconds: 0)))
            }
        } catch {
            throw ServiceError(.internal, "\(error)")
        }
        return (pods, !stored.head.isActive)
    }
}

/// What of the logs is wanted, and where it comes from.
struct LogReading: Sendable {
    let request: LogRequest
    let service: QueryService
    /// What a line must match; `nil`: every line.
    private let pattern: Pattern?
    /// How long a runner that does not answer is asked again by who follows: it may be starting.
    private static let patience = Duration.seconds(30)

    /// - Throws: `ServiceError` with `invalidArgument` for an expression or a selector that cannot be read.
    init(_ request: LogRequest, service: QueryService) throws(ServiceError) {
        self.request = request
        self.service = service
        do {
            self.pattern = try request.grep.flatMap { $0.isEmpty ? nil : $0 }.map { try Pattern($0) }
        } catch {
            throw ServiceError(.invalidArgument, "failed to compile \"\(request.grep ?? "")\": \(error)")
        }
        do {
            _ = try LabelSelector(request.selector ?? "")
        } catch {
            throw ServiceError(.invalidArgument, "selector: \(error)")
        }
    }

    /// The wanted lines of one pod; followed, they go on where the connection to the runner breaks.
    func lines(of pod: QueryService.LoggedPod) async throws -> AsyncThrowingStream<LogBatch, any Error> {
        let told = self.request.after.filter { $0.podName == pod.name }
        let open: ResumedLogs.Open = { [self] told throws(ServiceError) in
            var lines = self.request
            lines.after = told
            do throws(ServiceError) {
                return try await self.service.system.open(
                    RunnerStreams.logs, on: .runner(on: pod.runner),
                    PodLogRequest(identity: pod.identity, podName: pod.name, lines: lines))
            } catch {
                throw error.ofRunner
            }
        }
        let lines: AsyncThrowingStream<LogBatch, any Error>
        if self.request.follow, self.request.limitBytes == nil {
            lines =
                ResumedLogs(
                    told: told, clock: self.service.system.clock, patience: Self.patience,
                    // Whoever cancels the runner's work is the runner, which ends.
                    isPassing: { $0.code == .unavailable || $0.code == .cancelled }, open: open
                ).stream
        } else {
            lines = try await open(told)
        }
        guard let pattern = self.pattern else { return lines }
        return lines.mapLazily { batch in
            LogBatch(try batch.entries.filter { try pattern.matches($0.content) })
        }
    }

    func source(_ pod: QueryService.LoggedPod) -> LogMerge.Source {
        LogMerge.Source(start: pod.start) { StreamSource(try await self.lines(of: pod)) }
    }
}

/// Reads the logs that are there.
private actor LogReader {
    private var merge: LogMerge

    init(_ merge: LogMerge) { self.merge = merge }

    func next() async throws -> LogBatch? {
        var merge = self.merge
        defer { self.merge = merge }
        return try await merge.next()
    }
}

/// Follows the logs of all pods of a workflow until it has ended.
private struct LogFollower {
    let reading: LogReading
    let channel: BoundedChannel<LogBatch>

    func run() async throws {
        let request = self.reading.request
        let service = self.reading.service
        let watch = WatchRequest(namespace: request.namespace, name: request.workflow)
        let changes = StreamSource(try await service.watchWorkflows(watch))
        var (pods, isOver) = try await service.podsAndEnd(of: request)
        let finished = pods.filter(\.isFinished)
        var merge = LogMerge(finished.map(self.reading.source))
        while let batch = try await merge.next() {
            guard await self.channel.send(batch) else { return }
        }
        try await withThrowingTaskGroup(of: ServiceError?.self) { group in
            var started = Set(finished.map(\.identity))
            while true {
                for pod in pods where started.insert(pod.identity).inserted {
                    group.addTask { await self.follow(pod) }
                }
                let isPodDone = request.podName != nil && pods.contains { $0.isFinished }
                if isOver || isPodDone { break }
                // The watch ends with this scheduler.
                guard try await changes.next() != nil else { throw self.stopping }
                (pods, isOver) = try await service.podsAndEnd(of: request)
            }
            var failure: ServiceError?
            for try await error in group { failure = failure ?? error }
            if let failure { throw failure }
        }
        try Task.checkCancellation()
    }

    /// Why the lines end with this scheduler: any other one may be asked for the rest.
    var stopping: ServiceError {
        var error = ServiceError(.unavailable, "scheduler \(self.reading.service.system.member) stops")
        error.redirect = ""
        return error
    }

    /// Answers why a pod's lines are not all told: that is said once those of the others are.
    private func follow(_ pod: QueryService.LoggedPod) async -> ServiceError? {
        do throws(ServiceError) {
            try await ServiceError.wrapping {
                for try await batch in try await self.reading.lines(of: pod) where !batch.entries.isEmpty {
                    guard await self.channel.send(batch) else { return }
                }
            }
            return nil
        } catch {
            return ServiceError(error.code, "log of pod \"\(pod.name)\": \(error.message)")
        }
    }
}

extension ServiceError {
    /// What ends logs that are followed: a runner that does not answer has been waited for, and nobody need ask again.
    fileprivate static func afterWaiting(_ error: any Error) -> any Error {
        guard let error = error as? ServiceError, error.code == .unavailable, error.redirect == nil else {
            return error
        }
        return ServiceError(.internal, error.message)
    }

    /// Without what tells a caller to ask another scheduler: of the runner that one knows no more.
    fileprivate var ofRunner: ServiceError {
        var error = self
        error.redirect = nil
        return error
    }
}

extension LogBatch {
    /// Batches that were at hand together, in the order of their lines' times; lines of the same time stay as they
    /// came.
    init(merging batches: [LogBatch]) {
        guard batches.count > 1 else {
            self.init(batches.first?.entries ?? [])
            return
        }
        let entries = batches.flatMap(\.entries)
        let order = entries.indices.sorted {
            (entries[$0].timestamp, $0) < (entries[$1].timestamp, $1)
        }
        self.init(order.map { entries[$0] })
    }
}

extension WatchRequest {
    /// A watch on one workflow.
    init(namespace: String, name: String) {
        self.init(namespace: namespace)
        self.fieldSelector = "metadata.name=\(name)"
    }
}
