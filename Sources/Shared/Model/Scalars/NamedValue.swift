package import JSON

/// An enumeration whose cases are written as their names.
package protocol NamedValue: JSONConvertible, Hashable, RawRepresentable, CaseIterable where RawValue == String {}

extension NamedValue {
    package init(json: JSONValue, at place: DecodingPlace) throws(DecodingFailure) {
        guard case .string(let name) = json else { throw .mismatch(json, expected: "string", at: place) }
        guard let value = Self(rawValue: name) else {
            let names = Self.allCases.map(\.rawValue).filter { !$0.isEmpty }.joined(separator: ", ")
            throw DecodingFailure(
                path: place.path, reason: .mismatch(found: "\"\(name)\"", expected: "one of \(names)"))
        }
        self = value
    }

    package func json(_ style: EncodingStyle) -> JSONValue { .string(self.rawValue) }
}
