import Expressions
import Testing

@Suite("DependsExpression")
struct DependsExpressionTests {
    private func holds(_ text: String, _ facts: [String: TaskResult]) throws -> Bool {
        try DependsExpression(text).evaluate { task, result in facts[task] == result }
    }

    @Test("a bare task means that it succeeded, was skipped or runs as a daemon")
    func bareTask() throws {
        for (result, expected) in [
            (TaskResult.succeeded, true), (.skipped, true), (.daemoned, true), (.failed, false), (.errored, false),
            (.omitted, false),
        ] {
            #expect(try self.holds("a", ["a": result]) == expected)
        }
        let tolerant = try DependsExpression("a", tolerance: { _ in (error: true, failed: true) })
        #expect(tolerant.evaluate { $1 == .failed })
        #expect(tolerant.evaluate { $1 == .errored })
        #expect(!tolerant.evaluate { $1 == .omitted })
    }

    @Test("operators, brackets and hyphens")
    func operators() throws {
        let facts: [String: TaskResult] = ["task-a": .succeeded, "b": .failed, "c1": .skipped]
        let rows: [(String, Bool)] = [
            ("task-a && b.Failed", true), ("task-a.Succeeded && !b.Succeeded", true), ("task-a && b", false),
            ("task-a || b", true), ("!(task-a || b)", false), ("b.Failed && (c1.Succeeded || c1.Skipped)", true),
            ("task-a.Failed||b.Failed", true), ("not b.Succeeded and c1", true), ("task-a.Succeeded == b.Failed", true),
            ("true && task-a", true), ("task-a.Succeeded != b.Failed", false),
        ]
        for (text, expected) in rows { #expect(try self.holds(text, facts) == expected, "\(text)") }
    }

    @Test("the tasks and what is asked of their items are known")
    func tasks() throws {
        let depends = try DependsExpression("a-b.AnySucceeded || c && !d.Failed && c.Succeeded")
        #expect(depends.tasks == ["a-b", "c", "d"])
        #expect(depends.itemTasks == ["a-b"])
        let old = DependsExpression(dependencies: ["x", "y"])
        #expect(old.tasks == ["x", "y"])
        #expect(old.evaluate { _, result in result == .skipped })
        #expect(DependsExpression(dependencies: []).evaluate { _, _ in false })
    }

    @Test("a wrong condition is refused")
    func failures() {
        #expect(throws: ExpressionFailure("task result 'Nope' for task 'a' is invalid")) {
            try DependsExpression("a.Nope")
        }
        for text in ["a &&", "a b", "(a", "a + b", "len(a)", "a-b && a_b", "1 + 1", "", "a.Succeeded.x", "'a'"] {
            #expect(throws: ExpressionFailure.self, "\(text)") { try DependsExpression(text) }
        }
    }
}
