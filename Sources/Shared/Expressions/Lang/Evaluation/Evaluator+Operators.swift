import OrderedCollections

extension Evaluator {
    mutating func unary(_ operation: UnaryOperator, _ operand: Node, at node: Node) throws(Stop) -> Value {
        let value = try self.evaluate(operand)
        switch operation {
        case .not, .bang:
            guard case .bool(let truth) = value else {
                throw self.failure(conversionFailure(value, to: "bool"), at: node)
            }
            return .bool(!truth)
        case .plus: return value
        case .minus:
            switch value {
            case .int(let number): return .int(0 &- number)
            case .float(let number): return .float(-number)
            case .null, .bool, .string, .bytes, .array, .map, .table, .time, .duration, .zone, .function:
                throw self.failure("invalid operation: - \(value.goType)", at: node)
            }
        }
    }

    mutating func binary(
        _ operation: BinaryOperator, _ left: Node, _ right: Node, at node: Node
    ) throws(Stop) -> Value {
        switch operation {
        case .or, .doubleBar:
            if try self.truth(left, at: node) { return .bool(true) }
            return .bool(try self.truth(right, at: node))
        case .and, .doubleAmpersand:
            guard try self.truth(left, at: node) else { return .bool(false) }
            return .bool(try self.truth(right, at: node))
        case .coalesce:
            let value = try self.coalesced(left)
            return value.isNull ? try self.evaluate(right) : value
        case .range: return try self.range(left, right, at: node)
        case .pipe, .equal, .notEqual, .less, .greater, .greaterOrEqual, .lessOrEqual, .in, .matches, .contains,
            .startsWith, .endsWith, .add, .subtract, .multiply, .divide, .remainder, .power, .caret:
            let first = try self.evaluate(left)
            let second = try self.evaluate(right)
            self.spend(on: first, second)
            let result = try self.positioned(at: node) { () throws(ValueFailure) in
                try Operators.apply(operation, first, second)
            }
            if operation == .add, case .string(let text) = result { try self.charge(text.utf8.count / 16, at: node) }
            return result
        }
    }

    private mutating func coalesced(_ left: Node) throws(Stop) -> Value {
        do throws(Stop) {
            return try self.evaluate(left)
        } catch {
            guard case .nilLink = error else { throw error }
            return .null
        }
    }

    private mutating func range(_ left: Node, _ right: Node, at node: Node) throws(Stop) -> Value {
        let first = try self.evaluate(left)
        let second = try self.evaluate(right)
        let (low, high) = try self.positioned(at: node) { () throws(ValueFailure) in
            (try Operators.toInt(first), try Operators.toInt(second))
        }
        guard low <= high else { return .array([]) }
        let (count, overflow) = high.subtractingReportingOverflow(low)
        guard !overflow, count < ExpressionLimits.rangeElementsMax else {
            throw self.failure("memory budget exceeded", at: node)
        }
        try self.charge(count, at: node)
        return .array((low...high).map { .int($0) })
    }

    mutating func match(_ operand: Node, _ pattern: Pattern, at node: Node) throws(Stop) -> Value {
        let value = try self.evaluate(operand)
        if value.isNull { return .bool(false) }
        if case .string(let text) = value { self.spend(pattern.cost(of: text)) }
        return try self.positioned(at: node) { () throws(ValueFailure) in
            .bool(try Operators.matches(try Operators.text(value), pattern))
        }
    }
}

/// The operators on values.
enum Operators {
    static func apply(_ operation: BinaryOperator, _ left: Value, _ right: Value) throws(ValueFailure) -> Value {
        switch operation {
        case .equal: .bool(equal(left, right))
        case .notEqual: .bool(!equal(left, right))
        case .less: .bool(try less(left, right, "<"))
        case .greater: .bool(try less(right, left, ">", swapped: true))
        case .lessOrEqual: .bool(try !less(right, left, "<=", swapped: true) && !isUnordered(left, right))
        case .greaterOrEqual: .bool(try !less(left, right, ">=") && !isUnordered(left, right))
        case .in: .bool(try contains(left, in: right))
        case .matches: .bool(try matches(left, right))
        case .contains: .bool(try textual(left, right) { $0.containsBytes($1) })
        case .startsWith: .bool(try textual(left, right) { $0.utf8.starts(with: $1.utf8) })
        case .endsWith: .bool(try textual(left, right) { $0.utf8.reversed().starts(with: $1.utf8.reversed()) })
        case .add: try add(left, right)
        case .subtract: try subtract(left, right)
        case .multiply: try multiply(left, right)
        case .divide: try divide(left, right)
        case .remainder: try remainder(left, right)
        case .power, .caret: .float(power(try toFloat(left), try toFloat(right)))
        case .pipe, .or, .doubleBar, .and, .doubleAmpersand, .range, .coalesce:
            throw ValueFailure("unknown operator (\(operation.rawValue))")
        }
    }

    static func mismatch(_ left: Value, _ sign: String, _ right: Value) -> ValueFailure {
        ValueFailure("invalid operation: \(left.goType) \(sign) \(right.goType)")
    }

    static func equal(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.int(let left), .float(let right)): return Double(left) == right
        case (.float(let left), .int(let right)): return left == Double(right)
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { equal($0, $1) }
        case (.string(let left), .string(let right)): return left.utf8.elementsEqual(right.utf8)
        default: return left == right
        }
    }

    private static func isUnordered(_ left: Value, _ right: Value) -> Bool {
        left.doubleValue?.isNaN ?? false || right.doubleValue?.isNaN ?? false
    }

    static func less(
        _ left: Value, _ right: Value, _ sign: String = "<", swapped: Bool = false
    ) throws(ValueFailure) -> Bool {
        switch (left, right) {
        case (.int(let left), .int(let right)): return left < right
        case (.string(let left), .string(let right)): return goLess(left, right)
        case (.time(let left), .time(let right)): return left < right
        case (.duration(let left), .duration(let right)): return left < right
        default:
            guard let first = left.doubleValue, let second = right.doubleValue else {
                throw swapped ? mismatch(right, sign, left) : mismatch(left, sign, right)
            }
            return first < second
        }
    }

    private static func add(_ left: Value, _ right: Value) throws(ValueFailure) -> Value {
        switch (left, right) {
        case (.int(let left), .int(let right)): return .int(left &+ right)
        case (.string(let left), .string(let right)): return .string(left + right)
        case (.time(let time), .duration(let span)), (.duration(let span), .time(let time)):
            return .time(time.adding(nanoseconds: span))
        case (.duration(let left), .duration(let right)): return .duration(left &+ right)
        default:
            guard let first = left.doubleValue, let second = right.doubleValue else {
                throw mismatch(left, "+", right)
            }
            return .float(first + second)
        }
    }

    private static func subtract(_ left: Value, _ right: Value) throws(ValueFailure) -> Value {
        switch (left, right) {
        case (.int(let left), .int(let right)): return .int(left &- right)
        case (.time(let left), .time(let right)): return .duration(left.since(right))
        case (.time(let time), .duration(let span)): return .time(time.adding(nanoseconds: 0 &- span))
        case (.duration(let left), .duration(let right)): return .duration(left &- right)
        default:
            guard let first = left.doubleValue, let second = right.doubleValue else {
                throw mismatch(left, "-", right)
            }
            return .float(first - second)
        }
    }

    private static func multiply(_ left: Value, _ right: Value) throws(ValueFailure) -> Value {
        switch (left, right) {
        case (.int(let left), .int(let right)): return .int(left &* right)
        case (.duration(let left), .int(let right)), (.int(let left), .duration(let right)),
            (.duration(let left), .duration(let right)):
            return .duration(left &* right)
        case (.duration(let span), .float(let factor)), (.float(let factor), .duration(let span)):
            return .float(Double(span) * factor)
        default:
            guard let first = left.doubleValue, let second = right.doubleValue else {
                throw mismatch(left, "*", right)
            }
            return .float(first * second)
        }
    }

    private static func divide(_ left: Value, _ right: Value) throws(ValueFailure) -> Value {
        guard let first = left.doubleValue, let second = right.doubleValue else { throw mismatch(left, "/", right) }
        return .float(first / second)
    }

    private static func remainder(_ left: Value, _ right: Value) throws(ValueFailure) -> Value {
        guard case .int(let first) = left, case .int(let second) = right else { throw mismatch(left, "%", right) }
        guard second != 0 else { throw ValueFailure("runtime error: integer divide by zero") }
        return .int(second == -1 ? 0 : first % second)
    }

    static func toInt(_ value: Value) throws(ValueFailure) -> Int {
        switch value {
        case .int(let number): return number
        case .float(let number): return goInt(number)
        case .null, .bool, .string, .bytes, .array, .map, .table, .time, .duration, .zone, .function:
            throw ValueFailure("invalid operation: int(\(value.goType))")
        }
    }

    static func toFloat(_ value: Value) throws(ValueFailure) -> Double {
        guard let number = value.doubleValue else { throw ValueFailure("invalid operation: float(\(value.goType))") }
        return number
    }

    static func text(_ value: Value) throws(ValueFailure) -> String {
        guard case .string(let text) = value else { throw ValueFailure(conversionFailure(value, to: "string")) }
        return text
    }

    private static func textual(
        _ left: Value, _ right: Value, _ test: (String, String) -> Bool
    ) throws(ValueFailure) -> Bool {
        if left.isNull || right.isNull { return false }
        return test(try text(left), try text(right))
    }

    private static func matches(_ left: Value, _ right: Value) throws(ValueFailure) -> Bool {
        if left.isNull || right.isNull { return false }
        let source = try text(right)
        let pattern: Pattern
        do throws(PatternError) {
            pattern = try Pattern(source)
        } catch {
            throw ValueFailure(error.description)
        }
        return try matches(try text(left), pattern)
    }

    static func matches(_ text: String, _ pattern: Pattern) throws(ValueFailure) -> Bool {
        do throws(PatternError) {
            return try pattern.matches(text)
        } catch {
            throw ValueFailure(error.description)
        }
    }

    static func contains(_ needle: Value, in value: Value) throws(ValueFailure) -> Bool {
        switch value {
        case .null: return false
        case .array(let elements): return elements.contains { equal($0, needle) }
        case .bytes(let bytes): return bytes.contains { equal(.int(Int($0)), needle) }
        case .map(let members):
            guard case .string(let key) = needle else { return false }
            return members[key] != nil
        case .table(let members): return members[needle] != nil
        case .bool, .int, .float, .string, .time, .duration, .zone, .function:
            throw ValueFailure("operator \"in\" not defined on \(value.goType)")
        }
    }

    /// The member or element of a value; a member that a map does not have is nil.
    static func fetch(_ key: Value, from value: Value) throws(ValueFailure) -> Value {
        switch value {
        case .map(let members):
            guard case .string(let name) = key else { return .null }
            return members[name] ?? .null
        case .table(let members): return members[key] ?? .null
        case .array, .bytes, .string:
            let index = try toInt(key)
            let count = length(value)
            let place = index < 0 ? count + index : index
            guard place >= 0, place < count else {
                throw ValueFailure("index out of range: \(place) (array length is \(count))")
            }
            if case .string(let text) = value { return .int(Int(Array(text.utf8)[place])) }
            return value.elements?[place] ?? .null
        case .null, .bool, .int, .float, .time, .duration, .zone, .function:
            throw ValueFailure("cannot fetch \(key.formatted) from \(value.goType)")
        }
    }

    private static func length(_ value: Value) -> Int {
        if case .string(let text) = value { return text.utf8.count }
        return value.elements?.count ?? 0
    }

    /// The part of an array or a string between two places; negative ones count from the end.
    static func slice(_ value: Value, from: Value?, to: Value?) throws(ValueFailure) -> Value {
        switch value {
        case .array, .bytes, .string: break
        case .null, .bool, .int, .float, .map, .table, .time, .duration, .zone, .function:
            throw ValueFailure(
                to == nil ? "invalid argument for len (type \(value.goType))" : "cannot slice \(value.formatted)")
        }
        let count = length(value)
        var low = 0
        if let from { low = try toInt(from) }
        var high = count
        if let to { high = try toInt(to) }
        if low < 0 { low = max(0, count + low) }
        if high < 0 { high = max(0, count + high) }
        high = min(high, count)
        low = min(low, high)
        switch value {
        case .string(let text): return .string(String(decoding: Array(text.utf8)[low..<high], as: UTF8.self))
        case .bytes(let bytes): return .bytes(Array(bytes[low..<high]))
        default: return .array(Array((value.elements ?? [])[low..<high]))
        }
    }
}
