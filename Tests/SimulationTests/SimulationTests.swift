import Foundation
import TestSupport
import Testing

/// A whole cluster in one thread, from one seed.
@Suite("Simulation", .serialized)
struct SimulationTests {
    private static let seeds = 40
    /// How many seeds a planted bug may take to be caught.
    private static let bugSeeds: UInt64 = 24

    @Test("whatever breaks, no invariant does, and everything finishes once nothing breaks any more")
    func everySeed() throws {
        for seed in Seeds.draw(Self.seeds) {
            try Self.begin(seed)
            let outcome = SimulationRun.run(seed: seed)
            try Self.keep(outcome)
            #expect(outcome.violations.isEmpty, "SEED=\(seed): \(outcome.violations)")
        }
    }

    /// Writes which seed is under way to the file that the environment variable `SIMULATED_SEED` names: where it
    /// crashes nothing else says so.
    private static func begin(_ seed: UInt64) throws {
        guard let path = ProcessInfo.processInfo.environment["SIMULATED_SEED"], !path.isEmpty else { return }
        try "\(seed)\n".write(toFile: path, atomically: false, encoding: .utf8)
    }

    /// Writes the history of a run to the file that the environment variable `SIMULATION_LOG` names.
    private static func keep(_ outcome: SimulationRun.Outcome) throws {
        guard let path = ProcessInfo.processInfo.environment["SIMULATION_LOG"] else { return }
        try outcome.log.write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// The first line that is not the same.
    private static func difference(_ left: String, _ right: String) -> String {
        let (left, right) = (left.split(separator: "\n"), right.split(separator: "\n"))
        for (number, lines) in zip(left, right).enumerated() where lines.0 != lines.1 {
            return "line \(number): \(lines.0), but \(lines.1)"
        }
        return "\(left.count) lines, but \(right.count)"
    }

    @Test("every planted bug is caught", arguments: PlantedBug.allCases.filter { $0 != .none })
    func plantedBug(_ bug: PlantedBug) {
        let known = PlantedBug.seeds[bug] ?? []
        for seed in known + (1...Self.bugSeeds).filter({ !known.contains($0) }) {
            let outcome = SimulationRun.run(seed: seed, bug: bug)
            if !outcome.violations.isEmpty { return }
        }
        Issue.record("BUG \(bug.rawValue) was not caught in \(Self.bugSeeds) seeds")
    }

    /// Where the environment variable says that the seeds which show planted bugs are to be written.
    private static let seedFile = ProcessInfo.processInfo.environment["PLANTED_BUG_SEEDS"]
    /// How many seeds are kept for each.
    private static let keptSeeds = 3

    @Test("the seeds that show each planted bug soonest are found anew", .enabled(if: SimulationTests.seedFile != nil))
    func findSeeds() throws {
        var lines: [String] = []
        for bug in PlantedBug.allCases where bug != .none {
            var costs: [(jobs: Int, seed: UInt64)] = []
            for seed in 1...Self.bugSeeds {
                let outcome = SimulationRun.run(seed: seed, bug: bug)
                if !outcome.violations.isEmpty { costs.append((outcome.jobs, seed)) }
            }
            #expect(!costs.isEmpty, "BUG \(bug.rawValue) was not caught in \(Self.bugSeeds) seeds")
            let seeds = costs.sorted { $0 < $1 }.prefix(Self.keptSeeds).map { "\($0.seed)" }
            lines.append("        .\(bug.rawValue): [\(seeds.joined(separator: ", "))],")
        }
        let path = try #require(Self.seedFile)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let start = try #require(text.range(of: "[PlantedBug: [UInt64]] = ["))
        let table = "\n\(lines.joined(separator: "\n"))\n    ]\n}\n"
        try (text[..<start.upperBound] + table).write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// Hashes must not be drawn anew by each process: the Makefile sets the variable.
    private static let hasFixedHashes = ProcessInfo.processInfo.environment["SWIFT_DETERMINISTIC_HASHING"] != nil

    @Test("the same seed is the same history, byte for byte", .enabled(if: SimulationTests.hasFixedHashes))
    func sameSeed() {
        for seed in Seeds.draw(2).prefix(2) {
            let first = SimulationRun.run(seed: seed)
            let second = SimulationRun.run(seed: seed)
            #expect(first.fingerprint == second.fingerprint, "SEED=\(seed): \(Self.difference(first.log, second.log))")
        }
    }
}
