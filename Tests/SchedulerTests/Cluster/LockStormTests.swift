import ActorTransport
import JSON
import Model
import OrderedCollections
import Scheduler
import TestSupport
import Testing

/// Locks in a cluster whose replicas join, leave, die and are paused.
@Suite("Locks in a storm", .timeLimit(.minutes(5)))
struct LockStormTests {
    private static let workflows = 10

    @Test("whoever joins, leaves, dies or comes back: one pod at a time holds the mutex, and every workflow ends")
    func storm() async throws {
        for seed in Seeds.draw(2) {
            let peak = try await Self.run(seed: seed, synchronization: ["mutexes": [["name": "m"]]], isInjured: true)
            #expect(peak == 1, "SEED=\(seed)")
        }
    }

    @Test("a lock that is held for a workflow that does not exist is given free")
    func audit() async throws {
        try await ReplicaCluster.with(["a"], machines: .workflowMachines) { cluster in
            var request = LockRequest()
            request.lock = "argo/Mutex/m"
            request.holder = PodIdentity(workflowUID: "nobody", nodeID: "", attempt: 0)
            request.workflow = "nobody"
            request.namespace = "argo"
            let shard = ShardMap.shard(of: .mutex(namespace: "argo", name: "m"))
            let notices = try await cluster.door(of: shard, on: "a").askLocks([request])
            #expect(notices.map(\.state) == [.granted])
            try await cluster.create(Self.workflow("w", ["mutexes": [["name": "m"]]], isWhole: true))
            #expect(try await cluster.end(of: "w", within: .seconds(600)) == "Succeeded")
        }
    }

    @Test("without the mutex, pods that run at once are noticed")
    func noMutex() async throws {
        #expect(try await Self.run(seed: 1, synchronization: .null, isInjured: false) > 1)
    }

    /// How many pods ran at once.
    private static func run(seed: UInt64, synchronization: JSONValue, isInjured: Bool) async throws -> Int {
        let runner = FakeRunner(.wait)
        try await ReplicaCluster.with(["a", "b", "c"], runner: runner, machines: .workflowMachines) { cluster in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await ReplicaStorm.endPods(of: runner, seed: seed) }
                for number in 0..<Self.workflows {
                    // Half of them hold the lock as a whole, half of them node by node.
                    let workflow = Self.workflow("w\(number)", synchronization, isWhole: number.isMultiple(of: 2))
                    try await cluster.create(workflow)
                }
                if isInjured { try await ReplicaStorm.injure(cluster, seed: seed) }
                for number in 0..<Self.workflows {
                    let phase = try await cluster.end(of: "w\(number)", within: .seconds(600))
                    #expect(phase == "Succeeded", "SEED=\(seed): w\(number)")
                }
                group.cancelAll()
            }
            #expect(cluster.store.violations.isEmpty, "SEED=\(seed)")
            #expect(runner.starts.values.allSatisfy { $0 == 1 }, "SEED=\(seed)")
        }
        return runner.peak
    }

    private static func workflow(_ name: String, _ synchronization: JSONValue, isWhole: Bool) -> JSONValue {
        var pod: JSONValue = ["name": "pod", "container": ["image": "x", "command": ["x"]]]
        var spec: JSONValue = ["entrypoint": "main"]
        if synchronization != .null, isWhole { spec = spec.setting("synchronization", synchronization) }
        if synchronization != .null, !isWhole { pod = pod.setting("synchronization", synchronization) }
        let steps: JSONValue =
            isWhole
            ? [[["name": "one", "template": "pod"]], [["name": "two", "template": "pod"]]]
            : [[["name": "one", "template": "pod"], ["name": "two", "template": "pod"]]]
        spec = spec.setting("templates", [["name": "main", "steps": steps], pod])
        return ["metadata": ["name": .string(name), "uid": .string("uid-\(name)")], "spec": spec]
    }
}

extension JSONValue {
    fileprivate func setting(_ name: String, _ value: JSONValue) -> JSONValue {
        var members = self.objectValue ?? [:]
        members[name] = value
        return .object(members)
    }
}
