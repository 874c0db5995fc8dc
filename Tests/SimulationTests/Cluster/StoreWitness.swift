import ActorTransport
import JSON
import Model

@testable import Scheduler

/// Sees everything that is written, and says what must never be.
// SAFETY: see `Simulation`.
final class StoreWitness: @unchecked Sendable {
    private struct Node {
        var attempt: Int
        var phase: String
        var name = ""
    }

    private let simulation: Simulation
    /// What the ticks of cron workflows make.
    let crons: CronWitness
    private(set) var violations: [String] = []
    /// How many changes of old epochs were refused.
    private(set) var fenced = 0
    private(set) var commits = 0
    private var epochs: [Int: Int64] = [:]
    private var sequences: [Int: Int64] = [:]
    /// The phases of workflows that have ended.
    private var ended: [String: String] = [:]
    private var nodes: [String: Node] = [:]
    private var known: Set<String> = []
    /// The attempts that were written of each node, by the workflow's uid and the node's id.
    private var attempts: [String: Int] = [:]
    /// How often each pod was started, by whichever runner: a second start of one is what must never happen.
    private(set) var starts: [PodIdentity: Int] = [:]
    /// The pods that run under the mutex.
    private var guarded: Set<PodIdentity> = []
    private var deleted: Set<String> = []
    /// The rows of each shard's outbox that were written and not taken away.
    private var outbox: [Int: Set<Int64>] = [:]
    /// Workflows that somebody retries: what has ended may begin again.
    var retried: Set<String> = []
    /// Workflows that had a pod on a runner that was silent for so long that it counts as lost.
    private(set) var bereaved: Set<String> = []

    /// Whether a runner was silent for so long that somebody may take it for lost.
    var isSilent: () -> Bool = { false }

    init(simulation: Simulation) {
        self.simulation = simulation
        self.crons = CronWitness(simulation: simulation)
        self.crons.accuse = { [unowned self] in self.accuse($0) }
    }

    /// The phase of a workflow as it was written last, where it has ended; else that it was written at all.
    func phase(of uid: String) -> String? { self.ended[uid] ?? (self.known.contains(uid) ? "not over" : nil) }

    /// The nodes of a workflow that have not ended.
    func open(in uid: String) -> [String] {
        self.nodes.filter { $0.key.hasPrefix("\(uid)/") && ["Pending", "Running"].contains($0.value.phase) }
            .map { "\($0.value.name) \($0.value.phase)" }.sorted()
    }

    /// A runner starts a pod.
    func noteStart(of launch: PodLaunch) {
        let identity = launch.identity
        if launch.templateName == "guarded" {
            if !self.guarded.isEmpty, !self.isSilent() {
                self.accuse("\(launch.nodeName) was started while another pod held its mutex")
            }
            self.guarded.insert(identity)
        }
        self.starts[identity, default: 0] += 1
        if self.starts[identity] != 1 {
            self.accuse("\(launch.nodeName) attempt \(identity.attempt) was started twice")
        }
        let written = self.attempts["\(identity.workflowUID)/\(identity.nodeID)"] ?? -1
        // A runner that was silent for too long may yet do what it was told before; it is told to stop it.
        if written < identity.attempt || written > identity.attempt && !self.isSilent() {
            self.accuse("\(launch.nodeName) attempt \(identity.attempt) was started, and \(written) is written")
        }
    }

    /// Whether another attempt at the pod's node has been written since.
    func isSuperseded(_ identity: PodIdentity) -> Bool {
        self.attempts["\(identity.workflowUID)/\(identity.nodeID)"] != identity.attempt
    }

    func noteEnd(of identity: PodIdentity) { self.guarded.remove(identity) }

    /// Whether a workflow was written that has ended, or is deleted.
    func isOver(_ uid: String) -> Bool { self.ended[uid] != nil || self.deleted.contains(uid) }

    func accuse(_ violation: String) {
        self.violations.append(violation)
        self.simulation.note("VIOLATION \(violation)")
    }

    /// A claim was granted.
    func note(_ claims: [ShardClaim], _ before: LeaseTable, by member: String) {
        for claim in claims {
            let lease = before.leases[claim.shard]
            if let owner = lease.owner, owner != member, before.member(owner) != nil {
                self.accuse("shard \(claim.shard) was given to \(member) while \(owner) lives and owns it")
            }
            if claim.epoch <= lease.epoch {
                self.accuse("shard \(claim.shard) was claimed at old epoch \(claim.epoch)")
            }
        }
    }

    /// A member gave shards back.
    func note(releaseBy member: String, _ before: LeaseTable, _ after: LeaseTable) {
        for shard in before.leases.indices where before.leases[shard].owner != after.leases[shard].owner {
            guard let owner = before.leases[shard].owner, owner != member, before.member(owner) != nil else { continue }
            self.accuse("shard \(shard) was taken from \(owner), which lives, by a release of \(member)")
        }
    }

    /// Changes were answered; `before` are the leases as they were then.
    func note(
        _ changes: [ShardChange], _ outcomes: [CommitOutcome], _ before: [LeaseTable.Lease], by member: String
    ) {
        self.commits += 1
        for (change, outcome) in zip(changes, outcomes) {
            guard outcome == .committed else {
                self.fenced += 1
                self.simulation.note("fenced \(member) shard \(change.shard) epoch \(change.epoch)")
                continue
            }
            let last = max(self.epochs[change.shard] ?? 0, before[change.shard].epoch)
            if change.epoch < last {
                self.accuse("shard \(change.shard): epoch \(change.epoch) of \(member) wrote after \(last)")
            }
            if let owner = before[change.shard].owner, owner != member {
                self.accuse("shard \(change.shard): \(member) wrote, and \(owner) owns it")
            }
            self.epochs[change.shard] = change.epoch
            self.outbox[change.shard, default: []].formUnion(change.outboxAdded.map(\.number))
            self.outbox[change.shard]?.subtract(change.outboxRemoved)
            for workflow in change.workflows { self.note(workflow, in: change) }
        }
    }

    /// Shards were loaded.
    func note(_ contents: ShardContents, of shards: [Int]) {
        for shard in shards {
            let rows = Set((contents.outbox[shard] ?? []).map(\.number))
            let known = self.outbox[shard] ?? []
            if rows != known {
                self.accuse("shard \(shard): rows \(rows.sorted()) of the outbox were loaded, not \(known.sorted())")
            }
        }
    }

    private func note(_ workflow: WorkflowChange, in change: ShardChange) {
        if let last = self.sequences[change.shard], workflow.sequence <= last {
            self.accuse("shard \(change.shard): change \(workflow.sequence) came after \(last)")
        }
        self.sequences[change.shard] = workflow.sequence
        guard workflow.kind != .deleted else {
            self.simulation.note("wrote \(workflow.name.name) deleted")
            self.deleted.insert(workflow.uid)
            self.crons.noteDeletion(of: workflow.name.name)
            return
        }
        if self.deleted.contains(workflow.uid) { self.accuse("\(workflow.name) was deleted and came back") }
        for node in workflow.nodes { self.note(node, of: workflow) }
        guard let head = workflow.head else { return }
        self.known.insert(workflow.uid)
        self.crons.note(workflow.name.name, uid: workflow.uid, isActive: head.isActive)
        self.simulation.note("wrote \(workflow.name.name) \(head.phase)")
        let isRetried = self.retried.contains(workflow.uid)
        if let phase = self.ended[workflow.uid], phase != head.phase, !isRetried {
            self.accuse("\(workflow.name) was \(phase) and became \(head.phase)")
        }
        self.ended[workflow.uid] = head.isActive ? nil : head.phase
    }

    private func note(_ record: NodeRecord, of workflow: WorkflowChange) {
        guard let status = self.parse(record.status) else {
            return self.accuse("\(workflow.name): a node was written that nobody can read")
        }
        let key = "\(workflow.uid)/\(record.ordinal)"
        let phase = status["phase"]?.stringValue ?? ""
        let name = status["name"]?.stringValue ?? ""
        self.attempts["\(workflow.uid)/\(status["id"]?.stringValue ?? "")"] = record.attempt
        self.simulation.note("wrote \(name) \(record.attempt) \(phase)")
        if status["message"] == "pod deleted" {
            self.bereaved.insert(workflow.uid)
            if !self.isSilent() {
                self.accuse("\(workflow.name): pod of \(name) was given up, and no runner was silent")
            }
        }
        defer { self.nodes[key] = Node(attempt: record.attempt, phase: phase, name: name) }
        if phase == "Succeeded", status["type"] == "Pod", status["outputs"]?["exitCode"] == nil,
            !self.retried.contains(workflow.uid)
        {
            self.accuse("\(workflow.name): \(name) succeeded without its outputs")
        }
        guard let before = self.nodes[key], before.attempt == record.attempt else { return }
        let isOver = ["Succeeded", "Failed", "Error", "Skipped", "Omitted"].contains(before.phase)
        if isOver, before.phase != phase, !self.retried.contains(workflow.uid) {
            self.accuse("\(workflow.name): node \(name) was \(before.phase) and became \(phase)")
        }
    }

    private func parse(_ text: String) -> JSONValue? {
        do { return try JSONValue.parse(text) } catch { return nil }
    }
}
