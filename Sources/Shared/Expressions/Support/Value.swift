package import OrderedCollections

/// A value of an expression, with the kinds that Go has for it.
///
/// Integers are 64 bits wide and wrap. The kinds without a JSON form (functions, time zones) exist only while an
/// expression runs.
package enum Value: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)
    case bytes([UInt8])
    case array([Value])
    /// A map whose keys are strings.
    case map([String: Value])
    /// A map with keys of other kinds, as `groupBy` and `fromPairs` make them.
    case table(OrderedDictionary<Value, Value>)
    case time(Instant)
    /// A span of time in nanoseconds.
    case duration(Int)
    case zone(TimeZoneName)
    case function(FunctionName)
}

/// A function that an expression can hold and call, by its full name, for example `sprig.trim`.
package struct FunctionName: Hashable, Sendable {
    package let name: String

    package init(_ name: String) { self.name = name }
}

/// The name of a time zone of the IANA database, or `UTC`.
package struct TimeZoneName: Hashable, Sendable {
    package let name: String

    package init(_ name: String) { self.name = name }

    package static let utc = TimeZoneName("UTC")
}

extension Value {
    /// The value's type as Go prints it (`%T`), which messages of expr-lang quote.
    package var goType: String {
        switch self {
        case .null: "<nil>"
        case .bool: "bool"
        case .int: "int"
        case .float: "float64"
        case .string: "string"
        case .bytes: "[]uint8"
        case .array: "[]interface {}"
        case .map: "map[string]interface {}"
        case .table: "map[interface {}]interface {}"
        case .time: "time.Time"
        case .duration: "time.Duration"
        case .zone: "*time.Location"
        case .function: "func"
        }
    }

    /// The value's kind as Go's `reflect` prints it.
    package var goKind: String {
        switch self {
        case .null: "invalid"
        case .bool: "bool"
        case .int: "int"
        case .float: "float64"
        case .string: "string"
        case .bytes, .array: "slice"
        case .map, .table: "map"
        case .time: "struct"
        case .duration: "int64"
        case .zone: "ptr"
        case .function: "func"
        }
    }

    package var isNull: Bool { self == .null }

    package var stringValue: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    package var boolValue: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The elements of an array, or of bytes.
    package var elements: [Value]? {
        switch self {
        case .array(let elements): elements
        case .bytes(let bytes): bytes.map { .int(Int($0)) }
        case .null, .bool, .int, .float, .string, .map, .table, .time, .duration, .zone, .function: nil
        }
    }

    /// The members of a map in the order of their keys, so that nothing depends on the hashing of this process.
    package var pairs: [(key: Value, value: Value)]? {
        switch self {
        case .map(let members):
            members.sorted { goLess($0.key, $1.key) }.map { (.string($0.key), $0.value) }
        case .table(let members): members.map { ($0.key, $0.value) }
        case .null, .bool, .int, .float, .string, .bytes, .array, .time, .duration, .zone, .function: nil
        }
    }

    package var isNumber: Bool {
        switch self {
        case .int, .float: true
        case .null, .bool, .string, .bytes, .array, .map, .table, .time, .duration, .zone, .function: false
        }
    }

    package var doubleValue: Double? {
        switch self {
        case .int(let number): Double(number)
        case .float(let number): number
        case .null, .bool, .string, .bytes, .array, .map, .table, .time, .duration, .zone, .function: nil
        }
    }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .int(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(floatLiteral value: Double) { self = .float(value) }
    package init(arrayLiteral elements: Value...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, Value)...) {
        self = .map(Dictionary(elements, uniquingKeysWith: { _, last in last }))
    }
    package init(nilLiteral: ()) { self = .null }
}

/// Whether Go sorts one string before the other: by bytes, not by Unicode's equivalence.
package func goLess(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
}
