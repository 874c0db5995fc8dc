/// One way through a document along a JSONPath.
struct JSONPathWalk {
    let root: Value
    /// How many more steps the walk and the walks of its conditions may take.
    var stepsLeft: Int

    /// How many steps one query may take.
    static let stepsMax = 1_000_000
    static let exhausted = ValueFailure("JSONPath takes more than \(stepsMax) steps; ask for less at once")

    mutating func apply(_ segments: ArraySlice<JSONPathSegment>, _ current: Value) throws(ValueFailure) -> Value {
        self.stepsLeft -= 1
        guard self.stepsLeft > 0 else { throw Self.exhausted }
        guard let segment = segments.first else { return current }
        let rest = segments.dropFirst()
        switch segment {
        case .root: return try self.apply(rest, self.root)
        case .current: return try self.apply(rest, current)
        case .key(let name): return try self.apply(rest, try self.member(name, of: current))
        case .index(let index): return try self.apply(rest, try self.element(index, of: current))
        case .length: return try self.apply(rest, try self.length(of: current))
        case .wildcard:
            let elements = try self.children(of: current, segment)
            return .array(self.each(elements, rest))
        case .recursive:
            var found: [Value] = []
            try self.collect(current, rest, into: &found)
            return .array(found)
        case .range(let from, let to, let step):
            let elements = try self.slice(current, from, to, step)
            return try self.many(elements, rest)
        case .union(let bounds):
            return try self.many(try self.union(bounds, of: current), rest)
        case .filter(let condition):
            let elements = try self.children(of: current, segment)
            var kept: [Value] = []
            for element in elements where !self.isFalse(self.result(of: condition, at: element)) {
                kept.append(element)
            }
            return try self.many(kept, rest)
        case .script(let condition):
            let place = self.result(of: condition, at: current)
            switch place {
            case .string(let name): return try self.apply(rest, try self.member(name, of: current))
            case .int, .float:
                let index = try Operators.toInt(place)
                return try self.apply(rest, try self.element(index, of: current))
            default:
                throw ValueFailure(
                    "script: invalid token unexpected expression result. expected [int string] got [nil]")
            }
        }
    }

    private func misfit(_ name: String, _ value: Value, _ expected: String) -> ValueFailure {
        let kind = value.isNull ? "nil" : value.goKind
        return ValueFailure("\(name): invalid token target. expected [\(expected)] got [\(kind)]")
    }

    private func member(_ name: String, of value: Value) throws(ValueFailure) -> Value {
        guard case .map(let members) = value else { throw self.misfit("key", value, "map") }
        guard let member = members[name] else { throw ValueFailure("key: invalid token key '\(name)' not found") }
        return member
    }

    private func element(_ index: Int, of value: Value) throws(ValueFailure) -> Value {
        guard case .array(let elements) = value else { throw self.misfit("index", value, "array slice") }
        let place = index < 0 ? elements.count + index : index
        guard elements.indices.contains(place) else { throw ValueFailure("index: invalid token out of range") }
        return elements[place]
    }

    private func length(of value: Value) throws(ValueFailure) -> Value {
        switch value {
        case .map(let members): return members["length"] ?? .int(members.count)
        case .array(let elements): return .int(elements.count)
        case .string(let text): return .int(text.utf8.count)
        default: throw self.misfit("length", value, "array map slice string")
        }
    }

    private func children(of value: Value, _ segment: JSONPathSegment) throws(ValueFailure) -> [Value] {
        switch value {
        case .array(let elements): return elements
        case .map: return (value.pairs ?? []).map(\.value)
        default: throw self.misfit(segment.name, value, "array map slice")
        }
    }

    private mutating func result(of condition: JSONPathCondition, at current: Value) -> Value {
        self.stepsLeft -= 1
        guard self.stepsLeft > 0 else { return .null }
        return condition.result(root: self.root, current: current, steps: &self.stepsLeft)
    }

    /// What the rest of the path finds in each element; what it does not find is left out.
    private mutating func each(_ elements: [Value], _ rest: ArraySlice<JSONPathSegment>) -> [Value] {
        if rest.isEmpty { return elements }
        var found: [Value] = []
        for element in elements {
            do throws(ValueFailure) {
                let value = try self.apply(rest, element)
                if !value.isNull { found.append(value) }
            } catch {
                // An element without what is asked for is none of the results.
                continue
            }
        }
        return found
    }

    /// The rest of a path on several elements; an index after them picks one of them.
    private mutating func many(
        _ elements: [Value], _ rest: ArraySlice<JSONPathSegment>
    ) throws(ValueFailure) -> Value {
        if case .index = rest.first { return try self.apply(rest, .array(elements)) }
        return .array(self.each(elements, rest))
    }

    private mutating func collect(
        _ value: Value, _ rest: ArraySlice<JSONPathSegment>, into found: inout [Value]
    ) throws(ValueFailure) {
        if value.isNull { return }
        self.stepsLeft -= 1
        guard self.stepsLeft > 0, found.count < Self.stepsMax else { throw Self.exhausted }
        if rest.isEmpty {
            found.append(value)
        } else {
            do throws(ValueFailure) {
                let result = try self.apply(rest, value)
                found += result.elements ?? (result.isNull ? [] : [result])
            } catch {
                // The search goes on below what has no such part.
            }
        }
        switch value {
        case .array(let elements):
            for element in elements { try self.collect(element, rest, into: &found) }
        case .map:
            for (_, member) in value.pairs ?? [] { try self.collect(member, rest, into: &found) }
        default: break
        }
    }

    private mutating func slice(
        _ value: Value, _ from: JSONPathBound?, _ to: JSONPathBound?, _ step: JSONPathBound?
    ) throws(ValueFailure) -> [Value] {
        guard case .array(let elements) = value else { throw self.misfit("range", value, "array slice") }
        let low = self.place(try self.number(from, 0, of: value), elements.count)
        let high = self.place(try self.number(to, elements.count, of: value), elements.count)
        let step = try self.number(step, 1, of: value)
        guard step != 0 else { throw ValueFailure("range: invalid token out of range") }
        guard low < high else { return [] }
        let places =
            step > 0
            ? Array(stride(from: low, to: high, by: step)) : Array(stride(from: high - 1, through: low, by: step))
        return places.map { elements[$0] }
    }

    private func place(_ number: Int, _ count: Int) -> Int {
        min(max(number < 0 ? count &+ number : number, 0), count)
    }

    private mutating func number(
        _ bound: JSONPathBound?, _ absent: Int, of value: Value
    ) throws(ValueFailure) -> Int {
        switch bound {
        case nil: return absent
        case .number(let number): return number
        case .key: throw ValueFailure("range: invalid token argument. expected [int] got [string]")
        case .script(let condition): return try Operators.toInt(self.result(of: condition, at: value))
        }
    }

    private mutating func union(_ bounds: [JSONPathBound], of value: Value) throws(ValueFailure) -> [Value] {
        var found: [Value] = []
        for bound in bounds {
            var place: Value
            switch bound {
            case .number(let number): place = .int(number)
            case .key(let key): place = .string(key)
            case .script(let condition): place = self.result(of: condition, at: value)
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

    private func isFalse(_ value: Value) -> Bool {
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
