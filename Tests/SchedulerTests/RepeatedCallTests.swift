import ActorTransport
import JSON
import Model
import OrderedCollections
import Scheduler
import TestSupport
import Testing

/// Calls whose answers were lost come again, with the key that they had.
@Suite("Repeated calls", .timeLimit(.minutes(5)))
struct RepeatedCallTests {
    @Test("an action that comes again does nothing more, and is answered, after a restart too")
    func actions() async throws {
        try await TemporaryDirectory.with { directory in
            try await Self.with(directory.path) { cluster in
                _ = try await cluster.client.createWorkflow(
                    CreateWorkflow(namespace: "argo", workflow: SampleWorkflow.twoQuestions("w")))
                try await Self.waits(at: "first", cluster)
                #expect(try await Self.resume("k1", cluster) == "w")
                try await Self.waits(at: "second", cluster)
                #expect(try await Self.resume("k1", cluster) == "w")
                try await Self.waits(at: "second", cluster)
            }
            try await Self.with(directory.path) { cluster in
                #expect(try await Self.resume("k1", cluster) == "w")
                try await Self.waits(at: "second", cluster)
                #expect(try await Self.resume("k2", cluster) == "w")
                #expect(try await cluster.waitForEnd("w").phase == "Succeeded")
            }
        }
    }

    @Test("a deletion that comes again spares the workflow that has taken the name meanwhile")
    func deletions() async throws {
        try await TemporaryDirectory.with { directory in
            try await Self.with(directory.path) { cluster in
                for _ in 0..<2 {
                    _ = try await cluster.client.createWorkflow(
                        CreateWorkflow(namespace: "argo", workflow: SampleWorkflow.twoQuestions("w")))
                    _ = try await Self.call("k", cluster) {
                        try await $0.deleteWorkflow(DeleteWorkflow(namespace: "argo", name: "w", force: true))
                    }
                }
                #expect(try await cluster.get("w").phase == "Running")
            }
        }
    }

    @Test("a shard remembers a limited number of calls, and the newest of them")
    func limit() async throws {
        try await TemporaryDirectory.with { directory in
            try await Self.with(directory.path) { cluster in
                _ = try await cluster.client.createWorkflow(
                    CreateWorkflow(namespace: "argo", workflow: SampleWorkflow.twoQuestions("w")))
                for number in 0..<70 {
                    _ = try await Self.call("k\(number)", cluster) {
                        try await $0.act(WorkflowAction(namespace: "argo", name: "w", verb: .suspend))
                    }
                }
                let shard = ShardMap.shard(ofWorkflow: "w", in: "argo")
                let rows = try await cluster.store.load([shard]).outbox[shard] ?? []
                let keys = try rows.filter { $0.kind == .answeredCall }.map { try JSONValue.parse($0.payload)["key"] }
                #expect(keys == (6..<70).map { .string("k\($0)") })
                await #expect(throws: ServiceError.self) {
                    try await Self.resume(String(repeating: "k", count: 65), cluster)
                }
            }
        }
    }

    // MARK: Calls

    private static func with(
        _ folder: String, _ body: @escaping @Sendable (TestCluster) async throws -> Void
    ) async throws {
        try await TestCluster.with(store: try await SQLiteStore(folder: folder), machines: .workflowMachines, body)
    }

    private static func resume(_ key: String, _ cluster: TestCluster) async throws -> String? {
        try await self.call(key, cluster) {
            try await $0.act(WorkflowAction(namespace: "argo", name: "w", verb: .resume))
        }["metadata"]?["name"]?.stringValue
    }

    private static func call<Answer: Sendable>(
        _ key: String, _ cluster: TestCluster, _ body: ($ShardContract) async throws -> Answer
    ) async throws -> Answer {
        let shard = ShardMap.shard(ofWorkflow: "w", in: "argo")
        let door = try $ShardContract.resolve(id: .shard(shard, on: "test"), using: cluster.system)
        let context = CallContext(metadata: CallMetadata(idempotencyKey: key))
        return try await CallContext.$current.withValue(context) { try await body(door) }
    }

    private static func waits(at node: String, _ cluster: TestCluster) async throws {
        try await cluster.wait(for: "w") { workflow in
            let nodes = workflow["status"]?["nodes"]?.objectValue?.values
            return nodes?.contains { $0["displayName"]?.stringValue == node && $0["phase"] == "Running" } ?? false
        }
    }
}
