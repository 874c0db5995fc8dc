package import JSON

/// A number, or a text that stands for one (often a tag): `limit: 3`, `limit: "{{inputs.parameters.limit}}"`.
package enum IntOrString: Hashable, Sendable {
    case integer(Int)
    case string(String)

    package var text: String {
        switch self {
        case .integer(let number): String(number)
        case .string(let text): text
        }
    }

    /// The number, or `nil` where the text is none.
    package var integerValue: Int? {
        switch self {
        case .integer(let number): number
        case .string(let text): Int(text)
        }
    }
}

extension IntOrString: JSONConvertible {
    package init(json: JSONValue, at place: DecodingPlace) throws(DecodingFailure) {
        switch json {
        case .integer(let number) where Int32(exactly: number) != nil: self = .integer(number)
        case .string(let text): self = .string(text)
        case .null, .bool, .integer, .double, .array, .object:
            throw .mismatch(json, expected: "32-bit integer or string", at: place)
        }
    }

    package func json(_ style: EncodingStyle) -> JSONValue {
        switch self {
        case .integer(let number): .integer(number)
        case .string(let text): .string(text)
        }
    }
}

extension IntOrString: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    package init(integerLiteral value: Int) { self = .integer(value) }
    package init(stringLiteral value: String) { self = .string(value) }
}
