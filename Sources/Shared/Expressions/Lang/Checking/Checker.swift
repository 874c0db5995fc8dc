/// Checks an expression against its variables before it runs, as expr-lang's compiler does.
///
/// It knows the types of the variables by their values, so that a name nobody knows or an operator between kinds that
/// never fit is an error whichever way the evaluation would go.
struct Checker {
    private let source: String
    private let variables: [String: Value]
    private var locals: [(name: String, nature: Nature)] = []
    private var scopes: [Scope] = []

    private struct Scope {
        var collection: Nature
        var names: [String: Nature]
    }

    init(source: String, variables: [String: Value]) {
        self.source = source
        self.variables = variables
    }

    mutating func check(_ root: Node) throws(ExpressionError) { _ = try self.visit(root) }

    func failure(_ message: String, at node: Node) -> ExpressionError {
        ExpressionError(message, at: node.offset, in: self.source)
    }

    private func known(_ name: String) -> Nature? {
        if let value = self.variables[name] { return Nature(value) }
        if let value = ArgoFunctions.environment[name] { return Nature(value) }
        return nil
    }

    mutating func visit(_ node: Node) throws(ExpressionError) -> Nature {
        switch node.kind {
        case .null: return .null
        case .bool: return .bool
        case .integer: return .int
        case .float: return .float
        case .string: return .string
        case .bytes: return .bytes
        case .identifier(let name): return try self.identifier(name, at: node)
        case .unary(let operation, let operand): return try self.unary(operation, operand, at: node)
        case .binary(let operation, let left, let right): return try self.binary(operation, left, right, at: node)
        case .match(let operand, _):
            let nature = try self.visit(operand)
            guard nature == .unknown || nature == .string || nature == .bytes else {
                throw self.mismatch("matches", nature, .string, at: node)
            }
            return .bool
        case .chain(let inside): return try self.visit(inside)
        case .member(let base, let property, let isOptional):
            return try self.member(base, property, isOptional, at: node)
        case .slice(let base, let from, let to): return try self.slice(base, from, to, at: node)
        case .call(let callee, let arguments): return try self.call(callee, arguments, at: node)
        case .builtin(let name, let arguments):
            if PredicateShape.byName[name] != nil { return try self.predicateBuiltin(name, arguments, at: node) }
            return try self.builtin(name, arguments, at: node)
        case .predicate(let body): return try self.visit(body)
        case .pointer(let name): return try self.pointer(name, at: node)
        case .declaration(let name, let value, let body): return try self.declaration(name, value, body, at: node)
        case .sequence(let nodes):
            var last = Nature.unknown
            for node in nodes { last = try self.visit(node) }
            return last
        case .conditional(let condition, let then, let otherwise):
            return try self.conditional(condition, then, otherwise)
        case .array(let nodes): return try self.array(nodes)
        case .map(let entries):
            for entry in entries {
                _ = try self.visit(entry.key)
                _ = try self.visit(entry.value)
            }
            return .map
        }
    }

    private func identifier(_ name: String, at node: Node) throws(ExpressionError) -> Nature {
        for local in self.locals.reversed() where local.name == name { return local.nature }
        if name == "$env" { return .unknown }
        if let nature = self.known(name) { return nature }
        if builtinNames.contains(name) || PredicateShape.byName[name] != nil { return .unknown }
        throw self.failure("unknown name \(name)", at: node)
    }

    private mutating func unary(
        _ operation: UnaryOperator, _ operand: Node, at node: Node
    ) throws(ExpressionError) -> Nature {
        let nature = try self.visit(operand)
        switch operation {
        case .not, .bang: if nature == .bool || nature == .unknown { return .bool }
        case .plus, .minus: if nature.isNumber || nature == .unknown { return nature }
        }
        throw self.failure("invalid operation: \(operation.rawValue) (mismatched type \(nature.goType))", at: node)
    }

    private func mismatch(_ sign: String, _ left: Nature, _ right: Nature, at node: Node) -> ExpressionError {
        self.failure("invalid operation: \(sign) (mismatched types \(left.goType) and \(right.goType))", at: node)
    }

    private mutating func binary(
        _ operation: BinaryOperator, _ left: Node, _ right: Node, at node: Node
    ) throws(ExpressionError) -> Nature {
        let first = try self.visit(left)
        let second = try self.visit(right)
        if let result = Self.result(operation, first, second) { return result }
        if operation == .in {
            if second == .map {
                throw self.failure("cannot use \(first.goType) as type string in map key", at: node)
            }
            if second.isArray {
                throw self.failure(
                    "cannot use \(first.goType) as type \(second.element.goType) in array", at: node)
            }
        }
        throw self.mismatch(operation.rawValue, first, second, at: node)
    }

    /// The nature of a result, or `nil` where the operator does not fit its operands.
    private static func result(_ operation: BinaryOperator, _ left: Nature, _ right: Nature) -> Nature? {
        let areNumbers = left.isNumber && right.isNumber
        switch operation {
        case .equal, .notEqual: return left.isComparable(to: right) ? .bool : nil
        case .or, .doubleBar, .and, .doubleAmpersand:
            return (left == .bool && right == .bool) || left.mayFit(right, [.bool]) ? .bool : nil
        case .less, .greater, .greaterOrEqual, .lessOrEqual:
            let fits = areNumbers || (left == right && [.string, .time, .duration].contains(left))
            return fits || left.mayFit(right, [.int, .float, .string, .time, .duration]) ? .bool : nil
        case .add, .subtract, .multiply: return self.arithmetic(operation, left, right)
        case .divide, .power, .caret: return areNumbers || left.mayFit(right, [.int, .float]) ? .float : nil
        case .remainder: return (left == .int && right == .int) || left.mayFit(right, [.int]) ? .int : nil
        case .in:
            if right == .map { return left == .string || left == .unknown ? .bool : nil }
            if right.isArray { return left.isComparable(to: right.element) ? .bool : nil }
            return right == .unknown || (left == .unknown && right == .string) ? .bool : nil
        case .matches, .contains, .startsWith, .endsWith:
            return (left == .string && right == .string) || left.mayFit(right, [.string]) ? .bool : nil
        case .range: return (left == .int && right == .int) || left.mayFit(right, [.int]) ? .array(.int) : nil
        case .coalesce:
            if left == .null { return right }
            return right == .null || left == right ? left : .unknown
        case .pipe: return .unknown
        }
    }

    private static func arithmetic(_ operation: BinaryOperator, _ left: Nature, _ right: Nature) -> Nature? {
        if left.isNumber, right.isNumber { return left == .int && right == .int ? .int : .float }
        switch (operation, left, right) {
        case (.add, .string, .string): return .string
        case (.add, .time, .duration), (.add, .duration, .time), (.subtract, .time, .duration): return .time
        case (.subtract, .time, .time), (.add, .duration, .duration), (.subtract, .duration, .duration),
            (.multiply, .duration, .duration):
            return .duration
        case (.multiply, .duration, let other), (.multiply, let other, .duration):
            return other.isNumber ? .duration : other == .unknown ? .unknown : nil
        case (.add, _, _): return left.mayFit(right, [.int, .float, .string, .time, .duration]) ? .unknown : nil
        case (.subtract, _, _): return left.mayFit(right, [.int, .float, .time, .duration]) ? .unknown : nil
        default: return left.mayFit(right, [.int, .float, .duration]) ? .unknown : nil
        }
    }

    private mutating func member(
        _ base: Node, _ property: Node, _ isOptional: Bool, at node: Node
    ) throws(ExpressionError) -> Nature {
        if case .identifier("$env") = base.kind {
            guard case .string(let name) = property.kind else { return .unknown }
            if let nature = self.known(name) { return nature }
            if isOptional { return .unknown }
            throw self.failure("unknown name \(name)", at: node)
        }
        let nature = try self.visit(base)
        let key = try self.visit(property)
        switch nature {
        case .unknown, .time, .duration, .zone: return .unknown
        case .map:
            guard key == .string || key == .unknown else {
                throw self.failure("cannot use \(key.goType) to get an element from \(nature.goType)", at: property)
            }
            return .unknown
        case .array, .bytes:
            guard key == .int || key == .unknown else {
                throw self.failure(
                    "array elements can only be selected using an integer (got \(key.goType))", at: property)
            }
            return nature.element
        case .null, .bool, .int, .float, .string, .function:
            guard case .string(let name) = property.kind else {
                throw self.failure("type \(nature.goType)[\(key.goType)] is undefined", at: node)
            }
            throw self.failure("type \(nature.goType) has no field \(name)", at: node)
        }
    }

    private mutating func slice(
        _ base: Node, _ from: Node?, _ to: Node?, at node: Node
    ) throws(ExpressionError) -> Nature {
        let nature = try self.visit(base)
        guard nature == .unknown || nature == .string || nature.isArray else {
            throw self.failure("cannot slice \(nature.goType)", at: node)
        }
        for bound in [from, to] {
            guard let bound else { continue }
            let index = try self.visit(bound)
            guard index == .int || index == .unknown else {
                throw self.failure("non-integer slice index \(index.goType)", at: bound)
            }
        }
        return nature
    }

    private mutating func call(
        _ callee: Node, _ arguments: [Node], at node: Node
    ) throws(ExpressionError) -> Nature {
        let nature = try self.visit(callee)
        var name = "function"
        if case .identifier(let identifier) = callee.kind { name = identifier }
        if case .member(_, let property, _) = callee.kind, case .string(let text) = property.kind { name = text }
        switch nature {
        case .unknown:
            for argument in arguments { _ = try self.visit(argument) }
            return .unknown
        case .null: throw self.failure("\(name) is nil; cannot call nil as function", at: node)
        case .function(let function):
            guard let signature = Signature.ofFunctions[function] else {
                for argument in arguments { _ = try self.visit(argument) }
                return .unknown
            }
            return try self.check(signature, name, arguments, at: node)
        case .bool, .int, .float, .string, .bytes, .time, .duration, .zone, .array, .map:
            throw self.failure("\(nature.goType) is not callable", at: node)
        }
    }

    private func pointer(_ name: String, at node: Node) throws(ExpressionError) -> Nature {
        guard let scope = self.scopes.last else {
            throw self.failure("cannot use pointer accessor outside predicate", at: node)
        }
        if name.isEmpty { return scope.collection.element }
        guard let nature = scope.names[name] else { throw self.failure("unknown pointer #\(name)", at: node) }
        return nature
    }

    private mutating func declaration(
        _ name: String, _ value: Node, _ body: Node, at node: Node
    ) throws(ExpressionError) -> Nature {
        if self.known(name) != nil { throw self.failure("cannot redeclare \(name)", at: node) }
        if builtinNames.contains(name) || PredicateShape.byName[name] != nil {
            throw self.failure("cannot redeclare builtin \(name)", at: node)
        }
        if self.locals.contains(where: { $0.name == name }) {
            throw self.failure("cannot redeclare variable \(name)", at: node)
        }
        let nature = try self.visit(value)
        self.locals.append((name, nature))
        defer { self.locals.removeLast() }
        return try self.visit(body)
    }

    private mutating func conditional(
        _ condition: Node, _ then: Node, _ otherwise: Node
    ) throws(ExpressionError) -> Nature {
        let nature = try self.visit(condition)
        guard nature == .bool || nature == .unknown else {
            throw self.failure("non-bool expression (type \(nature.goType)) used as condition", at: condition)
        }
        let first = try self.visit(then)
        let second = try self.visit(otherwise)
        if first == .null { return second }
        return second == .null || first == second ? first : .unknown
    }

    private mutating func array(_ nodes: [Node]) throws(ExpressionError) -> Nature {
        var element: Nature?
        for node in nodes {
            let nature = try self.visit(node)
            element = element == nil || element == nature ? nature : .unknown
        }
        return .array(element ?? .unknown)
    }

    private mutating func predicateBuiltin(
        _ name: String, _ arguments: [Node], at node: Node
    ) throws(ExpressionError) -> Nature {
        let collection = try self.visit(arguments[0])
        guard collection.isArray || collection == .unknown else {
            throw self.failure("builtin \(name) takes only array (got \(collection.goType))", at: arguments[0])
        }
        var result = collection.element
        if arguments.count > 1 {
            var names: [String: Nature] = [:]
            if name == "map" || name == "reduce" { names["index"] = .int }
            if name == "reduce" { names["acc"] = .unknown }
            self.scopes.append(Scope(collection: collection, names: names))
            result = try self.visit(arguments[1])
            self.scopes.removeLast()
        }
        if arguments.count > 2 {
            let third = try self.visit(arguments[2])
            if name == "sortBy", third != .string, third != .unknown {
                throw self.failure(
                    "sortBy order argument must be a string (got \(third.goType))", at: arguments[2])
            }
        }
        switch name {
        case "map": return .array(result)
        case "groupBy": return .unknown
        case "sortBy": return collection
        case "reduce", "sum": return result
        default: break
        }
        if arguments.count > 1, result != .bool, result != .unknown {
            throw self.failure("predicate should return boolean (got \(result.goType))", at: arguments[1])
        }
        switch name {
        case "filter": return .array(collection.element)
        case "find", "findLast": return collection.element
        case "count", "findIndex", "findLastIndex": return .int
        default: return .bool
        }
    }
}
