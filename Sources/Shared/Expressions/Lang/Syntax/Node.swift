/// A node of an expression's syntax tree, with its place in the text.
package struct Node: Hashable, Sendable {
    package let kind: Kind
    /// The place that messages point to, in Unicode scalars.
    package let offset: Int
    /// How many nodes lie between this one and its deepest leaf, both counted.
    let depth: Int

    init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
        var deepest = 0
        kind.forEachChild { deepest = max(deepest, $0.depth) }
        self.depth = deepest + 1
    }

    package indirect enum Kind: Hashable, Sendable {
        case null
        case bool(Bool)
        case integer(Int)
        case float(Double)
        case string(String)
        case bytes([UInt8])
        case identifier(String)
        case unary(UnaryOperator, Node)
        case binary(BinaryOperator, Node, Node)
        /// A chain of `?.`: where one link is nil, the whole chain is.
        case chain(Node)
        case member(Node, property: Node, isOptional: Bool)
        case slice(Node, from: Node?, to: Node?)
        case call(Node, [Node])
        case builtin(String, [Node])
        /// A predicate of `filter`, `map` and their like.
        case predicate(Node)
        /// The element at hand (`#`) or another of a predicate's variables (`#acc`, `#index`).
        case pointer(String)
        case declaration(String, Node, Node)
        case sequence([Node])
        case conditional(Node, Node, Node)
        case array([Node])
        case map([MapEntry])
        /// A literal that was matched against a pattern known beforehand.
        case match(Node, Pattern)
    }

    package struct MapEntry: Hashable, Sendable {
        package let key: Node
        package let value: Node
    }
}

extension Node.Kind {
    /// Hands over the node's children, from left to right.
    func forEachChild(_ body: (Node) -> Void) {
        switch self {
        case .null, .bool, .integer, .float, .string, .bytes, .identifier, .pointer: break
        case .unary(_, let node), .chain(let node), .predicate(let node), .match(let node, _): body(node)
        case .binary(_, let left, let right), .member(let left, let right, _), .declaration(_, let left, let right):
            body(left)
            body(right)
        case .slice(let node, let from, let to):
            body(node)
            if let from { body(from) }
            if let to { body(to) }
        case .call(let callee, let arguments):
            body(callee)
            arguments.forEach(body)
        case .builtin(_, let nodes), .sequence(let nodes), .array(let nodes): nodes.forEach(body)
        case .conditional(let condition, let then, let otherwise):
            body(condition)
            body(then)
            body(otherwise)
        case .map(let entries):
            for entry in entries {
                body(entry.key)
                body(entry.value)
            }
        }
    }
}

/// An operator with one operand.
package enum UnaryOperator: String, Hashable, Sendable {
    case not = "not"
    case bang = "!"
    case minus = "-"
    case plus = "+"

    var precedence: Int {
        switch self {
        case .not, .bang: 50
        case .minus, .plus: 90
        }
    }
}

/// An operator with two operands.
package enum BinaryOperator: String, Hashable, Sendable {
    case pipe = "|"
    case or = "or"
    case doubleBar = "||"
    case and = "and"
    case doubleAmpersand = "&&"
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case greater = ">"
    case greaterOrEqual = ">="
    case lessOrEqual = "<="
    case `in` = "in"
    case matches = "matches"
    case contains = "contains"
    case startsWith = "startsWith"
    case endsWith = "endsWith"
    case range = ".."
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case remainder = "%"
    case power = "**"
    case caret = "^"
    case coalesce = "??"

    var precedence: Int {
        switch self {
        case .pipe: 0
        case .or, .doubleBar: 10
        case .and, .doubleAmpersand: 15
        case .equal, .notEqual, .less, .greater, .greaterOrEqual, .lessOrEqual, .in, .matches, .contains, .startsWith,
            .endsWith:
            20
        case .range: 25
        case .add, .subtract: 30
        case .multiply, .divide, .remainder: 60
        case .power, .caret: 100
        case .coalesce: 500
        }
    }

    var bindsRight: Bool { self == .power || self == .caret }

    var isOrdering: Bool {
        self == .less || self == .greater || self == .lessOrEqual || self == .greaterOrEqual
    }

    /// Whether `not` may stand before it: `x not in y`.
    var isNegatable: Bool {
        self == .contains || self == .matches || self == .startsWith || self == .endsWith || self == .in
    }
}
