import ActorTransport
import Model

@testable import Scheduler

extension SimulatedClients {
    /// Makes a cron workflow, and deletes it where that is what becomes of it.
    func submit(_ cron: SimulatedCron, after delay: Duration, deletedAfter life: Duration) {
        self.begin(cron.name) {
            try await self.host.sleep(for: delay)
            // As `ClusterClient` does, but for the uid, which would be drawn.
            let request = StoreObject(.cronWorkflow, namespace: "argo", name: cron.name, object: cron.document)
            let key = ObjectKey(.cronWorkflow, namespace: "argo", name: cron.name)
            try await self.repeating {
                _ = try await self.client.onShard(ShardMap.shard(of: key), isRepeatable: true) {
                    try await $0.createObject(request)
                }
            }
            self.simulation.note("acknowledged \(cron.name)")
            guard cron.kind == .brief else { return }
            try await self.host.sleep(for: life)
            try await self.repeating {
                do {
                    try await self.client.deleteObject(.cronWorkflow, namespace: "argo", name: cron.name)
                } catch let error as ServiceError where error.code == .notFound {
                    return
                }
            }
            self.witness.crons.deleted.insert(cron.name)
            self.simulation.note("deletion of \(cron.name) acknowledged")
        }
    }
}
