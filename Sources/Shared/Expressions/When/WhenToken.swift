/// A token of a `when` expression.
struct WhenToken {
    enum Kind: String {
        case unknown = "UNKNOWN"
        case prefix = "PREFIX"
        case numeric = "NUMERIC"
        case boolean = "BOOLEAN"
        case string = "STRING"
        case pattern = "PATTERN"
        case time = "TIME"
        case variable = "VARIABLE"
        case accessor = "ACCESSOR"
        case separator = "SEPARATOR"
        case comparator = "COMPARATOR"
        case logical = "LOGICALOP"
        case modifier = "MODIFIER"
        case clause = "CLAUSE"
        case clauseClose = "CLAUSE_CLOSE"
        case ternary = "TERNARY"

        /// The kinds that may follow.
        func mayPrecede(_ kind: Kind) -> Bool { self.next.contains(kind) }

        private var next: [Kind] {
            switch self {
            case .unknown: [.prefix, .numeric, .boolean, .variable, .pattern, .accessor, .string, .time, .clause]
            case .clause:
                [.prefix, .numeric, .boolean, .variable, .pattern, .accessor, .string, .time, .clause, .clauseClose]
            case .clauseClose:
                [
                    .comparator, .modifier, .numeric, .boolean, .variable, .string, .pattern, .time, .clause,
                    .clauseClose, .logical, .ternary, .separator,
                ]
            case .numeric, .boolean, .string, .variable:
                [.modifier, .comparator, .logical, .clauseClose, .ternary, .separator]
            case .time, .pattern: [.modifier, .comparator, .logical, .clauseClose, .separator]
            case .accessor: [.clause, .modifier, .comparator, .logical, .clauseClose, .ternary, .separator]
            case .modifier:
                [.prefix, .numeric, .variable, .accessor, .string, .boolean, .clause, .clauseClose]
            case .comparator:
                [
                    .prefix, .numeric, .boolean, .variable, .accessor, .string, .time, .clause, .clauseClose, .pattern,
                ]
            case .logical:
                [.prefix, .numeric, .boolean, .variable, .accessor, .string, .time, .clause, .clauseClose]
            case .prefix: [.numeric, .boolean, .variable, .accessor, .clause, .clauseClose]
            case .ternary:
                [.prefix, .numeric, .boolean, .string, .time, .variable, .accessor, .clause, .separator]
            case .separator: [.prefix, .numeric, .boolean, .string, .time, .variable, .accessor, .clause]
            }
        }

        /// Whether an expression may end after it.
        var mayEnd: Bool {
            switch self {
            case .clauseClose, .numeric, .boolean, .string, .time, .pattern, .variable, .accessor: true
            case .unknown, .clause, .prefix, .separator, .comparator, .logical, .modifier, .ternary: false
            }
        }
    }

    var kind: Kind
    /// The word, the operator's sign, or the text of a string.
    var text: String
    var value: Value = .null
    var pattern: Pattern?
    /// Where it begins, in Unicode scalars from the start of the text.
    var offset = 0

    /// The token as messages name it.
    var description: String {
        let shown: String =
            switch self.kind {
            case .clause, .clauseClose: String(self.text.unicodeScalars.first?.value ?? 0)
            case .numeric, .boolean: self.value.formatted
            case .accessor: "[" + split(self.text, ".").joined(separator: " ") + "]"
            case .unknown: "<nil>"
            case .prefix, .string, .pattern, .time, .variable, .separator, .comparator, .logical, .modifier, .ternary:
                self.text
            }
        return "\(self.kind.rawValue) [\(shown)]"
    }
}

/// Cuts a `when` expression into tokens, with all the habits of the library that Argo uses.
struct WhenLexer {
    private let scalars: [Unicode.Scalar]
    private var place = 0
    /// Where the token that is being read begins.
    private var start = 0

    private static let modifiers: Set<String> = ["+", "-", "*", "/", "%", "**", "&", "|", "^", ">>", "<<"]
    private static let comparators: Set<String> = ["==", "!=", ">", ">=", "<", "<=", "=~", "!~"]

    private init(_ text: String) { self.scalars = Array(text.unicodeScalars) }

    static func tokens(of text: String) throws(TextFault) -> [WhenToken] {
        var lexer = WhenLexer(text)
        var tokens: [WhenToken] = []
        do throws(ValueFailure) {
            while var token = try lexer.next(after: tokens.last?.kind ?? .unknown) {
                token.offset = lexer.start
                tokens.append(token)
            }
        } catch {
            throw TextFault(error.message, at: lexer.start)
        }
        return tokens
    }

    private var current: Unicode.Scalar? { self.place < self.scalars.count ? self.scalars[self.place] : nil }

    private mutating func next(after state: WhenToken.Kind) throws(ValueFailure) -> WhenToken? {
        while let scalar = self.current, isGoSpace(scalar) { self.place += 1 }
        self.start = self.place
        guard let scalar = self.current else { return nil }
        switch scalar {
        case _ where isWhenDigit(scalar) || scalar == ".": return try self.number()
        case ",":
            self.place += 1
            return WhenToken(kind: .separator, text: ",")
        case "(", ")":
            self.place += 1
            return WhenToken(kind: scalar == "(" ? .clause : .clauseClose, text: String(scalar))
        case "[":
            self.place += 1
            let (text, isComplete) = self.read(keepingSpace: true) { $0 != "]" }
            guard isComplete else { throw ValueFailure("Unclosed parameter bracket") }
            self.place += 1
            return WhenToken(kind: .variable, text: text, value: .string(text))
        case "'", "\"":
            self.place += 1
            let (text, isComplete) = self.read(keepingSpace: true) { $0 != "'" && $0 != "\"" }
            guard isComplete else { throw ValueFailure("Unclosed string literal") }
            self.place += 1
            if let seconds = whenTime(text) { return WhenToken(kind: .time, text: text, value: .float(seconds)) }
            return WhenToken(kind: .string, text: text, value: .string(text))
        case _ where isWhenLetter(scalar): return try self.word()
        default: return try self.symbol(after: state)
        }
    }

    /// Reads while `accepts` holds; a backslash takes the next character as it is.
    ///
    /// What comes back is the text, and whether something ended it before the expression did.
    private mutating func read(
        keepingSpace: Bool, _ accepts: (Unicode.Scalar) -> Bool
    ) -> (text: String, isComplete: Bool) {
        var text = String.UnicodeScalarView()
        while let scalar = self.current {
            if scalar == "\\" {
                self.place += 1
                if let escaped = self.current { text.append(escaped) }
                self.place += 1
            } else if isGoSpace(scalar), !keepingSpace {
                self.place += 1
                if !text.isEmpty { return (String(text), true) }
            } else if accepts(scalar) {
                text.append(scalar)
                self.place += 1
            } else {
                return (String(text), true)
            }
        }
        self.place = min(self.place, self.scalars.count)
        return (String(text), false)
    }

    private mutating func number() throws(ValueFailure) -> WhenToken {
        if self.current == "0", self.place + 2 < self.scalars.count, self.scalars[self.place + 1] == "x" {
            self.place += 2
            let (digits, _) = self.read(keepingSpace: false) { $0.properties.isASCIIHexDigit }
            guard let number = UInt64(digits, radix: 16) else {
                throw ValueFailure("Unable to parse hex value '\(digits)' to uint64\n")
            }
            return WhenToken(kind: .numeric, text: digits, value: .float(Double(number)))
        }
        let (digits, _) = self.read(keepingSpace: false) { isWhenDigit($0) || $0 == "." }
        guard let number = goParseFloat(digits) else {
            throw ValueFailure("Unable to parse numeric value '\(digits)' to float64\n")
        }
        return WhenToken(kind: .numeric, text: digits, value: .float(number))
    }

    private mutating func word() throws(ValueFailure) -> WhenToken {
        let (text, _) = self.read(keepingSpace: false) {
            isWhenLetter($0) || isWhenDigit($0) || $0 == "_" || $0 == "."
        }
        switch text {
        case "true", "false": return WhenToken(kind: .boolean, text: text, value: .bool(text == "true"))
        case "in", "IN": return WhenToken(kind: .comparator, text: "in")
        default: break
        }
        guard let dot = text.firstIndex(of: "."), dot > text.startIndex else {
            return WhenToken(kind: .variable, text: text, value: .string(text))
        }
        guard !text.hasSuffix(".") else { throw ValueFailure("Hanging accessor on token '\(text)'") }
        for part in split(text, ".").dropFirst() {
            guard let first = part.unicodeScalars.first else { continue }
            guard first.properties.uppercaseMapping == String(first) else {
                throw ValueFailure("Unable to access unexported field '\(part)' in token '\(text)'")
            }
        }
        return WhenToken(kind: .accessor, text: text, value: .string(text))
    }

    private mutating func symbol(after state: WhenToken.Kind) throws(ValueFailure) -> WhenToken {
        let (text, _) = self.read(keepingSpace: false) { scalar in
            !(isWhenDigit(scalar) || isWhenLetter(scalar) || isWhenBracket(scalar))
        }
        let kind: WhenToken.Kind
        if state.mayPrecede(.prefix), ["-", "!", "~"].contains(text) {
            kind = .prefix
        } else if Self.modifiers.contains(text) {
            kind = .modifier
        } else if text == "&&" || text == "||" {
            kind = .logical
        } else if Self.comparators.contains(text) {
            kind = .comparator
        } else if text == "?" || text == ":" || text == "??" {
            kind = .ternary
        } else {
            throw ValueFailure("Invalid token: '\(text)'")
        }
        return WhenToken(kind: kind, text: text)
    }
}

private func isWhenBracket(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "(", ")", "[", "]", "'", "\"": true
    default: false
    }
}

private func isWhenDigit(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII ? isDigit(scalar) : scalar.properties.generalCategory == .decimalNumber
}

private func isWhenLetter(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return isAlphabetic(scalar) && scalar != "_" && scalar != "$" }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
    default: return false
    }
}

private let whenLayouts = [
    "Mon Jan _2 15:04:05 2006", "Mon Jan _2 15:04:05 MST 2006", "Mon Jan 02 15:04:05 -0700 2006", "3:04PM",
    "2006-01-02T15:04:05Z07:00", "2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05",
    "2006-01-02 15:04:05-07:00", "2006-01-02T15Z0700", "2006-01-02T15:04Z0700", "2006-01-02T15:04:05Z0700",
]

/// The moment that a quoted text says, in seconds since 1970, where it is a time in one of the forms taken for one.
private func whenTime(_ text: String) -> Double? {
    // All forms have a digit early on and a separator; this spares words the attempts.
    guard text.utf8.count >= 6, text.utf8.contains(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "-") }) else {
        return nil
    }
    for layout in whenLayouts {
        do throws(ValueFailure) {
            return Double(try GoTimeParser.parse(text, layout: layout).seconds)
        } catch {
            // The next form may be the one.
            continue
        }
    }
    return nil
}
