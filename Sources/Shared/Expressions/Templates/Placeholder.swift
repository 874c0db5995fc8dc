/// The stand-ins that validation puts in for values nobody knows yet.
///
/// An expression that fails on one of them is left for later instead of being an error.
package enum Placeholder {
    package static let prefix = "__argo__internal__placeholder-"

    package static func text(_ index: Int) -> String { "\(Self.prefix)\(index)" }

    package static func isPlaceholder(_ text: String) -> Bool { text.hasPrefix(Self.prefix) }

    /// Whether a value is or holds one.
    static func isIn(_ value: Value) -> Bool {
        switch value {
        case .string(let text): self.isPlaceholder(text)
        case .array(let elements): elements.contains(where: self.isIn)
        case .map(let members): members.values.contains(where: self.isIn)
        case .null, .bool, .int, .float, .bytes, .table, .time, .duration, .zone, .function: false
        }
    }
}
