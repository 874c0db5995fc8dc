import ActorTransport
import Distributed
import JSON
import Model
import OrderedCollections
import Synchronization
import Testing

@Suite("ApusActorSystem")
struct ApusActorSystemTests {
    @Test("a call and its answer cross the loopback as bytes and come back equal")
    func callsCross() async throws {
        let pair = Pair()
        let launch = try await pair.runner.unknown([PodIdentity(workflowUID: "u", nodeID: "näme \"x\"", attempt: 3)])
        #expect(launch == [PodIdentity(workflowUID: "u", nodeID: "näme \"x\"", attempt: 3)])
    }

    @Test("an error thrown on the other side arrives as the same ServiceError")
    func errorsCross() async throws {
        let pair = Pair()
        await #expect(throws: ServiceError(.failedPrecondition, "no room")) {
            try await pair.runner.stop([PodStop(PodIdentity(), graceSeconds: 1)])
        }
        await #expect(throws: ServiceError(.internal, "TestFault()")) {
            try await pair.runner.remove(ObjectKey(.workflow, namespace: "a", name: "b"))
        }
    }

    @Test("a name that is not in the table is refused, however it is spelled")
    func unknownNamesAreRefused() async throws {
        let pair = Pair()
        for name in ["/apus.v1.Runner/Nothing", "$s14ActorTransport14RunnerContractP6launch", "", "Runner/Launch"] {
            let call = WireCall(
                method: name, target: .runner(on: "b"), message: Array("[]".utf8), deadline: nil)
            await #expect(throws: ServiceError(.unimplemented, "unknown method \(name)")) {
                try await pair.transport.unary(call)
            }
        }
    }

    @Test("a method of another contract, a missing actor, an absent member and a broken message each say so")
    func wrongCallsAreTold() async throws {
        let pair = Pair()
        func code(_ method: String, _ target: ActorAddress, _ message: String) async -> ServiceError.Code? {
            do {
                let call = WireCall(method: method, target: target, message: Array(message.utf8), deadline: nil)
                _ = try await pair.transport.unary(call)
                return nil
            } catch {
                return error.code
            }
        }
        let launch = "/apus.v1.Runner/Launch"
        #expect(await code("/apus.v1.Shard/Act", .runner(on: "b"), "[{}]") == .unimplemented)
        #expect(await code(launch, .shard(3, on: "b"), "[[]]") == .notFound)
        #expect(await code(launch, .runner(on: "c"), "[[]]") == .unavailable)
        #expect(await code(launch, .runner(on: "b"), "[") == .invalidArgument)
        #expect(await code(launch, .runner(on: "b"), "{}") == .invalidArgument)
        #expect(await code(launch, .runner(on: "b"), "[]") == .invalidArgument)
        #expect(await code(launch, .runner(on: "b"), "[7]") == .invalidArgument)
        #expect(await code(launch, .runner(on: "b"), "[[]]") == nil)
    }

    @Test("a call past its deadline ends with deadlineExceeded, and the other side is cancelled")
    func deadlinesEnd() async throws {
        let pair = Pair()
        let error = await #expect(throws: ServiceError.self) {
            try await CallContext.withTimeout(.milliseconds(20)) {
                try await pair.runner.launch([PodLaunch()])
            }
        }
        #expect(error?.code == .deadlineExceeded)
        #expect(pair.backend.wasCancelled)
        #expect(pair.backend.sawDeadline)
    }

    @Test("cancelling the caller cancels the call on the other side")
    func cancellationCrosses() async throws {
        let pair = Pair()
        let runner = pair.runner
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await runner.launch([PodLaunch()]) }
            await pair.backend.launched()
            group.cancelAll()
        }
        #expect(pair.backend.wasCancelled)
    }

    @Test("a stream is drawn one element at a time, and dropping it ends its source")
    func streamsAreLazy() async throws {
        let pair = Pair()
        do {
            let stream = try await pair.caller.open(RunnerStreams.logs, on: .runner(on: "b"), PodLogRequest())
            var iterator = stream.makeAsyncIterator()
            #expect(try await iterator.next() == LogEntry(content: "line 1", podName: "p"))
            #expect(try await iterator.next() == LogEntry(content: "line 2", podName: "p"))
            #expect(pair.backend.linesDrawn == 2)
        }
    }

    @Test("an artifact crosses as its header and its bytes")
    func artifactsCross() async throws {
        let pair = Pair()
        let stream = try await pair.caller.open(RunnerStreams.artifact, on: .runner(on: "b"), StoredArtifact())
        let content = try await ArtifactContent(wire: stream)
        #expect(content.fileName == "a.tgz")
        #expect(content.size == 5)
        var bytes: [UInt8] = []
        for try await chunk in content.chunks { bytes += chunk }
        #expect(bytes == [0, 1, 2, 3, 255])
    }

    @Test("every method of the contracts has a name on the wire that its stub finds")
    func everyMethodIsNamed() async throws {
        let pair = Pair()
        let shard = try $ShardContract.resolve(id: .shard(1, on: "b"), using: pair.caller)
        let query = try $QueryContract.resolve(id: .query(on: "b"), using: pair.caller)
        let reports = try $RunnerReports.resolve(id: .reports(on: "b"), using: pair.caller)
        let store = StoreObject(.configMap, namespace: "", name: "", object: .null)
        let calls: [() async throws -> Void] = [
            { _ = try await shard.createWorkflow(CreateWorkflow()) },
            { _ = try await shard.workflow(ObjectKey()) },
            { _ = try await shard.act(WorkflowAction()) },
            { _ = try await shard.deleteWorkflow(DeleteWorkflow()) },
            { _ = try await shard.createObject(store) },
            { _ = try await shard.updateObject(store) },
            { _ = try await shard.object(ObjectKey()) },
            { _ = try await shard.deleteObject(ObjectKey()) },
            { _ = try await shard.report([]) },
            { _ = try await query.workflows(WorkflowQuery(namespace: nil)) },
            { _ = try await query.objects(ListObjects()) },
            { _ = try await query.lint(store) },
            { _ = try await query.prepareSubmit(SubmitWorkflow()) },
            { _ = try await query.prepareResubmit(WorkflowAction()) },
            { _ = try await query.workflow(ObjectKey()) },
            { _ = try await reports.report([]) },
        ]
        for call in calls {
            // Nobody is published there: the call must get as far as the other member.
            let error = await #expect(throws: ServiceError.self) { try await call() }
            #expect(error?.code == .notFound, "\(String(describing: error))")
        }
    }
}

/// Two members joined by a loopback: `a` calls, `b` runs pods.
private struct Pair {
    let transport = LoopbackTransport()
    let caller: ApusActorSystem
    let callee: ApusActorSystem
    let backend = FakeBackend()
    let runner: $RunnerContract

    init() {
        self.caller = ApusActorSystem(member: "a", transport: self.transport)
        self.callee = ApusActorSystem(member: "b", transport: self.transport)
        self.transport.join("a", self.caller)
        self.transport.join("b", self.callee)
        RunnerEndpoint.publish(self.backend, on: self.callee)
        do {
            self.runner = try $RunnerContract.resolve(id: .runner(on: "b"), using: self.caller)
        } catch {
            fatalError("\(error)")
        }
    }
}

private struct TestFault: Error {}

private final class FakeBackend: PodBackendDoor {
    private struct State {
        var wasCancelled = false
        var sawDeadline = false
        var linesDrawn = 0
    }

    private let state = Mutex(State())
    private let launches = AsyncStream<Void>.makeStream()

    var wasCancelled: Bool { self.state.withLock { $0.wasCancelled } }
    var sawDeadline: Bool { self.state.withLock { $0.sawDeadline } }
    var linesDrawn: Int { self.state.withLock { $0.linesDrawn } }

    func launched() async {
        for await _ in self.launches.stream { return }
    }

    func launch(_ launches: [PodLaunch]) async throws {
        guard !launches.isEmpty else { return }
        self.state.withLock { $0.sawDeadline = CallContext.current.deadline != nil }
        self.launches.continuation.yield()
        do {
            try await ContinuousClock().sleep(for: .seconds(60))
        } catch {
            self.state.withLock { $0.wasCancelled = true }
            throw error
        }
    }

    func stop(_ identity: PodIdentity, graceSeconds: Int) async throws {
        throw ServiceError(.failedPrecondition, "no room")
    }

    func unknown(_ identities: [PodIdentity]) async throws -> [PodIdentity] { identities }

    func remove(_ workflow: ObjectKey) async throws { throw TestFault() }

    func logs(_ request: PodLogRequest) async throws -> AsyncThrowingStream<LogEntry, any Error> {
        AsyncThrowingStream(unfolding: {
            let number = self.state.withLock { state in
                state.linesDrawn += 1
                return state.linesDrawn
            }
            return LogEntry(content: "line \(number)", podName: "p")
        })
    }

    func artifact(_ request: StoredArtifact) async throws -> ArtifactContent {
        let (stream, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
        continuation.yield([0, 1, 2])
        continuation.yield([3, 255])
        continuation.finish()
        return ArtifactContent(fileName: "a.tgz", size: 5, chunks: stream)
    }
}
