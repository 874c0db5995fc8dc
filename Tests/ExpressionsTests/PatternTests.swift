import Expressions
import Testing

@Suite("Pattern")
struct PatternTests {
    @Test("patterns match what RE2 matches")
    func matching() throws {
        let rows: [(String, String, Bool)] = [
            ("abc", "xabcx", true), ("^abc$", "abc", true), ("^abc$", "abcd", false), ("a.c", "abc", true),
            ("a.c", "a\nc", false), ("(?s)a.c", "a\nc", true), ("a|b", "b", true), ("^(a|b)*$", "abba", true),
            ("[a-c]+", "xxb", true), ("^[^a-c]+$", "xyz", true), ("\\d{2,3}", "a12", true), ("^\\d{2,3}$", "1", false),
            ("^\\w+\\s\\w+$", "ab cd", true), ("(?i)HELLO", "hello", true), ("\\bfoo\\b", "a foo b", true),
            ("\\bfoo\\b", "afoob", false), ("(?m)^b$", "a\nb\nc", true), ("^$", "", true), ("", "anything", true),
            ("a??b", "b", true), ("x*?y", "xxy", true), ("[[:alpha:]]+", "1a", true), ("\\p{Lu}", "É", true),
            ("\\x41", "A", true), ("\\x{1F600}", "😀", true), ("\\Qa.b\\E", "a.b", true), ("\\Qa.b\\E", "axb", false),
            ("[\\]]", "]", true), ("[]a]", "]", true), ("(?:ab)+c", "ababc", true), ("a{0}b", "b", true),
            ("é+", "caféé", true),
            ("^(?P<y>\\d{4})-(\\d\\d)$", "2024-02", true), ("[a-", "", false), ("a{,3}", "a{,3}", true),
            ("\\.", ".", true),
        ]
        for (source, text, expected) in rows where source != "[a-" {
            #expect(try Pattern(source).matches(text) == expected, "\(source) on \(text)")
        }
    }

    @Test("wrong patterns are refused with Go's words")
    func failures() {
        let rows: [(String, String)] = [
            ("(", "missing closing ): `(`"), (")", "unexpected ): `)`"), ("[a", "missing closing ]: `[a`"),
            ("*", "missing argument to repetition operator: `*`"), ("a**", "invalid nested repetition operator: `*`"),
            ("\\", "trailing backslash at end of expression: ``"), ("[z-a]", "invalid character class range: `z-a`"),
            ("a{1001}", "invalid repeat count: `{1001}`"), ("(?<n", "invalid named capture"),
            ("\\k", "invalid escape sequence: `\\k`"),
        ]
        for (source, message) in rows {
            #expect(
                performing: { try Pattern(source) }, throws: { "\($0)".hasPrefix("error parsing regexp: \(message)") })
        }
    }

    @Test("groups and replacements")
    func groups() throws {
        let date = try Pattern("(?P<y>\\d+)-(\\d+)")
        #expect(
            try date.replacing(in: "on 2024-02 and 2025-03", with: "$2/${y}", isLiteral: false)
                == "on 02/2024 and 03/2025")
        #expect(try date.replacing(in: "2024-02", with: "$2", isLiteral: true) == "$2")
        #expect(try Pattern("a*").replacing(in: "baaac", with: "x", isLiteral: false) == "xbxcx")
        #expect(try Pattern("a|ab").allMatches(in: "ab").first?.groups.first == 0..<1)
        #expect(try Pattern("a+?").allMatches(in: "aaa").count == 3)
    }

    @Test("patterns that make others explode take no longer than any")
    func cost() throws {
        let text = String(repeating: "a", count: 2_000)
        for source in ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*)*x", "^(([a-z])+.)+[A-Z]([a-z])+$"] {
            #expect(try Pattern(source).matches(text + "!") == false, "\(source)")
        }
        #expect(throws: PatternError.self) { try Pattern("((a{1000}){1000}){1000}") }
        #expect(throws: PatternError.self) { try Pattern(String(repeating: "(", count: 5_000)) }
    }
}
