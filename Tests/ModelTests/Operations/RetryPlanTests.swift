import OrderedCollections
import Testing

@testable import Model

@Suite("RetryPlan")
struct RetryPlanTests {
    private static let now = Timestamp(seconds: 1_800_000_000)

    /// A node of the workflow `w`; its boundary is the root unless said otherwise.
    private static func node(
        _ name: String, _ type: NodeType, _ phase: NodePhase, children: [String] = [], boundary: String? = "w"
    ) -> NodeStatus {
        var node = NodeStatus(id: Self.id(name), name: name, displayName: name, type: type)
        node.phase = phase
        node.templateName = "t"
        node.message = "old"
        node.children = children.map(Self.id)
        node.boundaryID = name == "w" ? nil : boundary.map(Self.id)
        node.startedAt = Timestamp(seconds: 1)
        node.finishedAt = Timestamp(seconds: 2)
        return node
    }

    private static func id(_ name: String) -> String { NodeNames.id(of: name, workflow: "w") }

    private static func workflow(_ phase: WorkflowPhase, _ nodes: NodeStatus...) -> Workflow {
        var workflow = Workflow()
        workflow.metadata.name = "w"
        workflow.metadata.labels[WorkflowKeys.completed] = "true"
        workflow.status.phase = phase
        workflow.status.message = "child failed"
        for node in nodes { workflow.status.nodes[node.id] = node }
        return workflow
    }

    /// Two step groups; the second one's only step failed.
    private static let steps = Self.workflow(
        .failed, node("w", .steps, .failed, children: ["w[0]"]),
        node("w[0]", .stepGroup, .succeeded, children: ["w[0].a"]),
        node("w[0].a", .pod, .succeeded, children: ["w[1]"]),
        node("w[1]", .stepGroup, .failed, children: ["w[1].b"]), node("w[1].b", .pod, .failed),
        node("w.onExit", .pod, .succeeded, boundary: nil))

    @Test("a failed step is removed, the nodes around it run again, and what succeeded before it stays")
    func failedStep() throws {
        let plan = try RetryPlan(of: Self.steps, now: Self.now)
        #expect(plan.removed == [Self.id("w[1].b"), Self.id("w.onExit")])
        #expect(plan.reset == ["w", Self.id("w[1]")])
        #expect(plan.removedPods == ["w-t-\(NodeNames.hash("w[1].b"))", "w-t-\(NodeNames.hash("w.onExit"))"])
        let nodes = plan.workflow.status.nodes
        #expect(nodes["w"]?.phase == .running)
        #expect(nodes["w"]?.message == nil)
        #expect(nodes["w"]?.startedAt == Self.now)
        #expect(nodes["w"]?.finishedAt == nil)
        #expect(nodes[Self.id("w[1]")]?.children == [])
        #expect(nodes[Self.id("w[0].a")] == Self.steps.status.nodes[Self.id("w[0].a")])
    }

    @Test("the workflow forgets how it ended")
    func workflowFields() throws {
        var ended = Self.steps
        ended.spec.shutdown = "Stop"
        ended.spec.activeDeadlineSeconds = 0
        ended.spec.arguments.parameters = [Parameter(name: "a", value: "1"), Parameter(name: "b", value: "2")]
        let workflow = try RetryPlan(of: ended, parameters: ["b=3"], now: Self.now).workflow
        #expect(workflow.status.phase == .unknown)
        #expect(workflow.status.message == nil)
        #expect(workflow.status.conditions == [Condition(type: "Completed", status: "False")])
        #expect(workflow.metadata.labels.isEmpty)
        #expect(workflow.spec.shutdown == nil)
        #expect(workflow.spec.activeDeadlineSeconds == nil)
        #expect(workflow.spec.arguments.parameters.map(\.name) == ["b", "a"])
        #expect(workflow.spec.arguments.parameters.first?.value == "3")
    }

    @Test("a failure that something succeeded after was allowed, and stays")
    func allowedFailure() throws {
        let workflow = Self.workflow(
            .failed, Self.node("w", .dag, .failed, children: ["w.a", "w.c"]),
            Self.node("w.a", .pod, .failed, children: ["w.b"]), Self.node("w.b", .pod, .succeeded),
            Self.node("w.c", .pod, .failed))
        let plan = try RetryPlan(of: workflow, now: Self.now)
        #expect(plan.removed == [Self.id("w.c")])
        #expect(plan.reset == ["w"])
    }

    @Test("what was omitted because of a failure goes with it")
    func omitted() throws {
        let workflow = Self.workflow(
            .failed, Self.node("w", .dag, .failed, children: ["w.a"]),
            Self.node("w.a", .pod, .error, children: ["w.b"]), Self.node("w.b", .skipped, .omitted))
        #expect(try RetryPlan(of: workflow, now: Self.now).removed == [Self.id("w.a"), Self.id("w.b")])
    }

    @Test("what an earlier retry brought along and left out runs again")
    func leftOut() throws {
        let workflow = Self.workflow(
            .failed, Self.node("w", .dag, .failed, children: ["w.a", "w.b", "w.c"]), Self.node("w.a", .pod, .failed),
            Self.node("w.b", .steps, .omitted, children: ["w.b[0]"]),
            Self.node("w.b[0]", .stepGroup, .succeeded, children: ["w.b[0].x"], boundary: "w.b"),
            Self.node("w.b[0].x", .pod, .succeeded, boundary: "w.b"), Self.node("w.c", .pod, .omitted))
        let plan = try RetryPlan(of: workflow, now: Self.now)
        #expect(plan.removed == [Self.id("w.a"), Self.id("w.c")])
        #expect(plan.reset == ["w", Self.id("w.b")])
        #expect(plan.workflow.status.nodes[Self.id("w.b")]?.phase == .running)
    }

    @Test("what was left out in a node that is skipped stays as it is")
    func leftOutInSkipped() throws {
        let workflow = Self.workflow(
            .failed, Self.node("w", .dag, .failed, children: ["w.a", "w.b"]), Self.node("w.a", .pod, .failed),
            Self.node("w.b", .skipped, .skipped, children: ["w.b[0]"]),
            Self.node("w.b[0]", .stepGroup, .omitted, children: ["w.b[0].x"], boundary: "w.b"),
            Self.node("w.b[0].x", .pod, .omitted, boundary: "w.b"))
        let plan = try RetryPlan(of: workflow, now: Self.now)
        #expect(plan.removed == [Self.id("w.a")])
        #expect(plan.reset == ["w"])
    }

    @Test("the last attempt of a retried node goes, and the node around the attempts runs again")
    func retriedNode() throws {
        var attempts = [Self.node("w.a(0)", .pod, .failed), Self.node("w.a(1)", .pod, .failed)]
        for index in attempts.indices { attempts[index].nodeFlag = NodeFlag(retried: true) }
        let workflow = Self.workflow(
            .failed, Self.node("w", .dag, .failed, children: ["w.a"]),
            Self.node("w.a", .retry, .failed, children: ["w.a(0)", "w.a(1)"]), attempts[0], attempts[1])
        let plan = try RetryPlan(of: workflow, now: Self.now)
        #expect(plan.removed == [Self.id("w.a(0)"), Self.id("w.a(1)")])
        #expect(plan.reset == ["w", Self.id("w.a")])
    }

    @Test("a workflow that was stopped before any of its pods failed begins anew")
    func stoppedWhileWaiting() throws {
        let workflow = Self.workflow(
            .failed, Self.node("w", .retry, .failed, children: ["w(0)"]),
            Self.node("w(0)", .steps, .omitted, boundary: nil))
        let plan = try RetryPlan(of: workflow, now: Self.now)
        #expect(plan.removed.isEmpty)
        #expect(plan.reset == ["w", Self.id("w(0)")])
    }

    @Test("a failure that was allowed stays where nothing else of its own failed")
    func allowedWithoutOthers() throws {
        let workflow = Self.workflow(
            .failed, Self.node("w", .steps, .failed, children: ["w[0]"]),
            Self.node("w[0]", .stepGroup, .succeeded, children: ["w[0].a"]),
            Self.node("w[0].a", .dag, .succeeded, children: ["w[0].a.b"]),
            Self.node("w[0].a.b", .dag, .failed, children: ["w[0].a.b.c", "w[1]"], boundary: "w[0].a"),
            Self.node("w[0].a.b.c", .skipped, .error, boundary: "w[0].a.b"),
            Self.node("w[1]", .stepGroup, .error))
        let plan = try RetryPlan(of: workflow, now: Self.now)
        #expect(plan.removed.isEmpty)
        #expect(plan.reset == ["w", Self.id("w[1]")])
    }

    @Test("a retried node whose last attempt a resubmission kept keeps all of its attempts")
    func keptAttempt() throws {
        var attempts = [Self.node("w.a(0)", .pod, .failed), Self.node("w.a(1)", .skipped, .skipped)]
        for index in attempts.indices { attempts[index].nodeFlag = NodeFlag(retried: true) }
        let workflow = Self.workflow(
            .failed, Self.node("w", .dag, .failed, children: ["w.a", "w.b"]),
            Self.node("w.a", .retry, .omitted, children: ["w.a(0)", "w.a(1)"]), attempts[0], attempts[1],
            Self.node("w.b", .pod, .failed))
        let plan = try RetryPlan(of: workflow, now: Self.now)
        #expect(plan.removed == [Self.id("w.b")])
        #expect(plan.reset == ["w", Self.id("w.a")])
    }

    @Test("a single pod that is the whole workflow is removed")
    func singlePod() throws {
        let plan = try RetryPlan(of: Self.workflow(.error, Self.node("w", .pod, .error)), now: Self.now)
        #expect(plan.removed == ["w"])
        #expect(plan.workflow.status.nodes.isEmpty)
        #expect(plan.removedPods == ["w"])
    }

    @Test("a suspend node that was failed asks again")
    func failedSuspendNode() throws {
        let workflow = Self.workflow(
            .failed, Self.node("w", .steps, .failed, children: ["w[0]"]),
            Self.node("w[0]", .stepGroup, .failed, children: ["w[0].a"]), Self.node("w[0].a", .suspend, .failed))
        let plan = try RetryPlan(of: workflow, now: Self.now)
        #expect(plan.removed == [Self.id("w[0].a")])
        #expect(plan.reset == ["w", Self.id("w[0]")])
        #expect(plan.removedPods.isEmpty)
    }

    @Test("a nested boundary runs again up to the root")
    func nested() throws {
        let workflow = Self.workflow(
            .failed, Self.node("w", .dag, .failed, children: ["w.s"]),
            Self.node("w.s", .steps, .failed, children: ["w.s[0]"]),
            Self.node("w.s[0]", .stepGroup, .failed, children: ["w.s[0].x", "w.s[0].y"], boundary: "w.s"),
            Self.node("w.s[0].x", .pod, .failed, boundary: "w.s"),
            Self.node("w.s[0].y", .pod, .succeeded, boundary: "w.s"))
        let plan = try RetryPlan(of: workflow, now: Self.now)
        #expect(plan.removed == [Self.id("w.s[0].x")])
        #expect(plan.reset == ["w", Self.id("w.s"), Self.id("w.s[0]")])
    }

    @Test("with a selector a succeeded workflow is done again from the nodes it names")
    func restartSuccessful() throws {
        let workflow = Self.workflow(
            .succeeded, Self.node("w", .dag, .succeeded, children: ["w.a"]),
            Self.node("w.a", .pod, .succeeded, children: ["w.b"]), Self.node("w.b", .pod, .succeeded))
        let plan = try RetryPlan(
            of: workflow, restartSuccessful: true, nodeFieldSelector: "name=w.b", now: Self.now)
        #expect(plan.removed == [Self.id("w.b")])
        #expect(plan.reset == ["w"])
        #expect(
            throws: OperationError(
                "To retry a succeeded workflow, set the options restartSuccessful and nodeFieldSelector")
        ) { try RetryPlan(of: workflow, nodeFieldSelector: "name=w.b", now: Self.now) }
    }

    @Test("a loop whose workflow gets new parameters is expanded again")
    func newParameters() throws {
        let workflow = Self.workflow(
            .failed, Self.node("w", .dag, .failed, children: ["w.a"]),
            Self.node("w.a", .taskGroup, .failed, children: ["w.a(0:x)", "w.a(1:y)"]),
            Self.node("w.a(0:x)", .pod, .succeeded), Self.node("w.a(1:y)", .pod, .failed))
        #expect(try RetryPlan(of: workflow, now: Self.now).removed == [Self.id("w.a(1:y)")])
        #expect(
            try RetryPlan(of: workflow, parameters: ["list=[]"], now: Self.now).removed
                == [Self.id("w.a(0:x)"), Self.id("w.a(1:y)")])
    }

    @Test("only a workflow that has ended can be retried")
    func running() {
        #expect(throws: OperationError("Cannot retry a workflow in phase Running")) {
            try RetryPlan(of: Self.workflow(.running, Self.node("w", .pod, .running)), now: Self.now)
        }
    }

    @Test("a chain of twenty thousand nodes needs no deep stack")
    func longChain() throws {
        let count = 20_000
        var workflow = Self.workflow(.failed, Self.node("w", .dag, .failed, children: ["w.0"]))
        for index in 0..<count {
            let isLast = index == count - 1
            let node = Self.node(
                "w.\(index)", .pod, isLast ? .failed : .succeeded, children: isLast ? [] : ["w.\(index + 1)"])
            workflow.status.nodes[node.id] = node
        }
        #expect(try RetryPlan(of: workflow, now: Self.now).removed == [Self.id("w.\(count - 1)")])
    }
}
