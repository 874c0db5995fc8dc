/// Reads the steps of a JSONPath.
struct JSONPathParser {
    private let scalars: [Unicode.Scalar]
    private var place = 0
    private let depth: Int

    /// How long a path may be.
    private static let lengthMax = 4096
    /// How many steps a path may have; following it recurses this far.
    private static let segmentsMax = 200

    private init(_ source: String, depth: Int) {
        self.scalars = Array(source.unicodeScalars)
        self.depth = depth
    }

    static func segments(of source: String, depth: Int) throws(ValueFailure) -> [JSONPathSegment] {
        var parser = JSONPathParser(source, depth: depth)
        return try parser.segments()
    }

    private var current: Unicode.Scalar? { self.place < self.scalars.count ? self.scalars[self.place] : nil }

    private func unexpected() -> ValueFailure {
        ValueFailure("unexpected token '\(self.current.map { String($0) } ?? "")' at index \(self.place)")
    }

    private mutating func segments() throws(ValueFailure) -> [JSONPathSegment] {
        guard self.scalars.count <= Self.lengthMax else {
            throw ValueFailure("is longer than \(Self.lengthMax) characters")
        }
        guard let first = self.current, first == "$" || first == "@" else { throw self.unexpected() }
        self.place += 1
        if let next = self.current, next != ".", next != "[" { throw self.unexpected() }
        var segments: [JSONPathSegment] = [first == "$" ? .root : .current]
        while let scalar = self.current {
            guard segments.count < Self.segmentsMax else {
                throw ValueFailure("has more than \(Self.segmentsMax) steps")
            }
            if scalar == "[" {
                segments.append(try self.subscriptSegment())
                continue
            }
            if scalar == "." {
                self.place += 1
                if self.current == "." {
                    self.place += 1
                    segments.append(.recursive)
                }
                if self.current == "[" { continue }
            }
            segments.append(try self.name())
        }
        return segments
    }

    private func text(_ range: Range<Int>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: self.scalars[range])
        return String(view)
    }

    private mutating func name() throws(ValueFailure) -> JSONPathSegment {
        let start = self.place
        while let scalar = self.current, scalar != ".", scalar != "[" { self.place += 1 }
        let name = trimmed(self.text(start..<self.place), where: isGoSpace)
        switch name {
        case "": throw ValueFailure("invalid token. token string is empty")
        case "*": return .wildcard
        case "length": return .length
        default: return .key(name)
        }
    }

    private mutating func subscriptSegment() throws(ValueFailure) -> JSONPathSegment {
        let start = self.place
        var open = 0
        var brackets = 0
        var quote: Unicode.Scalar?
        while let scalar = self.current {
            self.place += 1
            if let end = quote {
                if scalar == "\\" { self.place += 1 } else if scalar == end { quote = nil }
                continue
            }
            switch scalar {
            case "'", "\"": quote = scalar
            case "(": open += 1
            case ")": open -= 1
            case "[": brackets += 1
            case "]": brackets -= 1
            default: break
            }
            if brackets == 0, open == 0 {
                return try self.segment(self.text((start + 1)..<(self.place - 1)))
            }
        }
        self.place = min(self.place, self.scalars.count)
        throw Self.malformed(self.text(start..<self.place))
    }

    private static func malformed(_ text: String) -> ValueFailure {
        ValueFailure("invalid token. '\(text)' does not match any token format")
    }

    private func segment(_ inside: String) throws(ValueFailure) -> JSONPathSegment {
        let text = trimmed(inside, where: isGoSpace)
        if text == "*" { return .wildcard }
        if text.hasPrefix("?") {
            guard text.hasPrefix("?("), text.hasSuffix(")") else { throw Self.malformed("[\(text)]") }
            return .filter(try JSONPathCondition(String(text.dropFirst(2).dropLast()), depth: self.depth))
        }
        if let parts = Self.divided(text, at: ",") {
            var bounds: [JSONPathBound] = []
            for part in parts {
                guard let bound = try self.bound(part) else { throw Self.malformed("[\(text)]") }
                bounds.append(bound)
            }
            return .union(bounds)
        }
        if let parts = Self.divided(text, at: ":") {
            guard parts.count <= 3 else { throw Self.malformed("[\(text)]") }
            return .range(
                from: try self.bound(parts[0]), to: try self.bound(parts[1]),
                step: parts.count > 2 ? try self.bound(parts[2]) : nil)
        }
        switch try self.bound(text) {
        case .number(let index)?: return .index(index)
        case .key(let key)?: return .key(key)
        case .script(let condition)?: return .script(condition)
        case nil: throw Self.malformed("[\(text)]")
        }
    }

    private func bound(_ part: String) throws(ValueFailure) -> JSONPathBound? {
        let text = trimmed(part, where: isGoSpace)
        if text.isEmpty { return nil }
        if let number = Int(text) { return .number(number) }
        if text.utf8.count > 1, let quote = text.first, quote == "'" || quote == "\"", text.last == quote {
            return .key(replaced(String(text.dropFirst().dropLast()), "\\\(quote)", with: String(quote)))
        }
        if text.hasPrefix("("), text.hasSuffix(")") {
            return .script(try JSONPathCondition(String(text.dropFirst().dropLast()), depth: self.depth))
        }
        throw Self.malformed("[\(text)]")
    }

    /// The parts between separators that stand outside of quotes and brackets; `nil` where there is none.
    private static func divided(_ text: String, at separator: Unicode.Scalar) -> [String]? {
        var parts: [String] = [""]
        var open = 0
        var quote: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if let end = quote {
                if scalar == end { quote = nil }
            } else if scalar == "'" || scalar == "\"" {
                quote = scalar
            } else if scalar == "(" {
                open += 1
            } else if scalar == ")" {
                open -= 1
            }
            if scalar == separator, quote == nil, open == 0 {
                parts.append("")
            } else {
                parts[parts.count - 1].unicodeScalars.append(scalar)
            }
        }
        return parts.count > 1 ? parts : nil
    }
}
