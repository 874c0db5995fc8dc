import ActorTransport
import JSON
import Model
import OrderedCollections
import Scheduler
import Testing

@Suite("SchedulerService", .timeLimit(.minutes(5)))
struct SchedulerServiceTests {
    @Test("a workflow that is created runs to its end, and its document says so")
    func createRunGet() async throws {
        try await TestCluster.with(store: MemoryStore()) { cluster in
            let created = try await cluster.create("hello", pods: 3)
            #expect(created.phase == "")
            #expect(created["status"]?["startedAt"] == .null)
            #expect(created["metadata"]?["generation"] == 1)
            #expect(Int(created.version) != nil)
            let ended = try await cluster.waitForEnd("hello")
            #expect(ended.phase == "Succeeded")
            #expect(ended["metadata"]?["labels"]?["workflows.argoproj.io/completed"] == "true")
            #expect(ended["metadata"]?["annotations"]?["workflows.argoproj.io/pod-name-format"] == "v2")
            let document = try await cluster.get("hello")
            #expect(document["status"]?["nodes"]?.objectValue?.count == 3)
            #expect(cluster.runner.starts.values.allSatisfy { $0 == 1 })
            #expect(cluster.runner.starts.count == 3)
        }
    }

    @Test("a workflow is of the trace of the request that made it, or else of one of its own")
    func traces() async throws {
        let key = "workflows.argoproj.io/trace-id"
        try await TestCluster.with(store: MemoryStore()) { cluster in
            let alone = try await cluster.create("alone")
            #expect(
                alone["metadata"]?["annotations"]?[key]?.stringValue
                    == alone["metadata"]?["uid"]?.stringValue?.replacing("-", with: ""))
            var random = SystemRandomNumberGenerator()
            let trace = TraceContext(using: &random)
            let context = CallContext(metadata: CallMetadata(trace: trace))
            let part = try await CallContext.$current.withValue(context) { try await cluster.create("part") }
            #expect(part["metadata"]?["annotations"]?[key]?.stringValue == trace.traceID)
            var members = try TestCluster.workflow("broken").objectValue ?? [:]
            var metadata = members["metadata"]?.objectValue ?? [:]
            metadata["annotations"] = "text"
            members["metadata"] = .object(metadata)
            let broken = CreateWorkflow(namespace: "argo", workflow: .object(members))
            let error = await #expect(throws: ServiceError.self) {
                try await CallContext.$current.withValue(context) {
                    _ = try await cluster.client.createWorkflow(broken)
                }
            }
            #expect(error?.code == .invalidArgument)
        }
    }

    @Test("what was read after a create is Running, so that clients who poll while Running wait")
    func runningAfterCreate() async throws {
        try await TestCluster.with(store: MemoryStore(), runner: FakeRunner(.wait)) { cluster in
            _ = try await cluster.create("slow")
            #expect(try await cluster.get("slow").phase == "Running")
        }
    }

    @Test("a name that is taken is refused, also when its workflow has ended; the same uid is the same call again")
    func namesAreUnique() async throws {
        try await TestCluster.with(store: MemoryStore()) { cluster in
            let first = try await cluster.create("one")
            await #expect(throws: ServiceError.alreadyExists(.workflow, "one")) { try await cluster.create("one") }
            _ = try await cluster.waitForEnd("one")
            await #expect(throws: ServiceError.alreadyExists(.workflow, "one")) { try await cluster.create("one") }
            var again = try TestCluster.workflow("one").objectValue ?? [:]
            again["metadata"] = .object(
                again["metadata"]?.objectValue?.merging(["uid": first["metadata"]?["uid"] ?? .null]) { $1 } ?? [:])
            let same = try await cluster.client.createWorkflow(
                CreateWorkflow(namespace: "argo", workflow: .object(again)))
            #expect(same["metadata"]?["uid"] == first["metadata"]?["uid"])
        }
    }

    @Test("no kind is stored in a namespace that Kubernetes would not have, nor found right by lint")
    func namespaces() async throws {
        try await TestCluster.with(store: MemoryStore()) { cluster in
            for namespace in ["../../evil", "A B", "Bad_NS", String(repeating: "n", count: 300)] {
                func isRefused(_ store: () async throws -> Void) async {
                    let error = await #expect(throws: ServiceError.self) { try await store() }
                    #expect(error?.code == .invalidArgument)
                    #expect(
                        error?.message.hasPrefix("metadata.namespace: Invalid value: ") == true,
                        "\(error?.message ?? "")")
                }
                let workflow = try TestCluster.workflow("a")
                await isRefused {
                    _ = try await cluster.client.createWorkflow(
                        CreateWorkflow(namespace: namespace, workflow: workflow))
                }
                let object: JSONValue = ["metadata": ["name": "a"], "spec": ["event": ["selector": "true"]]]
                for kind in ObjectKind.allCases where kind.isNamespaced && kind != .workflow {
                    await isRefused {
                        _ = try await cluster.client.createObject(kind, namespace: namespace, object: object)
                    }
                    await isRefused {
                        _ = try await cluster.client.lint(kind, namespace: namespace, object: object)
                    }
                }
            }
        }
    }

    @Test("a workflow whose machine cannot be made ends with its error, and the others run on")
    func brokenWorkflowsHarmNobody() async throws {
        try await TestCluster.with(store: MemoryStore()) { cluster in
            _ = try await cluster.create("broken", labels: ["broken": "yes"])
            _ = try await cluster.create("sound")
            let broken = try await cluster.waitForEnd("broken")
            #expect(broken.phase == "Error")
            #expect(broken["status"]?["message"] == "this workflow cannot be run")
            #expect(try await cluster.waitForEnd("sound").phase == "Succeeded")
        }
    }

    @Test("a pod that ended before a runner was found for it has no log, which is no error")
    func neverPlaced() async throws {
        let workflow: JSONValue = [
            "metadata": ["name": "homeless"],
            "spec": [
                "entrypoint": "main",
                "templates": [["name": "main", "container": ["image": "a", "command": ["true"]]]],
            ],
        ]
        try await TestCluster.with(store: MemoryStore(), podLimit: 0, machines: .workflowMachines) { cluster in
            _ = try await cluster.client.createWorkflow(CreateWorkflow(namespace: "argo", workflow: workflow))
            _ = try await cluster.client.act(
                WorkflowAction(namespace: "argo", name: "homeless", verb: .terminate))
            #expect(try await cluster.waitForEnd("homeless").phase == "Failed")
            var count = 0
            for try await batch in try await cluster.client.logs(LogRequest(namespace: "argo", workflow: "homeless")) {
                count += batch.entries.count
            }
            #expect(count == 0)
        }
    }

    @Test("a terminated workflow stops its pods; one that is deleted leaves nothing behind")
    func terminateAndDelete() async throws {
        try await TestCluster.with(store: MemoryStore(), runner: FakeRunner(.wait)) { cluster in
            _ = try await cluster.create("long", pods: 4, width: 2)
            let answer = try await cluster.client.act(
                WorkflowAction(namespace: "argo", name: "long", verb: .terminate))
            #expect(answer.phase == "Failed")
            #expect(answer["metadata"]?["labels"]?["workflows.argoproj.io/action"] == "Terminate")
            _ = try await cluster.create("gone", pods: 2, width: 2)
            try await cluster.client.deleteWorkflow(namespace: "argo", name: "gone", force: false)
            await #expect(throws: ServiceError.notFound(.workflow, "gone")) { try await cluster.get("gone") }
            await #expect(throws: ServiceError.notFound(.workflow, "gone")) {
                try await cluster.client.deleteWorkflow(namespace: "argo", name: "gone", force: false)
            }
            let page = try await cluster.client.workflows(WorkflowQuery(namespace: "argo"))
            #expect(page.items.map(\.name) == ["long"])
        }
    }

    @Test("while the store takes nothing the service says why, and no longer once it has recovered")
    func storeFailure() async throws {
        let store = FaultyStore(MemoryStore())
        try await TestCluster.with(store: store) { cluster in
            #expect(cluster.service.storeFailure == nil)
            store.isReadOnly = true
            await #expect(throws: (any Error).self) { _ = try await cluster.create("refused") }
            #expect(cluster.service.storeFailure?.message == "a planted fault")
            store.isReadOnly = false
            while cluster.service.storeFailure != nil { try await Pause.brief() }
            while (try? await cluster.create("taken")) == nil { try await Pause.brief() }
        }
    }

    @Test("no more pods run at once than the limit, and higher priority goes first")
    func dispatchIsBounded() async throws {
        let runner = FakeRunner(.wait)
        try await TestCluster.with(store: MemoryStore(), runner: runner, podLimit: 2) { cluster in
            _ = try await cluster.create("first", pods: 60, width: 60)
            _ = try await cluster.create("urgent", pods: 1) { $0.priority = 7 }
            while runner.running.count < 2 { try await Pause.brief() }
            var ended = 0
            while ended < 61 {
                guard let pod = runner.running.first else {
                    try await Pause.brief()
                    continue
                }
                runner.end(pod, .succeeded)
                ended += 1
            }
            #expect(try await cluster.waitForEnd("first").phase == "Succeeded")
            #expect(try await cluster.waitForEnd("urgent").phase == "Succeeded")
            #expect(runner.peak <= 2)
            // It overtakes what waits from the moment on at which it waits itself.
            #expect(runner.order.firstIndex(of: "urgent.0").map { $0 <= 50 } == true)
        }
    }
}
