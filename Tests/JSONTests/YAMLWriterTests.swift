import JSON
import OrderedCollections
import TestSupport
import Testing
import YAML

@Suite("YAMLWriter")
struct YAMLWriterTests {
    @Test("objects and lists are written as blocks, as kubectl writes them")
    func writesBlocks() {
        let value: JSONValue = [
            "kind": "Workflow", "list": [1, ["a": "b", "c": ["d"]], [["e"]], []], "empty": [:], "none": nil,
        ]
        #expect(
            YAMLWriter.text(for: value) == """
                kind: Workflow
                list:
                - 1
                - a: b
                  c:
                  - d
                - - - e
                - []
                empty: {}
                none: null

                """)
        #expect(YAMLWriter.text(for: ["b": 1, "a": 2], sortsKeys: true) == "a: 2\nb: 1\n")
        #expect(YAMLWriter.text(forDocuments: [["a": 1], ["b": 2]]) == "a: 1\n---\nb: 2\n")
    }

    @Test(
        "a text is quoted only where it must be",
        arguments: [
            ("hello world", "hello world"), ("", "\"\""), ("true", "\"true\""), ("y", "\"y\""), ("12", "\"12\""),
            ("1.5", "\"1.5\""), ("null", "\"null\""), ("2026-11-23T02:46:06Z", "\"2026-11-23T02:46:06Z\""),
            ("1:30", "\"1:30\""), ("{{inputs.parameters.x}}", "'{{inputs.parameters.x}}'"), ("it's", "it's"),
            ("'quoted'", "'''quoted'''"), ("a: b", "'a: b'"), ("a #b", "'a #b'"), ("- a", "'- a'"), ("-a", "-a"),
            ("a:", "'a:'"), ("@x", "'@x'"), ("a\tb", "\"a\\tb\""), (" a", "' a'"), ("*", "'*'"),
            ("a\u{1}", "\"a\\x01\""),
            ("---", "'---'"), ("a\nb", "|-\n  a\n  b"), ("a\nb\n", "|\n  a\n  b"), ("a\n\n", "|+\n  a\n"),
            (" a\nb", "\" a\\nb\""),
        ])
    func quotes(text: String, written: String) {
        #expect(YAMLWriter.text(for: ["k": .string(text)]) == "k: \(written)\n")
    }

    @Test("what is written reads back the same")
    func roundTrips() throws {
        for seed in Seeds.draw(2_000) {
            var random = SplitMix64(seed: seed)
            let value: JSONValue = ["v": .random(depth: 4, using: &random)]
            let text = YAMLWriter.text(for: value)
            #expect(try YAMLDocuments.read(text, name: "") == [value], "SEED=\(seed)")
        }
    }
}
