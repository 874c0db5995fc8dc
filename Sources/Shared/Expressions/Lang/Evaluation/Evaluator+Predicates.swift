import OrderedCollections

/// Builtins that run a predicate over the elements of an array.
extension Evaluator {
    mutating func builtin(_ name: String, _ arguments: [Node], at node: Node) throws(Stop) -> Value {
        guard PredicateShape.byName[name] != nil else {
            return try self.call("builtin.\(name)", try self.list(arguments, at: node), at: node)
        }
        let collection = try self.evaluate(arguments[0])
        guard let elements = collection.elements else {
            throw self.failure("reflect: call of reflect.Value.Len on \(collection.goKind) Value", at: node)
        }
        let predicate = arguments.count > 1 ? arguments[1] : nil
        switch name {
        case "all", "none", "any", "one", "count": return try self.counting(name, elements, predicate, at: node)
        case "find", "findIndex", "findLast", "findLastIndex":
            return try self.finding(name, elements, predicate, at: node)
        case "filter":
            var kept: [Value] = []
            try self.forEach(elements, at: node) { (evaluator, element) throws(Stop) in
                if try evaluator.holds(predicate, at: node) { kept.append(element) }
                return true
            }
            try self.charge(kept.count, at: node)
            return .array(kept)
        case "map":
            var mapped: [Value] = []
            try self.forEach(elements, at: node) { (evaluator, _) throws(Stop) in
                mapped.append(try evaluator.result(predicate))
                return true
            }
            try self.charge(mapped.count, at: node)
            return try self.admit(.array(mapped), at: node)
        case "sum": return try self.sum(elements, predicate, at: node)
        case "groupBy": return try self.groupBy(elements, predicate, at: node)
        case "sortBy": return try self.sortBy(elements, predicate, arguments.count > 2 ? arguments[2] : nil, at: node)
        default: return try self.reduce(elements, predicate, arguments.count > 2 ? arguments[2] : nil, at: node)
        }
    }

    /// Runs `body` with each element at hand until it returns `false`.
    private mutating func forEach(
        _ elements: [Value], reversed: Bool = false, at node: Node,
        _ body: (inout Evaluator, Value) throws(Stop) -> Bool
    ) throws(Stop) {
        self.scopes.append(PredicateScope())
        defer { self.scopes.removeLast() }
        let depth = self.scopes.count - 1
        for step in elements.indices {
            let index = reversed ? elements.count - 1 - step : step
            self.scopes[depth].item = elements[index]
            self.scopes[depth].index = index
            guard try body(&self, elements[index]) else { return }
        }
    }

    private mutating func result(_ predicate: Node?) throws(Stop) -> Value {
        guard let predicate else { return self.scopes.last?.item ?? .null }
        return try self.evaluate(predicate)
    }

    private mutating func holds(_ predicate: Node?, at node: Node) throws(Stop) -> Bool {
        let value = try self.result(predicate)
        guard case .bool(let truth) = value else {
            throw self.failure(conversionFailure(value, to: "bool"), at: predicate ?? node)
        }
        return truth
    }

    private mutating func counting(
        _ name: String, _ elements: [Value], _ predicate: Node?, at node: Node
    ) throws(Stop) -> Value {
        var count = 0
        var seen = 0
        try self.forEach(elements, at: node) { (evaluator, _) throws(Stop) in
            seen += 1
            let holds = try evaluator.holds(predicate, at: node)
            if holds { count += 1 }
            switch name {
            case "all": return holds
            case "none", "any": return !holds
            default: return true
            }
        }
        switch name {
        case "all": return .bool(count == seen)
        case "none": return .bool(count == 0)
        case "any": return .bool(count > 0)
        case "one": return .bool(count == 1)
        default: return .int(count)
        }
    }

    private mutating func finding(
        _ name: String, _ elements: [Value], _ predicate: Node?, at node: Node
    ) throws(Stop) -> Value {
        var found: Int?
        try self.forEach(elements, reversed: name.hasPrefix("findLast"), at: node) { (evaluator, _) throws(Stop) in
            guard try evaluator.holds(predicate, at: node) else { return true }
            found = evaluator.scopes.last?.index
            return false
        }
        if name.hasSuffix("Index") { return .int(found ?? -1) }
        return found.map { elements[$0] } ?? .null
    }

    private mutating func sum(_ elements: [Value], _ predicate: Node?, at node: Node) throws(Stop) -> Value {
        var total = Value.int(0)
        try self.forEach(elements, at: node) { (evaluator, _) throws(Stop) in
            let value = try evaluator.result(predicate)
            total = try evaluator.positioned(at: node) { () throws(ValueFailure) in
                try Operators.apply(.add, value, total)
            }
            return true
        }
        return total
    }

    private mutating func groupBy(_ elements: [Value], _ predicate: Node?, at node: Node) throws(Stop) -> Value {
        var groups: OrderedDictionary<Value, [Value]> = [:]
        try self.forEach(elements, at: node) { (evaluator, element) throws(Stop) in
            let key = try evaluator.result(predicate)
            switch key {
            case .array, .map, .table, .bytes:
                throw evaluator.failure(
                    "cannot use \(key.goType) as a key for groupBy: type is not comparable", at: node)
            case .null, .bool, .int, .float, .string, .time, .duration, .zone, .function: break
            }
            groups[key, default: []].append(element)
            return true
        }
        try self.charge(elements.count, at: node)
        return mapOrTable(groups.mapValues { .array($0) })
    }

    private mutating func sortBy(
        _ elements: [Value], _ predicate: Node?, _ order: Node?, at node: Node
    ) throws(Stop) -> Value {
        var isDescending = false
        if let order {
            let value = try self.evaluate(order)
            switch value {
            case "asc": break
            case "desc": isDescending = true
            case .string: throw self.failure("unknown order, use asc or desc", at: node)
            default: throw self.failure("sortBy order argument must be a string", at: node)
            }
        }
        var keyed: [(key: Value, element: Value)] = []
        try self.forEach(elements, at: node) { (evaluator, element) throws(Stop) in
            keyed.append((try evaluator.result(predicate), element))
            return true
        }
        try self.charge(keyed.count, at: node)
        let sorted = try self.positioned(at: node) { () throws(ValueFailure) in
            try sortedByKey(keyed, isDescending: isDescending)
        }
        return .array(sorted)
    }

    private mutating func reduce(
        _ elements: [Value], _ predicate: Node?, _ initial: Node?, at node: Node
    ) throws(Stop) -> Value {
        var accumulator = Value.null
        var isFirst = true
        if let initial {
            accumulator = try self.evaluate(initial)
            isFirst = false
        } else if elements.isEmpty {
            throw self.failure("reduce of empty array with no initial value", at: node)
        }
        try self.forEach(elements, at: node) { (evaluator, element) throws(Stop) in
            if isFirst {
                accumulator = element
                isFirst = false
                return true
            }
            evaluator.scopes[evaluator.scopes.count - 1].accumulator = accumulator
            accumulator = try evaluator.result(predicate)
            return true
        }
        return accumulator
    }
}

/// A map where all keys are strings, else a table.
func mapOrTable(_ entries: OrderedDictionary<Value, Value>) -> Value {
    var members: [String: Value] = [:]
    for (key, value) in entries {
        guard case .string(let name) = key else { return .table(entries) }
        members[name] = value
    }
    return .map(members)
}

/// The elements in the order of their keys; equal keys keep their order.
func sortedByKey(
    _ keyed: [(key: Value, element: Value)], isDescending: Bool
) throws(ValueFailure) -> [Value] {
    var failure: ValueFailure?
    let sorted = keyed.enumerated().sorted { left, right in
        guard failure == nil else { return left.offset < right.offset }
        do throws(ValueFailure) {
            let (first, second) = isDescending ? (right.element, left.element) : (left.element, right.element)
            if try Operators.less(first.key, second.key) { return true }
            if try Operators.less(second.key, first.key) { return false }
        } catch {
            failure = error
        }
        return left.offset < right.offset
    }
    if let failure { throw failure }
    return sorted.map(\.element.element)
}
