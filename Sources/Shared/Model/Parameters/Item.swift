package import JSON

/// What one item of a loop is, as Argo tells items apart.
package enum ItemKind: Hashable, Sendable {
    case number
    case bool
    case string
    case map
    case list
}

extension JSONValue {
    package var itemKind: ItemKind {
        switch self {
        case .integer, .double: .number
        case .bool: .bool
        case .string: .string
        case .object: .map
        // Go reads `null` as an empty list.
        case .array, .null: .list
        }
    }

    /// The text that stands for `{{item}}`: JSON with sorted members, of a string what is between its quotes, escapes
    /// and all.
    package var itemText: String {
        let text = self.sortingKeys.text
        guard case .string = self else { return text }
        return String(text.dropFirst().dropLast())
    }
}
