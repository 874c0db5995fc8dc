import ActorTransport
import JSON
import Model
import OrderedCollections
import Scheduler
import TestSupport
import Testing

/// Workflows on the real engine and the real store, with pods that end as the test says.
@Suite("Workflow lifecycle", .timeLimit(.minutes(5)))
struct WorkflowLifecycleTests {
    @Test("a DAG runs its diamond in order and its exit handler last, and its nodes come back from the store")
    func diamond() async throws {
        try await Self.with(FakeRunner(.succeedAtOnce)) { cluster in
            _ = try await cluster.client.createWorkflow(
                CreateWorkflow(namespace: "argo", workflow: Self.diamond("diamond")))
            let ended = try await cluster.waitForEnd("diamond")
            #expect(ended.phase == "Succeeded")
            let order = cluster.runner.order.map { $0.replacing("diamond.", with: "") }
            #expect(order.first == "A" && order.dropFirst().prefix(2).sorted() == ["B", "C"])
            #expect(order.dropFirst(3) == ["D", "onExit"])
            #expect(ended["status"]?["nodes"]?.objectValue?.count == 6)
            #expect(ended["status"]?["progress"] == "5/5")
        }
    }

    @Test("a workflow goes on after a restart in the middle, and no pod starts twice")
    func restart() async throws {
        try await TemporaryDirectory.with { directory in
            let runner = FakeRunner(.wait)
            try await Self.with(runner, folder: directory.path) { cluster in
                _ = try await cluster.client.createWorkflow(
                    CreateWorkflow(namespace: "argo", workflow: Self.diamond("again")))
                while runner.running.isEmpty { try await Pause.brief() }
            }
            for pod in runner.running { runner.end(pod, .succeeded) }
            try await Self.with(runner, folder: directory.path) { cluster in
                try await Self.endPods(of: cluster, until: "again")
                #expect(try await cluster.get("again").phase == "Succeeded")
                #expect(runner.starts.count == 5)
                #expect(runner.starts.values.allSatisfy { $0 == 1 })
            }
        }
    }

    @Test("a retried workflow does again what failed, as new attempts, and keeps what succeeded")
    func retry() async throws {
        let runner = FakeRunner(.wait)
        try await Self.with(runner) { cluster in
            _ = try await cluster.client.createWorkflow(
                CreateWorkflow(namespace: "argo", workflow: Self.diamond("flaky")))
            try await Self.endPods(of: cluster, until: "flaky") { $0.hasSuffix(".B") ? .failed : .succeeded }
            #expect(try await cluster.get("flaky").phase == "Failed")
            let before = runner.starts.count
            let answer = try await cluster.client.act(WorkflowAction(namespace: "argo", name: "flaky", verb: .retry))
            #expect(answer.phase == "Running")
            try await Self.endPods(of: cluster, until: "flaky")
            let ended = try await cluster.get("flaky")
            #expect(ended.phase == "Succeeded")
            #expect(runner.order.dropFirst(before).map { $0.replacing("flaky.", with: "") } == ["B", "D", "onExit"])
            #expect(runner.starts.values.allSatisfy { $0 == 1 })
        }
    }

    @Test("a retried workflow asks again where a suspend node was failed")
    func retrySuspendNode() async throws {
        let runner = FakeRunner(.succeedAtOnce)
        try await Self.with(runner) { cluster in
            let name = "asked"
            _ = try await cluster.client.createWorkflow(
                CreateWorkflow(namespace: "argo", workflow: Self.question(name, default: nil)))
            try await cluster.wait(for: name) { Self.node("ask", of: $0)?["phase"] == "Running" }
            try await Self.act(.set, on: name, of: cluster, ["outputParameters": #"{"answer":"no"}"#])
            try await Self.act(.stop, on: name, of: cluster, ["message": "no"])
            let refused = try await cluster.waitForEnd(name)
            #expect(refused.phase == "Failed")
            #expect(Self.node("ask", of: refused)?["message"] == "no")
            let again = try await cluster.client.act(WorkflowAction(namespace: "argo", name: name, verb: .retry))
            #expect(again.phase == "Running")
            let node = Self.node("ask", of: again)
            #expect(node?["phase"] == "Running")
            #expect(node?["message"] == nil)
            #expect(node?["outputs"]?["parameters"] == [["name": "answer", "valueFrom": ["supplied": [:]]]])
            #expect(runner.starts.isEmpty)
            try await Self.act(.set, on: name, of: cluster, ["outputParameters": #"{"answer":"yes"}"#])
            try await Self.act(.resume, on: name, of: cluster)
            #expect(try await cluster.waitForEnd(name).phase == "Succeeded")
            #expect(runner.order == ["\(name)[1].work"])
        }
    }

    @Test("resuming is refused while an output that nobody supplied has no default, and changes nothing")
    func resumeUnset() async throws {
        try await Self.with(FakeRunner(.succeedAtOnce)) { cluster in
            let name = "unset"
            _ = try await cluster.client.createWorkflow(
                CreateWorkflow(namespace: "argo", workflow: Self.question(name, default: nil)))
            try await cluster.wait(for: name) { Self.node("ask", of: $0)?["phase"] == "Running" }
            let held = try await cluster.client.act(WorkflowAction(namespace: "argo", name: name, verb: .suspend))
            #expect(held["spec"]?["suspend"] == true)
            let unset = "raw output parameter 'answer' has not been set and does not have a default value"
            await #expect(throws: ServiceError(.internal, "timed out waiting for the condition: \(unset)")) {
                try await cluster.client.act(WorkflowAction(namespace: "argo", name: name, verb: .resume))
            }
            #expect(try await cluster.get(name) == held)
            try await Self.act(.set, on: name, of: cluster, ["outputParameters": #"{"answer":"yes"}"#])
            _ = try await cluster.client.act(WorkflowAction(namespace: "argo", name: name, verb: .resume))
            #expect(try await cluster.waitForEnd(name).phase == "Succeeded")
        }
    }

    @Test("what is said of suspend nodes that are not there, or do not ask for it, is refused and changes nothing")
    func refusedOfSuspendNodes() async throws {
        try await Self.with(FakeRunner(.succeedAtOnce)) { cluster in
            let name = "asked"
            _ = try await cluster.client.createWorkflow(
                CreateWorkflow(namespace: "argo", workflow: Self.question(name, default: "maybe")))
            try await cluster.wait(for: name) { Self.node("ask", of: $0)?["phase"] == "Running" }
            let nothing = "currently, set only targets suspend nodes: no suspend nodes matching nodeFieldSelector: "
            let nope: JSONObject = ["nodeFieldSelector": "displayName=nope", "message": "m"]
            for verb in [WorkflowAction.Verb.resume, .stop, .set] {
                try await Self.expectRefusal(of: verb, nope, on: name, of: cluster, nothing + "displayName=nope")
            }
            let cases: [(WorkflowAction.Verb, JSONObject, ServiceError.Code, String)] = [
                (.set, [:], .internal, nothing + "displayName=ask"),
                (
                    .set, ["nodeFieldSelector": "", "message": "m"], .internal,
                    "'set' currently only targets suspend nodes, use a node field selector to target them"
                ),
                (
                    .stop, ["nodeFieldSelector": "nope"], .internal,
                    "invalid selector: 'nope'; can't understand 'nope' at character 1"
                ),
                (
                    .set, ["outputParameters": #"{"nope":"a"}"#], .internal,
                    "node is not expecting output parameter 'nope'"
                ),
                (.set, ["phase": "Omitted"], .invalidArgument, "Omitted is an invalid phase to set to"),
                (
                    .set, ["outputParameters": "[]"], .invalidArgument,
                    "unable to parse output parameter set request: it is no JSON object: []"
                ),
            ]
            for (verb, body, code, message) in cases {
                try await Self.expectRefusal(of: verb, body, on: name, of: cluster, message, code: code)
            }
            try await Self.act(.resume, on: name, of: cluster)
            #expect(try await cluster.waitForEnd(name).phase == "Succeeded")
            for verb in [WorkflowAction.Verb.resume, .stop, .set] {
                try await Self.expectRefusal(of: verb, [:], on: name, of: cluster, nothing + "displayName=ask")
            }
        }
    }

    @Test("a suspended workflow starts nothing until it is resumed; a terminated one stops its pods")
    func suspendAndTerminate() async throws {
        let runner = FakeRunner(.wait)
        try await Self.with(runner) { cluster in
            _ = try await cluster.client.createWorkflow(
                CreateWorkflow(namespace: "argo", workflow: Self.diamond("held")))
            while runner.running.isEmpty { try await Pause.brief() }
            let held = try await cluster.client.act(WorkflowAction(namespace: "argo", name: "held", verb: .suspend))
            #expect(held["spec"]?["suspend"] == true)
            for pod in runner.running { runner.end(pod, .succeeded) }
            try await cluster.wait(for: "held") { document in
                let nodes = document["status"]?["nodes"]?.objectValue ?? [:]
                return nodes.values.contains { $0["displayName"] == "A" && $0["phase"] == "Succeeded" }
            }
            #expect(runner.starts.count == 1)
            _ = try await cluster.client.act(WorkflowAction(namespace: "argo", name: "held", verb: .resume))
            while runner.running.count < 2 { try await Pause.brief() }
            _ = try await cluster.client.act(WorkflowAction(namespace: "argo", name: "held", verb: .terminate))
            #expect(try await cluster.waitForEnd("held").phase == "Failed")
            while runner.stopped.count < 2 { try await Pause.brief() }
            #expect(runner.starts.count == 3)
        }
    }

    @Test("what ended goes when its time to live has run out", .timeLimit(.minutes(5)))
    func timeToLive() async throws {
        let clock = ManualClock(seconds: 1_767_225_600)
        try await TestCluster.with(store: MemoryStore(), clock: clock, machines: .workflowMachines) { cluster in
            var workflow = try Workflow(json: Self.diamond("brief"), at: DecodingPlace())
            workflow.spec.ttlStrategy = TTLStrategy()
            workflow.spec.ttlStrategy?.secondsAfterCompletion = 60
            _ = try await cluster.client.createWorkflow(
                CreateWorkflow(namespace: "argo", workflow: workflow.json(.compact)))
            _ = try await cluster.waitForEnd("brief")
            while clock.nextWake != Timestamp(seconds: 1_767_225_661) { try await Pause.brief() }
            clock.advance(to: 1_767_225_661)
            while cluster.runner.removed.isEmpty { try await Pause.brief() }
            await #expect(throws: ServiceError.notFound(.workflow, "brief")) { try await cluster.get("brief") }
        }
    }

    @Test("a workflow whose time to live never runs out stays", arguments: [Int.max, 9_000_000_000_000_000_000])
    func endlessTimeToLive(seconds: Int) async throws {
        try await Self.with(FakeRunner(.succeedAtOnce)) { cluster in
            var workflow = try Workflow(json: Self.diamond("endless"), at: DecodingPlace())
            workflow.spec.ttlStrategy = TTLStrategy()
            workflow.spec.ttlStrategy?.secondsAfterCompletion = seconds
            _ = try await cluster.client.createWorkflow(
                CreateWorkflow(namespace: "argo", workflow: workflow.json(.compact)))
            #expect(try await cluster.waitForEnd("endless").phase == "Succeeded")
            #expect(try await cluster.get("endless").phase == "Succeeded")
        }
    }

    @Test("an update that changes nothing leaves the version of a stored object, and one that changes it does not")
    func idleUpdate() async throws {
        try await Self.with(FakeRunner(.succeedAtOnce)) { cluster in
            var template = Self.diamond("shape").objectValue ?? [:]
            template["kind"] = "WorkflowTemplate"
            let client = cluster.client
            let created = try await client.createObject(
                .workflowTemplate, namespace: "argo", object: .object(template))
            let same = try await client.updateObject(
                .workflowTemplate, namespace: "argo", name: "shape", object: .object(template))
            #expect(same.version == created.version)
            #expect(same["metadata"]?["generation"] == 1)
            template["metadata"] = ["name": "shape", "labels": ["a": "b"]]
            let labelled = try await client.updateObject(
                .workflowTemplate, namespace: "argo", name: "shape", object: .object(template))
            #expect(labelled.version != created.version)
            #expect(labelled["metadata"]?["generation"] == 1)
        }
    }

    @Test("a workflow that is submitted as it was exported runs from its beginning, and counts no retries")
    func exported() async throws {
        try await Self.with(FakeRunner(.succeedAtOnce)) { cluster in
            _ = try await cluster.client.createWorkflow(
                CreateWorkflow(namespace: "argo", workflow: Self.diamond("first")))
            var copy = try Workflow(json: try await cluster.waitForEnd("first"), at: DecodingPlace())
            copy.metadata.uid = ""
            copy.metadata.annotations[WorkflowKeys.retries] = "9223372036854775807"
            copy.metadata.name = "second"
            copy.status.phase = .running
            let created = try await cluster.client.createWorkflow(
                CreateWorkflow(namespace: "argo", workflow: copy.json(.argo)))
            #expect(created["metadata"]?["annotations"]?[WorkflowKeys.retries] == nil)
            #expect(created["status"]?["nodes"] == nil)
            #expect(created.phase.isEmpty)
            #expect(try await cluster.waitForEnd("second").phase == "Succeeded")
            #expect(cluster.runner.starts.count == 10)
        }
    }

    @Test("a memoized resubmission runs only what had failed")
    func memoized() async throws {
        let runner = FakeRunner(.wait)
        try await Self.with(runner) { cluster in
            _ = try await cluster.client.createWorkflow(
                CreateWorkflow(namespace: "argo", workflow: Self.diamond("flaky")))
            try await Self.endPods(of: cluster, until: "flaky") { $0.hasSuffix(".B") ? .failed : .succeeded }
            let before = runner.starts.count
            let again = try await cluster.client.act(
                WorkflowAction(namespace: "argo", name: "flaky", verb: .resubmit, body: ["memoized": true]))
            try await Self.endPods(of: cluster, until: again.name)
            #expect(try await cluster.get(again.name).phase == "Succeeded")
            #expect(
                runner.order.dropFirst(before).map { $0.replacing("\(again.name).", with: "") } == ["B", "D", "onExit"])
        }
    }

    @Test("a page of objects begins and ends where its list does, whatever a client asks for")
    func pages() async throws {
        try await Self.with(FakeRunner(.succeedAtOnce)) { cluster in
            for name in ["a", "b", "c"] {
                var template = Self.diamond(name).objectValue ?? [:]
                template["kind"] = "WorkflowTemplate"
                _ = try await cluster.client.createObject(
                    .workflowTemplate, namespace: "argo", object: .object(template))
            }
            for (token, limit, names) in [
                (nil, 2, ["a", "b"]), ("2", 2, ["c"]), ("1", Int.max, ["b", "c"]), ("7", 1, []),
                ("-5", 2, ["a", "b"]), ("\(Int.max)", Int.max, []), ("\(Int.min)", nil, ["a", "b", "c"]),
            ] as [(String?, Int?, [String])] {
                var query = ObjectQuery()
                query.continueToken = token
                query.limit = limit
                let page = try await cluster.client.objects(.workflowTemplate, namespace: "argo", query: query)
                #expect(page.items.map(\.name) == names, "\(token ?? "") \(limit ?? 0)")
            }
        }
    }

    @Test("a workflow is submitted from a template, resubmitted, linted, and its logs are read")
    func submitAndMore() async throws {
        try await Self.with(FakeRunner(.succeedAtOnce)) { cluster in
            var template = Self.diamond("shape").objectValue ?? [:]
            template["kind"] = "WorkflowTemplate"
            _ = try await cluster.client.createObject(.workflowTemplate, namespace: "argo", object: .object(template))
            let submitted = try await cluster.client.submitWorkflow(
                SubmitWorkflow(
                    namespace: "argo", resourceKind: "workflowtemplate", resourceName: "shape",
                    options: ["name": "of-shape"]))
            #expect(submitted["spec"]?["workflowTemplateRef"]?["name"] == "shape")
            #expect(try await cluster.waitForEnd("of-shape").phase == "Succeeded")
            let again = try await cluster.client.act(
                WorkflowAction(namespace: "argo", name: "of-shape", verb: .resubmit))
            #expect(again.name.hasPrefix("shape-"))
            #expect(try await cluster.waitForEnd(again.name).phase == "Succeeded")
            var lines: [String] = []
            for try await batch in try await cluster.client.logs(LogRequest(namespace: "argo", workflow: "of-shape")) {
                lines += batch.entries.map(\.podName)
            }
            #expect(lines.count == 5)
            var following = LogRequest(namespace: "argo", workflow: "of-shape")
            following.follow = true
            var count = 0
            for try await batch in try await cluster.client.logs(following) { count += batch.entries.count }
            #expect(count == 5)
            var matching = LogRequest(namespace: "argo", workflow: "of-shape")
            matching.grep = "^log of .*\(lines[2].suffix(6))$"
            for try await batch in try await cluster.client.logs(matching) {
                #expect(batch.entries.map(\.podName) == (batch.entries.isEmpty ? [] : [lines[2]]))
            }
            for follows in [false, true] {
                var request = LogRequest(namespace: "argo", workflow: "of-shape")
                request.podName = "nosuchpod"
                request.follow = follows
                let error = await #expect(throws: ServiceError.self) { try await cluster.client.logs(request) }
                #expect(error?.code == .notFound)
                #expect(
                    error?.message.hasPrefix("pods \"nosuchpod\" not found: workflow \"of-shape\" has of-shape-")
                        == true)
            }
            for (member, wrong) in [\LogRequest.grep: "(", \LogRequest.selector: "a b"] {
                var request = LogRequest(namespace: "argo", workflow: "of-shape")
                request[keyPath: member] = wrong
                let error = await #expect(throws: ServiceError.self) { try await cluster.client.logs(request) }
                #expect(error?.code == .invalidArgument)
            }
            let broken: JSONValue = ["metadata": ["name": "x"], "spec": ["entrypoint": "nope", "templates": []]]
            let error = await #expect(throws: ServiceError.self) {
                try await cluster.client.lint(.workflow, namespace: "argo", object: broken)
            }
            #expect(error?.message == "template name 'nope' undefined")
        }
    }

    // MARK: Help

    private static func with(
        _ runner: FakeRunner, folder: String? = nil, _ body: @escaping @Sendable (TestCluster) async throws -> Void
    ) async throws {
        guard let folder else {
            return try await TemporaryDirectory.with { try await Self.with(runner, folder: $0.path, body) }
        }
        try await TestCluster.with(
            store: try await SQLiteStore(folder: folder), runner: runner, machines: .workflowMachines, body)
    }

    /// Ends pods as they come until a workflow is over.
    private static func endPods(
        of cluster: TestCluster, until name: String, _ phase: (String) -> NodePhase = { _ in .succeeded }
    ) async throws {
        while try await !cluster.get(name).isOver {
            for pod in cluster.runner.running { cluster.runner.end(pod, phase(cluster.runner.name(of: pod))) }
            try await Pause.brief()
        }
    }

    /// Acts on the suspend node of ``question(_:default:)``.
    @discardableResult
    private static func act(
        _ verb: WorkflowAction.Verb, on name: String, of cluster: TestCluster, _ members: JSONObject = [:]
    ) async throws -> JSONValue {
        var body = members
        body["nodeFieldSelector"] = body["nodeFieldSelector"] ?? "displayName=ask"
        return try await cluster.client.act(
            WorkflowAction(namespace: "argo", name: name, verb: verb, body: .object(body)))
    }

    private static func expectRefusal(
        of verb: WorkflowAction.Verb, _ body: JSONObject, on name: String, of cluster: TestCluster,
        _ message: String, code: ServiceError.Code = .internal
    ) async throws {
        let before = try await cluster.get(name)
        let error = await #expect(throws: ServiceError.self) {
            _ = try await Self.act(verb, on: name, of: cluster, body)
        }
        #expect(error == ServiceError(code, message))
        #expect(try await cluster.get(name) == before)
    }

    private static func node(_ displayName: String, of document: JSONValue) -> JSONValue? {
        document["status"]?["nodes"]?.objectValue?.values.first { $0["displayName"]?.stringValue == displayName }
    }

    /// Asks a person for `answer`, then works.
    private static func question(_ name: String, default value: JSONValue?) -> JSONValue {
        var source: JSONObject = ["supplied": [:]]
        source["default"] = value
        return [
            "metadata": ["name": .string(name)],
            "spec": [
                "entrypoint": "main",
                "templates": [
                    [
                        "name": "main",
                        "steps": [[["name": "ask", "template": "ask"]], [["name": "work", "template": "work"]]],
                    ],
                    [
                        "name": "ask", "suspend": [:],
                        "outputs": ["parameters": [["name": "answer", "valueFrom": .object(source)]]],
                    ],
                    ["name": "work", "container": ["image": "busybox", "command": ["true"]]],
                ],
            ],
        ]
    }

    private static func diamond(_ name: String) -> JSONValue {
        func task(_ name: String, after: [JSONValue]) -> JSONValue {
            ["name": .string(name), "template": "work", "dependencies": .array(after)]
        }
        let tasks: [JSONValue] = [
            task("A", after: []), task("B", after: ["A"]), task("C", after: ["A"]), task("D", after: ["B", "C"]),
        ]
        return [
            "metadata": ["name": .string(name)],
            "spec": [
                "entrypoint": "main", "onExit": "work",
                "templates": [
                    ["name": "main", "dag": ["tasks": .array(tasks)]],
                    ["name": "work", "container": ["image": "busybox", "command": ["true"]]],
                ],
            ],
        ]
    }
}
