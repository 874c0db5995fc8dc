import ActorTransport
import Model

/// The way to a shard wherever it is: our own processor, or the door of another replica.
struct ShardRouter: Sendable {
    let directory: ShardDirectory
    let peers: ClusterClient

    /// Asks the owner of a shard.
    ///
    /// What a processor of ours refuses because the shard is on its way elsewhere is asked there.
    func onShard<Answer: Sendable>(
        _ shard: Int, here: (ShardProcessor) async throws(ServiceError) -> Answer,
        elsewhere: ($ShardContract) async throws -> Answer
    ) async throws(ServiceError) -> Answer {
        if let processor = self.directory[shard] {
            do {
                return try await here(processor)
            } catch {
                guard error.redirect != nil else { throw error }
            }
        }
        // What schedulers ask of each other may come twice.
        return try await self.peers.onShard(shard, isRepeatable: true, elsewhere)
    }

    /// Hands reports to the shards of their workflows; returns once all are durable, with the pods that nobody wants.
    func report(_ reports: [PodReport]) async throws(ServiceError) -> ReportAnswer {
        let groups = Dictionary(grouping: reports) { ShardMap.shard(ofWorkflow: $0.workflow, in: $0.namespace) }
        if groups.count == 1, let (shard, reports) = groups.first { return try await self.report(reports, to: shard) }
        return try await ServiceError.wrapping {
            try await withThrowingTaskGroup(of: ReportAnswer.self) { group in
                for (shard, reports) in groups.sorted(by: { $0.key < $1.key }) {
                    group.addTask { try await self.report(reports, to: shard) }
                }
                var answer = ReportAnswer()
                for try await part in group { answer.unwanted += part.unwanted }
                return answer
            }
        }
    }

    private func report(_ reports: [PodReport], to shard: Int) async throws(ServiceError) -> ReportAnswer {
        try await self.onShard(shard) { processor throws(ServiceError) in
            try await processor.ask(isUrgent: true) { .report(reports, $0) }
        } elsewhere: { door in
            try await door.report(reports)
        }
    }
}
