package import JSON

/// An enumeration whose JSON form is its raw text.
package protocol TextConvertible: JSONConvertible, RawRepresentable where RawValue == String {}

extension TextConvertible {
    package init(json: JSONValue, at place: DecodingPlace) throws(DecodingFailure) {
        guard case .string(let text) = json, let value = Self(rawValue: text) else {
            throw .mismatch(json, expected: "\(Self.self)", at: place)
        }
        self = value
    }

    package func json(_ style: EncodingStyle) -> JSONValue { .string(self.rawValue) }
}
