/// A part of a `when` expression.
indirect enum WhenNode {
    case literal(Value)
    case pattern(Pattern)
    /// A name with dots, which nothing can resolve.
    case accessor(String)
    case clause(WhenNode?)
    case prefix(String, WhenNode?)
    case binary(String, WhenNode?, WhenNode?)
}

/// Builds the tree of a `when` expression.
struct WhenParser {
    private let tokens: [WhenToken]
    private var index = 0
    private var nesting = 0

    /// How deep brackets may nest and how long a chain of operators may be; the parser and the evaluator recurse.
    static let depthMax = 250

    /// The operators, those that bind least first; all bind to the left.
    private static let levels: [(kind: WhenToken.Kind, signs: Set<String>)] = [
        (.separator, [","]), (.ternary, ["?", ":", "??"]), (.logical, ["||"]), (.logical, ["&&"]),
        (.comparator, ["==", "!=", ">", ">=", "<", "<=", "=~", "!~", "in"]), (.modifier, ["^", "&", "|"]),
        (.modifier, [">>", "<<"]), (.modifier, ["+", "-"]), (.modifier, ["*", "/", "%"]), (.modifier, ["**"]),
    ]

    /// Checks the order of the tokens, and compiles patterns that are known.
    static func checked(_ tokens: [WhenToken]) throws(TextFault) -> [WhenToken] {
        let open = tokens.count { $0.kind == .clause }
        guard open == tokens.count(where: { $0.kind == .clauseClose }) else {
            let bracket = tokens.first { $0.kind == .clause || $0.kind == .clauseClose }
            throw TextFault("Unbalanced parenthesis", at: bracket?.offset ?? 0)
        }
        var last = WhenToken(kind: .unknown, text: "")
        for token in tokens {
            guard last.kind.mayPrecede(token.kind) else {
                if last.kind == .variable, token.kind == .clause {
                    throw TextFault("Undefined function \(last.text)", at: last.offset)
                }
                throw TextFault(
                    "Cannot transition token types from \(last.description) to \(token.description)", at: token.offset)
            }
            last = token
        }
        guard last.kind.mayEnd else {
            throw TextFault("Unexpected end of expression", at: last.offset + last.text.unicodeScalars.count)
        }
        var result = tokens
        for (index, token) in tokens.enumerated() where token.kind == .comparator && token.text.hasSuffix("~") {
            guard index + 1 < tokens.count, tokens[index + 1].kind == .string else { continue }
            do throws(PatternError) {
                result[index + 1].pattern = try Pattern(tokens[index + 1].text)
            } catch {
                throw TextFault(error.description, at: tokens[index + 1].offset)
            }
            result[index + 1].kind = .pattern
        }
        return result
    }

    static func parse(_ tokens: [WhenToken]) throws(TextFault) -> WhenNode? {
        guard tokens.count <= 20 * Self.depthMax else {
            throw TextFault("expression has more than \(20 * Self.depthMax) parts; move some into a script", at: 0)
        }
        var parser = WhenParser(tokens: tokens)
        return try parser.level(0)
    }

    private init(tokens: [WhenToken]) { self.tokens = tokens }

    private var current: WhenToken? { self.index < self.tokens.count ? self.tokens[self.index] : nil }

    private mutating func level(_ level: Int) throws(TextFault) -> WhenNode? {
        guard level < Self.levels.count else { return try self.value() }
        var left = try self.level(level + 1)
        var length = 0
        while let token = self.current, token.kind == Self.levels[level].kind,
            Self.levels[level].signs.contains(token.text)
        {
            self.index += 1
            length += 1
            guard length <= Self.depthMax else {
                throw TextFault("more than \(Self.depthMax) operators in a row; use brackets or `in`", at: token.offset)
            }
            left = .binary(token.text, left, try self.level(level + 1))
        }
        return left
    }

    private mutating func value() throws(TextFault) -> WhenNode? {
        guard let token = self.current else { return nil }
        self.index += 1
        switch token.kind {
        case .clause:
            self.nesting += 1
            defer { self.nesting -= 1 }
            guard self.nesting <= Self.depthMax / 10 else {
                throw TextFault("brackets nest deeper than \(Self.depthMax / 10) levels", at: token.offset)
            }
            let inside = try self.level(0)
            self.index += 1
            return .clause(inside)
        case .clauseClose:
            self.index -= 1
            return nil
        case .prefix: return .prefix(token.text, try self.value())
        case .numeric, .boolean, .string, .time, .variable: return .literal(token.value)
        case .pattern: return token.pattern.map(WhenNode.pattern)
        case .accessor: return .accessor(token.text)
        case .unknown, .separator, .comparator, .logical, .modifier, .ternary:
            throw TextFault(
                "Unable to plan token kind: '\(token.kind.rawValue)', value: '\(token.text)'", at: token.offset)
        }
    }
}
