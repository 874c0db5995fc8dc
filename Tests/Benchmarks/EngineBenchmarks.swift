import Foundation
import JSON
import Model
import Scheduler
import TestSupport
import WorkflowEngine

/// Workloads without processes, B5 and B6: what scheduler, store and engine cost by themselves.
struct EngineBenchmarks {
    let folder: URL
    let rounds: Int

    /// A pod starts and ends.
    private static let transitionsPerPod = 2

    private func newFolder() throws -> URL {
        let folder = self.folder.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    // MARK: B5

    /// What a run through scheduler and store cost, for each transition.
    private struct Run {
        var wall: Double
        var cpu: Double
        var bytes: Double
    }

    /// B5: 100,000 transitions, each durable before it is acted on.
    func transitions(into report: inout Report) async throws {
        let (workflows, pods) = (50, 1_000)
        let count = Double(workflows * pods * Self.transitionsPerPod)
        var runs: [Run] = []
        for _ in 0..<self.rounds {
            let folder = try self.newFolder()
            runs.append(try await self.scheduled(.folder(folder), workflows: workflows, pods: pods))
            try FileManager.default.removeItem(at: folder)
        }
        let rate = 1 / runs.map(\.wall).median
        let name = "\(Int(count)) transitions without processes, SQLite FULL"
        report.add(
            Figure(
                benchmark: "B5", what: name, value: rate, unit: "/s", aim: "≥ 10,000 /s", isMet: rate >= 10_000))
        let perProcessor = 1 / runs.map(\.cpu).median
        report.add(
            Figure(benchmark: "B5", what: "the same, for each second of CPU", value: perProcessor, unit: "/s", aim: ""))
        report.add(
            Figure(
                benchmark: "B5", what: "bytes written for each transition", value: runs.map(\.bytes).median, unit: "B",
                aim: ""))
    }

    /// B5 on PostgreSQL, on this machine and with fsync on.
    func transitionsOnPostgreSQL(into report: inout Report) async throws {
        let (workflows, pods) = (50, 1_000)
        let count = workflows * pods * Self.transitionsPerPod
        let cluster = try await PostgresCluster.make()
        var runs: [Run] = []
        for _ in 0..<self.rounds {
            let database = Records.database(try await cluster.makeDatabase())
            runs.append(try await self.scheduled(database, workflows: workflows, pods: pods))
        }
        let rate = 1 / runs.map(\.wall).median
        report.add(
            Figure(
                benchmark: "B5", what: "\(count) transitions without processes, PostgreSQL", value: rate, unit: "/s",
                aim: "≥ 5,000 /s", isMet: rate >= 5_000))
        let perProcessor = 1 / runs.map(\.cpu).median
        report.add(
            Figure(
                benchmark: "B5", what: "the same, for each second of the scheduler's CPU", value: perProcessor,
                unit: "/s", aim: ""))
    }

    /// Runs workflows of so many pods each; answers the cost of one transition.
    private func scheduled(_ records: Records, workflows: Int, pods: Int) async throws -> Run {
        let run = try await NullCluster.with(stores: [try await records.open()]) { cluster in
            let clock = ContinuousClock()
            let (start, cpu, bytes) = (clock.now, Machine.ownSeconds(), try Machine.ownBytesWritten())
            for _ in 0..<workflows { try await cluster.submit(Workloads.fanOut(pods)) }
            try await cluster.waitUntilIdle()
            let count = Double(workflows * pods * Self.transitionsPerPod)
            return Run(
                wall: (clock.now - start).seconds / count, cpu: (Machine.ownSeconds() - cpu) / count,
                bytes: (try Machine.ownBytesWritten() - bytes) / count)
        }
        let ended = try await self.endedPods(in: records)
        guard ended == workflows * pods else {
            throw BenchmarkError("\(ended) of \(workflows * pods) pods have succeeded")
        }
        return run
    }

    /// How many pods have succeeded, as a connection of its own reads it.
    private func endedPods(in records: Records) async throws -> Int {
        let store = try await records.openAgain()
        let rows = try await store.workflows(WorkflowFilter()).items.flatMap(\.nodes)
        await store.close()
        return rows.count { $0.status.contains(#""type":"Pod""#) && $0.status.contains(#""phase":"Succeeded""#) }
    }

    // MARK: B6

    private static let sizes = [1_000, 10_000, 100_000]

    /// B6: what a transition costs in one workflow of many nodes.
    func sizes(into report: inout Report) async throws {
        var engine: [Double] = []
        var scheduler: [Double] = []
        for size in Self.sizes {
            // Small ones are repeated, so that all are measured for about as long.
            let repeats = max(1, 20_000 / size)
            engine.append(try (0..<self.rounds).map { _ in try self.pure(size, repeats: repeats) }.median)
            var runs: [Double] = []
            for _ in 0..<max(1, min(self.rounds, repeats)) {
                let folder = try self.newFolder()
                runs.append(try await self.scheduled(.folder(folder), workflows: repeats, pods: size).cpu)
                try FileManager.default.removeItem(at: folder)
            }
            scheduler.append(runs.median)
        }
        self.add(engine, "engine alone", to: &report)
        self.add(scheduler, "scheduler and store", to: &report)
    }

    private func add(_ costs: [Double], _ what: String, to report: inout Report) {
        for (size, cost) in zip(Self.sizes, costs) {
            let isLast = size == Self.sizes.last
            report.add(
                Figure(
                    benchmark: "B6", what: "CPU for each transition, one workflow of \(size) nodes, \(what)",
                    value: cost * 1e6, unit: "µs", floor: costs[0] * 1e6, aim: isLast ? "≤ 1.5 ×" : "",
                    isMet: isLast ? cost <= 1.5 * costs[0] : nil))
        }
    }

    /// Runs a workflow on the engine alone; answers the processor time of one transition.
    private func pure(_ pods: Int, repeats: Int) throws -> Double {
        let place = DecodingPlace()
        var workflow = try Workflow(json: Workloads.fanOut(pods), at: place)
        workflow.metadata.name = "bench"
        workflow.metadata.namespace = "default"
        workflow.metadata.uid = "4d3c2b1a-0000-4000-8000-000000000000"
        let surroundings = Surroundings(now: Timestamp(seconds: 1_800_000_000))
        let start = Machine.ownSeconds()
        for _ in 0..<repeats {
            var machine = WorkflowMachine(workflow: workflow)
            var launches = machine.apply(.submitted, in: surroundings).decisions[...]
            var ended = 0
            while let decision = launches.popFirst() {
                guard case .startPod(let launch) = decision else { continue }
                var report = PodReport()
                report.identity = launch.identity
                report.phase = .succeeded
                launches += machine.apply(.podReported(report), in: surroundings).decisions
                ended += 1
            }
            guard ended == pods, machine.workflow.status.phase == .succeeded else {
                throw BenchmarkError("\(ended) of \(pods) pods ended; the workflow is \(machine.workflow.status.phase)")
            }
        }
        return (Machine.ownSeconds() - start) / Double(repeats * pods * Self.transitionsPerPod)
    }
}
