import ActorTransport
import JSON
import Logging
import Model
import OrderedCollections

/// What tells one cron workflow from another of the same name.
struct CronOwner: Hashable, Sendable {
    let name: WorkflowName
    let uid: String

    fileprivate init(_ namespace: String, _ members: JSONValue?) {
        self.name = WorkflowName(namespace: namespace, name: members?["name"]?.stringValue ?? "")
        self.uid = members?["uid"]?.stringValue ?? ""
    }

    /// The cron workflow that a reference in this namespace is to, if it is to one.
    init?(_ reference: OwnerReference, in namespace: String) {
        guard reference.kind == ObjectKind.cronWorkflow.rawValue else { return nil }
        self.name = WorkflowName(namespace: namespace, name: reference.name)
        self.uid = reference.uid
    }
}

/// Where workflows may be whose cron workflows are gone.
struct OrphanSearch: Sendable {
    /// Cron workflows that have just got a workflow.
    var owners: Set<CronOwner> = []
    /// Cron workflows that are gone; another one may have the name.
    var names: Set<WorkflowName> = []
    /// Shards of workflows or of cron workflows, of which anything may have gone unnoticed.
    var shards = ShardSet()

    var isEmpty: Bool { self.owners.isEmpty && self.names.isEmpty && self.shards.isEmpty }

    mutating func formUnion(_ other: OrphanSearch) {
        self.owners.formUnion(other.owners)
        self.names.formUnion(other.names)
        self.shards.formUnion(other.shards)
    }
}

extension CronController {
    /// Deletes the workflows of cron workflows that are gone, as Kubernetes does with what has lost all of its owners.
    ///
    /// None stays, though a workflow and its cron workflow may have different writers: whichever is written last is
    /// followed by a look at the other one. A cron workflow that goes looks for its workflows, and a workflow that is
    /// made for its cron workflow; and whoever takes a shard looks for what its last owner had no time for.
    ///
    /// - Returns: What is to be looked for again, because somebody did not answer.
    func deleteOrphans(_ search: OrphanSearch, _ replica: Replica) async -> OrphanSearch {
        var left = OrphanSearch()
        var names = search.names
        do {
            if !search.owners.isEmpty { try await replica.refreshCatalog() }
            for owner in search.owners where !self.isKnown(owner) { names.insert(owner.name) }
        } catch {
            self.logger.warning(
                "who owns new workflows cannot be read: they are looked at again", metadata: ["reason": "\(error)"])
            left.owners = search.owners
        }
        for name in names.sorted(by: { $0.description < $1.description }) {
            var filter = WorkflowFilter()
            filter.namespace = name.namespace
            filter.labels = [.isIn(WorkflowKeys.cronWorkflow, [name.name])]
            if await !self.deleteOrphans(filter, in: .all, replica) { left.names.insert(name) }
        }
        guard !search.shards.isEmpty else { return left }
        var filter = WorkflowFilter()
        filter.labels = [.exists(WorkflowKeys.cronWorkflow)]
        if await !self.deleteOrphans(filter, in: search.shards, replica) { left.shards = search.shards }
        return left
    }

    private func isKnown(_ owner: CronOwner) -> Bool {
        let key = ObjectKey(.cronWorkflow, namespace: owner.name.namespace, name: owner.name.name)
        return self.catalog.entry(key)?.object["metadata"]?["uid"]?.stringValue == owner.uid
    }

    /// Deletes those of these workflows that are in one of the shards, or whose cron workflow was; says whether it
    /// could.
    private func deleteOrphans(_ filter: WorkflowFilter, in shards: ShardSet, _ replica: Replica) async -> Bool {
        var filter = filter
        filter.withoutNodes = true
        do {
            let workflows = try await replica.store.workflows(filter).items
            guard !workflows.isEmpty else { return true }
            // Read after them: what made one of them is there by now, or is gone.
            let crons = try await replica.store.objects(
                kind: ObjectKind.cronWorkflow.rawValue, namespace: filter.namespace)
            let owners = Set(
                try crons.map { CronOwner($0.namespace, try JSONValue.parse($0.object)["metadata"]) })
            var isDone = true
            for workflow in workflows where try Self.isOrphan(workflow, of: owners, in: shards) {
                let request = DeleteWorkflow(
                    namespace: workflow.name.namespace, name: workflow.name.name, force: true)
                let isDeleted = await self.ask(workflow.name, replica) { shard throws(ServiceError) in
                    try await shard.ask { .delete(request, $0) }
                } elsewhere: {
                    _ = try await $0.deleteWorkflow(request)
                }
                isDone = isDone && isDeleted
            }
            return isDone
        } catch {
            self.logger.warning(
                "workflows of deleted cron workflows wait: they cannot be listed", metadata: ["reason": "\(error)"])
            return false
        }
    }

    /// Whether all owners of a workflow are cron workflows that are gone, and one of these shards has anything to do
    /// with them.
    private static func isOrphan(
        _ workflow: StoredWorkflow, of crons: Set<CronOwner>, in shards: ShardSet
    ) throws -> Bool {
        let references = try JSONValue.parse(workflow.head.metadata)["ownerReferences"]?.arrayValue ?? []
        guard !references.isEmpty else { return false }
        return references.allSatisfy { reference in
            guard reference["kind"]?.stringValue == ObjectKind.cronWorkflow.rawValue else { return false }
            let owner = CronOwner(workflow.name.namespace, reference)
            let isMeant = shards.contains(workflow.shard) || shards.contains(owner.name.cronShard)
            return isMeant && !crons.contains(owner)
        }
    }
}
