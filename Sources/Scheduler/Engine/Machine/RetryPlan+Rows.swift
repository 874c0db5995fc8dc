package import Model
import OrderedCollections

extension RetryPlan {
    /// The workflow as it begins again, and the rows that it begins with.
    ///
    /// Rows of removed nodes are left out, and the engine forgets what it knew of those that run again. New pods of old
    /// nodes are new attempts: a runner must not take them for those it knows.
    package func beginning(with rows: [NodeRow]) -> (workflow: Workflow, rows: [NodeRow]) {
        var workflow = self.workflow
        workflow.metadata.retries += 1
        workflow.status.nodes = [:]
        let kept = rows.compactMap { row in
            guard let status = self.workflow.status.nodes[row.status.id] else { return NodeRow?.none }
            var row = row
            row.status = status
            if self.reset.contains(status.id) {
                row.memory = [:]
                row.isBroughtAlong = !status.phase.isFulfilled
            }
            return row
        }
        return (workflow, kept)
    }
}
