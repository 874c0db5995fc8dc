import Expressions
import Testing

@Suite("JSONPath")
struct JSONPathTests {
    private let document = """
        {"employees": [{"name": "Baris", "age": 43, "friends": ["Mo", "Jai"]}, {"name": "Mo", "age": 42},
        {"name": "Jai", "age": 44, "key with.dot": 1}], "empty": null, "n": {"length": 9}}
        """

    private func query(_ path: String) throws -> Value {
        try Expression("jsonpath(doc, path)").evaluate(["doc": .string(self.document), "path": .string(path)])
    }

    @Test("paths lead to what they name")
    func paths() throws {
        let rows: [(String, Value)] = [
            ("$.employees[*].name", ["Baris", "Mo", "Jai"]), ("$.employees[0].friends", ["Mo", "Jai"]),
            ("$.employees[-1].name", "Jai"), ("$['employees'][0]['name']", "Baris"),
            ("$.employees[0:2].age", [43.0, 42.0]),
            ("$.employees[::-1].name", ["Jai", "Mo", "Baris"]), ("$.employees[0,2].name", ["Baris", "Jai"]),
            ("$..name", ["Baris", "Mo", "Jai"]), ("$.employees[?(@.age > 42)].name", ["Baris", "Jai"]),
            ("$.employees[?(@.name == 'Mo')].age", [42.0]), ("$.employees[?(@.friends)].name", ["Baris"]),
            ("$.employees[?(@.age > 42)][0].name", "Baris"), ("$.employees.length", 3), ("$.n.length", 9.0),
            ("$.employees[(@.length-1)].name", "Jai"), ("$.employees[2]['key with.dot']", 1.0),
            ("$.employees[?(@.name =~ /^ba/i)].name", ["Baris"]), ("$.employees[*].friends[0]", ["Mo"]),
            ("$.employees[?(@.age > 42 && @.name != 'Jai')].name", ["Baris"]),
            ("$.employees[0]['name','age']", ["Baris", 43.0]),
        ]
        for (path, expected) in rows { #expect(try self.query(path) == expected, "\(path)") }
    }

    @Test("what is not there, and what is no path, is an error")
    func failures() throws {
        let rows: [(String, String)] = [
            ("$.nope", "key: invalid token key 'nope' not found"),
            ("$.employees[9]", "index: invalid token out of range"),
            ("employees", "invalid JSONPath selector 'employees' unexpected token 'e' at index 0"),
            ("$.employees.name", "key: invalid token target. expected [map] got [slice]"),
            ("$.employees[", "invalid JSONPath selector"),
            ("$.employees[x]", "invalid JSONPath selector"), ("$.employees[?(@.x]", "invalid JSONPath selector"),
            ("", "invalid JSONPath selector"),
        ]
        for (path, message) in rows {
            #expect(performing: { try self.query(path) }, throws: { "\($0)".hasPrefix(message) })
        }
        #expect(throws: ExpressionError.self) { try Expression("jsonpath('{', '$')").evaluate([:]) }
    }

    @Test("a result becomes JSON where its tag stood, members sorted")
    func tags() throws {
        let scope = Scope(["doc": .string(self.document)])
        let tag = TemplateText("{{=jsonpath(doc, '$.employees[1]')}}")
        #expect(try tag.replaced(in: scope, unresolved: .refused) == "{\"age\":42,\"name\":\"Mo\"}")
    }
}
