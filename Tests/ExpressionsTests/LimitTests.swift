import Expressions
import Testing

@Suite("Limits")
struct LimitTests {
    @Test("what would grow without end is stopped, whatever makes it grow")
    func growth() throws {
        let hostile = [
            "reduce(1..100000, [#acc], [])", "reduce(1..100000, ({a: #acc}), {})", "reduce(1..40, [#acc, #acc], [1])",
            "toJson(reduce(1..40, ({a: #acc, b: #acc}), {}))", "reduce(1..40, concat([#acc], [#acc]), [1])",
            "reduce(1..40, sprig.list(#acc, #acc), [1])", "reduce(1..60, map(1..2, #acc), 'x')",
            "reduce(1..60, sprig.dict('a', #acc, 'b', #acc), 1)", "reduce(1..60, #acc + #acc, 'xxxxxxxxxxxxxxxxxxxx')",
            "replace(repeat('a', 900000), 'a', repeat('b', 900000))",
            "join(split(repeat('a,', 90000), ','), repeat('x', 900000))",
            "sprig.wrapWith(1, repeat('x', 900000), repeat('a', 900000))",
            "sprig.regexReplaceAll('a', repeat('a', 900000), repeat('b', 900000))",
            "sprig.regexReplaceAll('(.*)', repeat('a', 900000), repeat('$1', 9000))",
            "sprig.indent(900000, repeat(\"\\n\", 900000))", "map(1..100000, len(repeat('x', 900000)))",
            "map(1..900000, repeat('a', 3000) matches '^(a+)+$')", "count(1..900000, any(1..900000, # == 0))",
            "repeat(repeat('x', 1000000), 1000000)", "sort(map(1..900000, [#]))",
            "sprig.until(999999) | map([#, #, #, #, #])",
        ]
        let tight = ExpressionContext(limits: ExpressionLimits(steps: 100_000, memory: 200_000))
        for source in hostile {
            #expect(throws: ExpressionError.self, "\(source)") { try Expression(source).evaluate([:], tight) }
        }
    }

    @Test("what is large but sound still works")
    func soundness() throws {
        let rows: [(String, Value)] = [
            ("len(map(1..20000, # * 2))", 20_000), ("sum(1..100000)", 5_000_050_000),
            ("len(repeat('ab', 100000))", 200_000),
            ("len(split(repeat('a,', 20000), ','))", 20_001), ("len(reduce(1..500, concat(#acc, [#]), []))", 500),
        ]
        for (source, expected) in rows {
            #expect(try Expression(source).evaluate([:]) == expected, "\(source)")
        }
        let document = "{\"a\": [" + (0..<3000).map { "{\"b\": \($0)}" }.joined(separator: ",") + "]}"
        let found = try Expression("len(jsonpath(d, '$..b'))").evaluate(["d": .string(document)])
        #expect(found == 3000)
    }

    @Test("expressions just within the depth limit are evaluated on any stack")
    func depth() throws {
        func nested(_ open: String, _ inside: String, _ close: String, _ count: Int) -> String {
            String(repeating: open, count: count) + inside + String(repeating: close, count: count)
        }
        for source in [
            nested("(", "1", ")", 240), nested("[", "1", "]", 240), nested("!", "true", "", 240),
            nested("- ", "1", "", 200),
            nested("{a: ", "1", "}", 240), nested("len([", "1", "])", 100), nested("true ? ", "1", " : 2", 200),
            nested("map([1], ", "#", ")", 100), nested("let x = 1; ", "2", "", 1),
            "a" + String(repeating: "?.b", count: 110), Array(repeating: "1", count: 240).joined(separator: "+"),
            nested("if true { ", "1", " } else { 2 }", 100), nested("string(", "1", ")", 200),
        ] {
            #expect(throws: Never.self, "\(source.prefix(20))") { try Expression(source).evaluate(["a": ["b": nil]]) }
        }
        for source in [
            nested("(", "1", ")", 9_000), nested("[", "1", "]", 9_000), nested("!", "true", "", 9_000),
            "a" + String(repeating: ".b", count: 9_000), nested("true ? ", "1", " : 2", 9_000),
            nested("let x = 1; ", "2", "", 9_000),
        ] {
            #expect(throws: ExpressionError.self) { try Expression(source) }
        }
    }

    @Test("paths that would visit a document over and over are stopped")
    func paths() throws {
        let document = "[" + Array(repeating: "[1,2,3,4,5,6,7,8]", count: 60).joined(separator: ",") + "]"
        func query(_ path: String) throws -> Value {
            try Expression("jsonpath(d, p)").evaluate(["d": .string(document), "p": .string(path)])
        }
        #expect(throws: ExpressionError.self) { try query("$" + String(repeating: ".a", count: 900)) }
        #expect(throws: Never.self) { try query("$" + String(repeating: "..*", count: 12)) }
    }

    @Test("a reference is resolved with or without its braces")
    func references() throws {
        var scope = Scope(["foo": "bar", "steps.a.outputs.result": "7"])
        scope["gone"] = .null
        #expect(try scope.resolve("{{foo}}") == "bar")
        #expect(try scope.resolve("foo") == "bar")
        #expect(try scope.resolve("{{ foo }}") == "bar")
        #expect(try scope.resolve("{{=asInt(steps.a.outputs.result) + 1}}") == 8)
        #expect(try scope.resolve("{{gone}}") == nil)
        #expect(throws: TemplateError(.missing, "Unable to resolve: \"nope\"")) { try scope.resolve("{{nope}}") }
        #expect(throws: TemplateError(.failed, "Unable to compile: \"!\"")) { try scope.resolve("{{=!}}") }
        #expect(try Expression("steps.a.outputs.result == '7'").condition(in: scope))
        #expect(try Expression("foo + '!'").evaluate(in: scope) == "bar!")
    }
}
