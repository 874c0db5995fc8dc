import ActorTransport
import JSON
import Model
import WorkflowEngine

/// A workflow that waits for its first lock: its rows, and no machine.
final class RestingWorkflow: Sendable {
    let stored: StoredWorkflow

    init(_ stored: StoredWorkflow) { self.stored = stored }
}

// A hundred thousand workflows may wait for one that runs: they are kept as they are stored.
extension ShardState {
    /// How many workflows that have not ended are in which phase.
    var phases: [String: Int] {
        let heads = [self.active.values.map(\.head), self.resting.values.map(\.stored.head)].joined()
        return heads.reduce(into: [:]) { $0[$1.phase, default: 0] += 1 }
    }

    /// Lets go of a workflow's machine, if its rows, which are committed, say all that it knows.
    mutating func rest(_ uid: String) {
        guard let workflow = self.active[uid], workflow.machine.mayRest, workflow.pods.isEmpty else { return }
        self.active[uid] = nil
        self.resting[uid] = RestingWorkflow(workflow.stored(in: self.shard))
    }

    /// Makes the machine of a workflow that rests.
    ///
    /// It asks for its lock again, for what is limited may be something else by now. Whoever has word of the very lock
    /// that it waits for need not.
    mutating func wake(_ uid: String, hearing notice: LockNotice? = nil, in turn: inout ShardTurn) {
        guard let resting = self.resting.removeValue(forKey: uid) else { return }
        var (workflow, failure) = self.recovered(resting.stored, in: turn.surroundings)
        if !(notice.map(workflow.machine.wants) ?? false) {
            for decision in workflow.machine.outstanding.decisions { self.take(decision, of: &workflow, in: &turn) }
        }
        self.active[uid] = workflow
        turn.woken.insert(uid)
        // It ends, and says why.
        if failure != nil { self.apply(.submitted, to: uid, in: &turn) }
    }

    /// A workflow made of its rows; where they cannot be read, one that fails, and why: it must not keep the others of
    /// its shard from running.
    func recovered(
        _ stored: StoredWorkflow, in surroundings: Surroundings
    ) -> (workflow: ActiveWorkflow, failure: (any Error)?) {
        do {
            var ordinals: [String: Int] = [:]
            let (workflow, rows) = try stored.decoded(&ordinals)
            let machine = try self.machines.recover(workflow, rows, surroundings)
            return (ActiveWorkflow(stored: stored, rows: rows, nodeIDs: ordinals, machine: machine), nil)
        } catch {
            var workflow = Workflow()
            workflow.metadata.name = stored.name.name
            workflow.metadata.namespace = stored.name.namespace
            workflow.metadata.uid = stored.uid
            let machine = FailedMachine(
                workflow, because: "workflow cannot be recovered: \(error)", at: surroundings.now)
            return (ActiveWorkflow(stored: stored, rows: [], nodeIDs: [:], machine: machine), error)
        }
    }
}

extension ActiveWorkflow {
    /// The rows of a workflow without nodes, as they were last written.
    fileprivate func stored(in shard: Int) -> StoredWorkflow {
        StoredWorkflow(
            uid: self.uid, shard: shard, name: self.name, head: self.head, spec: self.spec.json(.argo).text,
            sequence: 0)
    }
}
