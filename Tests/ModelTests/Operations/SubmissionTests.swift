import JSON
import OrderedCollections
import TestSupport
import Testing

@testable import Model

@Suite("Submission")
struct SubmissionTests {
    private static let now = Timestamp(seconds: 1_600_000_000)

    @Test("options change what they name, and parameters of the command line come first")
    func options() throws {
        var workflow = Workflow()
        workflow.metadata.labels = ["a": "1"]
        workflow.spec.arguments.parameters = [Parameter(name: "x", value: "1"), Parameter(name: "y", value: "2")]
        let options = try SubmitOptions(
            json: [
                "name": "n", "entryPoint": "e", "parameters": ["y=a=b"], "labels": "a=2,b=3", "annotations": "c=4",
                "serviceAccount": "s", "priority": 5, "podPriorityClassName": "p",
            ], at: DecodingPlace())
        try workflow.apply(options)
        #expect(workflow.metadata.name == "n")
        #expect(workflow.spec.entrypoint == "e")
        #expect(
            workflow.spec.arguments.parameters == [
                Parameter(name: "y", value: "a=b"), Parameter(name: "x", value: "1"),
            ])
        #expect(workflow.metadata.labels == ["a": "2", "b": "3"])
        #expect(workflow.metadata.annotations == ["c": "4"])
        #expect(workflow.spec.serviceAccountName == "s")
        #expect(workflow.spec.priority == 5)
        #expect(workflow.spec.podPriorityClassName == "p")
    }

    @Test("options that cannot be read are refused with what was expected")
    func malformedOptions() {
        func failure(_ change: (inout SubmitOptions) -> Void) -> String? {
            var options = SubmitOptions()
            change(&options)
            var workflow = Workflow()
            do {
                try workflow.apply(options)
                return nil
            } catch {
                return error.message
            }
        }
        #expect(
            failure { $0.parameters = ["x"] } == "expected parameter of the form: NAME=VALUE. Received: x")
        #expect(
            failure { $0.labels = "a" }
                == "expected labels of the form: NAME1=VALUE2,NAME2=VALUE2. Received: a: unexpected label spec: a")
        #expect(failure { $0.artifacts = ["x="] } == "expected artifact of the form: NAME=KEY. Received: x=")
        #expect(failure { $0.artifacts = ["x=k"] } == "artifact override(s) matched no artifact: x")
    }

    @Test("an artifact of the options keeps its store and gets another key")
    func artifacts() throws {
        var artifact = Artifact(name: "a")
        artifact.location.s3 = S3Artifact()
        artifact.location.s3?.bucket.name = "b"
        artifact.location.s3?.key = "old"
        var workflow = Workflow()
        workflow.spec.arguments.artifacts = [artifact]
        var options = SubmitOptions()
        options.artifacts = ["a=new/key"]
        try workflow.apply(options)
        #expect(workflow.spec.arguments.artifacts.first?.location.s3?.key == "new/key")
        #expect(workflow.spec.arguments.artifacts.first?.location.s3?.bucket.name == "b")

        var referring = Workflow(ofTemplate: "t", clusterScope: false)
        try referring.apply(options)
        try referring.takeArtifacts(options, from: [artifact, Artifact(name: "other")])
        #expect(referring.spec.arguments.artifacts.map(\.name) == ["a"])
    }

    @Test("a workflow of a stored template refers to it, by spec and by label")
    func ofTemplate() {
        let workflow = Workflow(ofTemplate: "t", clusterScope: true)
        #expect(workflow.metadata.generateName == "t-")
        #expect(workflow.metadata.labels == ["workflows.argoproj.io/cluster-workflow-template": "t"])
        #expect(workflow.spec.workflowTemplateRef?.name == "t")
        #expect(workflow.spec.workflowTemplateRef?.clusterScope == true)
    }

    @Test("a workflow of a cron workflow is named after the tick, belongs to it and says when it was due")
    func ofCron() {
        var cron = CronWorkflow()
        cron.metadata.name = "c"
        cron.metadata.uid = "u"
        cron.metadata.labels = [WorkflowKeys.creator: "me", "other": "x"]
        cron.spec.workflowMetadata = ObjectMeta()
        cron.spec.workflowMetadata?.labels = ["l": "1"]
        cron.spec.workflowSpec.entrypoint = "main"
        let workflow = Workflow(ofCron: cron, tick: Self.now)
        #expect(workflow.metadata.name == "c-1600000000")
        #expect(
            workflow.metadata.labels == [
                "workflows.argoproj.io/cron-workflow": "c", "l": "1", "workflows.argoproj.io/creator": "me",
            ])
        #expect(workflow.metadata.annotations == ["workflows.argoproj.io/scheduled-time": "2020-09-13T12:26:40Z"])
        #expect(workflow.metadata.ownerReferences.first?.uid == "u")
        #expect(workflow.metadata.ownerReferences.first?.controller == true)
        #expect(workflow.spec.entrypoint == "main")
        #expect(Workflow(ofCron: cron, now: Self.now).metadata.generateName == "c-")
    }

    @Test("kinds that can be submitted go by all their names")
    func kinds() throws {
        #expect(try SubmittableKind("wftmpl") == .workflowTemplate)
        #expect(try SubmittableKind("ClusterWorkflowTemplate") == .clusterWorkflowTemplate)
        #expect(throws: OperationError("Resource kind 'Pod' is not supported for submitting")) {
            try SubmittableKind("Pod")
        }
    }

    private static func ended(_ phase: WorkflowPhase) -> Workflow {
        var workflow = Workflow()
        workflow.metadata.name = "w-abcde"
        workflow.metadata.generateName = "w-"
        workflow.metadata.labels = [
            WorkflowKeys.phase: "Failed", WorkflowKeys.completed: "true", WorkflowKeys.creator: "me", "mine": "1",
        ]
        workflow.metadata.annotations = [WorkflowKeys.retries: "3", "mine": "1"]
        workflow.spec.entrypoint = "main"
        workflow.spec.shutdown = "Terminate"
        workflow.status.phase = phase
        for (name, type, nodePhase) in [
            ("w-abcde", NodeType.dag, NodePhase.failed), ("w-abcde.a", .pod, .succeeded), ("w-abcde.b", .pod, .failed),
            ("w-abcde.onExit", .pod, .succeeded),
        ] {
            let id = NodeNames.id(of: name, workflow: "w-abcde")
            workflow.status.nodes[id] = NodeStatus(id: id, name: name, displayName: name, type: type)
            workflow.status.nodes[id]?.phase = nodePhase
        }
        workflow.status.nodes["w-abcde"]?.children = [NodeNames.id(of: "w-abcde.a", workflow: "w-abcde")]
        return workflow
    }

    @Test("a resubmitted workflow carries over spec and labels, but not how the old one ended")
    func resubmission() throws {
        var random = SplitMix64(seed: 1)
        let copy = try Self.ended(.succeeded).resubmission(now: Self.now, using: &random)
        #expect(copy.metadata.name.isEmpty)
        #expect(copy.metadata.generateName == "w-")
        #expect(copy.metadata.labels == ["mine": "1", "workflows.argoproj.io/resubmitted-from-workflow": "w-abcde"])
        // It counts its own retries.
        #expect(copy.metadata.annotations == ["mine": "1"])
        #expect(copy.spec.shutdown == nil)
        #expect(copy.status.nodes.isEmpty)
    }

    @Test("a memoized workflow keeps succeeded pods as skipped nodes, and leaves the exit handler out")
    func memoized() throws {
        var random = SplitMix64(seed: 1)
        let copy = try Self.ended(.failed).resubmission(isMemoized: true, now: Self.now, using: &random)
        let name = copy.metadata.name
        #expect(name.hasPrefix("w-"))
        #expect(copy.status.nodes.count == 3)
        let kept = copy.status.nodes[NodeNames.id(of: "\(name).a", workflow: name)]
        #expect(kept?.type == .skipped)
        #expect(kept?.message == "original pod: \(NodeNames.id(of: "w-abcde.a", workflow: "w-abcde"))")
        #expect(copy.status.nodes[NodeNames.id(of: "\(name).b", workflow: name)]?.phase == .pending)
        #expect(copy.status.nodes[name]?.children == [NodeNames.id(of: "\(name).a", workflow: name)])
        #expect(throws: OperationError("workflow must be Failed/Error to resubmit in memoized mode")) {
            try Self.ended(.succeeded).resubmission(isMemoized: true, now: Self.now, using: &random)
        }
    }

    @Test("a pod that one memoized workflow brought along and left out waits to run in the next")
    func leftOut() throws {
        var random = SplitMix64(seed: 1)
        var workflow = Self.ended(.failed)
        workflow.status.nodes[NodeNames.id(of: "w-abcde.b", workflow: "w-abcde")]?.phase = .omitted
        let copy = try workflow.resubmission(isMemoized: true, now: Self.now, using: &random)
        let node = copy.status.nodes[NodeNames.id(of: "\(copy.metadata.name).b", workflow: copy.metadata.name)]
        #expect(node?.type == .pod)
        #expect(node?.phase == .pending)
        #expect(node?.startedAt == nil)
    }

    @Test("what a memoized workflow brought along in a node that was skipped is not in the next one")
    func leftOutInSkipped() throws {
        var random = SplitMix64(seed: 1)
        var workflow = Self.ended(.failed)
        let id = NodeNames.id(of: "w-abcde.b", workflow: "w-abcde")
        workflow.status.nodes[id]?.type = .skipped
        workflow.status.nodes[id]?.phase = .skipped
        let inner = NodeNames.id(of: "w-abcde.b[0]", workflow: "w-abcde")
        var group = NodeStatus(id: inner, name: "w-abcde.b[0]", displayName: "[0]", type: .stepGroup)
        group.phase = .omitted
        group.boundaryID = id
        workflow.status.nodes[inner] = group
        let copy = try workflow.resubmission(isMemoized: true, now: Self.now, using: &random)
        #expect(copy.status.nodes.values.map { $0.name.dropFirst(copy.metadata.name.count) } == ["", ".a"])
    }
}
