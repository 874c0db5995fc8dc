import OrderedCollections

/// Why an evaluation does not go on.
enum Stop: Error {
    case failure(ExpressionError)
    /// A link of a `?.` chain is nil: the chain around it is nil.
    case nilLink
}

/// Evaluates a syntax tree by walking it.
struct Evaluator {
    private let source: String
    let variables: [String: Value]
    let context: ExpressionContext
    /// The variables that `let` declared, innermost last.
    private var locals: [(name: String, value: Value)] = []
    var scopes: [PredicateScope] = []
    private var stepsLeft: Int
    private var memoryLeft: Int
    private var random: SplitMix?

    /// What `#`, `#index` and `#acc` mean inside a predicate.
    struct PredicateScope {
        var item: Value = .null
        var index = 0
        var accumulator: Value = .null
    }

    init(source: String, variables: [String: Value], context: ExpressionContext) {
        self.source = source
        self.variables = variables
        self.context = context
        self.stepsLeft = context.limits.steps
        self.memoryLeft = context.limits.memory
        self.random = context.seed.map(SplitMix.init(seed:))
    }

    mutating func run(_ root: Node) throws(ExpressionError) -> Value {
        do throws(Stop) {
            return try self.evaluate(root)
        } catch {
            switch error {
            case .failure(let failure): throw failure
            case .nilLink: return .null
            }
        }
    }

    func failure(_ message: String, at node: Node) -> Stop {
        .failure(ExpressionError(message, at: node.offset, in: self.source))
    }

    /// Counts what a result takes.
    mutating func charge(_ amount: Int, at node: Node) throws(Stop) {
        self.memoryLeft -= amount
        guard self.memoryLeft > 0 else { throw self.failure("memory budget exceeded", at: node) }
    }

    /// Runs what knows no position, and adds one.
    func positioned<Result>(
        at node: Node, _ body: () throws(ValueFailure) -> Result
    ) throws(Stop) -> Result {
        do throws(ValueFailure) {
            return try body()
        } catch {
            throw self.failure(error.message, at: node)
        }
    }

    mutating func evaluate(_ node: Node) throws(Stop) -> Value {
        self.stepsLeft -= 1
        guard self.stepsLeft > 0 else {
            throw self.failure("expression takes more than \(self.context.limits.steps) steps", at: node)
        }
        switch node.kind {
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .integer(let number): return .int(number)
        case .float(let number): return .float(number)
        case .string(let text): return .string(text)
        case .bytes(let bytes): return .bytes(bytes)
        case .identifier(let name): return self.lookUp(name)
        case .unary(let operation, let operand): return try self.unary(operation, operand, at: node)
        case .binary(let operation, let left, let right): return try self.binary(operation, left, right, at: node)
        case .match(let operand, let pattern): return try self.match(operand, pattern, at: node)
        case .chain(let inside): return try self.chain(inside)
        case .member(let base, let property, let isOptional):
            return try self.member(base, property, isOptional, at: node)
        case .slice(let base, let from, let to): return try self.slice(base, from, to, at: node)
        case .call(let callee, let arguments): return try self.call(callee, arguments, at: node)
        case .builtin(let name, let arguments): return try self.builtin(name, arguments, at: node)
        case .predicate(let body): return try self.evaluate(body)
        case .pointer(let name): return try self.pointer(name, at: node)
        case .declaration(let name, let value, let body): return try self.declaration(name, value, body)
        case .sequence(let nodes):
            var last = Value.null
            for node in nodes { last = try self.evaluate(node) }
            return last
        case .conditional(let condition, let then, let otherwise):
            return try self.evaluate(try self.truth(condition, at: node) ? then : otherwise)
        case .array(let nodes): return try self.admit(.array(try self.list(nodes, at: node)), at: node)
        case .map(let entries): return try self.map(entries, at: node)
        }
    }

    private func lookUp(_ name: String) -> Value {
        for local in self.locals.reversed() where local.name == name { return local.value }
        if let value = self.variables[name] { return value }
        if name == "$env" { return .map(self.variables) }
        return ArgoFunctions.environment[name] ?? .null
    }

    private mutating func declaration(_ name: String, _ value: Node, _ body: Node) throws(Stop) -> Value {
        let result = try self.evaluate(value)
        self.locals.append((name, result))
        defer { self.locals.removeLast() }
        return try self.evaluate(body)
    }

    private func pointer(_ name: String, at node: Node) throws(Stop) -> Value {
        guard let scope = self.scopes.last else {
            throw self.failure("cannot use pointer accessor outside predicate", at: node)
        }
        switch name {
        case "": return scope.item
        case "index": return .int(scope.index)
        case "acc": return scope.accumulator
        default: throw self.failure("unknown pointer #\(name)", at: node)
        }
    }

    mutating func truth(_ condition: Node, at node: Node) throws(Stop) -> Bool {
        let value = try self.evaluate(condition)
        guard case .bool(let truth) = value else {
            throw self.failure(conversionFailure(value, to: "bool"), at: node)
        }
        return truth
    }

    mutating func list(_ nodes: [Node], at node: Node) throws(Stop) -> [Value] {
        try self.charge(nodes.count, at: node)
        var values: [Value] = []
        values.reserveCapacity(nodes.count)
        for node in nodes { values.append(try self.evaluate(node)) }
        return values
    }

    private mutating func map(_ entries: [Node.MapEntry], at node: Node) throws(Stop) -> Value {
        try self.charge(entries.count, at: node)
        var members: [String: Value] = [:]
        for entry in entries {
            let key = try self.evaluate(entry.key)
            guard case .string(let name) = key else {
                throw self.failure(conversionFailure(key, to: "string"), at: node)
            }
            members[name] = try self.evaluate(entry.value)
        }
        return try self.admit(.map(members), at: node)
    }

    private mutating func chain(_ inside: Node) throws(Stop) -> Value {
        do throws(Stop) {
            return try self.evaluate(inside)
        } catch {
            guard case .nilLink = error else { throw error }
            return .null
        }
    }

    private mutating func member(
        _ base: Node, _ property: Node, _ isOptional: Bool, at node: Node
    ) throws(Stop) -> Value {
        let value = try self.evaluate(base)
        if isOptional, value.isNull { throw .nilLink }
        let key = try self.evaluate(property)
        return try self.positioned(at: node) { () throws(ValueFailure) in try Operators.fetch(key, from: value) }
    }

    private mutating func slice(_ base: Node, _ from: Node?, _ to: Node?, at node: Node) throws(Stop) -> Value {
        let value = try self.evaluate(base)
        var high: Value?
        if let to { high = try self.evaluate(to) }
        var low: Value?
        if let from { low = try self.evaluate(from) }
        return try self.positioned(at: node) { () throws(ValueFailure) in
            try Operators.slice(value, from: low, to: high)
        }
    }

    private mutating func call(_ callee: Node, _ arguments: [Node], at node: Node) throws(Stop) -> Value {
        let values = try self.list(arguments, at: node)
        if case .member(let base, let property, let isOptional) = callee.kind, case .string(let name) = property.kind {
            let value = try self.evaluate(base)
            if isOptional, value.isNull { throw .nilLink }
            let context = self.context
            let result = try self.positioned(at: node) { () throws(ValueFailure) in
                try TimeMethods.call(name, on: value, values, context)
            }
            if let result { return result }
        }
        let target = try self.evaluate(callee)
        switch target {
        case .function(let function): return try self.call(function.name, values, at: node)
        case .null: throw self.failure("invalid operation: cannot call nil", at: node)
        case .bool, .int, .float, .string, .bytes, .array, .map, .table, .time, .duration, .zone:
            throw self.failure("invalid operation: cannot call non-function of type \(target.goType)", at: node)
        }
    }

    /// Calls a function of the environment or a builtin without predicate.
    mutating func call(_ name: String, _ arguments: [Value], at node: Node) throws(Stop) -> Value {
        guard let function = functionsByName[name] else {
            throw self.failure("invalid operation: cannot call nil", at: node)
        }
        var call = FunctionCall(arguments: arguments, context: self.context, random: self.random)
        call.memoryLeft = self.memoryLeft
        for argument in arguments { self.stepsLeft -= size(argument) / 4 }
        let result: Value
        do throws(ValueFailure) {
            result = try function(&call)
        } catch {
            throw self.failure(error.message, at: node)
        }
        self.random = call.random
        self.stepsLeft -= call.cost
        try self.charge(size(result), at: node)
        return try self.admit(result, at: node)
    }

    /// Counts the work of looking at both values.
    mutating func spend(on left: Value, _ right: Value) { self.stepsLeft -= (size(left) + size(right)) / 4 }

    mutating func spend(_ steps: Int) { self.stepsLeft -= steps }

    /// Lets a new array or map pass unless it nests too deep or is too large once it is written out.
    ///
    /// An array can hold another one many times over at no cost: without this, thirty doublings would be a gigabyte of
    /// JSON, and a long fold a value too deep to be destroyed.
    mutating func admit(_ value: Value, at node: Node) throws(Stop) -> Value {
        var visited = 0
        guard fits(value, depth: 0, visited: &visited, limit: self.memoryLeft) else {
            throw self.failure("memory budget exceeded", at: node)
        }
        self.stepsLeft -= visited / 8
        return value
    }

    private func fits(_ value: Value, depth: Int, visited: inout Int, limit: Int) -> Bool {
        switch value {
        case .array(let elements): return self.fit(elements, depth: depth, visited: &visited, limit: limit)
        case .map(let members): return self.fit(members.values, depth: depth, visited: &visited, limit: limit)
        case .table(let members): return self.fit(members.values, depth: depth, visited: &visited, limit: limit)
        case .string(let text): visited += text.utf8.count / 16
        case .null, .bool, .int, .float, .bytes, .time, .duration, .zone, .function: break
        }
        return visited < limit
    }

    private func fit(_ inner: some Collection<Value>, depth: Int, visited: inout Int, limit: Int) -> Bool {
        guard depth < ExpressionLimits.valueDepthMax else { return false }
        visited += inner.count
        guard visited < limit else { return false }
        return inner.allSatisfy { self.fits($0, depth: depth + 1, visited: &visited, limit: limit) }
    }

    private func size(_ value: Value) -> Int {
        switch value {
        case .string(let text): text.utf8.count / 16
        case .bytes(let bytes): bytes.count / 16
        case .array(let elements): elements.count
        case .map(let members): members.count
        case .table(let members): members.count
        case .null, .bool, .int, .float, .time, .duration, .zone, .function: 0
        }
    }
}

/// What Go says where a value is not of the type that is needed.
func conversionFailure(_ value: Value, to type: String) -> String {
    "interface conversion: interface {} is \(value.isNull ? "nil" : value.goType), not \(type)"
}
