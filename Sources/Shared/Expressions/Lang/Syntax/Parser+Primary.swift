extension Parser {
    /// A literal, a name, a call, or something in brackets, with all that follows it without an operator.
    mutating func primary() throws(ExpressionError) -> Node {
        let token = self.current
        if token.kind == .operator, let prefix = UnaryOperator(rawValue: token.value) {
            try self.advance()
            let operand = try self.expression(prefix.precedence)
            return try self.postfix(try self.node(.unary(prefix, operand), at: token.offset))
        }
        if token.isBracket("(") {
            try self.advance()
            let inside = try self.sequence()
            try self.expectBracket(")")
            return try self.postfix(inside)
        }
        if self.predicateDepth > 0, token.isOperator("#") || token.isOperator(".") {
            var name = ""
            if token.isOperator("#") {
                try self.advance()
                if self.current.kind == .identifier {
                    name = self.current.value
                    try self.advance()
                }
            }
            return try self.postfix(try self.node(.pointer(name), at: token.offset))
        }
        if token.isOperator("::") {
            try self.advance()
            let name = try self.expectIdentifier()
            return try self.postfix(try self.callOrBuiltin(name, []))
        }
        return try self.secondary()
    }

    private mutating func secondary() throws(ExpressionError) -> Node {
        let token = self.current
        switch token.kind {
        case .identifier:
            try self.advance()
            switch token.value {
            case "true": return try self.node(.bool(true), at: token.offset)
            case "false": return try self.node(.bool(false), at: token.offset)
            case "nil": return try self.node(.null, at: token.offset)
            default: break
            }
            if self.current.isBracket("(") { return try self.postfix(try self.callOrBuiltin(token, [])) }
            return try self.postfix(try self.node(.identifier(token.value), at: token.offset))
        case .number:
            let kind = try self.numberLiteral(token)
            try self.advance()
            return try self.node(kind, at: token.offset)
        case .string:
            try self.advance()
            return try self.postfix(try self.node(.string(token.value), at: token.offset))
        case .bytes:
            try self.advance()
            return try self.postfix(try self.node(.bytes(Array(token.value.utf8)), at: token.offset))
        case .bracket where token.value == "[": return try self.postfix(try self.arrayLiteral())
        case .bracket where token.value == "{": return try self.postfix(try self.mapLiteral())
        case .bracket, .operator, .end: throw self.unexpected()
        }
    }

    private func numberLiteral(_ token: Token) throws(ExpressionError) -> Node.Kind {
        let text = token.value.split(separator: "_").joined().lowercased()
        let radixes: [(prefix: String, radix: Int, name: String)] = [
            ("0x", 16, "hex"), ("0b", 2, "binary"), ("0o", 8, "octal"),
        ]
        for (prefix, radix, name) in radixes where text.hasPrefix(prefix) {
            guard let number = Int(text.dropFirst(2), radix: radix) else {
                throw self.error("invalid \(name) literal: \(self.numberProblem(token.value))")
            }
            return .integer(number)
        }
        if text.contains(where: { $0 == "." || $0 == "e" }) {
            let padded = text.hasPrefix(".") ? "0" + text : text
            guard let number = goParseFloat(padded), number.isFinite else {
                throw self.error("invalid float literal: strconv.ParseFloat: parsing \(goQuoted(text)): invalid syntax")
            }
            return .float(number)
        }
        guard let number = Int(text) else { throw self.error("invalid integer literal: \(self.numberProblem(text))") }
        return .integer(number)
    }

    private func numberProblem(_ text: String) -> String {
        let isNumber = text.utf8.count > 2
        return "strconv.ParseInt: parsing \(goQuoted(text)): \(isNumber ? "value out of range" : "invalid syntax")"
    }

    /// A call of a builtin, or of a variable that holds a function; `arguments` holds what a pipe put in.
    mutating func callOrBuiltin(_ name: Token, _ arguments: [Node]) throws(ExpressionError) -> Node {
        if let shape = PredicateShape.byName[name.value] { return try self.predicateCall(name, shape, arguments) }
        if builtinNames.contains(name.value) {
            let arguments = try self.arguments(arguments)
            return try self.node(.builtin(name.value, arguments), at: name.offset)
        }
        let callee = try self.node(.identifier(name.value), at: name.offset)
        let arguments = try self.arguments(arguments)
        return try self.node(.call(callee, arguments), at: name.offset)
    }

    private mutating func predicateCall(
        _ name: Token, _ shape: PredicateShape, _ given: [Node]
    ) throws(ExpressionError) -> Node {
        try self.expectBracket("(")
        var arguments = given
        for (index, part) in shape.parts.dropFirst(given.count).enumerated() {
            if self.current.isBracket(")") {
                if part.isOptional { break }
                throw self.error("expected at least \(shape.parts.count - given.count) arguments")
            }
            if index > 0 { try self.expectOperator(",") }
            if part.isOptional, self.current.isBracket(")") { break }
            arguments.append(part.isPredicate ? try self.predicate() : try self.expression(0))
        }
        if self.current.isOperator(",") { try self.advance() }
        try self.expectBracket(")")
        return try self.node(.builtin(name.value, arguments), at: name.offset)
    }

    private mutating func arguments(_ given: [Node]) throws(ExpressionError) -> [Node] {
        var arguments = given
        try self.expectBracket("(")
        while !self.current.isBracket(")") {
            if arguments.count > given.count { try self.expectOperator(",") }
            if self.current.isBracket(")") { break }
            arguments.append(try self.expression(0))
        }
        try self.expectBracket(")")
        return arguments
    }

    private mutating func predicate() throws(ExpressionError) -> Node {
        let start = self.current.offset
        let isBraced = self.current.isBracket("{")
        if isBraced { try self.advance() }
        self.predicateDepth += 1
        let body: Node
        if isBraced {
            body = try self.sequence()
        } else {
            body = try self.expression(0)
            if self.current.isOperator(";") { throw self.error("wrap predicate with brackets { and }") }
        }
        self.predicateDepth -= 1
        if isBraced { try self.expectBracket("}") }
        return try self.node(.predicate(body), at: start)
    }

    private mutating func arrayLiteral() throws(ExpressionError) -> Node {
        let start = self.current.offset
        try self.expectBracket("[")
        var nodes: [Node] = []
        while !self.current.isBracket("]") {
            if !nodes.isEmpty { try self.expectOperator(",") }
            if self.current.isBracket("]") { break }
            nodes.append(try self.expression(0))
        }
        try self.expectBracket("]")
        return try self.node(.array(nodes), at: start)
    }

    private mutating func mapLiteral() throws(ExpressionError) -> Node {
        let start = self.current.offset
        try self.expectBracket("{")
        var entries: [Node.MapEntry] = []
        while !self.current.isBracket("}") {
            if !entries.isEmpty {
                try self.expectOperator(",")
                if self.current.isBracket("}") { break }
                if self.current.isOperator(",") { throw self.unexpected() }
            }
            let token = self.current
            let key: Node
            switch token.kind {
            case .number, .string, .identifier:
                key = try self.node(.string(token.value), at: token.offset)
                try self.advance()
            case .bracket where token.value == "(": key = try self.expression(0)
            case .bracket, .operator, .bytes, .end:
                throw self.error(
                    "a map key must be a quoted string, a number, a identifier, or an expression enclosed in "
                        + "parentheses (unexpected token \(token))")
            }
            try self.expectOperator(":")
            let value = try self.expression(0)
            entries.append(Node.MapEntry(key: key, value: value))
        }
        try self.expectBracket("}")
        return try self.node(.map(entries), at: start)
    }

    /// The members, indices, slices and calls that follow a value.
    private mutating func postfix(_ start: Node) throws(ExpressionError) -> Node {
        var result = start
        while true {
            let token = self.current
            if token.isOperator(".") || token.isOperator("?.") {
                let isOptional = token.value == "?."
                try self.advance()
                if isOptional, self.current.isBracket("[") {
                    result = try self.index(result, isOptional: true)
                } else {
                    result = try self.property(result, isOptional: isOptional)
                }
            } else if token.isBracket("[") {
                result = try self.index(result, isOptional: false)
            } else {
                return result
            }
        }
    }

    private mutating func property(_ base: Node, isOptional: Bool) throws(ExpressionError) -> Node {
        let name = self.current
        try self.advance()
        guard name.kind == .identifier || (name.kind == .operator && isIdentifier(name.value)) else {
            throw self.error("expected name")
        }
        let property = try self.node(.string(name.value), at: name.offset)
        var target = base
        var isChain = isOptional
        if case .chain(let inside) = base.kind {
            target = inside
            isChain = true
        }
        var result = try self.node(.member(target, property: property, isOptional: isOptional), at: name.offset)
        if self.current.isBracket("(") {
            let arguments = try self.arguments([])
            result = try self.node(.call(result, arguments), at: name.offset)
        }
        return isChain ? try self.node(.chain(result), at: name.offset) : result
    }

    private mutating func index(_ base: Node, isOptional: Bool) throws(ExpressionError) -> Node {
        let start = self.current.offset
        try self.expectBracket("[")
        var from: Node?
        if !self.current.isOperator(":") {
            let first = try self.expression(0)
            guard self.current.isOperator(":") else {
                var result = try self.node(.member(base, property: first, isOptional: isOptional), at: start)
                if isOptional { result = try self.node(.chain(result), at: start) }
                try self.expectBracket("]")
                return result
            }
            from = first
        }
        try self.advance()
        let to = self.current.isBracket("]") ? nil : try self.expression(0)
        let result = try self.node(.slice(base, from: from, to: to), at: start)
        try self.expectBracket("]")
        return result
    }
}

/// The arguments of a builtin that takes a predicate.
struct PredicateShape: Sendable {
    struct Part: Sendable {
        var isPredicate: Bool
        var isOptional = false
    }

    let parts: [Part]

    private static let collection = Part(isPredicate: false)
    private static let test = Part(isPredicate: true)

    static let byName: [String: PredicateShape] = {
        var shapes: [String: PredicateShape] = [:]
        for name in [
            "all", "none", "any", "one", "filter", "map", "find", "findIndex", "findLast", "findLastIndex", "groupBy",
        ] {
            shapes[name] = PredicateShape(parts: [Self.collection, Self.test])
        }
        for name in ["count", "sum"] {
            shapes[name] = PredicateShape(parts: [Self.collection, Part(isPredicate: true, isOptional: true)])
        }
        for name in ["sortBy", "reduce"] {
            shapes[name] = PredicateShape(
                parts: [Self.collection, Self.test, Part(isPredicate: false, isOptional: true)])
        }
        return shapes
    }()
}
