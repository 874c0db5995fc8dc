import JSON

/// A path into a JSON document, as the function `jsonpath` takes it: `$.a[0].b`, `$..c`, `$.list[?(@.x > 1)]`.
///
/// A key that is not there and a place out of range are errors on the way down; below a wildcard, a slice, a union or a
/// filter they are left out.
struct JSONPath {
    let source: String
    private let segments: [JSONPathSegment]

    /// How many results a path may collect.
    private static let resultsMax = 100_000

    /// The part of a document that a path leads to.
    static func query(_ path: String, in document: JSONValue) throws(ValueFailure) -> Value {
        let value = Value(decoding: document)
        return try JSONPath(path, depth: 0).query(root: value, current: value)
    }

    init(_ source: String, depth: Int) throws(ValueFailure) {
        self.source = source
        do throws(ValueFailure) {
            self.segments = try JSONPathParser.segments(of: source, depth: depth)
        } catch {
            throw ValueFailure("invalid JSONPath selector '\(source)' \(error.message)")
        }
    }

    func query(root: Value, current: Value) throws(ValueFailure) -> Value {
        try Self.apply(self.segments[...], root: root, current: current)
    }

    private static func apply(
        _ segments: ArraySlice<JSONPathSegment>, root: Value, current: Value
    ) throws(ValueFailure) -> Value {
        guard let segment = segments.first else { return current }
        let rest = segments.dropFirst()
        switch segment {
        case .root: return try self.apply(rest, root: root, current: root)
        case .current: return try self.apply(rest, root: root, current: current)
        case .key(let name): return try self.apply(rest, root: root, current: try self.member(name, of: current))
        case .index(let index): return try self.apply(rest, root: root, current: try self.element(index, of: current))
        case .length: return try self.apply(rest, root: root, current: try self.length(of: current))
        case .wildcard:
            let elements = try self.children(of: current, segment)
            return .array(self.each(elements, rest, root: root))
        case .recursive:
            var found: [Value] = []
            try self.collect(current, rest, root: root, into: &found)
            return .array(found)
        case .range(let from, let to, let step):
            let elements = try self.slice(current, from, to, step, root: root)
            return try self.many(elements, rest, root: root)
        case .union(let bounds):
            return try self.many(try self.union(bounds, of: current, root: root), rest, root: root)
        case .filter(let condition):
            let elements = try self.children(of: current, segment)
            let kept = elements.filter { !self.isFalse(condition.result(root: root, current: $0)) }
            return try self.many(kept, rest, root: root)
        case .script(let condition):
            let place = condition.result(root: root, current: current)
            switch place {
            case .string(let name): return try self.apply(rest, root: root, current: try self.member(name, of: current))
            case .int, .float:
                let index = try Operators.toInt(place)
                return try self.apply(rest, root: root, current: try self.element(index, of: current))
            default:
                throw ValueFailure(
                    "script: invalid token unexpected expression result. expected [int string] got [nil]")
            }
        }
    }

    private static func misfit(_ name: String, _ value: Value, _ expected: String) -> ValueFailure {
        let kind = value.isNull ? "nil" : value.goKind
        return ValueFailure("\(name): invalid token target. expected [\(expected)] got [\(kind)]")
    }

    private static func member(_ name: String, of value: Value) throws(ValueFailure) -> Value {
        guard case .map(let members) = value else { throw self.misfit("key", value, "map") }
        guard let member = members[name] else { throw ValueFailure("key: invalid token key '\(name)' not found") }
        return member
    }

    private static func element(_ index: Int, of value: Value) throws(ValueFailure) -> Value {
        guard case .array(let elements) = value else { throw self.misfit("index", value, "array slice") }
        let place = index < 0 ? elements.count + index : index
        guard elements.indices.contains(place) else { throw ValueFailure("index: invalid token out of range") }
        return elements[place]
    }

    private static func length(of value: Value) throws(ValueFailure) -> Value {
        switch value {
        case .map(let members): return members["length"] ?? .int(members.count)
        case .array(let elements): return .int(elements.count)
        case .string(let text): return .int(text.utf8.count)
        default: throw self.misfit("length", value, "array map slice string")
        }
    }

    private static func children(of value: Value, _ segment: JSONPathSegment) throws(ValueFailure) -> [Value] {
        switch value {
        case .array(let elements): return elements
        case .map: return (value.pairs ?? []).map(\.value)
        default: throw self.misfit(segment.name, value, "array map slice")
        }
    }

    /// What the rest of the path finds in each element; what it does not find is left out.
    private static func each(_ elements: [Value], _ rest: ArraySlice<JSONPathSegment>, root: Value) -> [Value] {
        if rest.isEmpty { return elements }
        return elements.compactMap { element in
            do throws(ValueFailure) {
                let value = try self.apply(rest, root: root, current: element)
                return value.isNull ? nil : value
            } catch {
                // An element without what is asked for is none of the results.
                return nil
            }
        }
    }

    /// The rest of a path on several elements; an index after them picks one of them.
    private static func many(
        _ elements: [Value], _ rest: ArraySlice<JSONPathSegment>, root: Value
    ) throws(ValueFailure) -> Value {
        if case .index = rest.first { return try self.apply(rest, root: root, current: .array(elements)) }
        return .array(self.each(elements, rest, root: root))
    }

    private static func collect(
        _ value: Value, _ rest: ArraySlice<JSONPathSegment>, root: Value, into found: inout [Value]
    ) throws(ValueFailure) {
        if value.isNull { return }
        guard found.count < self.resultsMax else { throw ValueFailure("memory budget exceeded") }
        if rest.isEmpty {
            found.append(value)
        } else {
            do throws(ValueFailure) {
                let result = try self.apply(rest, root: root, current: value)
                found += result.elements ?? (result.isNull ? [] : [result])
            } catch {
                // The search goes on below what has no such part.
            }
        }
        switch value {
        case .array(let elements):
            for element in elements { try self.collect(element, rest, root: root, into: &found) }
        case .map:
            for (_, member) in value.pairs ?? [] { try self.collect(member, rest, root: root, into: &found) }
        default: break
        }
    }

    private static func slice(
        _ value: Value, _ from: JSONPathBound?, _ to: JSONPathBound?, _ step: JSONPathBound?, root: Value
    ) throws(ValueFailure) -> [Value] {
        guard case .array(let elements) = value else { throw self.misfit("range", value, "array slice") }
        func number(_ bound: JSONPathBound?, _ absent: Int) throws(ValueFailure) -> Int {
            switch bound {
            case nil: return absent
            case .number(let number): return number
            case .key: throw ValueFailure("range: invalid token argument. expected [int] got [string]")
            case .script(let condition): return try Operators.toInt(condition.result(root: root, current: value))
            }
        }
        func place(_ bound: JSONPathBound?, _ absent: Int) throws(ValueFailure) -> Int {
            let number = try number(bound, absent)
            return min(max(number < 0 ? elements.count + number : number, 0), elements.count)
        }
        let low = try place(from, 0)
        let high = try place(to, elements.count)
        let step = try number(step, 1)
        guard step != 0 else { throw ValueFailure("range: invalid token out of range") }
        guard low < high else { return [] }
        let places =
            step > 0
            ? Array(stride(from: low, to: high, by: step)) : Array(stride(from: high - 1, through: low, by: step))
        return places.map { elements[$0] }
    }

    private static func union(
        _ bounds: [JSONPathBound], of value: Value, root: Value
    ) throws(ValueFailure) -> [Value] {
        var found: [Value] = []
        for bound in bounds {
            var place: Value
            switch bound {
            case .number(let number): place = .int(number)
            case .key(let key): place = .string(key)
            case .script(let condition): place = condition.result(root: root, current: value)
            }
            if case .float = place { place = .int(try Operators.toInt(place)) }
            switch (place, value) {
            case (.string(let name), .map(let members)): if let member = members[name] { found.append(member) }
            case (.int(let index), .array(let elements)):
                let place = index < 0 ? elements.count + index : index
                if elements.indices.contains(place) { found.append(elements[place]) }
            case (.string, _): throw self.misfit("union", value, "map")
            default: throw self.misfit("union", value, "array slice")
            }
        }
        return found
    }

    private static func isFalse(_ value: Value) -> Bool {
        switch value {
        case .null: true
        case .bool(let truth): !truth
        case .int(let number): number == 0
        case .float(let number): number == 0
        case .string(let text): text.isEmpty
        case .array(let elements): elements.isEmpty
        case .map(let members): members.isEmpty
        case .bytes, .table, .time, .duration, .zone, .function: false
        }
    }
}
