import Foundation
import IntegrationSupport
import TestSupport
import Testing

@Suite("Conformance", .timeLimit(.minutes(30)))
struct ConformanceTests {
    /// How many cases run at once: the server has more to do than we have.
    static let casesAtOnce = 8

    @Test(
        "every case of a supported feature ends as a real Argo ends it, on one process and on a cluster, tree by tree")
    func everyCase() async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        var fixtures: [ConformanceFixture] = []
        defer { for fixture in fixtures { fixture.stop() } }
        for kind in try ConformanceFixture.Kind.wanted {
            fixtures.append(try ConformanceFixture(kind, folder: folder.url))
        }
        let only = ProcessInfo.processInfo.environment["CASE"]
        let cases = try ConformanceCase.all(fixture: "http://127.0.0.1:1").filter {
            only == nil || $0.name.contains(only ?? "")
        }
        let apart = fixtures.allSatisfy { $0.isolation == .sandbox }
        let supported = cases.filter { !$0.isUnsupported && (apart || !$0.needsSandbox) }
        #expect(supported.count >= (only == nil ? 95 : 1), "the cases are missing")
        let results = try await Self.play(supported, on: fixtures)
        let failed = results.filter { !$0.1.isEmpty }
        for (name, differences) in results where differences.isEmpty { print("passed \(name)") }
        for test in cases where test.isUnsupported { print("unsupported \(test.name)") }
        for test in cases where !apart && test.needsSandbox { print("needs a sandbox \(test.name)") }
        for (name, differences) in failed { print("failed \(name): \(differences.joined(separator: "; "))") }
        print(
            "\(results.count - failed.count) passed, \(failed.count) failed, \(cases.count - supported.count) "
                + "not run")
        #expect(failed.map(\.0) == [])
    }

    /// The differences of each case, by its name; none where it passes everywhere.
    private static func play(
        _ cases: [ConformanceCase], on fixtures: [ConformanceFixture]
    ) async throws -> [(String, [String])] {
        let apus = try ApusBinary.url
        var results: [(String, [String])] = []
        await withTaskGroup(of: (String, [String]).self) { group in
            var waiting = cases.enumerated().makeIterator()
            func startNext() {
                guard let (number, test) = waiting.next() else { return }
                let runs = fixtures.map { fixture in
                    (
                        "\(fixture.kind)",
                        ConformanceRun(client: fixture.client(number), apus: apus, test: test)
                    )
                }
                group.addTask { (test.name, await Self.play(runs)) }
            }
            for _ in 0..<Self.casesAtOnce { startNext() }
            for await result in group {
                results.append(result)
                startNext()
            }
        }
        return results.sorted { $0.0 < $1.0 }
    }

    /// Plays one case everywhere at once, and compares what came of it with the case and with one another.
    private static func play(_ runs: [(String, ConformanceRun)]) async -> [String] {
        await withTaskGroup(of: (Int, ConformanceRun.Outcome).self) { group in
            for (number, (_, run)) in runs.enumerated() { group.addTask { (number, await run.play()) } }
            var outcomes: [Int: ConformanceRun.Outcome] = [:]
            for await (number, outcome) in group { outcomes[number] = outcome }
            var found: [String] = []
            for (number, (name, _)) in runs.enumerated() {
                guard let outcome = outcomes[number] else { continue }
                found += outcome.differences.map { "\(name): \($0)" }
                guard let tree = outcome.tree, let first = outcomes[0]?.tree else { continue }
                let trees = tree.differences(from: first)
                found += trees.map { "\(name), not \(runs[0].0): \($0)" }
            }
            return found
        }
    }
}
