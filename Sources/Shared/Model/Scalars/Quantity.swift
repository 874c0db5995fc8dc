package import JSON

/// An amount of a resource as Kubernetes writes it: `500m`, `1.5`, `128Mi`.
package struct Quantity: Hashable, Sendable {
    /// As it was written; a number on the wire becomes its text.
    package var text: String

    package init(_ text: String) { self.text = text }

    /// The amount as a number, or `nil` where the text is no quantity.
    package var value: Double? {
        let number = self.text.prefix { $0.isNumber || $0 == "." || $0 == "+" || $0 == "-" }
        let suffix = self.text.dropFirst(number.count)
        if let factor = factorBySuffix[String(suffix)] { return Double(number).map { $0 * factor } }
        guard suffix.first == "e" || suffix.first == "E", Int(suffix.dropFirst()) != nil else { return nil }
        return Double(self.text)
    }
}

private let factorBySuffix: [String: Double] = [
    "": 1, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 1_024, "Mi": 1_048_576, "Gi": 1_073_741_824, "Ti": 1_099_511_627_776, "Pi": 1_125_899_906_842_624,
    "Ei": 1_152_921_504_606_846_976,
]

extension Quantity: JSONConvertible {
    package init(json: JSONValue, at place: DecodingPlace) throws(DecodingFailure) {
        switch json {
        case .string, .integer, .double: self.init(json.anyText)
        case .null, .bool, .array, .object:
            throw .mismatch(json, expected: "quantity such as \"500m\" or \"1Gi\"", at: place)
        }
    }

    package func json(_ style: EncodingStyle) -> JSONValue { .string(self.text) }
}
