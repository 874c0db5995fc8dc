import ActorTransport
import Glibc
import JSON
import Logging
import Model
import NodeRunner
import OrderedCollections
import Scheduler
import ServiceLifecycle
import Synchronization

/// Runs workflows to their ends in this process, on a cluster of its own.
struct LocalRun: Sendable {
    /// A workflow of a file.
    struct Request: Sendable {
        /// Where it comes from, for whoever reads that it was refused.
        var place: String
        var creation: CreateWorkflow
    }

    /// A workflow that was made.
    private struct Made: Sendable {
        var name: String
        var namespace: String
        var uid: String
    }

    private static let tick = Duration.milliseconds(500)
    private static let interruptedCode: Int32 = 130
    /// How many nodes make a workflow large, and the pause between looks at one.
    private static let largeWorkflow = 200
    private static let largeWorkflowPause = Duration.milliseconds(100)
    /// Between looks at whether pods are left.
    private static let podPause = Duration.milliseconds(5)
    /// How long the logs of workflows that have ended may take to come to their ends.
    private static let logsPatience = Duration.seconds(2)
    /// How long killed pods may take to end.
    private static let killPatience = Duration.seconds(5)

    let cluster: LocalCluster
    let console: Console
    let screen: WorkflowScreen
    let showsLogs: Bool
    let logger: Logger

    /// Stores the objects, makes the workflows and waits for them.
    ///
    /// No workflow is made where one of them is refused.
    ///
    /// - Returns: the exit code: 0 where all succeeded, 1 where one did not, 130 where it was interrupted.
    /// - Throws: `ServiceError` where an object is refused, with its place.
    func run(
        objects: [ManifestDocument], workflows: [Request], from sources: [SubmitWorkflow], signals: ProcessSignals,
        namespace: String
    ) async throws -> Int32 {
        let group = ServiceGroup(services: [self.cluster.runnerService, self.cluster.scheduler], logger: self.logger)
        return try await withThrowingTaskGroup(of: Void.self) { services in
            services.addTask { try await group.run() }
            let outcome: Result<Int32, any Error>
            do {
                try await self.cluster.scheduler.ready()
                for manifest in objects { try await self.store(manifest, namespace: namespace) }
                var made: [Made] = []
                if workflows.count > 1 {
                    for request in workflows { _ = try await self.create(request, isDryRun: true) }
                }
                for request in workflows { made.append(try Self.made(try await self.create(request))) }
                for request in sources {
                    made.append(try Self.made(try await self.cluster.client.submitWorkflow(request)))
                }
                outcome = .success(try await self.follow(made, signals))
            } catch {
                outcome = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await services.waitForAll()
            self.cluster.disband()
            return try outcome.get()
        }
    }

    private func create(_ request: Request, isDryRun: Bool = false) async throws(ServiceError) -> JSONValue {
        var creation = request.creation
        creation.isDryRun = isDryRun
        let trace = self.console.variable("TRACEPARENT").flatMap(TraceContext.init(traceparent:))
        do {
            return try await ServiceError.wrapping { [creation] in
                try await CallContext.with({ $0.metadata.trace = trace }) {
                    try await self.cluster.client.createWorkflow(creation)
                }
            }
        } catch {
            throw error.placed(at: request.place)
        }
    }

    private static func made(_ json: JSONValue) throws(ServiceError) -> Made {
        guard let metadata = json["metadata"], let name = metadata["name"]?.stringValue else {
            throw ServiceError(.internal, "a workflow was made without a name")
        }
        return Made(
            name: name, namespace: metadata["namespace"]?.stringValue ?? "", uid: metadata["uid"]?.stringValue ?? "")
    }

    private func store(_ manifest: ManifestDocument, namespace: String) async throws {
        guard let kind = ObjectKind(rawValue: manifest.kind) else { return }
        let place = kind.isNamespaced ? manifest.namespace ?? namespace : ""
        do {
            _ = try await self.cluster.client.createObject(kind, namespace: place, object: manifest.json)
        } catch {
            guard error.code == .alreadyExists else { throw error.placed(at: manifest.place) }
            do {
                _ = try await self.cluster.client.updateObject(
                    kind, namespace: place, name: manifest.name, object: manifest.json)
            } catch {
                throw error.placed(at: manifest.place)
            }
        }
    }

    // MARK: Following

    /// Whether somebody has asked the run to end.
    private final class Interruption: Sendable {
        let isAsked = Atomic<Bool>(false)
    }

    private enum Ended: Sendable {
        case workflow(WorkflowPhase)
        /// A workflow's log has come to its end.
        case logs
        /// No pod is left.
        case settled
        case outOfTime
        /// Somebody has asked a second time.
        case killed
        case helper
    }

    private func follow(_ made: [Made], _ signals: ProcessSignals) async throws -> Int32 {
        let interruption = Interruption()
        let code = try await withThrowingTaskGroup(of: Ended.self) { group in
            for workflow in made {
                group.addTask { .workflow(try await self.watch(workflow)) }
                if self.showsLogs { group.addTask { try await self.printLogs(workflow) } }
            }
            group.addTask { await self.tickAway() }
            group.addTask { await self.obey(signals, made, interruption) }
            defer { group.cancelAll() }
            var open = made.count
            var openLogs = self.showsLogs ? made.count : 0
            var hasFailed = false
            while let ended = try await group.next() {
                switch ended {
                case .workflow(let phase):
                    open -= 1
                    hasFailed = hasFailed || phase != .succeeded
                    // A workflow that was stopped ends before its pods do: none is left behind.
                    if open == 0 { group.addTask { await self.settle() } }
                case .killed:
                    await self.kill(made)
                    return Self.interruptedCode
                case .logs:
                    openLogs -= 1
                    if openLogs == 0 && open < 0 { return hasFailed ? 1 : 0 }
                case .settled:
                    guard openLogs > 0 else { return hasFailed ? 1 : 0 }
                    // Now the last log has only its own end to come to.
                    open = -1
                    group.addTask { await self.allowTimeForLogs() }
                case .outOfTime: return hasFailed ? 1 : 0
                case .helper: break
                }
            }
            return hasFailed ? 1 : 0
        }
        await self.screen.finish()
        return interruption.isAsked.load(ordering: .relaxed) ? Self.interruptedCode : code
    }

    private func watch(_ made: Made) async throws -> WorkflowPhase {
        while true {
            do {
                return try await self.watchOnce(made)
            } catch let error as ServiceError where error.code == .resourceExhausted {
                // More changes than wait for a watcher: the next look has them all.
                continue
            }
        }
    }

    private func watchOnce(_ made: Made) async throws -> WorkflowPhase {
        var request = WatchRequest(namespace: made.namespace)
        request.fieldSelector = "metadata.name=\(made.name)"
        for try await event in try await self.cluster.client.watchWorkflows(request) {
            guard event.kind != .bookmark else { continue }
            let workflow = try Workflow(json: event.object, at: DecodingPlace())
            guard workflow.metadata.name == made.name else { continue }
            await self.screen.show(workflow)
            if workflow.status.finishedAt != nil { return workflow.status.phase }
            guard event.kind != .deleted else { return .error }
            // A look at a large workflow costs: it is looked at a few times a second.
            if workflow.status.nodes.count > Self.largeWorkflow { await self.pause(Self.largeWorkflowPause) }
        }
        throw ServiceError(.unavailable, "the scheduler stopped before workflow \"\(made.name)\" ended")
    }

    private func tickAway() async -> Ended {
        while !Task.isCancelled {
            await self.pause(Self.tick)
            if !Task.isCancelled { await self.screen.redraw() }
        }
        return .helper
    }

    // MARK: Logs

    private func printLogs(_ made: Made) async throws -> Ended {
        var request = LogRequest(namespace: made.namespace, workflow: made.name)
        request.follow = true
        let style = self.console.style()
        for try await batch in try await self.cluster.client.logs(request) {
            for entry in batch.entries {
                let text = "\(entry.podName): \(entry.content)"
                self.console.line(style.paint(text, TextStyle.colour(for: entry.podName)))
            }
        }
        return .logs
    }

    private func allowTimeForLogs() async -> Ended {
        await self.pause(Self.logsPatience)
        return .outOfTime
    }

    // MARK: Pods

    /// Returns when no pod is left.
    private func settle() async -> Ended {
        while !Task.isCancelled, await self.cluster.runner.hasPods { await self.pause(Self.podPause) }
        return .settled
    }

    private func pause(_ duration: Duration) async {
        do {
            try await Task.sleep(for: duration)
        } catch {
            // Cancelled: whoever waits looks at that itself.
        }
    }

    // MARK: Signals

    /// The first signal stops the workflows, the second one kills their pods.
    private func obey(_ signals: ProcessSignals, _ made: [Made], _ interruption: Interruption) async -> Ended {
        var count = 0
        for await _ in signals.stream {
            count += 1
            guard count == 1 else { return .killed }
            interruption.isAsked.store(true, ordering: .relaxed)
            self.console.errorLine("stopping; once more kills what runs")
            for workflow in made { await self.act(.stop, on: workflow) }
        }
        return .helper
    }

    private func kill(_ made: [Made]) async {
        for workflow in made {
            await self.act(.terminate, on: workflow)
            await self.cluster.runner.remove(workflowUID: workflow.uid)
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = await self.settle() }
            group.addTask { await self.pause(Self.killPatience) }
            await group.next()
            group.cancelAll()
        }
    }

    private func act(_ verb: WorkflowAction.Verb, on made: Made) async {
        do {
            _ = try await self.cluster.client.act(
                WorkflowAction(namespace: made.namespace, name: made.name, verb: verb))
        } catch {
            // One that has ended meanwhile needs no stopping.
            self.logger.debug("workflow not stopped", metadata: ["workflow": "\(made.name)", "error": "\(error)"])
        }
    }
}

extension ServiceError {
    /// The same refusal, with what was refused before its words.
    fileprivate func placed(at place: String) -> ServiceError {
        var error = self
        error.message = "\(place): \(self.message)"
        return error
    }
}
