import ActorTransport
import JSON
import Synchronization
import TestSupport
import Testing

@testable import Scheduler

@Suite("A slow store", .timeLimit(.minutes(5)))
struct SlowStoreTests {
    private final class Progress: Sendable {
        let isLeaving = Atomic<Bool>(false)
        let answer = Mutex<String?>(nil)
    }

    @Test("a store that serves its calls one by one in any order makes no wrong answer")
    func anyOrder() async throws {
        for seed in Seeds.draw(5) {
            let store = FaultyStore(MemoryStore())
            try await TestCluster.with(store: store) { cluster in
                let random = SplitMix64(seed: seed)
                store.turnstile.close()
                try await withThrowingTaskGroup(of: Void.self) { helpers in
                    helpers.addTask { await store.turnstile.letThrough(using: random) }
                    try await withThrowingTaskGroup(of: Void.self) { clients in
                        for number in 0..<8 {
                            clients.addTask { try await Self.live(number, cluster, seed: seed) }
                        }
                        try await clients.waitForAll()
                    }
                    helpers.cancelAll()
                }
                let left = try await cluster.client.workflows(WorkflowQuery(namespace: "argo")).items.map(\.name)
                #expect(left.sorted() == (0..<8).filter { $0 % 2 == 0 }.map { "w\($0)" }, "SEED=\(seed)")
            }
        }
    }

    /// Makes a workflow, sees it at once and to its end, and deletes every second.
    private static func live(_ number: Int, _ cluster: TestCluster, seed: UInt64) async throws {
        let name = "w\(number)"
        _ = try await cluster.create(name, pods: 3)
        #expect(try await cluster.get(name).name == name, "SEED=\(seed)")
        let again = await #expect(throws: ServiceError.self) { try await cluster.create(name) }
        #expect(again?.code == .alreadyExists, "SEED=\(seed)")
        #expect(try await cluster.waitForEnd(name).phase == "Succeeded", "SEED=\(seed)")
        guard number % 2 == 1 else { return }
        try await cluster.client.deleteWorkflow(namespace: "argo", name: name, force: false)
        let gone = await #expect(throws: ServiceError.self) { try await cluster.get(name) }
        #expect(gone?.code == .notFound, "SEED=\(seed)")
    }

    @Test("nothing is acknowledged while the store has not written it, and a shutdown that has to wait for it ends")
    func shutdown() async throws {
        let store = FaultyStore(MemoryStore())
        let progress = Progress()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while !progress.isLeaving.load(ordering: .sequentiallyConsistent) { try await Pause.brief() }
                // The shutdown has had time to begin: it must not need the store to go on.
                for _ in 0..<20 { try await Pause.brief() }
                store.turnstile.open()
            }
            let client = try await TestCluster.with(store: store, runner: FakeRunner(.wait)) { cluster in
                store.turnstile.close()
                let client = Task.detached {
                    do {
                        _ = try await cluster.create("held")
                        progress.answer.withLock { $0 = "made" }
                    } catch {
                        progress.answer.withLock { $0 = "refused" }
                    }
                }
                await store.turnstile.waitForArrival()
                #expect(progress.answer.withLock { $0 } == nil)
                progress.isLeaving.store(true, ordering: .sequentiallyConsistent)
                return client
            }
            await client.value
            try await group.waitForAll()
        }
        // What the caller was told to be made, the next scheduler knows.
        try await TestCluster.with(store: store, runner: FakeRunner(.wait)) { cluster in
            let names = try await cluster.client.workflows(WorkflowQuery(namespace: "argo")).items.map(\.name)
            #expect(names == ["held"] || progress.answer.withLock { $0 } == "refused")
        }
    }
}
