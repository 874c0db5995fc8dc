import JSON
import Model
import Testing

@testable import Validation

@Suite("Steps and tasks")
struct StepsAndTasksTests {
    @Test("step names are there, unique and well formed")
    func stepNames() throws {
        #expect(
            try Specs.issue(Specs.steps("main", Specs.call("a"), Specs.call("a")))
                == "templates.main.steps[1].name 'a' is not unique")
        #expect(try Specs.issue(Specs.steps("main", ["template": "ok"])) == "templates.main.steps[0].name is required")
        #expect(
            try Specs.issue(Specs.steps("main", Specs.call("a b")))
                == "templates.main.steps[0].name 'a b' is invalid: name must consist of alpha-numeric "
                + "characters or '-', and must start with an alpha-numeric character (e.g. My-name1-2, 123-NAME)")
    }

    @Test("a step's arguments must cover its template's inputs")
    func missingArgument() throws {
        let echo = Specs.leaf("echo", ["inputs": ["parameters": [["name": "m"]]]])
        #expect(
            try Specs.issue(Specs.steps("main", ["name": "a", "template": "echo"]), echo)
                == "templates.main.steps[0].a templates.echo inputs.parameters.m was not supplied")
    }

    @Test("a step refers to earlier steps only, and to nothing that does not exist")
    func stepReferences() throws {
        func step(_ name: String, _ value: String) -> JSONValue {
            [
                "name": .string(name), "template": "echo",
                "arguments": ["parameters": [["name": "m", "value": .string(value)]]],
            ]
        }
        let echo = Specs.leaf("echo", ["inputs": ["parameters": [["name": "m"]]]])
        #expect(
            try Specs.issue(Specs.steps("main", step("a", "{{steps.zzz.outputs.result}}")), echo)
                == "templates.main.steps failed to resolve {{steps.zzz.outputs.result}}")
        #expect(
            try Specs.issue(Specs.steps("main", step("a", "{{steps.b.outputs.result}}"), step("b", "x")), echo)
                == "templates.main.steps failed to resolve {{steps.b.outputs.result}}")
        #expect(
            try Specs.issue(Specs.steps("main", step("a", "x"), step("b", "{{steps.a.outputs.result}}")), echo) == nil)
    }

    @Test("a loop has one source of items, and a sequence one end")
    func loops() throws {
        #expect(
            try Specs.issue(
                Specs.steps("main", Specs.call("a", ["withItems": [1], "withParam": "[]"])))
                == "templates.main.steps[0].a only one of withItems, withParam, withSequence can be specified")
        #expect(
            try Specs.issue(Specs.steps("main", Specs.call("a", ["withSequence": ["count": "1", "end": "2"]])))
                == "templates.main.steps[0].a only one of count or end can be defined in withSequence")
        #expect(
            try Specs.issue(
                Specs.dag("main", Specs.call("a", ["withItems": [["k": 1]], "when": "{{item.k}} == 1"]))) == nil)
        #expect(
            try Specs.issue(
                Specs.dag("main", Specs.call("a", ["withItems": [["k": 1]], "when": "{{item.j}} == 1"])))
                == "templates.main.tasks.a failed to resolve {{item.j}}")
    }

    @Test("a cycle is named")
    func cycle() throws {
        #expect(
            try Specs.issue(
                Specs.dag(
                    "main", Specs.call("x"), Specs.call("a", ["dependencies": ["x", "c"]]),
                    Specs.call("b", ["dependencies": ["a"]]), Specs.call("c", ["dependencies": ["b"]]),
                    Specs.call("d", ["dependencies": ["c"]])))
                == "templates.main sorting failed: graph with cycle: a->c->b->a")
        #expect(
            try Specs.issue(Specs.dag("main", Specs.call("a", ["depends": "a.Succeeded"])))
                == "templates.main sorting failed: graph with cycle: a->a")
    }

    @Test("tasks depend on tasks that exist, and are named once")
    func dependencies() throws {
        #expect(
            try Specs.issue(Specs.dag("main", Specs.call("a", ["dependencies": ["zz"]])))
                == "templates.main sorting failed: invalid dependency zz")
        #expect(
            try Specs.issue(Specs.dag("main", Specs.call("a"), Specs.call("a")))
                == "templates.main sorting failed: duplicated nodeName a")
        #expect(
            try Specs.issue(Specs.dag("main", Specs.call("a"), Specs.call("1b", ["depends": "a"])))
                == "templates.main.tasks.1b name cannot begin with a digit when using either 'depends' or "
                + "'dependencies'"
        )
        #expect(
            try Specs.issue(["name": "main", "dag": ["tasks": []]]) == "templates.main must have at least one task")
    }

    @Test("depends is not mixed with older ways to say the same")
    func depends() throws {
        #expect(
            try Specs.issue(
                Specs.dag("main", Specs.call("a", ["continueOn": ["failed": true]]), Specs.call("b", ["depends": "a"])))
                == "templates.main cannot use 'continueOn' when using 'depends'. Instead use "
                + "'dep-task.Failed'/'dep-task.Errored'")
        #expect(
            try Specs.issue(
                Specs.dag("main", Specs.call("a"), Specs.call("b", ["depends": "a", "dependencies": ["a"]])))
                == "templates.main cannot use both 'depends' and 'dependencies' in the same DAG template")
        #expect(
            try Specs.issue(Specs.dag("main", Specs.call("a"), Specs.call("b", ["depends": "a.Happy"])))
                == "templates.main.tasks.b task result 'Happy' for task 'a' is invalid")
        #expect(
            try Specs.issue(Specs.dag("main", Specs.call("a"), Specs.call("b", ["depends": "a.AnySucceeded"])))
                == "templates.main.tasks.b dependency 'a' uses an items-based condition such as .AnySucceeded or "
                + ".AllFailed but does not contain any items")
        #expect(
            try Specs.issue(
                Specs.dag(
                    "main", Specs.call("a", ["withItems": [1]]),
                    Specs.call("b", ["depends": "(a.AnySucceeded || a.AllFailed) && !a.Skipped"]))) == nil)
    }

    @Test("an argument from another task makes that task a dependency")
    func argumentDependency() throws {
        func task(_ members: JSONValue) -> JSONValue {
            Specs.merged(
                [
                    "name": "b", "template": "echo",
                    "arguments": ["parameters": [["name": "m", "value": "{{tasks.a.outputs.result}}"]]],
                ], members)
        }
        let echo = Specs.leaf("echo", ["inputs": ["parameters": [["name": "m"]]]])
        #expect(
            try Specs.issue(Specs.dag("main", Specs.call("a"), task([:])), echo)
                == "templates.main.tasks.b missing dependency 'a' for parameter 'm'")
        #expect(
            try Specs.issue(Specs.dag("main", Specs.call("a"), task(["dependencies": ["a"]])), echo) == nil)
    }

    @Test("a task's status is known to those that come after it only")
    func status() throws {
        #expect(
            try Specs.issue(
                Specs.dag("main", Specs.call("a"), Specs.call("b", ["when": "{{tasks.a.status}} == Failed"])))
                == "templates.main.tasks.b failed to resolve {{tasks.a.status}}")
        #expect(
            try Specs.issue(
                Specs.dag(
                    "main", Specs.call("a"), Specs.call("b", ["dependencies": ["a"]]),
                    Specs.call("c", ["when": "{{tasks.a.status}} == Failed", "dependencies": ["b"]]))) == nil)
    }

    @Test("a target is a task")
    func target() throws {
        #expect(
            try Specs.issue(["name": "main", "dag": ["target": "zz", "tasks": [["name": "a", "template": "ok"]]]])
                == "templates.main.targets: target 'zz' is not defined")
    }

    @Test("a long chain of tasks is validated in a time that grows with its length")
    func longChain() throws {
        let tasks = (0..<1_000).map { index in
            Specs.call("t\(index)", ["dependencies": index == 0 ? [] : [.string("t\(index - 1)")]])
        }
        #expect(try Specs.issue(["name": "main", "dag": ["tasks": .array(tasks)]]) == nil)
    }
}
