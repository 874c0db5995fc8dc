import ActorTransport
import JSON
import Logging
import Model
import Telemetry
import Testing
import WorkflowEngine

@testable import Scheduler

@Suite("ShardProcessor", .timeLimit(.minutes(1)))
struct ShardProcessorTests {
    private static let shard = ShardMap.shard(ofWorkflow: "w", in: "argo")

    private static func request(_ spec: JSONValue) -> CreateWorkflow {
        CreateWorkflow(namespace: "argo", workflow: ["metadata": ["name": "w", "uid": "uid-w"], "spec": spec])
    }

    private static func replica(_ store: any WorkflowStore, _ clock: ManualClock) -> Replica {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return Replica(
            configuration: SchedulerConfiguration(), store: store,
            system: ApusActorSystem(member: "test", transport: LoopbackTransport()), addresses: MemberAddresses(),
            machines: .workflowMachines, clock: clock, logger: logger, metrics: MetricRegistry([]))
    }

    /// Lets a shard that is loaded from the store do something, and gives it back.
    private static func work(
        on store: FaultyStore, of records: MemoryStore, _ clock: ManualClock,
        _ body: @Sendable (ShardProcessor) async throws -> Void
    ) async throws {
        let replica = Self.replica(store, clock)
        let claim = try #require(try await records.claims([Self.shard], member: "test").first)
        let contents = try await records.load([Self.shard])
        let processor = ShardProcessor(
            shard: Self.shard, state: ShardState(shard: Self.shard, epoch: claim.epoch, machines: replica.machines),
            replica: replica)
        async let committing: Void = replica.committer.run()
        defer { replica.committer.close() }
        let deleted = try await replica.deletedLately([claim])
        await processor.begin(
            claim, contents.workflows, contents.outbox[Self.shard] ?? [], deleted[Self.shard] ?? [])
        try await body(processor)
        processor.close()
        await processor.run()
        replica.committer.close()
        await committing
    }

    @Test("a timer that runs out while the store cannot be read is not lost with the requests beside it")
    func timerBesideFailedRead() async throws {
        let records = MemoryStore()
        let store = FaultyStore(records)
        let clock = ManualClock(seconds: 1_000)
        let spec: JSONValue = [
            "entrypoint": "main", "activeDeadlineSeconds": 10, "templates": [["name": "main", "suspend": [:]]],
        ]
        try await Self.work(on: store, of: records, clock) { processor in
            async let working: Void = processor.run()
            defer { processor.close() }
            let created = try await processor.ask { .create(Self.request(spec), $0) }
            #expect(created["metadata"]?["name"] == "w")
            processor.close()
            await working
        }
        clock.advance(to: 1_011)
        store.failsReads = true
        try await Self.work(on: store, of: records, clock) { processor in
            // What is there before the shard works is one batch.
            _ = processor.mailbox.post(.expire(WorkflowName(namespace: "argo", name: "other")), isUrgent: true)
            _ = processor.mailbox.post(.timer(uid: "uid-w", .workflowDeadline), isUrgent: true)
        }
        let stored = try await records.workflow(namespace: "argo", name: "w")
        #expect(stored?.head.phase == "Failed")
    }

    @Test("a creation that comes again after the workflow was deleted makes it no second time, whoever has the shard")
    func lateCreation() async throws {
        let records = MemoryStore()
        let store = FaultyStore(records)
        let clock = ManualClock(seconds: 1_000)
        let spec: JSONValue = ["entrypoint": "main", "templates": [["name": "main", "suspend": [:]]]]
        let deletion = DeleteWorkflow(namespace: "argo", name: "w", force: true)
        try await Self.work(on: store, of: records, clock) { processor in
            async let working: Void = processor.run()
            defer { processor.close() }
            _ = try await processor.ask { .create(Self.request(spec), $0) }
            _ = try await processor.ask { .delete(deletion, $0) }
            _ = try await processor.ask { .create(Self.request(spec), $0) }
            #expect(try await records.workflow(uid: "uid-w") == nil)
            processor.close()
            await working
        }
        try await Self.work(on: store, of: records, clock) { processor in
            async let working: Void = processor.run()
            defer { processor.close() }
            _ = try await processor.ask { .create(Self.request(spec), $0) }
            #expect(try await records.workflow(uid: "uid-w") == nil)
            // The name is free.
            var another = Self.request(spec)
            another.workflow = ["metadata": ["name": "w", "uid": "uid-2"], "spec": spec]
            let request = another
            _ = try await processor.ask { .create(request, $0) }
            #expect(try await records.workflow(uid: "uid-2") != nil)
            processor.close()
            await working
        }
    }

    @Test("a cron workflow that is deleted is brought back neither by what it has done, nor by what another one has")
    func lateStatus() throws {
        let replica = Self.replica(MemoryStore(), ManualClock(seconds: 1_000))
        let key = ObjectKey(.cronWorkflow, namespace: "argo", name: "gone")
        let name = WorkflowName(namespace: "argo", name: "gone")
        let cron: JSONValue = ["metadata": ["name": "gone", "uid": "u-1"], "status": ["phase": "Active"]]
        let other: JSONValue = ["metadata": ["name": "gone", "uid": "u-2"], "status": ["phase": "Stopped"]]
        replica.catalog.set(key, ObjectCatalog.Entry(object: cron.setting("status", nil), sequence: 1))
        var state = ShardState(shard: Self.shard, epoch: 1, machines: replica.machines)
        var turn = ShardTurn(surroundings: replica.surroundings, book: replica.book)
        #expect(throws: ServiceError.notFound(.cronWorkflow, "gone")) {
            try state.setCronStatus(name, other, in: &turn, replica: replica)
        }
        try state.setCronStatus(name, cron, in: &turn, replica: replica)
        try state.deleteObject(key, in: &turn, replica: replica)
        #expect(throws: ServiceError.notFound(.cronWorkflow, "gone")) {
            try state.setCronStatus(name, cron, in: &turn, replica: replica)
        }
        #expect(throws: ServiceError.notFound(.cronWorkflow, "gone")) {
            try state.deleteObject(key, in: &turn, replica: replica)
        }
        #expect(turn.objects.map { $0.object == nil } == [false, true])
    }

    private static func isAcknowledged(_ request: CreateWorkflow, by processor: ShardProcessor) async -> Bool {
        do {
            _ = try await processor.ask { .create(request, $0) }
            return true
        } catch {
            return false
        }
    }

    @Test("a creation that comes twice at once is acknowledged with its commit, to both who asked")
    func creationTwice() async throws {
        let records = MemoryStore()
        let store = FaultyStore(records)
        let spec: JSONValue = ["entrypoint": "main", "templates": [["name": "main", "suspend": [:]]]]
        store.fail(1, .before)
        try await Self.work(on: store, of: records, ManualClock(seconds: 1_000)) { processor in
            async let first = Self.isAcknowledged(Self.request(spec), by: processor)
            async let second = Self.isAcknowledged(Self.request(spec), by: processor)
            // Both are one batch.
            while processor.mailbox.count < 2 { await Task.yield() }
            processor.close()
            await processor.run()
            #expect(await [first, second] == [false, false])
        }
        #expect(try await records.workflow(uid: "uid-w") == nil)
    }

    @Test("a pod that waited for a runner when its node ended is not started by whoever loads the shard next")
    func launchOfEndedNode() async throws {
        let records = MemoryStore()
        let store = FaultyStore(records)
        let clock = ManualClock(seconds: 1_000)
        let spec: JSONValue = [
            "entrypoint": "main",
            "templates": [
                [
                    "name": "main",
                    "steps": [[["name": "a", "template": "work"], ["name": "b", "template": "pause"]]],
                ],
                ["name": "work", "timeout": "10s", "container": ["image": "busybox"]],
                ["name": "pause", "suspend": [:]],
            ],
        ]
        try await Self.work(on: store, of: records, clock) { processor in
            async let working: Void = processor.run()
            defer { processor.close() }
            _ = try await processor.ask { .create(Self.request(spec), $0) }
            let nodes = try #require(try await records.workflow(uid: "uid-w")).nodes
            let pod = try #require(try nodes.map { try JSONValue.parse($0.status) }.first { $0["type"] == "Pod" })
            let node = try #require(pod["id"]?.stringValue)
            _ = processor.mailbox.post(.timer(uid: "uid-w", .nodeDeadline(node)), isUrgent: true)
            processor.close()
            await working
        }
        // Both are there yet: the process ended before either was done.
        #expect(try await records.load([Self.shard]).outbox[Self.shard]?.map(\.kind) == [.startPod, .stopPod])
        try await Self.work(on: store, of: records, clock) { _ in }
        #expect(try await records.load([Self.shard]).outbox[Self.shard]?.map(\.kind) == [.stopPod])
    }

    @Test("a backoff that passes while nobody has the shard is over at once for whoever loads it")
    func backoffWhileAway() async throws {
        let records = MemoryStore()
        let store = FaultyStore(records)
        let clock = ManualClock(seconds: 1_000)
        let spec: JSONValue = [
            "entrypoint": "main",
            "templates": [
                [
                    "name": "main", "retryStrategy": ["limit": "2", "backoff": ["duration": "10s"]],
                    "container": ["image": "busybox"],
                ]
            ],
        ]
        try await Self.work(on: store, of: records, clock) { processor in
            async let working: Void = processor.run()
            defer { processor.close() }
            _ = try await processor.ask { .create(Self.request(spec), $0) }
            let node = try #require(try await Self.pods(in: records).first)
            let identity = PodIdentity(workflowUID: "uid-w", nodeID: node["id"]?.stringValue ?? "", attempt: 0)
            var report = PodReport(of: identity, workflow: WorkflowName(namespace: "argo", name: "w"))
            report.phase = .failed
            _ = try await processor.ask { .report([report], $0) } as ReportAnswer
            processor.close()
            await working
        }
        #expect(try await Self.pods(in: records).map { $0["phase"] } == ["Failed"])
        clock.advance(to: 1_020)
        try await Self.work(on: store, of: records, clock) { _ in }
        #expect(try await Self.pods(in: records).map { $0["phase"] } == ["Failed", "Pending"])
        #expect(try await records.load([Self.shard]).outbox[Self.shard]?.map(\.kind) == [.startPod])
    }

    private static func pods(in records: MemoryStore) async throws -> [JSONValue] {
        let nodes = try await records.workflow(uid: "uid-w")?.nodes ?? []
        return try nodes.sorted { $0.ordinal < $1.ordinal }.map { try JSONValue.parse($0.status) }
            .filter { $0["type"] == "Pod" }
    }
}
