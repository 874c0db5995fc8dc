import JSON
import OrderedCollections
import TestSupport
import Testing
import YAML

@Suite("YAMLDocuments")
struct YAMLDocumentsTests {
    @Test(
        "plain scalars mean what YAML 1.1 says, as Argo reads them",
        arguments: [
            ("y", true), ("Y", true), ("yes", true), ("on", true), ("True", true), ("n", false), ("No", false),
            ("off", false), ("FALSE", false), ("yEs", "yEs"), ("~", nil), ("null", nil), ("", nil), ("NULL", nil),
            ("0", 0), ("12", 12), ("+12", 12), ("-12", -12), ("1_000", 1000), ("0x1F", 31), ("0b101", 5), ("0o17", 15),
            ("017", 15), ("08", 8), ("-0x10", -16), ("0x", "0x"), ("1.5", 1.5), ("1.0", 1), ("1e3", 1000),
            ("1.5e-3", 0.0015),
            (".5", 0.5), ("5.", 5), ("1_0.5", 10.5), ("9223372036854775807", .integer(.max)),
            ("9223372036854775808", 9_223_372_036_854_775_808.0), ("1:30", "1:30"), ("2026-01-31", "2026-01-31"),
            ("2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"), ("1.2.3", "1.2.3"), ("+", "+"), (".", "."),
            ("1e", "1e"), ("0z", "0z"), ("hello", "hello"), ("'y'", "y"), ("\"12\"", "12"), ("!!str 12", "12"),
            ("!!int \"12\"", 12), ("!!float 1", 1), ("!!bool yes", true), ("!custom 12", "12"),
            ("!!binary aGVsbG8=", "hello"),
            ("{a: 1}", ["a": 1]), ("[a, 1]", ["a", 1]),
        ] as [(String, JSONValue)])
    func resolves(text: String, value: JSONValue) throws {
        #expect(try YAMLDocuments.read("v: \(text)", name: "") == [["v": value]])
    }

    @Test("a tag without quotes is a mapping with a mapping as its key, and refused")
    func refusesUnquotedTags() {
        let failure = #expect(throws: YAMLSyntaxError.self) {
            try YAMLDocuments.read("v: {{inputs.parameters.x}}", name: "f")
        }
        #expect(failure?.description == "f: line 1, column 5: expected a text as key, found object")
    }

    @Test("keys that are no text become text, as on the way through JSON")
    func readsKeys() throws {
        #expect(
            try YAMLDocuments.read("on: 1\n12: 2\n1.5: 3\n", name: "") == [["true": 1, "12": 2, "1.5": 3]])
        #expect(throws: YAMLSyntaxError.self) { try YAMLDocuments.read("? [a]\n: 1", name: "") }
        #expect(throws: YAMLSyntaxError.self) { try YAMLDocuments.read("~: 1", name: "") }
    }

    @Test("every document is read; empty ones and the frame of a list are left out")
    func readsDocuments() throws {
        let text = """
            # a comment
            ---
            kind: A
            ---
            ---
            kind: List
            items:
            - kind: B
            - kind: C
            ...
            ---
            # nothing
            """
        #expect(try YAMLDocuments.read(text, name: "") == [["kind": "A"], ["kind": "B"], ["kind": "C"]])
        #expect(try YAMLDocuments.read("", name: "") == [])
        #expect(try YAMLDocuments.read("# only a comment\n", name: "") == [])
    }

    @Test("JSON is read as JSON")
    func readsJSON() throws {
        #expect(try YAMLDocuments.read(#"{"a":"\ud83d\ude00\/"}"#, name: "x.yaml") == [["a": "😀/"]])
        #expect(try YAMLDocuments.read("{a: 1, b: [y]}", name: "x.yaml") == [["a": 1, "b": [true]]])
        let failure = #expect(throws: YAMLSyntaxError.self) { try YAMLDocuments.read("{\n\"a\":]}", name: "x.json") }
        #expect(
            failure?.description
                == "x.json: line 2, column 5: invalid character ']' looking for beginning of value: expected a value")
    }

    @Test("anchors, aliases and merges are resolved; a mapping's own keys win")
    func readsAliases() throws {
        let text = """
            base: &base {a: 1, b: 2}
            other: &other {b: 3, c: 4}
            one:
              <<: *base
              b: 5
            two:
              <<: [*base, *other]
            again: *base
            """
        let document = try YAMLDocuments.read(text, name: "").first
        #expect(document?["one"] == ["b": 5, "a": 1])
        #expect(document?["two"] == ["a": 1, "b": 2, "c": 4])
        #expect(document?["again"] == ["a": 1, "b": 2])
    }

    @Test(
        "an error names the file, the line, the column and what was expected",
        arguments: [
            ("a: 1\na: 2\n", "f.yaml: line 2, column 1: found key \"a\" a second time, expected each key once"),
            ("a: *b\n", "f.yaml: line 1, column 4: found alias *b, expected an anchor &b before it"),
            ("a: .inf\n", "f.yaml: line 1, column 4: expected a finite number, which JSON can hold, found inf"),
            ("a: !!int x\n", "f.yaml: line 1, column 4: expected integer as the tag says, found \"x\""),
            ("<<: 1\n", "f.yaml: line 1, column 1: expected a mapping or a list of mappings to merge, found number"),
        ])
    func placesErrors(text: String, message: String) {
        let failure = #expect(throws: YAMLSyntaxError.self) { try YAMLDocuments.read(text, name: "f.yaml") }
        #expect(failure?.description == message)
    }

    @Test(
        "broken text is refused with its place",
        arguments: [
            ("a: [1, 2\nb: 3", 2), ("a:\n  - b\n c: d", 3), ("a: \"unclosed", 1), ("\tb: 1", 1), ("a: b: c", 1),
            ("a: 'x'y", 1), ("%bad\n---\na", 1), ("a: @x", 1), ("a: 1\n\u{1}: 2", 2),
        ])
    func refusesBrokenText(text: String, line: Int) {
        let failure = #expect(throws: YAMLSyntaxError.self) { try YAMLDocuments.read(text, name: "f") }
        #expect(failure?.mark.line == line)
    }

    @Test("a plain letter is no boolean where the file is meant for Python's reader")
    func readsLettersAsTexts() throws {
        let documents = try YAMLDocuments.read("y: [n, no, Y]", name: "", lettersAreBooleans: false)
        #expect(documents == [["y": ["n", false, "Y"]]])
    }

    @Test("the last of two keys counts where the reader is lenient")
    func readsLeniently() throws {
        #expect(try YAMLDocuments.read("a: 1\na: 2\n", name: "", isStrict: false) == [["a": 2]])
    }

    @Test("texts that would fill the memory are refused at their limits")
    func refusesBombs() throws {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let row = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            bomb += "a\(level): &a\(level) [\(row)]\n"
        }
        #expect(throws: YAMLSyntaxError.self) { try YAMLDocuments.read(bomb, name: "bomb") }
        let limit = YAMLLimits.depth
        let deepest = String(repeating: "[", count: limit) + String(repeating: "]", count: limit)
        _ = try YAMLDocuments.read(deepest, name: "deep")
        #expect(throws: YAMLSyntaxError.self) { try YAMLDocuments.read("a: \(deepest)", name: "deep") }
        #expect(throws: YAMLSyntaxError.self) {
            try YAMLDocuments.read(String(repeating: "a: [", count: 100_000), name: "deep")
        }
        #expect(throws: YAMLSyntaxError.self) {
            try YAMLDocuments.read([UInt8](repeating: 0x20, count: YAMLLimits.textBytes + 1), name: "large")
        }
        #expect(throws: YAMLSyntaxError.self) {
            try YAMLDocuments.read(String(repeating: "--- a\n", count: YAMLLimits.documents + 1), name: "many")
        }
    }

    @Test("any text is read or refused, and nothing else happens")
    func survivesAnything() {
        let pieces = [
            "a", "b", ":", ": ", "- ", "-", "\n", "\n  ", "\n    ", "[", "]", "{", "}", ",", "&a ", "*a", "<<: ",
            "!!int ", "|",
            ">-", "'", "\"", "#", "%", "@", "?", "? ", "---\n", "...\n", "~", "1", "0x", "é", "\t", "\r", "\u{0}",
            "\u{FEFF}",
        ]
        for seed in Seeds.draw(3_000) {
            var random = SplitMix64(seed: seed)
            let text = (0..<random.below(30)).map { _ in random.pick(pieces) }.joined()
            _ = try? YAMLDocuments.read(text, name: "")
            var bytes = Array(text.utf8)
            if !bytes.isEmpty { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
            _ = try? YAMLDocuments.read(bytes, name: "")
        }
    }
}
