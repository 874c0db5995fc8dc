import ActorTransport
import JSON
import Model
import OrderedCollections
import Scheduler
import TestSupport
import Testing

/// Locks between workflows of one scheduler, with pods that end as the test says.
@Suite("Locks", .timeLimit(.minutes(5)))
struct LockTests {
    @Test("one workflow at a time holds a mutex, in the order of priority and age, and the others say that they wait")
    func mutex() async throws {
        let runner = FakeRunner(.wait)
        try await Self.with(runner) { cluster in
            try await Self.create("first", Self.mutex, on: cluster)
            try await cluster.wait(for: "first") { $0.phase == "Running" }
            for (name, priority) in [("second", 0), ("urgent", 7)] {
                try await Self.create(name, Self.mutex, priority: priority, on: cluster)
                let waiting = try await cluster.wait(for: name) { $0["status"]?["message"] != nil }
                #expect(waiting.phase == "Pending")
                #expect(waiting["status"]?["message"] == "Waiting for argo/Mutex/m lock. Lock status: 0/1")
                #expect(
                    waiting["status"]?["synchronization"]?["mutex"]?["waiting"] == [
                        ["mutex": "argo/Mutex/m", "holder": "argo/first"]
                    ])
            }
            for name in ["first", "urgent", "second"] {
                let running = try await cluster.wait(for: name) { $0.phase == "Running" }
                #expect(
                    running["status"]?["synchronization"]?["mutex"]?["holding"] == [
                        ["mutex": "argo/Mutex/m", "holder": .string("argo/\(name)")]
                    ])
                #expect(runner.running.count <= 1)
                try await Self.endPods(of: runner, cluster, until: name)
            }
            #expect(runner.order == ["first", "urgent", "second"])
        }
    }

    @Test("a lock is given back when its workflow is terminated, and when it is deleted", arguments: [true, false])
    func givenBack(isDeleted: Bool) async throws {
        let runner = FakeRunner(.wait)
        try await Self.with(runner) { cluster in
            for name in ["holder", "next"] { try await Self.create(name, Self.mutex, on: cluster) }
            try await cluster.wait(for: "holder") { $0.phase == "Running" }
            try await cluster.wait(for: "next") { $0["status"]?["message"] != nil }
            if isDeleted {
                try await cluster.client.deleteWorkflow(namespace: "argo", name: "holder", force: true)
            } else {
                _ = try await cluster.client.act(
                    WorkflowAction(namespace: "argo", name: "holder", verb: .terminate))
            }
            try await cluster.wait(for: "next") { $0.phase == "Running" }
        }
    }

    @Test("after a restart the holder holds, who waited waits, and is let in in his turn")
    func restart() async throws {
        try await TemporaryDirectory.with { directory in
            let runner = FakeRunner(.wait)
            try await Self.with(runner, folder: directory.path) { cluster in
                for name in ["holder", "next"] { try await Self.create(name, Self.mutex, on: cluster) }
                try await cluster.wait(for: "holder") { $0.phase == "Running" }
                try await cluster.wait(for: "next") { $0["status"]?["message"] != nil }
                while runner.running.isEmpty { try await Pause.brief() }
            }
            try await Self.with(runner, folder: directory.path) { cluster in
                #expect(try await cluster.get("next").phase == "Pending")
                try await Self.endPods(of: runner, cluster, until: "holder")
                try await cluster.wait(for: "next") { $0.phase == "Running" }
                try await Self.endPods(of: runner, cluster, until: "next")
                #expect(runner.starts.values.allSatisfy { $0 == 1 })
            }
        }
    }

    @Test("a retried workflow waits for its lock again")
    func retry() async throws {
        let runner = FakeRunner(.wait)
        try await Self.with(runner) { cluster in
            try await Self.create("again", Self.mutex, on: cluster)
            try await Self.endPods(of: runner, cluster, until: "again", .failed)
            try await Self.create("other", Self.mutex, on: cluster)
            try await cluster.wait(for: "other") { $0.phase == "Running" }
            _ = try await cluster.client.act(WorkflowAction(namespace: "argo", name: "again", verb: .retry))
            let waiting = try await cluster.wait(for: "again") { $0["status"]?["message"] != nil }
            #expect(waiting["status"]?["message"] == "Waiting for argo/Mutex/m lock. Lock status: 0/1")
            try await Self.endPods(of: runner, cluster, until: "other")
            try await Self.endPods(of: runner, cluster, until: "again")
            #expect(runner.order == ["again", "other", "again"])
        }
    }

    @Test("a semaphore lets in as many as its config map says, and a new limit counts at once")
    func semaphore() async throws {
        let runner = FakeRunner(.wait)
        try await Self.with(runner) { cluster in
            try await Self.create("early", Self.semaphore, on: cluster)
            let refused = try await cluster.waitForEnd("early")
            #expect(refused.phase == "Failed")
            #expect(
                refused["status"]?["message"]?.stringValue?.hasPrefix(
                    "Failed to acquire the synchronization lock. "
                        + "failed to initialize semaphore argo/ConfigMap/limits/n with limit: ") == true)
            try await Self.limit(1, on: cluster)
            for name in ["a", "b", "c"] { try await Self.create(name, Self.semaphore, on: cluster) }
            for name in ["b", "c"] { try await cluster.wait(for: name) { $0["status"]?["message"] != nil } }
            try await Self.limit(3, on: cluster)
            for name in ["a", "b", "c"] {
                try await cluster.wait(for: name) { $0.phase == "Running" }
                try await Self.endPods(of: runner, cluster, until: name)
            }
        }
    }

    @Test("no more workflows run at once than the installation allows, in a namespace and in all", arguments: [0, 1])
    func parallelism(total: Int) async throws {
        var parallelism = Parallelism()
        parallelism.total = total
        parallelism.perNamespace = total == 0 ? 1 : 0
        let runner = FakeRunner(.wait)
        try await Self.with(runner, parallelism: parallelism) { cluster in
            for name in ["a", "b"] { try await Self.create(name, [:], on: cluster) }
            let waiting = try await cluster.wait(for: "b") { $0["status"]?["message"] != nil }
            #expect(waiting.phase == "Pending")
            #expect(
                waiting["status"]?["message"]
                    == "Workflow processing has been postponed because too many workflows are already running")
            #expect(waiting["status"]?["synchronization"] == nil)
            try await Self.endPods(of: runner, cluster, until: "a")
            try await cluster.wait(for: "b") { $0.phase == "Running" }
            try await Self.endPods(of: runner, cluster, until: "b")
        }
    }

    @Test("a new number of workflows that run at once counts at once, for those that wait too", arguments: [0, 2])
    func changedParallelism(total: Int) async throws {
        var parallelism = Parallelism()
        parallelism.total = 1
        let runner = FakeRunner(.wait)
        try await Self.with(runner, parallelism: parallelism) { cluster in
            for name in ["a", "b"] { try await Self.create(name, [:], on: cluster) }
            try await cluster.wait(for: "b") { $0["status"]?["message"] != nil }
            var wider = Parallelism()
            wider.total = total
            cluster.service.setParallelism(wider)
            try await cluster.wait(for: "b") { $0.phase == "Running" }
            for name in ["a", "b"] { try await Self.endPods(of: runner, cluster, until: name) }
        }
    }

    @Test("many workflows of one mutex never run two at once, and all of them end")
    func crowd() async throws {
        let runner = FakeRunner(.succeedAtOnce)
        try await Self.with(runner) { cluster in
            let names = (0..<30).map { "w\($0)" }
            for name in names { try await Self.create(name, Self.mutex, on: cluster) }
            for name in names { #expect(try await cluster.waitForEnd(name).phase == "Succeeded") }
            #expect(runner.starts.count == names.count)
            #expect(runner.peak == 1)
        }
    }

    // MARK: Support

    private static let mutex: JSONValue = ["mutexes": [["name": "m"]]]
    private static let semaphore: JSONValue = ["semaphores": [["configMapKeyRef": ["name": "limits", "key": "n"]]]]

    private static func with(
        _ runner: FakeRunner, folder: String? = nil, parallelism: Parallelism = Parallelism(),
        _ body: @escaping @Sendable (TestCluster) async throws -> Void
    ) async throws {
        let store: any WorkflowStore
        if let folder { store = try await SQLiteStore(folder: folder) } else { store = MemoryStore() }
        try await TestCluster.with(
            store: store, runner: runner, machines: .workflowMachines, parallelism: parallelism, body)
    }

    private static func create(
        _ name: String, _ synchronization: JSONValue, priority: Int = 0, on cluster: TestCluster
    ) async throws {
        let workflow: JSONValue = [
            "metadata": ["name": .string(name), "uid": .string("uid-\(name)")],
            "spec": [
                "entrypoint": "main", "priority": .integer(priority), "synchronization": synchronization,
                "templates": [["name": "main", "container": ["image": "x", "command": ["x"]]]],
            ],
        ]
        _ = try await cluster.client.createWorkflow(CreateWorkflow(namespace: "argo", workflow: workflow))
    }

    private static func limit(_ number: Int, on cluster: TestCluster) async throws {
        let object: JSONValue = ["metadata": ["name": "limits"], "data": ["n": .string("\(number)")]]
        if number == 1 {
            _ = try await cluster.client.createObject(.configMap, namespace: "argo", object: object)
        } else {
            _ = try await cluster.client.updateObject(.configMap, namespace: "argo", name: "limits", object: object)
        }
    }

    private static func endPods(
        of runner: FakeRunner, _ cluster: TestCluster, until name: String, _ phase: NodePhase = .succeeded
    ) async throws {
        while try await !cluster.get(name).isOver {
            for pod in runner.running where pod.workflowUID == "uid-\(name)" { runner.end(pod, phase) }
            try await Pause.brief()
        }
    }
}
