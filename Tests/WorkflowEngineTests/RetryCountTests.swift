import JSON
import Model
import OrderedCollections
import TestSupport
import Testing
import WorkflowEngine

/// The count of a workflow's retries lies in an annotation, where a user may write anything.
@Suite("Count of retries")
struct RetryCountTests {
    private static let manifest = """
        metadata: {name: wf}
        spec:
          entrypoint: main
          templates:
          - name: main
            synchronization: {mutexes: [{name: m}]}
            container: {image: x, command: [x]}
        """

    @Test(
        "what cannot be a count of retries counts as none",
        arguments: ["9223372036854775807", "-9223372036854775808", "8796093022208", "-1", "many", ""])
    func nonsense(text: String) throws {
        var script = try PodScript(yaml: Self.manifest)
        script.outcome = { _ in PodScript.failure() }
        script.run()
        var workflow = script.whole
        workflow.metadata.annotations[WorkflowKeys.retries] = text
        let (head, rows) = try RetryPlan(of: workflow, now: script.now).beginning(with: script.machine.nodes)
        #expect(head.metadata.annotations[WorkflowKeys.retries] == "1")
        workflow.status = head.status
        var again = PodScript(
            WorkflowMachine(recovering: workflow, nodes: rows, in: Surroundings(now: script.now)), now: script.now)
        again.run()
        #expect(again.phase == .succeeded)
        #expect(again.lockRequests.allSatisfy { $0.holder.attempt == 0 })
    }

    @Test("a workflow whose spec gives it a count of retries keeps its locks after a crash")
    func ownMetadata() throws {
        var script = try PodScript(
            yaml: Self.manifest.replacing(
                "spec:", with: "spec:\n  workflowMetadata: {annotations: {workflows.apus.dev/retries: \"7\", a: b}}"))
        script.apply(.submitted)
        script.hearNotices()
        #expect(script.launches.count == 1)
        #expect(script.machine.workflow.metadata.annotations[WorkflowKeys.retries] == nil)
        #expect(script.machine.workflow.metadata.annotations["a"] == "b")
        #expect(script.recovered.wants(LockNotice(.granted, of: try #require(script.lockRequests.first))))
    }
}
