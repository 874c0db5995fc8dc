import OrderedCollections

/// The builtins of expr-lang on arrays and maps that take no predicate.
let collectionBuiltins: [String: NativeFunction] = [
    "len": { (call) throws(ValueFailure) in
        try call.expect(1...1)
        switch call[0] {
        case .string(let text): return .int(text.unicodeScalars.count)
        case .array(let elements): return .int(elements.count)
        case .bytes(let bytes): return .int(bytes.count)
        case .map(let members): return .int(members.count)
        case .table(let members): return .int(members.count)
        default: throw ValueFailure("invalid argument for len (type \(call[0].goType))")
        }
    },
    "first": { (call) throws(ValueFailure) in
        try call.expect(1...1)
        return call[0].elements?.first ?? .null
    },
    "last": { (call) throws(ValueFailure) in
        try call.expect(1...1)
        return call[0].elements?.last ?? .null
    },
    "get": { (call) throws(ValueFailure) in try get(call) },
    "take": { (call) throws(ValueFailure) in
        try call.expect(2...2)
        guard let elements = call[0].elements else { throw ValueFailure("cannot take from \(call[0].goKind)") }
        guard case .int(let count) = call[1] else { throw ValueFailure("cannot take \(call[1].goKind) elements") }
        guard count >= 0 else { throw ValueFailure("reflect.Value.Slice: slice index out of bounds") }
        return .array(Array(elements.prefix(count)))
    },
    "keys": { (call) throws(ValueFailure) in
        try call.expect(1...1)
        guard let pairs = call[0].pairs else { throw ValueFailure("cannot get keys from \(call[0].goKind)") }
        return .array(pairs.map(\.key))
    },
    "values": { (call) throws(ValueFailure) in
        try call.expect(1...1)
        guard let pairs = call[0].pairs else { throw ValueFailure("cannot get values from \(call[0].goKind)") }
        return .array(pairs.map(\.value))
    },
    "toPairs": { (call) throws(ValueFailure) in
        try call.expect(1...1)
        guard let pairs = call[0].pairs else { throw ValueFailure("cannot transform \(call[0].goKind) to pairs") }
        return .array(pairs.map { .array([$0.key, $0.value]) })
    },
    "fromPairs": { (call) throws(ValueFailure) in
        try call.expect(1...1)
        guard let elements = call[0].elements else {
            throw ValueFailure("cannot transform \(call[0].formatted) from pairs")
        }
        var entries: OrderedDictionary<Value, Value> = [:]
        for element in elements {
            guard let pair = element.elements else { throw ValueFailure("invalid pair \(element.formatted)") }
            guard pair.count == 2 else { throw ValueFailure("invalid pair length \(element.formatted)") }
            entries[pair[0]] = pair[1]
        }
        return mapOrTable(entries)
    },
    "reverse": { (call) throws(ValueFailure) in
        try call.expect(1...1)
        guard let elements = call[0].elements else { throw ValueFailure("cannot reverse \(call[0].goKind)") }
        return .array(elements.reversed())
    },
    "uniq": { (call) throws(ValueFailure) in
        try call.expect(1...1)
        guard let elements = call[0].elements else { throw ValueFailure("cannot uniq \(call[0].goKind)") }
        return .array(unique(elements))
    },
    "concat": { (call) throws(ValueFailure) in
        guard call.count > 0 else {
            throw ValueFailure("invalid number of arguments (expected at least 1, got 0)")
        }
        var joined: [Value] = []
        for argument in call.arguments {
            guard let elements = argument.elements else { throw ValueFailure("cannot concat \(argument.goKind)") }
            try call.reserve(joined.count + elements.count)
            joined += elements
        }
        return .array(joined)
    },
    "flatten": { (call) throws(ValueFailure) in
        try call.expect(1...1)
        guard let elements = call[0].elements else { throw ValueFailure("cannot flatten \(call[0].goKind)") }
        return .array(flattened(elements))
    },
    "sort": { (call) throws(ValueFailure) in
        guard (1...2).contains(call.count) else {
            throw ValueFailure("invalid number of arguments (expected 1 or 2, got \(call.count))")
        }
        var isDescending = false
        if call.count == 2 {
            guard case .string(let order) = call[1] else {
                throw ValueFailure("sort order argument must be a string (got \(call[1].goType))")
            }
            guard order == "asc" || order == "desc" else {
                throw ValueFailure("invalid order \(order), expected asc or desc")
            }
            isDescending = order == "desc"
        }
        let keyed = (call[0].elements ?? []).map { (key: $0, element: $0) }
        return .array(try sortedByKey(keyed, isDescending: isDescending))
    },
]

/// An element or member, or nil where there is none.
private func get(_ call: FunctionCall) throws(ValueFailure) -> Value {
    guard call.count >= 2 else {
        throw ValueFailure("invalid number of arguments (expected 2, got \(call.count))")
    }
    switch call[0] {
    case .map, .table: return try Operators.fetch(call[1], from: call[0])
    case .array, .bytes, .string:
        let index = try call.int(1)
        let count = call[0].stringValue?.utf8.count ?? call[0].elements?.count ?? 0
        let place = index < 0 ? count + index : index
        return (0..<count).contains(place) ? try Operators.fetch(.int(place), from: call[0]) : .null
    case .null, .bool, .int, .float, .time, .duration, .zone, .function: return .null
    }
}

/// The elements without those that equal an earlier one.
func unique(_ elements: [Value]) -> [Value] {
    var seen: Set<Value> = []
    return elements.filter { element in
        // A whole float equals the integer; both stand under the integer.
        var key = element
        if case .float(let number) = element, let whole = Int(exactly: number) { key = .int(whole) }
        return seen.insert(key).inserted
    }
}

/// The elements with arrays replaced by their elements, at every depth.
private func flattened(_ elements: [Value]) -> [Value] {
    elements.flatMap { element in
        guard let inner = element.elements else { return [element] }
        return flattened(inner)
    }
}
