import ActorTransport
import JSON
import Logging
import Model
import OrderedCollections

extension CronController {
    /// Deletes the workflows of cron workflows that are gone, as Kubernetes does with what has lost all of its owners.
    ///
    /// May be repeated: what a crash left is found when a shard finds its next owner.
    ///
    /// - Parameters:
    ///   - name: only those of the cron workflow of this name; `nil`: all.
    ///   - shards: only those of cron workflows of these shards.
    func deleteOrphans(of name: WorkflowName?, in shards: ShardSet, _ replica: Replica) async {
        var filter = WorkflowFilter()
        filter.namespace = name?.namespace
        filter.labels = [name.map { .isIn(WorkflowKeys.cronWorkflow, [$0.name]) } ?? .exists(WorkflowKeys.cronWorkflow)]
        filter.withoutNodes = true
        do {
            let workflows = try await replica.store.workflows(filter).items
            guard !workflows.isEmpty else { return }
            // Read after them: what made one of them is there by now, or is gone.
            let crons = try await replica.store.objects(
                kind: ObjectKind.cronWorkflow.rawValue, namespace: name?.namespace)
            let owners = Set(
                try crons.map { Owner($0.namespace, try JSONValue.parse($0.object)["metadata"]) })
            for workflow in workflows where try Self.isOrphan(workflow, of: owners, in: shards) {
                let request = DeleteWorkflow(
                    namespace: workflow.name.namespace, name: workflow.name.name, force: true)
                await self.ask(workflow.name, replica) { shard throws(ServiceError) in
                    try await shard.ask { .delete(request, $0) }
                } elsewhere: {
                    _ = try await $0.deleteWorkflow(request)
                }
            }
        } catch {
            self.logger.error(
                "workflows of deleted cron workflows are left behind until the next start",
                metadata: ["cron-workflow": "\(name.map { "\($0)" } ?? "any")", "reason": "\(error)"])
        }
    }

    /// What tells one cron workflow from another of the same name.
    private struct Owner: Hashable {
        let name: WorkflowName
        let uid: String

        init(_ namespace: String, _ members: JSONValue?) {
            self.name = WorkflowName(namespace: namespace, name: members?["name"]?.stringValue ?? "")
            self.uid = members?["uid"]?.stringValue ?? ""
        }
    }

    /// Whether all owners of a workflow are cron workflows of these shards that are gone.
    private static func isOrphan(
        _ workflow: StoredWorkflow, of crons: Set<Owner>, in shards: ShardSet
    ) throws -> Bool {
        let references = try JSONValue.parse(workflow.head.metadata)["ownerReferences"]?.arrayValue ?? []
        guard !references.isEmpty else { return false }
        return references.allSatisfy { reference in
            guard reference["kind"]?.stringValue == ObjectKind.cronWorkflow.rawValue else { return false }
            let owner = Owner(workflow.name.namespace, reference)
            return shards.contains(owner.name.cronShard) && !crons.contains(owner)
        }
    }
}
