import ActorTransport
import Foundation
import Scheduler
import TestSupport

/// B10: what several schedulers on one database cost, beside one.
///
/// All of them are in this process: their processor time is counted together.
struct ReplicaBenchmarks {
    let rounds: Int

    private static let (workflows, pods) = (60, 500)
    private static let replicas = 3
    /// Shards are spread by chance; less than this of its share no scheduler has for long.
    private static let leastShare = 0.5

    private struct Run {
        var cpu: Double
        var wall: Double
    }

    func all(into report: inout Report) async throws {
        let database = try await PostgresCluster.make()
        var runs: [Int: [Run]] = [:]
        for _ in 0..<self.rounds {
            for count in [1, Self.replicas] {
                let connection = try await database.makeDatabase()
                runs[count, default: []].append(try await self.run(count, on: connection))
            }
        }
        let one = (runs[1] ?? []).map(\.cpu).median
        for count in [1, Self.replicas] {
            let cpu = (runs[count] ?? []).map(\.cpu).median
            let rate = 1 / (runs[count] ?? []).map(\.wall).median
            let name = "\(count) scheduler\(count == 1 ? "" : "s") on one PostgreSQL"
            report.add(Figure(benchmark: "B10", what: "\(name): transitions", value: rate, unit: "/s", aim: ""))
            report.add(
                Figure(
                    benchmark: "B10", what: "\(name): CPU for each; floor: one scheduler", value: cpu * 1e6, unit: "µs",
                    floor: one * 1e6, aim: count == 1 ? "" : "≤ 1.2 ×", isMet: count == 1 ? nil : cpu <= 1.2 * one))
        }
    }

    private func run(_ count: Int, on database: String) async throws -> Run {
        var stores: [any WorkflowStore] = []
        for _ in 0..<count { stores.append(try await PostgresStore(connection: database)) }
        let transitions = Double(Self.workflows * Self.pods * 2)
        return try await NullCluster.with(stores: stores) { cluster in
            try await cluster.waitUntilShared(least: Int(Double(ShardMap.shardCount / count) * Self.leastShare))
            let clock = ContinuousClock()
            let (start, cpu) = (clock.now, Machine.ownSeconds())
            for _ in 0..<Self.workflows { try await cluster.submit(Workloads.fanOut(Self.pods)) }
            try await cluster.waitUntilIdle()
            // Where a shard has moved meanwhile, its next owner asks again.
            guard cluster.launches >= Self.workflows * Self.pods else {
                throw BenchmarkError("\(cluster.launches) launches of \(Self.workflows * Self.pods) pods")
            }
            return Run(
                cpu: (Machine.ownSeconds() - cpu) / transitions, wall: (clock.now - start).seconds / transitions)
        }
    }
}
