/// A token of an expression.
struct Token: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case identifier, number, string, bytes, `operator`, bracket, end
    }

    var kind: Kind
    var value: String
    /// The place of the first character, in Unicode scalars.
    var offset: Int

    func isOperator(_ value: String) -> Bool { self.kind == .operator && self.value == value }

    func isBracket(_ value: String) -> Bool { self.kind == .bracket && self.value == value }
}

extension Token: CustomStringConvertible {
    /// The token as messages of expr-lang name it.
    var description: String {
        let name =
            switch self.kind {
            case .identifier: "Identifier"
            case .number: "Number"
            case .string: "String"
            case .bytes: "Bytes"
            case .operator: "Operator"
            case .bracket: "Bracket"
            case .end: "EOF"
            }
        return self.value.isEmpty ? name : "\(name)(\(goQuoted(self.value)))"
    }
}
