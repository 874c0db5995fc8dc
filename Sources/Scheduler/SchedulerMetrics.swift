import ActorTransport
import Model
package import Telemetry

/// What a scheduler measures.
///
/// Counters tell what became durable: a turn whose commit failed is not in them.
package struct SchedulerMetrics: Sendable {
    package static let definitions = [
        Self.workflows, Self.workflowTotal, Self.pods, Self.podTotal, Self.turnTime, Self.queueDepth, Self.shards,
        Self.runners, Self.commitTime, Self.commitFailures, Self.cronTriggered, Self.templateTriggered,
    ]

    private static let workflows = MetricDefinition(
        "argo_workflows_gauge", .gauge, labels: ["phase"],
        help: "Workflows of this scheduler's shards that have not ended, by phase.")
    private static let workflowTotal = MetricDefinition(
        "argo_workflows_total_count", .counter, labels: ["phase", "namespace"],
        help: "How often a workflow entered a phase.")
    private static let pods = MetricDefinition(
        "argo_workflows_pods_gauge", .gauge, labels: ["phase"],
        help: "Pods of this scheduler's shards: Pending ones wait for a runner, Running ones are with one.")
    private static let podTotal = MetricDefinition(
        "argo_workflows_pods_total_count", .counter, labels: ["phase", "namespace"],
        help: "Pods that were asked for (Pending), and how they ended.")
    private static let turnTime = MetricDefinition(
        "argo_workflows_operation_duration_seconds", MetricDefinition.seconds,
        help: "Time of a shard's turn: what waited is worked on, committed and acted upon.")
    private static let queueDepth = MetricDefinition(
        "argo_workflows_queue_depth_gauge", .gauge, labels: ["queue_name"],
        help: "Messages that wait for the turns of their shards.")
    private static let shards = MetricDefinition("apus_shards_owned", .gauge, help: "Shards that this scheduler owns.")
    private static let runners = MetricDefinition(
        "apus_runners", .gauge, help: "Runners that this scheduler hears of.")
    private static let commitTime = MetricDefinition(
        "apus_commit_duration_seconds", MetricDefinition.seconds, help: "Time of a transaction of the store.")
    private static let commitFailures = MetricDefinition(
        "apus_commit_failures_total", .counter, labels: ["reason"],
        help: "Changes that were not written: fenced, or with an unknown outcome.")
    private static let cronTriggered = MetricDefinition(
        "argo_workflows_cronworkflows_triggered_total", .counter, labels: ["name", "namespace"],
        help: "Workflows that cron workflows made.")

    private static let templateTriggered = MetricDefinition(
        "argo_workflows_workflowtemplate_triggered_total", .counter,
        labels: ["name", "namespace", "cluster_scope", "phase"],
        help: "How often a workflow that is made of a template alone, by `workflowTemplateRef`, entered a phase.")

    let registry: MetricRegistry

    // MARK: Counting

    /// Counts what a turn did, once it is committed.
    func committed(_ change: ShardChange, pods: [ShardTurn.PodPhase]) {
        for workflow in change.workflows where workflow.kind != .deleted {
            let phase = workflow.current.phase
            guard !phase.isEmpty, phase != workflow.previous?.phase else { continue }
            let namespace = workflow.name.namespace
            self.registry.add(to: Self.workflowTotal, phase, namespace)
            guard let template = workflow.template else { continue }
            self.registry.add(
                to: Self.templateTriggered, template.name, namespace, "\(template.clusterScope)", phase)
        }
        for pod in pods { self.registry.add(to: Self.podTotal, pod.phase.rawValue, pod.namespace) }
    }

    func turnEnded(since start: ContinuousClock.Instant) { self.registry.observe(Self.turnTime, since: start) }

    func transactionEnded(since start: ContinuousClock.Instant) {
        self.registry.observe(Self.commitTime, since: start)
    }

    func commitFailed(_ failure: CommitFailure) {
        let reason =
            switch failure {
            case .fenced: "fenced"
            case .unknown: "unknown"
            }
        self.registry.add(to: Self.commitFailures, reason)
    }

    func cronFired(_ name: WorkflowName) { self.registry.add(to: Self.cronTriggered, name.name, name.namespace) }

    // MARK: Looking

    /// Has the registry ask this scheduler for what is of the moment.
    func observe(_ replica: Replica) {
        self.registry.onScrape { [weak replica] registry in
            guard let replica else { return }
            await self.look(at: replica)
        }
    }

    private func look(at replica: Replica) async {
        var phases: [String: Int] = [:]
        var waiting = 0
        let owned = replica.directory.owned
        for shard in owned.members {
            guard let processor = replica.directory[shard] else { continue }
            waiting += processor.mailbox.count
            phases.merge(await processor.phases, uniquingKeysWith: +)
        }
        for phase in [WorkflowPhase.unknown, .pending, .running] {
            self.registry.set(Self.workflows, phase.rawValue, to: Double(phases[phase.rawValue] ?? 0))
        }
        let pods = replica.book.counts
        self.registry.set(Self.pods, NodePhase.pending.rawValue, to: Double(pods.waiting))
        self.registry.set(Self.pods, NodePhase.running.rawValue, to: Double(pods.placed))
        self.registry.set(Self.queueDepth, "workflow_queue", to: Double(waiting))
        self.registry.set(Self.shards, to: Double(owned.count))
        self.registry.set(Self.runners, to: Double(replica.book.livingRunners.count))
    }
}
