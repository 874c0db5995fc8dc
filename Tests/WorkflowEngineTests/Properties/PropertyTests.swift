import Foundation
import TestSupport
import Testing

@Suite("Engine properties")
struct PropertyTests {
    static let runs = 400

    @Test("no invariant breaks and every workflow ends, whatever happens in whatever order")
    func invariantsHold() {
        for seed in Seeds.draw(Self.runs) {
            do {
                var simulation = try EngineSimulation(seed: seed)
                try simulation.run()
            } catch {
                Issue.record("SEED=\(seed): \(error)")
            }
        }
    }

    @Test("the same seed gives the same rows and decisions, byte for byte")
    func deterministic() throws {
        for seed in Seeds.draw(40) {
            var (first, second) = (try EngineSimulation(seed: seed), try EngineSimulation(seed: seed))
            try first.run()
            try second.run()
            #expect(first.checker.history == second.checker.history, "SEED=\(seed)")
        }
    }

    @Test("every planted bug is caught", arguments: EngineSimulation.Fault.allCases)
    func plantedBug(fault: EngineSimulation.Fault) throws {
        for seed in UInt64(1)...300 {
            guard fault != .differsFromRunToRun else {
                var (first, second) = (
                    try EngineSimulation(seed: seed, fault: fault), try EngineSimulation(seed: seed, fault: fault)
                )
                try? first.run()
                try? second.run()
                if first.checker.history != second.checker.history { return }
                continue
            }
            do {
                var simulation = try EngineSimulation(seed: seed, fault: fault)
                try simulation.run()
            } catch {
                return
            }
        }
        Issue.record("\(fault) was not caught by any of 300 seeds")
    }
}
