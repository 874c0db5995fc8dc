import Expressions
import JSON
import Testing

@Suite("Any input")
struct FuzzTests {
    private static let pieces = [
        "a", "b.c", "list", "map", "1", "2.5", "'x'", "\"y\"", "nil", "true", "(", ")", "[", "]", "{", "}", "+", "-",
        "*",
        "/", "%", "**", "..", "==", "!=", "<", ">=", "&&", "||", "!", "not", "in", "matches", "contains", "??", "?.",
        "?",
        ":", "|", ",", ";", "#", ".", "let", "if", "else", "=", "filter", "map(", "len(", "reduce(", "sprig.", "trim(",
        "sortBy(", "groupBy(", "jsonpath(", "'$..a'", "fromJSON(", "repeat(", "date(", "#acc", "$env", "é", "`raw`",
        "\\", "//", "/*",
        "=~", "(?i)", "a.Succeeded", "task-a", "{{", "}}", "{{=", "\u{0}", "9999999999", "-1",
    ]

    private func text(_ random: inout SplitMix) -> String {
        let count = Int.random(in: 1...14, using: &random)
        var text = ""
        for _ in 0..<count {
            text += Self.pieces.randomElement(using: &random) ?? ""
            if Bool.random(using: &random) { text += " " }
        }
        return text
    }

    private let variables: [String: Value] = [
        "a": 1, "b": ["c": "text"], "list": [3, 1, 2], "map": ["k": "v"], "task": nil,
    ]

    @Test("no text makes an expression, a condition, a tag or a pattern crash or run on")
    func anything() throws {
        let context = ExpressionContext(
            now: Instant(seconds: 0), seed: 1, limits: ExpressionLimits(steps: 20_000, memory: 50_000))
        var parsed = 0
        for seed in 0..<20_000 as Range<UInt64> {
            var random = SplitMix(seed: seed)
            let text = self.text(&random)
            do {
                let expression = try Expression(text)
                parsed += 1
                let first = try? expression.evaluate(self.variables, context)
                let second = try? expression.evaluate(self.variables, context)
                #expect(first == second || first.map { "\($0)".contains("nan") } == true, "SEED=\(seed) \(text)")
            } catch {
                #expect(!"\(error)".isEmpty)
            }
            _ = try? WhenExpression.holds(text)
            _ = try? DependsExpression(text).evaluate { _, _ in true }
            _ = try? Pattern(text).matches("aaa-bbb text")
            _ = try? Expression("jsonpath(d, p)").evaluate(["d": "{\"a\": [1, {\"b\": 2}]}", "p": .string("$" + text)])
            let tags = TemplateText(text)
            _ = try? tags.replaced(in: Scope(self.variables), unresolved: .refused, context: context)
            #expect(
                (try? tags.replaced(in: Scope(), unresolved: .allowed)) ?? text == text || tags.hasTags, "SEED=\(seed)")
        }
        #expect(parsed > 200)
    }

    @Test("arithmetic of random expressions is that of Swift")
    func arithmetic() throws {
        for seed in 0..<500 as Range<UInt64> {
            var random = SplitMix(seed: seed)
            let (text, value) = self.sum(depth: 4, &random)
            #expect(try Expression(text).evaluate([:]) == .int(value), "SEED=\(seed) \(text)")
        }
    }

    private func sum(depth: Int, _ random: inout SplitMix) -> (String, Int) {
        if depth == 0 || Int.random(in: 0..<4, using: &random) == 0 {
            let number = Int.random(in: 0...99, using: &random)
            return ("\(number)", number)
        }
        let (left, first) = self.sum(depth: depth - 1, &random)
        let (right, second) = self.sum(depth: depth - 1, &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return ("(\(left) + \(right))", first &+ second)
        case 1: return ("(\(left) - \(right))", first &- second)
        case 2: return ("(\(left)) * (\(right))", first &* second)
        default: return ("(\(left) < \(right) ? \(left) : \(right))", first < second ? first : second)
        }
    }

    @Test("a value survives JSON and back")
    func values() throws {
        let rows: [(Value, String)] = [
            (["b": [1, 2.5, nil, true], "a": "x\n\"<"], "{\"a\":\"x\\n\\\"\\u003c\",\"b\":[1,2.5,null,true]}"),
            (1e21, "1e+21"),
            (1e20, "100000000000000000000"), (0.000001, "0.000001"), (0.0000001, "1e-7"), (-0.5, "-0.5"),
            (100.0, "100"), ([], "[]"),
        ]
        for (value, text) in rows { #expect(try value.jsonText() == text) }
        for text in ["{", "[1,]", "{\"a\"}", "tru", "01", "\"\\x\"", "1e", "nan", "[1] 2", "\"\u{1}\""] {
            #expect(throws: ValueFailure.self, "\(text)") { try parseJSONText(text) }
        }
        #expect(try parseJSONText("\"\\ud83d\\ude00\\u00e9\"") == "😀é")
        #expect(try parseJSONText("\"a\\ud83d\\u0041\\ude00\\ud800\\n\"") == "a\u{fffd}A\u{fffd}\u{fffd}\n")
        #expect(throws: ValueFailure("json: cannot unmarshal number -1e999 into Go value of type float64")) {
            try parseJSONText("[-1e999]")
        }
        for (number, text) in [(1e21, "1e+21"), (123_456_789.0, "123456789"), (0.0001, "0.0001"), (0.00001, "1e-05")] {
            #expect(Value.float(number).formatted == text)
        }
    }
}
