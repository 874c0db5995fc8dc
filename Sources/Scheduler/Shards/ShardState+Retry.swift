import ActorTransport
import JSON
import Model
import OrderedCollections
import WorkflowEngine

extension ShardState {
    /// Lets a workflow that has ended begin again: what failed is done anew.
    mutating func retry(
        _ stored: StoredWorkflow, _ action: WorkflowAction, in turn: inout ShardTurn, replica: Replica
    ) throws(ServiceError) {
        var ordinals: [String: Int] = [:]
        let reopened: ActiveWorkflow
        let plan: RetryPlan
        let (before, after): ([NodeRow], [NodeRow])
        do {
            var workflow: Workflow
            (workflow, before) = try stored.decoded(&ordinals)
            for row in before { workflow.status.nodes[row.status.id] = row.status }
            plan = try RetryPlan(
                of: workflow, restartSuccessful: action.body["restartSuccessful"]?.boolValue ?? false,
                nodeFieldSelector: action.body["nodeFieldSelector"]?.stringValue ?? "",
                parameters: (action.body["parameters"]?.arrayValue ?? []).compactMap(\.stringValue),
                now: turn.surroundings.now)
            let head: Workflow
            (head, after) = plan.beginning(with: before)
            let machine = try replica.machines.recover(head, after, turn.surroundings)
            for id in plan.removed { ordinals[id] = nil }
            var again = ActiveWorkflow(stored: stored, rows: after, nodeIDs: ordinals, machine: machine)
            // What is stored is the old spec: a new one must be written.
            again.spec = workflow.spec
            again.storedLabels = workflow.metadata.labels.map { Label($0.key, $0.value) }
            again.labels = plan.workflow.metadata.labels
            again.nextOrdinal = (stored.nodes.map(\.ordinal).max() ?? -1) + 1
            reopened = again
        } catch let error as OperationError {
            throw ServiceError(.invalidArgument, error.message)
        } catch {
            throw ServiceError(.internal, "\(error)")
        }
        self.reopen(reopened, in: &turn)
        self.label(stored.uid, with: action)
        let old = Dictionary(uniqueKeysWithValues: before.map { ($0.status.id, $0) })
        var edit = turn.edits[stored.uid] ?? ShardTurn.Edit()
        for row in after where old[row.status.id] != row { edit.nodes[row.status.id] = row }
        for (row, node) in zip(stored.nodes, before) where plan.removed.contains(node.status.id) {
            edit.removedOrdinals.append(row.ordinal)
        }
        turn.edits[stored.uid] = edit
        self.apply(.submitted, to: stored.uid, in: &turn)
    }
}
