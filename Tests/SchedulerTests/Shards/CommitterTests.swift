import ActorTransport
import Telemetry
import Testing

@testable import Scheduler

@Suite("Committer", .timeLimit(.minutes(1)))
struct CommitterTests {
    private static func change(_ claim: ShardClaim) -> ShardChange {
        var change = ShardChange(shard: claim.shard, epoch: claim.epoch)
        var workflow = WorkflowChange(
            .created, uid: "uid-\(claim.shard)", name: WorkflowName(namespace: "argo", name: "w\(claim.shard)"))
        workflow.head = WorkflowHead()
        workflow.spec = "{}"
        change.workflows = [workflow]
        return change
    }

    /// What a watcher of both shards is told of a commit of shard 1 that fails, and of one of shard 2 after it.
    private static func told(_ fail: (FaultyStore) async throws -> Void) async throws -> [String] {
        let store = FaultyStore(MemoryStore())
        let hub = WatchHub()
        let committer = Committer(
            member: "a", store: store, watches: hub, metrics: SchedulerMetrics(registry: MetricRegistry([])),
            sequence: 0)
        let claims = try await store.claims([1, 2])
        for claim in claims { hub.own(claim.shard, from: claim.sequence) }
        let watching = try hub.watch(.workflows(WorkflowFilter()), in: ShardSet([1, 2]))
        try await fail(store)
        async let committing: Void = committer.run()
        defer { committer.close() }
        await #expect(throws: CommitFailure.self) { _ = try await committer.commit(Self.change(claims[0])) }
        let newer = try #require(try await store.claims([2]).first)
        _ = try await committer.commit(Self.change(newer))
        committer.close()
        await committing
        hub.close()
        var told: [String] = []
        for try await telling in watching.tellings {
            switch telling {
            case .changed(let notice): told.append(notice.uid)
            case .event: break
            case .lost(let shard): told.append("lost \(shard)")
            }
        }
        return told
    }

    @Test("a commit that took effect and was told to nobody is passed over by no later one")
    func unknownOutcome() async throws {
        let told = try await Self.told { $0.fail(1, .after) }
        // Otherwise whoever watches both shards believes to have seen all of shard 1 up to the number of the second.
        #expect(told == ["lost 1", "uid-2"])
    }

    @Test("where a commit is fenced, its shard is told elsewhere before anything else is told here")
    func fenced() async throws {
        let told = try await Self.told { _ = try await $0.claims([1], member: "a") }
        #expect(told == ["lost 1", "uid-2"])
    }
}
