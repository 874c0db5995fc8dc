import ActorTransport
import JSON
import Model
import OrderedCollections
import WorkflowEngine

/// A workflow that has not ended, in the memory of its shard: its machine, and what of it is stored already.
struct ActiveWorkflow: Sendable {
    let uid: String
    let name: WorkflowName
    var machine: any Machine
    /// Labels and annotations that we add to those of the spec's author.
    var labels: StringMap
    var annotations: StringMap
    var generation: Int
    /// The rows as they were last written.
    var head: WorkflowHead
    var spec: WorkflowSpec
    var storedLabels: [Label]
    /// The row of each node.
    var ordinals: [String: Int]
    var nextOrdinal: Int
    /// Pods that were decided on and have not ended, with the outbox rows of those whose launch is not acknowledged.
    var pods: [PodIdentity: Int64?] = [:]
    /// The runner of each artifact that its pods have made, by key.
    var artifactRunners: [String: String] = [:]
    /// How many Kubernetes-like events were made, to tell their names apart.
    var eventCount = 0

    /// A workflow that nothing is stored of yet.
    init(new machine: any Machine) {
        let metadata = machine.workflow.metadata
        self.uid = metadata.uid
        self.name = WorkflowName(namespace: metadata.namespace, name: metadata.name)
        self.machine = machine
        self.labels = metadata.labels
        self.annotations = metadata.annotations
        self.generation = 1
        self.head = WorkflowHead()
        self.spec = machine.workflow.spec
        self.storedLabels = []
        self.ordinals = [:]
        self.nextOrdinal = 0
    }

    /// A workflow as it is stored, with `machine` recovered from it.
    init(stored: StoredWorkflow, rows: [NodeRow], nodeIDs: [String: Int], machine: any Machine) {
        self.uid = stored.uid
        self.name = stored.name
        self.machine = machine
        self.labels = machine.workflow.metadata.labels
        self.annotations = machine.workflow.metadata.annotations
        self.generation = machine.workflow.metadata.generation
        self.head = stored.head
        self.spec = machine.workflow.spec
        self.storedLabels = self.labels.map { Label($0.key, $0.value) }
        self.ordinals = nodeIDs
        self.nextOrdinal = (nodeIDs.values.max() ?? -1) + 1
        self.noteArtifacts(of: rows, in: stored)
    }

    private mutating func noteArtifacts(of rows: [NodeRow], in stored: StoredWorkflow) {
        let pods = rows.lazy.map(\.status).filter { $0.type == .pod && $0.outputs?.artifacts.isEmpty == false }
        let runners = Dictionary(
            stored.nodes.map { ($0.ordinal, $0.runner ?? "") }, uniquingKeysWith: { first, _ in first })
        // Of two that have the same key, the later is meant.
        for pod in pods.sorted(by: { ($0.finishedAt?.nanoseconds ?? 0) < ($1.finishedAt?.nanoseconds ?? 0) }) {
            guard let runner = self.ordinals[pod.id].flatMap({ runners[$0] }) else { continue }
            self.noteArtifacts(pod.outputs, with: runner)
        }
    }

    /// Notes with which runner artifacts lie.
    mutating func noteArtifacts(_ outputs: Outputs?, with runner: String) {
        guard !runner.isEmpty else { return }
        for artifact in outputs?.artifacts ?? [] {
            guard let key = artifact.s3?.key, !key.isEmpty else { continue }
            self.artifactRunners[key] = runner
        }
    }

    /// The launch, which says with which runners its input artifacts lie.
    func locating(_ launch: PodLaunch) -> PodLaunch {
        var launch = launch
        for artifact in launch.inputArtifacts {
            guard let key = artifact.s3?.key, let runner = self.artifactRunners[key] else { continue }
            launch.artifactRunners[key] = runner
        }
        return launch
    }

    mutating func ordinal(of nodeID: String) -> Int {
        if let known = self.ordinals[nodeID] { return known }
        defer { self.nextOrdinal += 1 }
        self.ordinals[nodeID] = self.nextOrdinal
        return self.nextOrdinal
    }

    /// The workflow's own row as it is now.
    mutating func currentHead(isActive: Bool) -> WorkflowHead {
        let workflow = self.machine.workflow
        let phase = workflow.status.phase.rawValue
        for (key, value) in workflow.metadata.labels where self.labels[key] == nil { self.labels[key] = value }
        for (key, value) in workflow.metadata.annotations where self.annotations[key] == nil {
            self.annotations[key] = value
        }
        if !phase.isEmpty {
            self.labels[WorkflowKeys.phase] = phase
            self.labels[WorkflowKeys.completed] = isActive ? "false" : "true"
        }
        var metadata = workflow.metadata
        metadata.labels = self.labels
        metadata.annotations = self.annotations
        metadata.generation = self.generation
        metadata.resourceVersion = nil
        var status = workflow.status
        status.nodes = [:]
        var head = WorkflowHead()
        head.phase = phase
        head.createdAt = metadata.creationTimestamp?.seconds ?? 0
        head.finishedAt = workflow.status.finishedAt?.seconds
        head.expiresAt = isActive ? nil : self.expiry(of: workflow)
        head.isActive = isActive
        head.metadata = metadata.json(.argo).text
        head.status = status.json(.argo).text
        return head
    }

    private func expiry(of workflow: Workflow) -> Int64? {
        guard let strategy = workflow.spec.ttlStrategy, let finished = workflow.status.finishedAt else { return nil }
        let byOutcome =
            workflow.status.phase == .succeeded ? strategy.secondsAfterSuccess : strategy.secondsAfterFailure
        guard let seconds = byOutcome ?? strategy.secondsAfterCompletion else { return nil }
        // The time of the end is kept in whole seconds: one more, so that nothing goes before its time.
        return finished.seconds.addingClamped(Int64(seconds)).addingClamped(1)
    }
}
