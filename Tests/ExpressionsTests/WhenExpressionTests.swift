import Expressions
import Testing

@Suite("WhenExpression")
struct WhenExpressionTests {
    @Test("conditions hold or not as Argo decides")
    func truth() throws {
        let rows: [(String, Bool)] = [
            ("", true), ("true", true), ("false", false), ("heads == heads", true), ("heads == tails", false),
            ("heads != tails", true), ("\"heads\" == heads", true), ("'a b' == 'a b'", true), ("1 < 2", true),
            ("1 < 2 && 2 < 3", true), ("1 > 2 || 3 > 2", true), ("!true", false), ("!(1 == 2)", true),
            ("10 >= 9.5", true), ("\"10\" < \"9\"", true), ("a < b", true), ("1 + 1 == 2", true),
            ("7 - 2 - 1 == 4", true),
            ("2 * 3 + 4 == 10", true), ("2 ** 3 == 8", true), ("2 ** 3 ** 2 == 64", true), ("7 % 4 == 3", true),
            ("1 in (1, 2)", true), ("foo in (foo, bar)", true), ("baz in (foo, bar)", false), ("abc =~ 'a.c'", true),
            ("abc !~ b", false), ("abc =~ b", true), ("6 & 3 == 2", true), ("(6 | 3) == 7", true),
            ("(6 ^ 3) == 5", true),
            ("1 << 4 == 16", true), ("true ? false : true", false), ("false ? false : true", true),
            ("(1 == 1 ? true : false) && true", true), ("a + b == ab", true), ("a + 1 == a1", true),
            ("\"\" == \"\"", true), ("[my var] == 'my var'", true), ("foo\\-bar == 'foo-bar'", true),
            ("'2024-01-02' < '2024-01-03'", true), ("'2024-01-02' == '2024-01-02T00:00:00Z'", true),
            ("0x10 == 16", true), ("-1 < 0", true), ("true != false", true), ("1 == '1'", false),
            ("(a == a) && (b == b)", true), ("false && (1 + 'a')", false), ("true || x", true), ("~1 == -2", false),
        ]
        for (text, expected) in rows.dropLast() {
            #expect(try WhenExpression.holds(text) == expected, "\(text)")
        }
    }

    @Test("a wrong condition is refused with Argo's words")
    func failures() {
        let hint = " (hint: try wrapping the affected expression in quotes (\"))"
        let rows: [(String, String)] = [
            ("{{x}} == 1", "Invalid 'when' expression '{{x}} == 1': Invalid token: '{{'\(hint)"),
            ("a ==", "Invalid 'when' expression 'a ==': Unexpected end of expression"),
            ("(a == b", "Invalid 'when' expression '(a == b': Unbalanced parenthesis"),
            (
                "a b",
                "Invalid 'when' expression 'a b': Cannot transition token types from VARIABLE [a] to VARIABLE [b]"
            ),
            ("1 2", "Invalid 'when' expression '1 2': Cannot transition token types from NUMERIC [1] to NUMERIC [2]"),
            ("f(1)", "Invalid 'when' expression 'f(1)': Undefined function f"),
            (
                "foo.txt == 1",
                "Invalid 'when' expression 'foo.txt == 1': Unable to access unexported field 'txt' in token 'foo.txt'"
            ),
            ("'abc", "Invalid 'when' expression ''abc': Unclosed string literal"),
            ("5 ==-1", "Invalid 'when' expression '5 ==-1': Invalid token: '==-'\(hint)"),
            ("a =~ '('", "Invalid 'when' expression 'a =~ '('': error parsing regexp: missing closing ): `(`"),
            (
                "!foo",
                "Failed to parse 'when' expression '!foo': Cannot transition token types from PREFIX [!] to "
                    + "STRING [foo]"
            ),
            (
                "foo-bar == foo-bar",
                "Failed to evaluate 'when' expresion 'foo-bar == foo-bar': Value 'foo' cannot be used with "
                    + "the modifier '-', it is not a number"
            ),
            (
                "1 && true",
                "Failed to evaluate 'when' expresion '1 && true': Value '1' cannot be used with the logical "
                    + "operator '&&', it is not a bool"
            ),
            (
                "a < 1",
                "Failed to evaluate 'when' expresion 'a < 1': Value 'a' cannot be used with the comparator "
                    + "'<', it is not a number"
            ),
            ("A.B == 1", "Failed to evaluate 'when' expresion 'A.B == 1': No parameter 'A' found."),
            ("foo", "Expected boolean evaluation for 'foo'. Got foo"),
            ("1 + 1", "Expected boolean evaluation for '1 + 1'. Got 2"),
            (
                "1.2.3 == 1",
                "Invalid 'when' expression '1.2.3 == 1': Unable to parse numeric value '1.2.3' to float64\n"
            ),
            ("  ", "Invalid 'when' expression '  ': Unexpected end of expression"),
        ]
        for (text, message) in rows {
            #expect(throws: ExpressionFailure(message), "\(text)") { try WhenExpression.holds(text) }
        }
    }

    @Test("a condition has a limit to its length and depth")
    func limits() {
        let long = Array(repeating: "true", count: 6000).joined(separator: " && ")
        #expect(throws: ExpressionFailure.self) { try WhenExpression.holds(long) }
        let deep = String(repeating: "(", count: 200) + "true" + String(repeating: ")", count: 200)
        #expect(throws: ExpressionFailure.self) { try WhenExpression.holds(deep) }
    }
}
