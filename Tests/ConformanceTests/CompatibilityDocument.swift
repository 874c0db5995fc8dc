import Foundation
import IntegrationSupport
import JSON
import OrderedCollections
import Testing

/// What of Argo runs, said by the tests that show it: `docs/compatibility.md` is written from this.
enum CompatibilityDocument {
    static let file = GoldenTests.corpus.deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("docs/compatibility.md")

    static func text() throws -> String {
        let cases = try ConformanceCase.all(fixture: "http://127.0.0.1:1")
        let features = Set(cases.flatMap(\.features)).sorted()
        let golden = try ["argo-examples", "hera-examples"].flatMap { try GoldenTests.recorded(in: $0) }
        let runnable = golden.filter { !$0.isUnsupported }
        func count(_ exactness: NodeTree.Exactness) -> Int {
            runnable.count { recorded in
                recorded.exactness == exactness && KnownDifferences.files[recorded.file.lastPathComponent] == nil
            }
        }
        var lines = [
            "# Compatibility with Argo Workflows 4.1.2", "",
            "This page is written by the tests (`WRITE_DOCS=1 swift test --filter ConformanceTests`), and a "
                + "test fails where it",
            "is out of date. A feature runs if every one of its cases passes against the real binary over HTTP, "
                + "as one process and",
            "as a cluster, with the same node tree on both.", "",
            "| feature | cases | runs |", "|---|---:|---|",
        ]
        for feature in features {
            let count = cases.filter { $0.features.contains(feature) }.count
            let runs = ConformanceCase.unsupportedFeatures.contains(feature) ? "not yet" : "yes"
            lines.append("| \(feature) | \(count) | \(runs) |")
        }
        lines += [
            "", "Of \(cases.count) cases, \(cases.filter { !$0.isUnsupported }.count) must pass in every test run.", "",
            "## Recorded node trees", "",
            "\(golden.count) public workflow files have a node tree and logs recorded from a real Argo 4.1.2.",
            "\(runnable.count) of them need nothing that is listed as \"not yet\" above, no image of their own "
                + "and no Kubernetes;",
            "\(runnable.count - KnownDifferences.files.count) of these end as recorded: \(count(.values)) give the "
                + "same tree and the same logs; \(count(.shape)) draw random",
            "numbers or print the time, and give the same tree but for such values; of \(count(.phase)) chance decides "
                + "what nodes there",
            "are, and they are compared by their phase. The others differ, and why:",
            "",
        ]
        if KnownDifferences.files.isEmpty { lines.append("(none)") }
        for (file, reason) in KnownDifferences.files.sorted(by: { $0.key < $1.key }) {
            lines.append("- `\(file)`: \(reason)")
        }
        lines += ["", "Cases whose recorded tree differs from ours, and why:", ""]
        if KnownDifferences.cases.isEmpty { lines.append("(none)") }
        for (name, reason) in KnownDifferences.cases.sorted(by: { $0.key < $1.key }) {
            lines.append("- `\(name)`: \(reason)")
        }
        lines += ["", "## Different on purpose", ""] + KnownDifferences.onPurpose.map { "- \($0)" }
        lines += ["", "## As in Argo, though it may surprise", ""] + KnownDifferences.likeArgo.map { "- \($0)" }
        lines += ["", "## Not yet", ""] + KnownDifferences.notYet.map { "- \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }
}

@Suite("Compatibility page")
struct CompatibilityDocumentTests {
    @Test("docs/compatibility.md says what the tests show")
    func isCurrent() throws {
        let text = try CompatibilityDocument.text()
        if ProcessInfo.processInfo.environment["WRITE_DOCS"] != nil {
            try text.write(to: CompatibilityDocument.file, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: CompatibilityDocument.file, encoding: .utf8)
        #expect(written == text, "run: WRITE_DOCS=1 swift test --filter CompatibilityDocumentTests")
    }
}
