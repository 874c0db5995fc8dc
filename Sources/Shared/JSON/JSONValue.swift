public import OrderedCollections

/// A JSON document: what the model is decoded from and encoded to.
///
/// Objects keep the order of their keys, so that a document is written back as it was read.
@usableFromInline
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// The members of a JSON object, in order.
@usableFromInline
package typealias JSONObject = OrderedDictionary<String, JSONValue>

extension JSONValue {
    /// The member of an object, or `nil` where this is no object or has no such member.
    package subscript(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    /// The element of an array, or `nil` where this is no array or is shorter.
    package subscript(_ index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    package var objectValue: JSONObject? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    package var arrayValue: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    package var stringValue: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    package var integerValue: Int? {
        guard case .integer(let number) = self else { return nil }
        return number
    }

    package var boolValue: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    @inlinable
    package var isNull: Bool {
        if case .null = self { return true }
        return false
    }

    /// What the value is, in the words of Go's decoder: `object`, `array`, `string`, `number`, `bool` or `null`.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .integer, .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    @usableFromInline package init(stringLiteral value: String) { self = .string(value) }
    @usableFromInline package init(integerLiteral value: Int) { self = .integer(value) }
    @usableFromInline package init(booleanLiteral value: Bool) { self = .bool(value) }
    @usableFromInline package init(floatLiteral value: Double) { self = .double(value) }
    @usableFromInline package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    @usableFromInline package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements, uniquingKeysWith: { _, last in last }))
    }
    @usableFromInline package init(nilLiteral: ()) { self = .null }
}
