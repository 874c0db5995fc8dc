/// Reads an expression into its syntax tree.
///
/// Messages and their places are those of expr-lang. The tree is never deeper than the limit, so that walking it by
/// recursion is safe.
struct Parser {
    let source: String
    private let tokens: [Token]
    private let failure: ExpressionError?
    private let limits: ExpressionLimits
    private var index = 0
    private var nodeCount = 0
    /// How many calls of the parser are under way.
    private var nesting = 0
    /// How many predicates the parser is inside of; only there `#` and a leading `.` mean the element at hand.
    var predicateDepth = 0

    private init(_ source: String, limits: ExpressionLimits) {
        self.source = source
        self.limits = limits
        (self.tokens, self.failure) = Lexer.tokens(of: source)
    }

    static func parse(_ source: String, limits: ExpressionLimits) throws(ExpressionError) -> Node {
        var parser = Parser(source, limits: limits)
        if parser.tokens.isEmpty, let failure = parser.failure { throw failure }
        let node = try parser.sequence()
        guard parser.current.kind == .end else { throw parser.unexpected() }
        return node
    }

    // MARK: Tokens

    var current: Token { self.tokens[self.index] }

    mutating func advance() throws(ExpressionError) {
        guard self.index + 1 < self.tokens.count else {
            if let failure = self.failure { throw failure }
            throw self.error("unexpected end of expression")
        }
        self.index += 1
    }

    mutating func expectOperator(_ value: String) throws(ExpressionError) {
        guard self.current.isOperator(value) else { throw self.unexpected() }
        try self.advance()
    }

    mutating func expectBracket(_ value: String) throws(ExpressionError) {
        guard self.current.isBracket(value) else { throw self.unexpected() }
        try self.advance()
    }

    mutating func expectIdentifier() throws(ExpressionError) -> Token {
        let token = self.current
        guard token.kind == .identifier else { throw self.unexpected() }
        try self.advance()
        return token
    }

    func error(_ message: String) -> ExpressionError {
        ExpressionError(message, at: self.current.offset, in: self.source)
    }

    func unexpected() -> ExpressionError { self.error("unexpected token \(self.current)") }

    // MARK: Nodes

    mutating func node(_ kind: Node.Kind, at offset: Int) throws(ExpressionError) -> Node {
        self.nodeCount += 1
        guard self.nodeCount <= self.limits.nodes else {
            throw self.error("compilation failed: expression exceeds maximum allowed nodes")
        }
        let node = Node(kind, at: offset)
        guard node.depth <= self.limits.depth else { throw self.tooDeep() }
        return node
    }

    private func tooDeep() -> ExpressionError {
        self.error("expression nests deeper than \(self.limits.depth) levels; split it with `let`")
    }

    /// Expressions divided by semicolons; the last one is the value.
    mutating func sequence() throws(ExpressionError) -> Node {
        var nodes = [try self.expression(0)]
        while self.current.isOperator(";") {
            try self.advance()
            if self.current.kind == .end { break }
            nodes.append(try self.expression(0))
        }
        if nodes.count == 1 { return nodes[0] }
        return try self.node(.sequence(nodes), at: nodes[0].offset)
    }

    /// An expression whose operators bind at least as tightly as `precedence`.
    mutating func expression(_ precedence: Int) throws(ExpressionError) -> Node {
        self.nesting += 1
        defer { self.nesting -= 1 }
        guard self.nesting <= self.limits.depth else { throw self.tooDeep() }
        if precedence == 0, self.current.isOperator("let") { return try self.declaration() }
        if precedence == 0, self.current.isOperator("if") { return try self.conditionalIf() }
        var left = try self.primary()
        var previous: BinaryOperator?
        while let next = try self.binaryOperator(precedence) {
            if next.operator == .pipe {
                let name = try self.expectIdentifier()
                left = try self.callOrBuiltin(name, [left])
            } else if previous == .coalesce, next.operator != .coalesce {
                throw ExpressionError(
                    "Operator (\(next.operator.rawValue)) and coalesce expressions (??) cannot be mixed. "
                        + "Wrap either by parentheses.", at: next.offset, in: self.source)
            } else if next.operator.isOrdering {
                left = try self.ordering(left, next)
            } else {
                left = try self.binary(left, next)
            }
            previous = next.operator
        }
        return precedence == 0 ? try self.ternary(left) : left
    }

    private struct Operator {
        var `operator`: BinaryOperator
        var offset: Int
        /// The place of the word after `not`, as in `x not in y`.
        var negatedAt: Int?
    }

    /// Takes the next operator where there is one that binds tightly enough.
    private mutating func binaryOperator(_ precedence: Int) throws(ExpressionError) -> Operator? {
        guard self.current.kind == .operator else { return nil }
        if self.current.isOperator("not") {
            let start = self.index
            try self.advance()
            guard let found = BinaryOperator(rawValue: self.current.value), found.isNegatable else {
                throw self.unexpected()
            }
            guard found.precedence >= precedence else {
                self.index = start
                return nil
            }
            let offset = self.current.offset
            try self.advance()
            return Operator(operator: found, offset: offset, negatedAt: offset)
        }
        guard let found = BinaryOperator(rawValue: self.current.value), found.precedence >= precedence else {
            return nil
        }
        let offset = self.current.offset
        try self.advance()
        return Operator(operator: found, offset: offset)
    }

    private mutating func binary(_ left: Node, _ next: Operator) throws(ExpressionError) -> Node {
        let right = try self.expression(next.operator.precedence + (next.operator.bindsRight ? 0 : 1))
        var result: Node
        if next.operator == .matches, case .string(let text) = right.kind {
            do throws(PatternError) {
                let pattern = try Pattern(text)
                result = try self.matchNode(left, pattern, next.offset)
            } catch {
                throw ExpressionError(error.description, at: next.offset, in: self.source)
            }
        } else {
            result = try self.node(.binary(next.operator, left, right), at: next.offset)
        }
        if let offset = next.negatedAt { result = try self.node(.unary(.not, result), at: offset) }
        return result
    }

    private mutating func matchNode(_ left: Node, _ pattern: Pattern, _ offset: Int) throws(PatternError) -> Node {
        do throws(ExpressionError) {
            return try self.node(.match(left, pattern), at: offset)
        } catch {
            throw PatternError(error.message)
        }
    }

    /// Comparisons can follow one another: `1 < x < 5` is `1 < x && x < 5`.
    private mutating func ordering(_ left: Node, _ first: Operator) throws(ExpressionError) -> Node {
        var left = left
        var next = first
        var result: Node?
        while true {
            let right = try self.expression(next.operator.precedence + 1)
            let comparison = try self.node(.binary(next.operator, left, right), at: next.offset)
            if let before = result {
                result = try self.node(.binary(.doubleAmpersand, before, comparison), at: next.offset)
            } else {
                result = comparison
            }
            left = right
            guard self.current.kind == .operator, let found = BinaryOperator(rawValue: self.current.value),
                found.isOrdering
            else { return result ?? comparison }
            next = Operator(operator: found, offset: self.current.offset)
            try self.advance()
        }
    }

    private mutating func declaration() throws(ExpressionError) -> Node {
        try self.expectOperator("let")
        let name = try self.expectIdentifier()
        try self.expectOperator("=")
        let value = try self.expression(0)
        try self.expectOperator(";")
        let body = try self.sequence()
        return try self.node(.declaration(name.value, value, body), at: name.offset)
    }

    private mutating func conditionalIf() throws(ExpressionError) -> Node {
        self.nesting += 1
        defer { self.nesting -= 1 }
        guard self.nesting <= self.limits.depth else { throw self.tooDeep() }
        let start = self.current.offset
        try self.advance()
        let condition = try self.expression(0)
        try self.expectBracket("{")
        let then = try self.sequence()
        try self.expectBracket("}")
        try self.expectOperator("else")
        if self.current.isOperator("if") {
            let otherwise = try self.conditionalIf()
            return try self.node(.conditional(condition, then, otherwise), at: start)
        }
        try self.expectBracket("{")
        let otherwise = try self.sequence()
        try self.expectBracket("}")
        return try self.node(.conditional(condition, then, otherwise), at: start)
    }

    private mutating func ternary(_ condition: Node) throws(ExpressionError) -> Node {
        var result = condition
        while self.current.isOperator("?") {
            try self.advance()
            var then = result
            if self.current.isOperator(":") {
                try self.advance()
            } else {
                then = try self.expression(0)
                try self.expectOperator(":")
            }
            let otherwise = try self.expression(0)
            result = try self.node(.conditional(result, then, otherwise), at: self.current.offset)
        }
        return result
    }
}
