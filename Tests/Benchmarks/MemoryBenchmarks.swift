import Foundation
import JSON
import NodeRunner
import Scheduler

/// What a scheduler holds in memory of work that goes on, as part of B8.
///
/// Each is measured in a process of its own, so that nothing else was there before.
struct MemoryBenchmarks {
    let folder: URL

    enum Load: String {
        /// A workflow whose pods all run.
        case nodes = "live-nodes"
        /// Workflows that wait until one that runs has ended.
        case workflows = "pending-workflows"

        static let count = 100_000
    }

    func all(into report: inout Report) throws {
        let nodes = try self.mebibytes(of: .nodes) * 1_024 / Double(Load.count)
        report.add(
            Figure(
                benchmark: "B8", what: "memory for each of \(Load.count) live nodes", value: nodes, unit: "KiB",
                aim: "≤ 4 KiB", isMet: nodes <= 4))
        let pending = try self.mebibytes(of: .workflows)
        report.add(
            Figure(
                benchmark: "B8", what: "memory of \(Load.count) pending workflows", value: pending, unit: "MiB",
                aim: "≤ 256 MiB", isMet: pending <= 256))
    }

    private func mebibytes(of load: Load) throws -> Double {
        let folder = self.folder.appendingPathComponent(load.rawValue)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["memory", load.rawValue, folder.path]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard let value = Double(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw BenchmarkError("memory of \(load.rawValue): no figure")
        }
        return value
    }

    // MARK: The process that is measured

    /// How long memory may go on to change when the last workflow is there.
    private static let settling = Duration.seconds(3)
    private static let clients = 64

    /// Prints by how many MiB this process grew under the load.
    static func measure(_ load: Load, folder: URL) async throws {
        var setup = NullCluster.Setup()
        setup.endsPods = false
        setup.podLimit = 2 * Load.count
        if load == .workflows { setup.parallelism = 1 }
        let store = try await SQLiteStore(folder: folder.path)
        let growth = try await NullCluster.with(stores: [store], setup) { cluster in
            // What the first workflow needs is no matter of how many there are.
            try await cluster.submit(Workloads.single)
            try await self.wait(until: { cluster.launches == 1 })
            let before = try Machine.residentMiB(of: getpid())
            switch load {
            case .nodes:
                try await cluster.submit(Workloads.fanOut(Load.count))
                try await self.wait(until: { cluster.launches == Load.count + 1 })
            case .workflows:
                try await withThrowingDiscardingTaskGroup { group in
                    for client in 0..<self.clients {
                        group.addTask {
                            for _ in stride(from: client, to: Load.count, by: self.clients) {
                                try await cluster.submit(Workloads.single)
                            }
                        }
                    }
                }
            }
            try await Task.sleep(for: self.settling)
            // As every scheduler does now and then.
            MemoryKeeper.look()
            guard load == .nodes || cluster.launches == 1 else { throw BenchmarkError("more than one workflow runs") }
            return try Machine.residentMiB(of: getpid()) - before
        }
        print(growth)
    }

    private static func wait(until isDone: () -> Bool) async throws {
        while !isDone() { try await Task.sleep(for: .milliseconds(10)) }
    }
}
