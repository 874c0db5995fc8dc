/// A text with tags: `{{name}}` stands for a variable, `{{=expression}}` for a result.
///
/// Parse once, replace often. A tag ends at the first `}}`, as in Argo, also inside an expression.
package struct TemplateText: Hashable, Sendable {
    package let source: String
    package let segments: [Segment]
    /// Whether a `{{` has no `}}` after it; what follows is then plain text.
    package let isUnclosed: Bool

    package enum Segment: Hashable, Sendable {
        case literal(String)
        /// The inside of a simple tag as it is written, spaces and all.
        case tag(String)
        case expression(ExpressionTag)
    }

    package init(_ source: String) {
        self.source = source
        var segments: [Segment] = []
        var rest = Substring(source).utf8
        var isUnclosed = false
        while let open = rest.firstRange(ofBytes: "{{") {
            guard let close = rest[open.upperBound...].firstRange(ofBytes: "}}") else {
                isUnclosed = true
                break
            }
            if open.lowerBound > rest.startIndex {
                segments.append(.literal(String(Substring(rest[..<open.lowerBound]))))
            }
            let inside = String(Substring(rest[open.upperBound..<close.lowerBound]))
            segments.append(
                inside.hasPrefix("=") ? .expression(ExpressionTag(String(inside.dropFirst()))) : .tag(inside))
            rest = rest[close.upperBound...]
        }
        if !rest.isEmpty { segments.append(.literal(String(Substring(rest)))) }
        self.segments = segments
        self.isUnclosed = isUnclosed
    }

    /// Whether there is anything to replace.
    package var hasTags: Bool {
        self.segments.contains { if case .literal = $0 { false } else { true } }
    }

    /// The names that simple tags refer to, in order; for a tag in a tag the inner name.
    package var references: [String] {
        self.segments.compactMap { segment in
            guard case .tag(let tag) = segment else { return nil }
            return trimmed(Self.nested(tag)?.name ?? tag, where: isGoSpace)
        }
    }

    /// The expressions of expression tags, in order.
    package var expressions: [ExpressionTag] {
        self.segments.compactMap { segment in
            guard case .expression(let tag) = segment else { return nil }
            return tag
        }
    }

    /// Everything that a `=` tag or a simple tag needs: variable names and paths of expressions included.
    package var requiredNames: [String] {
        self.references + self.expressions.flatMap { $0.expression?.requiredNames ?? [] }
    }

    /// The innermost tag of a tag in a tag, and what stands before it: `a-{{b`.
    static func nested(_ tag: String) -> (prefix: String, name: String)? {
        let bytes = Array(tag.utf8)
        guard bytes.count > 2 else { return nil }
        for place in stride(from: bytes.count - 2, to: 0, by: -1)
        where bytes[place] == UInt8(ascii: "{") && bytes[place + 1] == UInt8(ascii: "{") {
            return (
                String(decoding: bytes[..<place], as: UTF8.self), String(decoding: bytes[(place + 2)...], as: UTF8.self)
            )
        }
        return nil
    }
}

/// The inside of an expression tag, parsed.
package struct ExpressionTag: Hashable, Sendable {
    /// The text after the `=`.
    package let source: String
    package let expression: Expression?
    /// What is wrong with the text, where it is no expression.
    package let failure: ExpressionError?

    init(_ source: String) {
        self.source = source
        do throws(ExpressionError) {
            self.expression = try Expression(source)
            self.failure = nil
        } catch {
            self.expression = nil
            self.failure = error
        }
    }
}

/// Why the tags of a text could not be replaced, in Argo's words.
package struct TemplateError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// A variable that is not there (yet): the text may be replaced later.
        case missing
        /// An output that will never be there: its node was skipped or omitted and it has no default.
        case absent
        /// Anything else; trying again does not help.
        case failed
    }

    package let kind: Kind
    package let description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
