import Model
import OrderedCollections
import TestSupport
import Testing
import WorkflowEngine

@Suite("SuspendChange")
struct SuspendChangeTests {
    private static let unset = OperationError(
        "raw output parameter 'answer' has not been set and does not have a default value")

    /// Asks for `answer` twice, of which the second has a default; the first is published for the whole workflow.
    private static func questions() throws -> PodScript {
        var script = try PodScript(
            yaml: """
                metadata: {name: wf}
                spec:
                  entrypoint: main
                  templates:
                  - name: main
                    steps: [[{name: a, template: ask}, {name: b, template: suggest}, {name: c, template: hold}]]
                  - name: ask
                    suspend: {}
                    outputs: {parameters: [{name: answer, globalName: said, valueFrom: {supplied: {}}}]}
                  - name: suggest
                    suspend: {}
                    outputs: {parameters: [{name: answer, valueFrom: {supplied: {}, default: maybe}}]}
                  - {name: hold, suspend: {}}
                """)
        script.run()
        return script
    }

    /// Whether an event is refused with an error, and then changes nothing when it is applied all the same.
    private static func expect(
        _ event: Event, of script: PodScript, isRefusedBecause error: OperationError,
        _ place: SourceLocation = #_sourceLocation
    ) {
        #expect(throws: error, sourceLocation: place) { try script.machine.check(event) }
        let turn = script.machine.applied(event, at: script.now)
        #expect(turn.isEmpty, sourceLocation: place)
    }

    private static func set(_ selector: String, _ outputs: StringMap = [:], phase: NodePhase? = nil) -> Event {
        var request = NodeSetRequest(selector: selector, phase: phase)
        request.outputParameters = outputs
        return .nodeSet(request)
    }

    @Test("a workflow is not resumed while an output that nobody supplied has no default")
    func unsetOutput() throws {
        var script = try Self.questions()
        script.apply(.suspended)
        Self.expect(.resumed(selector: nil, by: nil), of: script, isRefusedBecause: Self.unset)
        script.apply(Self.set("displayName=a", ["answer": "yes"]))
        try script.machine.check(.resumed(selector: nil, by: nil))
        script.apply(.resumed(selector: nil, by: "me"))
        #expect(script.phase == .succeeded)
        #expect(script.machine.workflow.spec.suspend == nil)
        #expect(script.node("wf[0].a")?.outputs?.parameters.first?.value == "yes")
        #expect(script.node("wf[0].b")?.outputs?.parameters.first?.value == "maybe")
        #expect(script.node("wf[0].b")?.message == "Resumed by: me")
    }

    @Test("a node that is resumed by name succeeds as it is")
    func resumedByName() throws {
        var script = try Self.questions()
        let event = Event.resumed(selector: "displayName=a", by: nil)
        try script.machine.check(event)
        script.apply(event)
        #expect(script.node("wf[0].a")?.phase == .succeeded)
        #expect(script.node("wf[0].b")?.phase == .running)
    }

    @Test("a selector that matches no node that waits is refused")
    func noMatch() throws {
        var script = try Self.questions()
        func refusal(_ selector: String) -> OperationError {
            OperationError(
                "currently, set only targets suspend nodes: no suspend nodes matching nodeFieldSelector: \(selector)")
        }
        let nope = "displayName=nope"
        Self.expect(.resumed(selector: nope, by: nil), of: script, isRefusedBecause: refusal(nope))
        Self.expect(.stopped(message: "m", selector: nope), of: script, isRefusedBecause: refusal(nope))
        Self.expect(Self.set(nope, ["answer": "a"]), of: script, isRefusedBecause: refusal(nope))
        // It says nothing.
        Self.expect(Self.set("displayName=a"), of: script, isRefusedBecause: refusal("displayName=a"))
        script.apply(.stopped(message: "no", selector: "displayName=a"))
        #expect(script.node("wf[0].a")?.phase == .failed)
        #expect(script.node("wf[0].a")?.message == "no")
        Self.expect(
            .resumed(selector: "displayName=a", by: nil), of: script, isRefusedBecause: refusal("displayName=a"))
    }

    @Test("a selector that cannot be read, and none for `set`, are refused")
    func unreadableSelector() throws {
        let script = try Self.questions()
        Self.expect(
            .stopped(message: nil, selector: "nope"), of: script,
            isRefusedBecause: OperationError("invalid selector: 'nope'; can't understand 'nope' at character 1"))
        Self.expect(
            Self.set("", phase: .succeeded), of: script,
            isRefusedBecause: OperationError(
                "'set' currently only targets suspend nodes, use a node field selector to target them"))
    }

    @Test("a node takes only the outputs that it waits for, once, and as a whole")
    func outputs() throws {
        var script = try Self.questions()
        Self.expect(
            Self.set("displayName=a", ["answer": "yes", "nope": "a"], phase: .succeeded), of: script,
            isRefusedBecause: OperationError("node is not expecting output parameter 'nope'"))
        Self.expect(
            Self.set("displayName=c", ["answer": "yes"]), of: script,
            isRefusedBecause: OperationError(
                "cannot set output parameters because node is not expecting any raw parameters"))
        script.apply(Self.set("displayName=a", ["answer": "yes"]))
        #expect(script.machine.workflow.status.outputs?.parameters == [Parameter(name: "said", value: "yes")])
        #expect(script.node("wf[0].a")?.phase == .running)
        Self.expect(
            Self.set("displayName=a", ["answer": "no"]), of: script,
            isRefusedBecause: OperationError(
                "cannot set output parameter 'answer' because it does not use valueFrom.raw or it was already set"))
    }
}
