/// What a task may have become, in a `depends` expression.
package enum TaskResult: String, Hashable, Sendable, CaseIterable {
    case succeeded = "Succeeded"
    case failed = "Failed"
    case errored = "Errored"
    case skipped = "Skipped"
    case omitted = "Omitted"
    case daemoned = "Daemoned"
    case anySucceeded = "AnySucceeded"
    case allFailed = "AllFailed"

    /// Whether it speaks of the items of a task with a loop.
    package var isAboutItems: Bool { self == .anySucceeded || self == .allFailed }
}

/// The `depends` condition of a DAG task: results of other tasks, joined by `&&`, `||` and `!`.
///
/// A task without a result means that it succeeded, was skipped, or runs as a daemon.
package struct DependsExpression: Hashable, Sendable {
    package indirect enum Node: Hashable, Sendable {
        case operand(task: String, result: TaskResult)
        case constant(Bool)
        case not(Node)
        case and(Node, Node)
        case or(Node, Node)
        case equal(Node, Node)
    }

    package let source: String
    package let root: Node
    /// The tasks the condition speaks of, each once, in order.
    package let tasks: [String]
    /// The tasks of which only the items count: the condition has `AnySucceeded` or `AllFailed` of them.
    package let itemTasks: Set<String>

    /// Parses a condition.
    ///
    /// `tolerance` says which other results of a task let a bare mention of it through, by its `continueOn`.
    ///
    /// - Throws: `ExpressionFailure`, in Argo's words where Argo has some.
    package init(
        _ source: String, tolerance: (_ task: String) -> (error: Bool, failed: Bool) = { _ in (false, false) }
    ) throws(ExpressionFailure) {
        var builder = DependsBuilder(source)
        self.source = source
        self.root = try builder.build(tolerance)
        self.tasks = builder.tasks
        self.itemTasks = builder.itemTasks
    }

    /// Where a text is no condition at all, whatever its tasks are; `nil` where it is one.
    package static func syntaxProblem(in source: String) -> ExpressionError? {
        var builder = DependsBuilder(source)
        let text: String
        do throws(ExpressionFailure) {
            text = try builder.rewritten()
        } catch {
            // Names that cannot be are another matter.
            return nil
        }
        do throws(ExpressionError) {
            _ = try Expression(text)
            return nil
        } catch {
            // Up to there, the rewritten text has the length of the text.
            return ExpressionError(error.message, at: error.offset, in: source)
        }
    }

    /// The condition that `dependencies: [a, b]` stands for.
    package init(
        dependencies: [String], tolerance: (_ task: String) -> (error: Bool, failed: Bool) = { _ in (false, false) }
    ) {
        var root = Node.constant(true)
        var tasks: [String] = []
        for task in dependencies {
            let node = Self.bare(task, tolerance(task))
            root = tasks.isEmpty ? node : .and(root, node)
            if !tasks.contains(task) { tasks.append(task) }
        }
        self.source = dependencies.joined(separator: " && ")
        self.root = root
        self.tasks = tasks
        self.itemTasks = []
    }

    /// A task mentioned without a result.
    static func bare(_ task: String, _ tolerance: (error: Bool, failed: Bool)) -> Node {
        var results: [TaskResult] = [.succeeded, .skipped, .daemoned]
        if tolerance.error { results.append(.errored) }
        if tolerance.failed { results.append(.failed) }
        return results.dropFirst().reduce(Node.operand(task: task, result: results[0])) { node, result in
            .or(node, .operand(task: task, result: result))
        }
    }

    /// The truth of the condition.
    package func evaluate(_ holds: (_ task: String, _ result: TaskResult) -> Bool) -> Bool {
        Self.evaluate(self.root, holds)
    }

    private static func evaluate(_ node: Node, _ holds: (String, TaskResult) -> Bool) -> Bool {
        switch node {
        case .operand(let task, let result): holds(task, result)
        case .constant(let value): value
        case .not(let inside): !self.evaluate(inside, holds)
        case .and(let left, let right): self.evaluate(left, holds) && self.evaluate(right, holds)
        case .or(let left, let right): self.evaluate(left, holds) || self.evaluate(right, holds)
        case .equal(let left, let right): self.evaluate(left, holds) == self.evaluate(right, holds)
        }
    }
}

/// Turns the text of a condition into its tree.
struct DependsBuilder {
    private let source: String
    private(set) var tasks: [String] = []
    private(set) var itemTasks: Set<String> = []
    /// The names of tasks by what stands for them in the rewritten text.
    private var names: [String: String] = [:]

    init(_ source: String) { self.source = source }

    mutating func build(
        _ tolerance: (String) -> (error: Bool, failed: Bool)
    ) throws(ExpressionFailure) -> DependsExpression.Node {
        let text = try self.rewritten()
        let expression: Expression
        do throws(ExpressionError) {
            expression = try Expression(text)
        } catch {
            throw ExpressionFailure("invalid depends '\(self.source)': \(error)")
        }
        return try self.node(expression.root, tolerance)
    }

    /// The text with hyphens turned to underscores, as Argo does before it evaluates, and the tasks noted.
    mutating func rewritten() throws(ExpressionFailure) -> String {
        var text = ""
        var rest = Substring(self.source)
        while let first = rest.first {
            guard first.isASCII, first.isLetter || first.isNumber else {
                text.append(first == "-" ? "_" : first)
                rest = rest.dropFirst()
                continue
            }
            let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
            rest = rest.dropFirst(name.count)
            let word = String(name)
            let variable = replaced(word, "-", with: "_")
            var result: Substring = ""
            if rest.first == "." { result = rest.dropFirst().prefix { $0.isASCII && $0.isLetter } }
            if word != "true" && word != "false" || rest.first == "." {
                try self.note(word, variable, String(result), hasDot: rest.first == ".")
            }
            text += isDigit(variable.unicodeScalars.first ?? "a") ? "_\(variable)" : variable
            if rest.first == "." {
                text += ".\(result)"
                rest = rest.dropFirst(1 + result.count)
            }
        }
        return text
    }

    private mutating func note(
        _ task: String, _ variable: String, _ result: String, hasDot: Bool
    ) throws(ExpressionFailure) {
        let key = isDigit(variable.unicodeScalars.first ?? "a") ? "_\(variable)" : variable
        if let known = self.names[key], known != task {
            throw ExpressionFailure(
                "invalid depends '\(self.source)': names '\(known)' and '\(task)' differ only by '-' and '_'"
            )
        }
        self.names[key] = task
        if !self.tasks.contains(task) { self.tasks.append(task) }
        guard hasDot else {
            self.itemTasks.remove(task)
            return
        }
        guard let known = TaskResult(rawValue: result) else {
            throw ExpressionFailure("task result '\(result)' for task '\(task)' is invalid")
        }
        if known.isAboutItems { self.itemTasks.insert(task) }
    }

    private func node(
        _ node: Node, _ tolerance: (String) -> (error: Bool, failed: Bool)
    ) throws(ExpressionFailure) -> DependsExpression.Node {
        switch node.kind {
        case .bool(let value): return .constant(value)
        case .identifier(let variable):
            guard let task = self.names[variable] else { throw self.unsupported() }
            return DependsExpression.bare(task, tolerance(task))
        case .member(let base, let property, isOptional: false):
            guard case .identifier(let variable) = base.kind, case .string(let name) = property.kind,
                let task = self.names[variable], let result = TaskResult(rawValue: name)
            else { throw self.unsupported() }
            return .operand(task: task, result: result)
        case .unary(.not, let inside), .unary(.bang, let inside): return .not(try self.node(inside, tolerance))
        case .binary(.and, let left, let right), .binary(.doubleAmpersand, let left, let right):
            return .and(try self.node(left, tolerance), try self.node(right, tolerance))
        case .binary(.or, let left, let right), .binary(.doubleBar, let left, let right):
            return .or(try self.node(left, tolerance), try self.node(right, tolerance))
        case .binary(.equal, let left, let right):
            return .equal(try self.node(left, tolerance), try self.node(right, tolerance))
        case .binary(.notEqual, let left, let right):
            return .not(.equal(try self.node(left, tolerance), try self.node(right, tolerance)))
        default: throw self.unsupported()
        }
    }

    private func unsupported() -> ExpressionFailure {
        ExpressionFailure(
            "invalid depends '\(self.source)': only tasks, their results, &&, ||, ! and brackets may be used")
    }
}
