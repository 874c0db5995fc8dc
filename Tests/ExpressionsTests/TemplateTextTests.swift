import Expressions
import JSON
import Testing

@Suite("TemplateText")
struct TemplateTextTests {
    private func replaced(
        _ text: String, _ scope: Scope, _ unresolved: UnresolvedPolicy = .refused
    ) throws -> String {
        try TemplateText(text).replaced(in: scope, unresolved: unresolved)
    }

    @Test("tags are found in order, whatever surrounds them")
    func parsing() {
        let text = TemplateText("a {{x.y}} b {{= z + 1}} {{ w }}{{outer-{{inner}}}}")
        #expect(text.references == ["x.y", "w", "inner"])
        #expect(text.expressions.map(\.source) == [" z + 1"])
        #expect(text.requiredNames.contains("z"))
        #expect(!TemplateText("plain").hasTags)
        #expect(TemplateText("{{").isUnclosed)
        #expect(!TemplateText("{{a}}").isUnclosed)
    }

    @Test("simple tags take their value from the scope")
    func simple() throws {
        let scope = Scope(["foo": "bar", "a.b": "c", "quote": "say \"hi\"\n", "list": [1]])
        #expect(try self.replaced("{{foo}}", scope) == "bar")
        #expect(try self.replaced("-{{ foo }}-{{a.b}}-", scope) == "-bar-c-")
        #expect(try self.replaced("{{quote}}", scope) == "say \"hi\"\n")
        #expect(try self.replaced("{{nope}} {{foo}}", scope, .allowed) == "{{nope}} bar")
        #expect(throws: TemplateError(.missing, "failed to resolve {{nope}}")) { try self.replaced("{{nope}}", scope) }
        #expect(throws: TemplateError(.failed, "failed to resolve {{list}} to string")) {
            try self.replaced("{{list}}", scope)
        }
    }

    @Test("a tag in a tag is replaced from the inside, one pass a level")
    func nested() throws {
        let scope = Scope(["inner": "suffix", "outer-suffix": "final"])
        #expect(try self.replaced("{{outer-{{inner}}}}", scope, .allowed) == "{{outer-suffix}}")
        #expect(try self.replaced("{{outer-suffix}}", scope, .allowed) == "final")
        let secret = "{{- with secret \"{{inner}}\" -}}\n{{ .Data }}"
        #expect(try self.replaced(secret, scope, .allowed) == "{{- with secret \"suffix\" -}}\n{{ .Data }}")
    }

    @Test("strict prefixes must resolve, other names may stay")
    func strict() throws {
        let scope = Scope(["tasks.a.outputs.result": "1"])
        let policy = UnresolvedPolicy.strict(["tasks", "steps"])
        #expect(try self.replaced("{{tasks.a.outputs.result}}{{pod.name}}", scope, policy) == "1{{pod.name}}")
        #expect(try self.replaced("{{tasksA.x}}", scope, policy) == "{{tasksA.x}}")
        #expect(
            try self.replaced("{{tasks.b.outputs.artifacts.x}}", scope, policy) == "{{tasks.b.outputs.artifacts.x}}")
        #expect(throws: TemplateError(.missing, "failed to resolve {{tasks.b.id}}")) {
            try self.replaced("{{tasks.b.id}}", scope, policy)
        }
        #expect(throws: TemplateError(.missing, "failed to evaluate expression: tasks.b is missing")) {
            try self.replaced("{{=tasks.b.id}}", scope, policy)
        }
    }

    @Test("an absent output fails a simple tag for good and is nil to an expression")
    func absent() throws {
        var scope = Scope(["tasks.other.outputs.parameters.msg": "real"])
        scope["tasks.p.outputs.parameters.msg"] = .null
        let policy = UnresolvedPolicy.strict(["tasks", "steps"])
        #expect(try self.replaced("{{= tasks.p.outputs.parameters.msg ?? 'fallback'}}", scope, policy) == "fallback")
        #expect(try self.replaced("{{= tasks.other.outputs.parameters.msg ?? 'x'}}", scope, policy) == "real")
        let message =
            "unable to substitute {{tasks.p.outputs.parameters.msg}}: output is an absent optional "
            + "(skipped/omitted node with no default)"
        for unresolved in [policy, .allowed, .refused] {
            #expect(throws: TemplateError(.absent, message)) {
                try self.replaced("a-{{tasks.p.outputs.parameters.msg}}-b", scope, unresolved)
            }
        }
        #expect(throws: TemplateError.self) { try self.replaced("{{= tasks.p.outputs.parameters.msg}}", scope, policy) }
        #expect(throws: TemplateError.self) {
            try self.replaced("{{o-{{tasks.p.outputs.parameters.msg}}}}", scope, policy)
        }
        #expect(scope.isAbsentReference("{{ tasks.p.outputs.parameters.msg }}"))
        #expect(!scope.isAbsentReference("x-{{tasks.p.outputs.parameters.msg}}"))
        scope.set("tasks.p.outputs.parameters.msg", "")
        #expect(try self.replaced("{{= tasks.p.outputs.parameters.msg ?? 'fallback'}}", scope, policy) == "")
        #expect(try self.replaced("a-{{tasks.p.outputs.parameters.msg}}-b", scope, policy) == "a--b")
    }

    @Test("results of expressions become text as Argo writes it")
    func results() throws {
        let rows: [(String, String)] = [
            ("{{='test'}}", "test"), ("{{=1 + \n1}}", "2"), ("{{=toJson('test')}}", "\"test\""),
            ("{{=toJson({test: 1})}}", "{\"test\":1}"),
            ("{{=toJson([1, '2', {an: 'object'}])}}", "[1,\"2\",{\"an\":\"object\"}]"),
            ("{{=\"'\"}}", "'"), ("{{='\"'}}", "\""), ("{{=true == false}}", "false"), ("{{=1.5 * 2}}", "3"),
            ("{{=7 / 2}}", "3.5"), ("{{=[1, 'a']}}", "[1,\"a\"]"),
            ("{{={b: 1, a: '<'}}}", "{\"a\":\"\\u003c\",\"b\":1}"),
            ("{{=asInt('5') + 1}}", "6"), ("{{=1e21}}", "1e+21"), ("{{=0.0000001}}", "1e-7"),
            ("{{=workflow.status == 'Succeeded' ? 'YES' : 'NO'}}", "YES"), ("{{=inputs.parameters['a-b']}}", "dash"),
            ("{{=item}}", "{\"k\":1}"), ("{{=lastRetry.exitCode}}", "-1"), ("{{='some\\\\path'}}", "some\\path"),
            ("{{=workflow.parameters.n | int() | string()}}", "3"),
        ]
        let scope = Scope([
            "workflow.status": "Succeeded", "inputs.parameters.a-b": "dash", "item": "{\"k\":1}",
            "lastRetry.exitCode": "-1", "workflow.parameters.n": "3",
        ])
        for (text, expected) in rows where !text.contains("}}}") {
            #expect(try self.replaced(text, scope) == expected, "\(text)")
        }
    }

    @Test("an expression that lacks a variable waits where it may and fails where it may not")
    func missing() throws {
        let waiting = [
            "{{=foo}}", "{{=sprig.int(retries)}}", "{{=workflow.status == 'Succeeded' ? 'A' : 'B'}}",
            "{{=workflow.failures == 'x' ? 'A' : 'B'}}", "{{=item.name}}", "{{=foo.bar + 1}}",
        ]
        for text in waiting {
            #expect(try self.replaced(text, Scope(), .allowed) == text)
            #expect(throws: TemplateError.self) { try self.replaced(text, Scope()) }
        }
        #expect(throws: TemplateError(.missing, "failed to evaluate expression: foo is missing")) {
            try self.replaced("{{=foo}}", Scope())
        }
        #expect(throws: TemplateError.self) { try self.replaced("{{=!}}", Scope()) }
        #expect(try self.replaced("{{=asInt(foo)}}", Scope(["foo": .string(Placeholder.text(1))])) == "{{=asInt(foo)}}")
        #expect(try self.replaced("{{=foo}}", Scope(["foo": .string(Placeholder.text(1))])) == Placeholder.text(1))
        let item = Scope(["item": ["name": "b"]])
        #expect(try self.replaced("{{= item.optionalKey ?? 'f' }}", item, .strict(["item"])) == "f")
        #expect(throws: TemplateError(.missing, "failed to evaluate expression: item is missing")) {
            try self.replaced("{{= item.optionalKey ?? 'f' }}", Scope(), .strict(["item"]))
        }
    }

    @Test("every string of a document is replaced and nothing else changes")
    func documents() throws {
        let document: JSONValue = [
            "name": "{{x}}", "n": 1, "list": ["{{=y + '!'}}", true, nil], "{{x}}-key": ["d": "plain {{ x }}"],
        ]
        let result = try TemplateText.replaced(
            in: document, scope: Scope(["x": "a\"b", "y": "c"]), unresolved: .refused)
        #expect(result == ["name": "a\"b", "n": 1, "list": ["c!", true, nil], "a\"b-key": ["d": "plain a\"b"]])
    }

    @Test("inner layers of a scope hide outer ones, and dotted names become members")
    func scopes() {
        let scope = Scope(["a.b": 1, "a": 3, "a.c.d": 2, "ab": 4, "abb": 5]).adding(["ab": 6])
        #expect(scope.environment() == ["a": ["b": 1, "c": ["d": 2]], "ab": 6, "abb": 5])
        #expect(scope.environment(reading: ["ab"]) == ["ab": 6])
        #expect(scope["ab"] == 6)
    }
}
