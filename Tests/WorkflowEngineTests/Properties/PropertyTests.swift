import TestSupport
import Testing
import Validation

@Suite("Engine properties")
struct PropertyTests {
    static let runs = 200
    /// Workflows in which each kind must occur.
    static let occurrencesMin = 1
    /// Seeds within which a planted bug must be caught.
    static let patience = 300

    @Test("no invariant breaks and every workflow ends, whatever happens in whatever order; and every kind occurs")
    func invariantsHold() {
        var occurrences: [Kind: Int] = [:]
        let seeds = Seeds.draw(Self.runs)
        for seed in seeds {
            do {
                var simulation = try EngineSimulation(seed: seed)
                try simulation.run()
                for kind in simulation.checker.kinds { occurrences[kind, default: 0] += 1 }
            } catch {
                Issue.record("SEED=\(seed): \(error)")
            }
        }
        guard seeds.count == Self.runs else { return }
        for kind in Kind.allCases {
            #expect(occurrences[kind, default: 0] >= Self.occurrencesMin, "\(kind)")
        }
    }

    @Test("every random workflow is one that may be submitted")
    func valid() throws {
        for seed in Seeds.draw(20) {
            let issues = WorkflowValidator().validate(try RandomWorkflow.make(seed: seed))
            #expect(issues.isEmpty, "SEED=\(seed)")
        }
    }

    @Test("the same seed gives the same rows and decisions, byte for byte")
    func deterministic() throws {
        for seed in Seeds.draw(15) {
            #expect(try Self.history(seed) == Self.history(seed), "SEED=\(seed)")
        }
    }

    private static func history(_ seed: UInt64, _ bug: PlantedBug? = nil) throws -> String {
        var simulation = try EngineSimulation(seed: seed, bug: bug, keepsHistory: true)
        try simulation.run()
        return simulation.checker.history
    }

    @Test(
        "a planted bug is caught by what it breaks, in a run that breaks nothing without it",
        arguments: PlantedBug.allCases)
    func plantedBug(bug: PlantedBug) throws {
        var others: [String: Int] = [:]
        for seed in 1...UInt64(Self.patience) {
            if bug == .differsFromRunToRun {
                if try Self.history(seed, bug) != Self.history(seed, bug) { return }
                continue
            }
            guard let violation = try Self.violation(seed, bug) else { continue }
            guard bug.breaks.contains(violation.rule) else {
                others["\(violation.rule)", default: 0] += 1
                continue
            }
            if try Self.violation(seed) == nil { return }
        }
        Issue.record("\(bug) was not caught by any of \(Self.patience) seeds; it broke something else: \(others)")
    }

    private static func violation(_ seed: UInt64, _ bug: PlantedBug? = nil) throws -> EngineSimulation.Violation? {
        do {
            var simulation = try EngineSimulation(seed: seed, bug: bug)
            try simulation.run()
            return nil
        } catch let violation as EngineSimulation.Violation {
            return violation
        }
    }
}
