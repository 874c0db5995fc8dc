/// An expression of expr-lang (v1.17), parsed.
///
/// Parse once and keep it: evaluating does not parse again. An evaluation first checks the whole expression against the
/// variables, as expr-lang's compiler does, so that a name nobody knows is an error even in a branch not taken.
package struct Expression: Hashable, Sendable {
    package let source: String
    package let root: Node
    /// The names of variables and the paths of members the expression reads, each once.
    ///
    /// What `??` or `?.` guards is left out, but not the variable it starts from: `item.a ?? 'x'` needs only `item`.
    package let requiredNames: [String]
    /// The paths the expression reads at most; `nil` where it reads all variables at once, through `$env`.
    package let readPaths: [String]?

    /// - Throws: `ExpressionError` with the place of the first thing that is wrong.
    package init(_ source: String, limits: ExpressionLimits = .standard) throws(ExpressionError) {
        self.source = source
        self.root = try Parser.parse(source, limits: limits)
        (self.requiredNames, self.readPaths) = RequiredNames.of(self.root)
    }

    /// What is wrong with a text that is to be an expression once its tags are replaced.
    ///
    /// Tags may stand for anything: a text that has some is refused only where no value could make it an expression.
    package static func problem(in text: String) -> ExpressionError? {
        let fault = TagStandIns.fault(in: text) { form, _ in
            do throws(ExpressionError) {
                _ = try Expression(form)
                return nil
            } catch {
                return TextFault(error.message, at: error.offset)
            }
        }
        return fault.map { ExpressionError($0.message, at: $0.offset, in: text) }
    }

    /// The value of the expression.
    package func evaluate(
        _ variables: [String: Value], _ context: ExpressionContext = ExpressionContext()
    ) throws(ExpressionError) -> Value {
        var checker = Checker(source: self.source, variables: variables)
        try checker.check(self.root)
        return try self.evaluateUnchecked(variables, context)
    }

    /// The value of the expression, where names that nobody knows are nil.
    package func evaluateUnchecked(
        _ variables: [String: Value], _ context: ExpressionContext
    ) throws(ExpressionError) -> Value {
        var evaluator = Evaluator(source: self.source, variables: variables, context: context)
        return try evaluator.run(self.root)
    }

    /// The truth of a condition, as Argo asks for it in hooks, retry strategies and stop strategies.
    ///
    /// - Throws: `ExpressionFailure` with Argo's words for an expression that fails or is no boolean.
    package func condition(
        _ variables: [String: Value], _ context: ExpressionContext = ExpressionContext()
    ) throws(ExpressionFailure) -> Bool {
        var checker = Checker(source: self.source, variables: variables)
        do throws(ExpressionError) {
            try checker.check(self.root)
        } catch {
            throw ExpressionFailure(error.description)
        }
        let result: Value
        do throws(ExpressionError) {
            result = try self.evaluateUnchecked(variables, context)
        } catch {
            throw ExpressionFailure("unable to evaluate expression '\(self.source)': \(error)")
        }
        guard case .bool(let value) = result else {
            throw ExpressionFailure("unable to cast expression result '\(goVerbS(result))' to bool")
        }
        return value
    }

    /// Parses and evaluates a condition.
    package static func condition(
        _ source: String, _ variables: [String: Value], _ context: ExpressionContext = ExpressionContext()
    ) throws(ExpressionFailure) -> Bool {
        let expression: Expression
        do throws(ExpressionError) {
            expression = try Expression(source)
        } catch {
            throw ExpressionFailure(error.description)
        }
        return try expression.condition(variables, context)
    }

    package static func == (left: Expression, right: Expression) -> Bool { left.source == right.source }

    package func hash(into hasher: inout Hasher) { hasher.combine(self.source) }
}

/// Why something that holds an expression failed, in Argo's words.
package struct ExpressionFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// A value as Go prints it where a string is expected (`%s`).
func goVerbS(_ value: Value) -> String {
    switch value {
    case .string(let text): text
    case .null: "%!s(<nil>)"
    case .bool, .int, .float: "%!s(\(value.goType)=\(value.formatted))"
    case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
    case .array, .map, .table, .time, .duration, .zone, .function: value.formatted
    }
}

/// Collects the names that an expression cannot do without.
private struct RequiredNames {
    private var names: [String] = []
    private var seen: Set<String> = []
    /// Names that the expression declares itself.
    private var declared: Set<String> = []

    private var readsEnvironment = false
    private var reads: Set<String> = []

    static func of(_ root: Node) -> (names: [String], reads: [String]?) {
        var collector = RequiredNames()
        collector.visit(root, isGuarded: false, areMembersGuarded: false)
        return (collector.names, collector.readsEnvironment ? nil : collector.reads.sorted())
    }

    private mutating func note(_ name: String) {
        if self.seen.insert(name).inserted { self.names.append(name) }
    }

    /// `isGuarded` tells whether this very node is guarded, `areMembersGuarded` whether every member access below is.
    private mutating func visit(_ node: Node, isGuarded: Bool, areMembersGuarded: Bool) {
        switch node.kind {
        case .identifier(let name):
            if name == "$env" { self.readsEnvironment = true }
            if !self.declared.contains(name), name != "$env" {
                self.note(name)
                self.reads.insert(name)
            }
        case .declaration(let name, let value, let body):
            self.visit(value, isGuarded: false, areMembersGuarded: areMembersGuarded)
            let isNew = self.declared.insert(name).inserted
            self.visit(body, isGuarded: false, areMembersGuarded: areMembersGuarded)
            if isNew { self.declared.remove(name) }
        case .binary(.coalesce, let left, let right):
            self.visit(left, isGuarded: false, areMembersGuarded: true)
            self.visit(right, isGuarded: false, areMembersGuarded: areMembersGuarded)
        case .member(let base, let property, let isOptional):
            let before = self.reads
            defer {
                if let path = self.readPath(node) { self.reads = before.union([path]) }
            }
            self.visit(base, isGuarded: isOptional, areMembersGuarded: areMembersGuarded)
            self.visit(property, isGuarded: false, areMembersGuarded: areMembersGuarded)
            if !isGuarded, !areMembersGuarded, let path = self.path(node) { self.note(path) }
        case .null, .bool, .integer, .float, .string, .bytes, .unary, .binary, .chain, .slice, .call, .builtin,
            .predicate, .pointer, .sequence, .conditional, .array, .map, .match:
            var children: [Node] = []
            node.kind.forEachChild { children.append($0) }
            for child in children {
                self.visit(child, isGuarded: false, areMembersGuarded: areMembersGuarded)
            }
        }
    }

    /// The dotted path of a member that is all its variable is read for here.
    private func readPath(_ node: Node) -> String? {
        switch node.kind {
        case .identifier(let name): return self.declared.contains(name) || name == "$env" ? nil : name
        case .chain(let inside): return self.readPath(inside)
        case .member(let base, let property, _):
            guard case .string(let name) = property.kind, let path = self.readPath(base) else { return nil }
            return "\(path).\(name)"
        default: return nil
        }
    }

    /// The dotted path of a member that can be known beforehand.
    private func path(_ node: Node) -> String? {
        guard case .member(let base, let property, isOptional: false) = node.kind,
            case .string(let name) = property.kind
        else { return nil }
        if case .identifier(let variable) = base.kind {
            return self.declared.contains(variable) || variable == "$env" ? nil : "\(variable).\(name)"
        }
        return self.path(base).map { "\($0).\(name)" }
    }
}
