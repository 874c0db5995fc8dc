import ActorTransport
import Distributed
import JSON
import Model
import OrderedCollections
import Synchronization
import Testing

@Suite("ApusActorSystem", .timeLimit(.minutes(5)))
struct ApusActorSystemTests {
    @Test("a call and its answer cross as bytes and come back equal", arguments: WireKind.allCases)
    func callsCross(wire: WireKind) async throws {
        try await withPair(wire) { pair in
            let launch = try await pair.runner.unknown([PodIdentity(workflowUID: "u", nodeID: "näme \"x\"", attempt: 3)]
            )
            #expect(launch == [PodIdentity(workflowUID: "u", nodeID: "näme \"x\"", attempt: 3)])
        }
    }

    @Test("an error thrown on the other side arrives as the same ServiceError", arguments: WireKind.allCases)
    func errorsCross(wire: WireKind) async throws {
        try await withPair(wire) { pair in
            await #expect(throws: ServiceError(.failedPrecondition, "no room")) {
                try await pair.runner.stop([PodStop(PodIdentity(), graceSeconds: 1)])
            }
            await #expect(throws: ServiceError(.internal, "TestFault()")) {
                try await pair.runner.remove(ObjectKey(.workflow, namespace: "a", name: "b"))
            }
        }
    }

    @Test("a name that is not in the table is refused, however it is spelled", arguments: WireKind.allCases)
    func unknownNamesAreRefused(wire: WireKind) async throws {
        try await withPair(wire) { pair in
            for name in ["/apus.v1.Runner/Nothing", "$s14ActorTransport14RunnerContractP6launch", "", "Runner/Launch"] {
                let call = WireCall(
                    method: name, target: .runner(on: "b"), message: [], deadline: nil)
                await #expect(throws: ServiceError(.unimplemented, "unknown method \(name)")) {
                    try await pair.transport.unary(call)
                }
            }
        }
    }

    @Test(
        "a method of another contract, a missing actor, an absent member and a broken message each say so",
        arguments: WireKind.allCases)
    func wrongCallsAreTold(wire: WireKind) async throws {
        try await withPair(wire) { pair in
            func code(_ method: String, _ target: ActorAddress, _ message: [UInt8]) async -> ServiceError.Code? {
                do {
                    let call = WireCall(method: method, target: target, message: message, deadline: nil)
                    _ = try await pair.transport.unary(call)
                    return nil
                } catch {
                    return error.code
                }
            }
            let launch = "/apus.v1.Runner/Launch"
            #expect(await code("/apus.v1.Shard/Act", .runner(on: "b"), []) == .unimplemented)
            #expect(await code(launch, .shard(3, on: "b"), []) == .notFound)
            #expect(await code(launch, .runner(on: "c"), []) == .unavailable)
            #expect(await code(launch, .runner(on: "b"), Array("[[]]".utf8)) == .invalidArgument)
            #expect(await code(launch, .runner(on: "b"), []) == nil)
        }
    }

    @Test(
        "a call past its deadline ends with deadlineExceeded, and the other side is cancelled",
        arguments: WireKind.allCases)
    func deadlinesEnd(wire: WireKind) async throws {
        try await withPair(wire) { pair in
            // On a busy machine a deadline may pass before the call is there: then the next is longer.
            var timeout = Duration.milliseconds(20)
            while !pair.backend.sawDeadline {
                let limit = timeout
                let error = await #expect(throws: ServiceError.self) {
                    try await CallContext.withTimeout(limit) { try await pair.runner.launch([PodLaunch()]) }
                }
                #expect(error?.code == .deadlineExceeded)
                timeout *= 2
            }
            await pair.backend.cancelled()
        }
    }

    @Test("cancelling the caller cancels the call on the other side", arguments: WireKind.allCases)
    func cancellationCrosses(wire: WireKind) async throws {
        try await withPair(wire) { pair in
            let runner = pair.runner
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await runner.launch([PodLaunch()]) }
                await pair.backend.launched()
                group.cancelAll()
            }
            await pair.backend.cancelled()
        }
    }

    @Test("a stream is drawn one element at a time, and dropping it ends its source", arguments: WireKind.allCases)
    func streamsAreLazy(wire: WireKind) async throws {
        try await withPair(wire) { pair in
            do {
                let stream = try await pair.caller.open(RunnerStreams.logs, on: .runner(on: "b"), PodLogRequest())
                var iterator = stream.makeAsyncIterator()
                #expect(try await iterator.next() == LogBatch([LogEntry(content: "line 1", podName: "p")]))
                #expect(try await iterator.next() == LogBatch([LogEntry(content: "line 2", podName: "p")]))
                if wire == .loopback { #expect(pair.backend.linesDrawn == 2) }
            }
        }
    }

    @Test("log lines cross as they were")
    func logBatchesCross() throws {
        let batch = LogBatch([
            LogEntry(content: "", podName: "p", timestamp: Timestamp(nanoseconds: -1)),
            LogEntry(content: "zwölf\u{0}\n", podName: "p", timestamp: Timestamp(nanoseconds: .max)),
            LogEntry(content: "x", podName: ""), LogEntry(content: "y", podName: "p"),
        ])
        #expect(try LogBatch(encoded: batch.encoded()) == batch)
        #expect(try LogBatch(encoded: []) == LogBatch([]))
    }

    @Test("a consumer that waits holds back the producer", arguments: WireKind.allCases)
    func consumersHoldBack(wire: WireKind) async throws {
        try await withPair(wire) { pair in
            let stream = try await pair.caller.open(RunnerStreams.logs, on: .runner(on: "b"), PodLogRequest())
            var iterator = stream.makeAsyncIterator()
            _ = try await iterator.next()
            // The producer has the time of these calls, and stops where the window is full.
            var drawn = 0
            while drawn != pair.backend.linesDrawn, drawn < 100_000 {
                drawn = pair.backend.linesDrawn
                for _ in 0..<200 { _ = try await pair.runner.unknown([]) }
            }
            #expect(drawn < 100_000)
            for number in 2...drawn + 1000 {
                let line = try await iterator.next()
                guard line?.entries.first?.content == "line \(number)" else {
                    Issue.record("\(String(describing: line)) is not line \(number)")
                    return
                }
            }
        }
    }

    @Test("a stream that its consumer drops ends its producer, though that waits", arguments: WireKind.allCases)
    func droppedStreamsEnd(wire: WireKind) async throws {
        try await withPair(wire) { pair in
            do {
                var request = PodLogRequest()
                request.lines.follow = true
                let stream = try await pair.caller.open(RunnerStreams.logs, on: .runner(on: "b"), request)
                var iterator = stream.makeAsyncIterator()
                let first = try await iterator.next()
                #expect(first == LogBatch([LogEntry(content: "first", podName: "p")]))
            }
            await pair.backend.streamEnded()
        }
    }

    @Test(
        "a stream at a door that is not there, or of a name that is not known, is refused", arguments: WireKind.allCases
    )
    func wrongStreamsAreTold(wire: WireKind) async throws {
        try await withPair(wire) { pair in
            func code(_ method: String, _ target: ActorAddress) async -> ServiceError.Code? {
                do {
                    _ = try await pair.transport.stream(
                        WireCall(method: method, target: target, message: [], deadline: nil))
                    return nil
                } catch {
                    return error.code
                }
            }
            #expect(await code("/apus.v1.Runner/Logs", .runner(on: "b")) == nil)
            #expect(await code("/apus.v1.Runner/Logs", .shard(1, on: "b")) == .notFound)
            #expect(await code("/apus.v1.Runner/Nothing", .runner(on: "b")) == .unimplemented)
            #expect(await code("/apus.v1.Runner/Logs", .runner(on: "c")) == .unavailable)
        }
    }

    @Test("the trace and the idempotency key of a caller reach the one called", arguments: WireKind.allCases)
    func metadataCrosses(wire: WireKind) async throws {
        let metadata = CallMetadata(
            trace: TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            idempotencyKey: "ü 1")
        try await withPair(wire) { pair in
            try await CallContext.$current.withValue(CallContext(metadata: metadata)) {
                _ = try await pair.runner.unknown([])
            }
            #expect(pair.backend.received == metadata)
        }
    }

    @Test("a message of a megabyte comes back equal", arguments: WireKind.allCases)
    func largeMessages(wire: WireKind) async throws {
        let large = PodIdentity(workflowUID: "u", nodeID: String(repeating: "x", count: 1_000_000), attempt: 0)
        try await withPair(wire) { pair in
            let answer = try await pair.runner.unknown([large])
            #expect(answer == [large])
        }
    }

    @Test("10,000 calls with 64 under way get each its own answer", arguments: WireKind.allCases)
    func manyCalls(wire: WireKind) async throws {
        try await withPair(wire) { pair in
            let runner = pair.runner
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<64 {
                    group.addTask {
                        for number in stride(from: worker, to: 10_000, by: 64) {
                            let identity = PodIdentity(workflowUID: "u", nodeID: "node-\(number)", attempt: 0)
                            let answer = try await runner.unknown([identity])
                            guard answer == [identity] else { throw ServiceError(.internal, "\(number): \(answer)") }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("an artifact crosses as its header and its bytes", arguments: WireKind.allCases)
    func artifactsCross(wire: WireKind) async throws {
        try await withPair(wire) { pair in
            let stream = try await pair.caller.open(RunnerStreams.artifact, on: .runner(on: "b"), StoredArtifact())
            let content = try await ArtifactContent(wire: stream)
            #expect(content.fileName == "a.tgz")
            #expect(content.size == 5)
            var bytes: [UInt8] = []
            for try await chunk in content.chunks { bytes += chunk }
            #expect(bytes == [0, 1, 2, 3, 255])
        }
    }

    @Test("every method of the contracts has a name on the wire that its stub finds", arguments: WireKind.allCases)
    func everyMethodIsNamed(wire: WireKind) async throws {
        try await withPair(wire) { pair in
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
                { _ = try await reports.announce(RunnerAnnouncement()) },
            ]
            for call in calls {
                // Nobody is published there: the call must get as far as the other member.
                let error = await #expect(throws: ServiceError.self) { try await call() }
                #expect(error?.code == .notFound, "\(String(describing: error))")
            }
        }
    }
}
