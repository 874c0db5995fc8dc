import JSON
import OrderedCollections

/// Finds `{{tags}}` in texts, as Argo's template reader does: from `{{` to the next `}}`, nothing nested.
enum TagScanner {
    enum Piece {
        case text(Substring)
        /// What stands between the braces.
        case tag(Substring)
    }

    static func pieces(of text: String) -> [Piece] {
        var pieces: [Piece] = []
        var rest = Substring(text)
        while let open = rest.firstRange(of: "{{"),
            let close = rest[open.upperBound...].firstRange(of: "}}")
        {
            if open.lowerBound > rest.startIndex { pieces.append(.text(rest[..<open.lowerBound])) }
            pieces.append(.tag(rest[open.upperBound..<close.lowerBound]))
            rest = rest[close.upperBound...]
        }
        if !rest.isEmpty { pieces.append(.text(rest)) }
        return pieces
    }

    static func hasTag(_ text: String) -> Bool {
        // Most texts have none; this looks at bytes only.
        var previousIsBrace = false
        for byte in text.utf8 {
            let isBrace = byte == UInt8(ascii: "{")
            if isBrace && previousIsBrace { return true }
            previousIsBrace = isBrace
        }
        return false
    }

    /// Tags that are no expressions, without the white space around them.
    static func simpleTags(in text: String) -> [Substring] {
        guard self.hasTag(text) else { return [] }
        return self.pieces(of: text).compactMap { piece in
            guard case .tag(let tag) = piece, !tag.hasPrefix("=") else { return nil }
            return tag
        }
    }

    /// Replaces the tags that are names of values; other tags and expressions stay.
    static func replace(in text: String, _ values: [String: String]) -> String {
        guard self.hasTag(text) else { return text }
        var output = ""
        for piece in self.pieces(of: text) {
            switch piece {
            case .text(let text): output += text
            case .tag(let tag) where tag.hasPrefix("="): output += "{{\(tag)}}"
            case .tag(let tag):
                if let value = values[self.trimmed(tag)] {
                    output += value
                } else if let inner = self.innermost(tag), let value = values[String(inner.name)] {
                    // `{{a.{{b}}}}`: the inner tag is replaced now, the outer one next time.
                    output += "{{\(inner.outer)\(value)"
                } else {
                    output += "{{\(tag)}}"
                }
            }
        }
        return output
    }

    /// Replaces the tags in every text of a value, names of members included.
    static func replace(in json: JSONValue, _ values: [String: String]) -> JSONValue {
        switch json {
        case .string(let text): return .string(self.replace(in: text, values))
        case .array(let elements): return .array(elements.map { self.replace(in: $0, values) })
        case .object(let members):
            var replaced = JSONObject()
            for (name, value) in members { replaced[self.replace(in: name, values)] = self.replace(in: value, values) }
            return .object(replaced)
        case .null, .bool, .integer, .double: return json
        }
    }

    /// Calls `body` with every simple tag of every text, in the order of the document.
    static func forEachTag<Failure: Error>(
        in json: JSONValue, _ body: (Substring) throws(Failure) -> Void
    ) throws(Failure) {
        switch json {
        case .string(let text):
            for tag in self.simpleTags(in: text) { try body(tag) }
        case .array(let elements):
            for element in elements { try self.forEachTag(in: element, body) }
        case .object(let members):
            for (name, value) in members {
                for tag in self.simpleTags(in: name) { try body(tag) }
                try self.forEachTag(in: value, body)
            }
        case .null, .bool, .integer, .double: break
        }
    }

    static func trimmed(_ tag: Substring) -> String {
        var rest = tag.drop { $0.isWhitespace }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }

    private static func innermost(_ tag: Substring) -> (outer: Substring, name: Substring)? {
        guard let open = tag.ranges(of: "{{").last, open.lowerBound > tag.startIndex else { return nil }
        return (tag[..<open.lowerBound], tag[open.upperBound...])
    }

    /// Whether the text holds a tag that is nothing but a name: `{{inputs.parameters.blah}}`.
    static func isParameter(_ text: String) -> Bool {
        self.simpleTags(in: text).contains { tag in
            let parts = tag.split(separator: ".", omittingEmptySubsequences: false)
            return parts.enumerated().allSatisfy { index, part in
                !part.isEmpty
                    && part.utf8.allSatisfy {
                        FieldNames.isAlphanumeric($0) || $0 == UInt8(ascii: "-")
                            || (index > 0 && $0 == UInt8(ascii: "_"))
                    }
            }
        }
    }
}
