import Expressions
import Testing

/// What an expression must give with some variables.
struct ExpressionCase {
    let source: String
    let expected: Value

    init(_ source: String, _ expected: Value) {
        self.source = source
        self.expected = expected
    }
}

/// What goes wrong with an expression.
struct FailureCase {
    let source: String
    let message: String

    init(_ source: String, _ message: String) {
        self.source = source
        self.message = message
    }
}

let sampleVariables: [String: Value] = [
    "name": "apus", "count": 3, "ratio": 0.5, "yes": true, "no": false, "nothing": nil,
    "list": [1, 2, 3, 4], "words": ["b", "a", "c"], "empty": [],
    "map": ["a": 1, "b": ["c": "deep"]],
    "people": [
        ["name": "Ann", "age": 30, "team": "x"], ["name": "Bob", "age": 20, "team": "y"],
        ["name": "Cem", "age": 25, "team": "x"],
    ],
]

func check(_ cases: [ExpressionCase], context: ExpressionContext = ExpressionContext()) {
    for row in cases {
        do {
            let value = try Expression(row.source).evaluate(sampleVariables, context)
            #expect(value == row.expected, "\(row.source)")
        } catch {
            Issue.record("\(row.source): \(error)")
        }
    }
}

func checkFailures(_ cases: [FailureCase]) {
    for row in cases {
        do {
            let value = try Expression(row.source).evaluate(sampleVariables)
            Issue.record("\(row.source) gives \(value), not an error")
        } catch {
            #expect("\(error)".hasPrefix(row.message), "\(row.source): \(error)")
        }
    }
}

@Suite("Expression")
struct ExpressionTests {
    @Test("literals have the values that they spell")
    func literals() {
        check([
            .init("1", 1), .init("0x1F", 31), .init("0b101", 5), .init("0o17", 15), .init("1_000", 1000),
            .init("1.5", 1.5), .init(".5", 0.5), .init("1e3", 1000.0), .init("2.", 2.0), .init("true", true),
            .init("nil", nil), .init("'a'", "a"), .init("\"a\"", "a"), .init("`a\\n`", "a\\n"), .init("`a``b`", "a`b"),
            .init(#"'\n\t\\\'\"'"#, "\n\t\\'\""), .init(#"'\u00e9\x41\u{1F600}\101'"#, "éA😀A"),
            .init("[1, 'a', nil,]", [1, "a", nil]), .init("{a: 1, 'b c': 2, 3: 4,}", ["a": 1, "b c": 2, "3": 4]),
            .init("{('a' + 'b'): 1}", ["ab": 1]), .init("1 // one", 1), .init("/* two */ 2", 2), .init("[]", []),
        ])
    }

    @Test("arithmetic keeps integers where Go does")
    func arithmetic() {
        check([
            .init("1 + 2 * 3", 7), .init("(1 + 2) * 3", 9), .init("7 / 2", 3.5), .init("6 / 2", 3.0), .init("7 % 3", 1),
            .init("-7 % 3", -1), .init("2 ** 3", 8.0), .init("2 ^ 3", 8.0), .init("2 ** 3 ** 2", 512.0),
            .init("-2 ** 2", -4.0), .init("1 + 0.5", 1.5), .init("1 - 0.5", 0.5), .init("'a' + 'b'", "ab"),
            .init("-count", -3), .init("+count", 3), .init("1 - -1", 2), .init("10 - 4 - 3", 3),
            .init("9223372036854775807 + 1", .int(Int.min)),
        ])
    }

    @Test("comparisons compare numbers of both kinds, strings and deep values")
    func comparisons() {
        check([
            .init("1 == 1.0", true), .init("1 != 2", true), .init("'a' < 'b'", true), .init("2 >= 2", true),
            .init("1 < 2 < 3", true), .init("1 < 3 < 2", false), .init("[1, 2] == [1, 2.0]", true),
            .init("{a: 1} == {a: 1}", true), .init("nil == nil", true), .init("nothing == nil", true),
            .init("list == [1, 2, 3, 4]", true), .init("name == 'apus' and count > 2", true),
            .init("not (yes && no)", true), .init("!yes or no", false), .init("not yes", false),
            .init("yes || map.zzz.x", true), .init("no && map.zzz.x", false),
        ])
    }

    @Test("operators on strings and membership")
    func words() {
        check([
            .init("'foobar' contains 'oba'", true), .init("'foobar' startsWith 'foo'", true),
            .init("'foobar' endsWith 'bar'", true), .init("'foobar' not startsWith 'bar'", true),
            .init("'abc' matches '^a.c$'", true), .init("'abc' not matches 'd'", true),
            .init("'abc' matches name", false), .init("map.zzz matches 'a'", false),
            .init("map.zzz contains 'a'", false),
            .init("2 in list", true), .init("5 not in list", true), .init("'a' in map", true),
            .init("'z' in map", false),
            .init("'a' in words", true), .init("1 in 0..2", true), .init("1 in [1.0]", true),
            .init("'x' in {x: 1}", true),
        ])
    }

    @Test("members, indices and slices")
    func members() {
        check([
            .init("map.a", 1), .init("map['a']", 1), .init("map.b.c", "deep"), .init("map.zzz", nil),
            .init("list[0]", 1), .init("list[-1]", 4), .init("list[1:3]", [2, 3]), .init("list[:2]", [1, 2]),
            .init("list[2:]", [3, 4]), .init("list[:-1]", [1, 2, 3]), .init("list[:]", [1, 2, 3, 4]),
            .init("list[3:1]", []), .init("list[-9:9]", [1, 2, 3, 4]), .init("'hello'[1:3]", "el"),
            .init("map?.b?.c", "deep"), .init("map.zzz?.b.c.d", nil), .init("map.zzz?.[0]", nil),
            .init("map.zzz?.y.x", nil), .init("nothing ?? 'x'", "x"), .init("map.zzz ?? 1", 1),
            .init("map.zzz?.x ?? 'y'", "y"), .init("people[1].name", "Bob"), .init("$env.count", 3),
            .init("$env['name']", "apus"), .init("$env?.missing", nil), .init("map.not", nil),
        ])
    }

    @Test("conditionals, declarations and sequences")
    func control() {
        check([
            .init("yes ? 1 : 2", 1), .init("no ? 1 : yes ? 2 : 3", 2), .init("yes ?: 3", true),
            .init("if yes { 1 } else { 2 }", 1), .init("if no { 1 } else if yes { 2 } else { 3 }", 2),
            .init("let x = 2; x * x", 4), .init("let x = 1; let y = x + 1; [x, y]", [1, 2]), .init("1; 2; 3", 3),
            .init("(let x = 5; x) + 1", 6), .init("1..3", [1, 2, 3]), .init("3..1", []), .init("1..1", [1]),
        ])
    }

    @Test("predicates see the element, its index and the accumulator")
    func predicates() {
        check([
            .init("all(list, # > 0)", true), .init("any(list, {# > 3})", true), .init("none(list, # > 9)", true),
            .init("one(list, # == 2)", true), .init("filter(list, # % 2 == 0)", [2, 4]),
            .init("map(list, # * 2)", [2, 4, 6, 8]), .init("map(people, .name)", ["Ann", "Bob", "Cem"]),
            .init("filter(people, .age > 21) | map(.name)", ["Ann", "Cem"]), .init("count(list, # > 1)", 3),
            .init("count([true, false])", 1), .init("sum(list)", 10), .init("sum(people, .age)", 75),
            .init("find(list, # > 2)", 3), .init("find(list, # > 9)", nil), .init("findIndex(list, # > 2)", 2),
            .init("findIndex(list, # > 9)", -1), .init("findLast(list, # < 3)", 2),
            .init("findLastIndex(list, # < 3)", 1), .init("map(words, #index)", [0, 1, 2]),
            .init("reduce(list, #acc + #)", 10), .init("reduce(list, #acc + #, 5)", 15),
            .init("reduce([], #acc, 7)", 7), .init("sortBy(people, .age)[0].name", "Bob"),
            .init("sortBy(people, .age, 'desc')[0].name", "Ann"),
            .init("groupBy(people, .team).x | map(.name)", ["Ann", "Cem"]), .init("groupBy(list, # % 2)[0]", [2, 4]),
            .init("map([[1, 2], [3]], sum(#))", [3, 3]), .init("map(1..2, map(1..2, # * 10))", [[10, 20], [10, 20]]),
            .init("filter(list, {let x = # * 2; x > 4})", [3, 4]), .init("any([], true)", false),
            .init("all([], false)", true), .init("map(list, {#})[1:][0]", 2),
        ])
    }

    @Test("a wrong expression names its place and shows it")
    func syntaxErrors() {
        checkFailures([
            .init("foo +", "unexpected token EOF (1:5)\n | foo +\n | ....^"),
            .init("!", "unexpected token EOF (1:1)"), .init("1 +* 2", "unexpected token Operator(\"*\") (1:4)"),
            .init("invalid expression", "unexpected token Identifier(\"expression\") (1:9)"),
            .init("", "unexpected token EOF"), .init("(1", "unexpected token EOF (1:2)"),
            .init("'abc", "literal not terminated (1:5)"), .init("1 @ 2", "unrecognized character: U+0040 '@' (1:3)"),
            .init("1a", "bad number syntax: \"1a\" (1:2)"), .init("/* x", "unclosed comment (1:5)"),
            .init("a ?? b + 1", "Operator (+) and coalesce expressions (??) cannot be mixed."),
            .init("map(list)", "expected at least 2 arguments (1:9)"),
            .init("{1}", "unexpected token Bracket(\"}\") (1:3)"),
            .init("filter(list, #; 1)", "wrap predicate with brackets { and }"),
            .init("'a' matches '('", "error parsing regexp: missing closing ): `(` (1:5)"),
            .init("1\n+\nx y", "unexpected token Identifier(\"y\") (3:3)\n | x y\n | ..^"),
            .init("99999999999999999999", "invalid integer literal"),
            .init("# + 1", "unexpected token Operator(\"#\")"),
            .init("let x 1; x", "unexpected token Number(\"1\") (1:7)"),
            .init("[1 2]", "unexpected token Number(\"2\") (1:4)"),
        ])
    }

    @Test("what can be known to be wrong is an error before anything runs")
    func checkErrors() {
        checkFailures([
            .init("unknown", "unknown name unknown (1:1)\n | unknown\n | ^"),
            .init("yes ? 1 : zzz", "unknown name zzz (1:11)"),
            .init("1 + 'a'", "invalid operation: + (mismatched types int and string) (1:3)"),
            .init("name + 1", "invalid operation: + (mismatched types string and int) (1:6)"),
            .init("name.x", "type string has no field x (1:6)"),
            .init("count ? 1 : 2", "non-bool expression (type int) used as condition (1:1)"),
            .init("!count", "invalid operation: ! (mismatched type int) (1:1)"),
            .init("upper(1)", "cannot use int as argument (type string) to call upper  (1:7)"),
            .init("upper()", "not enough arguments to call upper (1:1)"),
            .init("upper('a', 'b')", "too many arguments to call upper (1:1)"),
            .init("len(1)", "invalid argument for len (type int) (1:1)"),
            .init("filter(1, true)", "builtin filter takes only array (got int) (1:8)"),
            .init("filter(list, 1)", "predicate should return boolean (got int) (1:14)"),
            .init("let count = 1; 1", "cannot redeclare count (1:5)"),
            .init("let len = 1; 1", "cannot redeclare builtin len (1:5)"),
            .init("list['a']", "array elements can only be selected using an integer (got string) (1:6)"),
            .init("nil.x", "unexpected token Operator(\".\") (1:4)"),
            .init("nothing?.x", "type nil has no field x (1:10)"),
            .init("1 in 2", "invalid operation: in (mismatched types int and int) (1:3)"),
            .init("1 in ['a']", "cannot use int as type string in array (1:3)"),
            .init("count()", "expected at least 2 arguments"), .init("name()", "string is not callable (1:1)"),
        ])
    }

    @Test("what only running can tell is an error with a place")
    func runtimeErrors() {
        checkFailures([
            .init("map.a + map.b.c", "invalid operation: int + string (1:7)"),
            .init("map.b.c + 1", "invalid operation: string + int (1:9)"),
            .init("nothing.x", "type nil has no field x"), .init("map.zzz.y", "cannot fetch y from <nil> (1:9)"),
            .init("list[9]", "index out of range: 9 (array length is 4) (1:5)"),
            .init("1 % 0", "runtime error: integer divide by zero (1:3)"),
            .init("int('x')", "invalid operation: int(x) (1:1)"),
            .init("asInt('4.5')", "invalid operation: int(4.5) (1:1)"),
            .init("fromJSON('{')", "unexpected end of JSON input (1:1)"),
            .init("repeat('ab', -1)", "invalid argument for repeat (expected positive integer, got -1)"),
            .init("1..9999999", "memory budget exceeded"),
            .init("upper(map.a)", "interface conversion: interface {} is int, not string"),
            .init("map.a()", "invalid operation: cannot call non-function of type int"),
            .init("reduce([], #acc)", "reduce of empty array with no initial value"),
            .init("sprig.nope(1)", "invalid operation: cannot call nil (1:7)"),
        ])
    }

    @Test("a condition speaks Argo's words")
    func conditions() throws {
        #expect(try Expression.condition(" FOO == 1 ", ["FOO": 2]) == false)
        #expect(try Expression.condition(" FOO == 1 ", ["FOO": 1]))
        #expect(try Expression.condition("split == 1", ["split": 1]))
        #expect(try Expression.condition("join == 1", ["join": 1]))
        #expect(throws: ExpressionFailure.self) { try Expression.condition("invalid expression", [:]) }
        #expect(throws: ExpressionFailure("unable to cast expression result 'abc' to bool")) {
            try Expression.condition("'abc'", [:])
        }
        #expect(throws: ExpressionFailure("unable to cast expression result '%!s(int=1)' to bool")) {
            try Expression.condition("1", [:])
        }
        #expect(throws: ExpressionFailure.self) {
            try Expression.condition(
                "steps[\"prepare\"].outputs != null", ["steps": ["prepare": ["outputs": "msg"]]])
        }
    }

    @Test("the names an expression cannot do without leave out what ?? and ?. guard")
    func requiredNames() throws {
        let rows: [(String, Set<String>)] = [
            ("item.requiredKey", ["item", "item.requiredKey"]), ("item.optionalKey ?? 'fallback'", ["item"]),
            ("item['optionalKey'] ?? ''", ["item"]), ("item?.optionalKey", ["item"]), ("item.a?.b", ["item"]),
            ("item.requiredKey + (item.optionalKey ?? 'x')", ["item", "item.requiredKey"]),
            ("tasks.a.outputs.result ?? 'default'", ["tasks"]), ("let x = 1; x + y", ["y"]),
            ("inputs.parameters['a-b']", ["inputs", "inputs.parameters", "inputs.parameters.a-b"]),
        ]
        for (source, names) in rows { #expect(Set(try Expression(source).requiredNames) == names, "\(source)") }
    }

    @Test("an expression has limits to its depth, its size, its steps and its results")
    func limits() throws {
        let deep = String(repeating: "(", count: 400) + "1" + String(repeating: ")", count: 400)
        #expect(throws: ExpressionError.self) { try Expression(deep) }
        let long = Array(repeating: "1", count: 400).joined(separator: "+")
        #expect(throws: ExpressionError.self) { try Expression(long) }
        let wide = "[" + Array(repeating: "1", count: 10_001).joined(separator: ",") + "]"
        #expect(throws: ExpressionError.self) { try Expression(wide) }
        let endless = try Expression("map(1..1000, map(1..1000, map(1..1000, #)))")
        #expect(throws: ExpressionError.self) { try endless.evaluate([:]) }
        let doubling = try Expression("reduce(1..60, #acc + #acc, 'xxxxxxxxxxxxxxxx')")
        #expect(throws: ExpressionError.self) { try doubling.evaluate([:]) }
        let branches = Array(repeating: "if true { 1 } else", count: 400).joined(separator: " ") + " { 2 }"
        #expect(throws: ExpressionError.self) { try Expression(branches) }
    }
}
