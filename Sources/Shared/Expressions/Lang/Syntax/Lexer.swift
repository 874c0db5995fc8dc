/// Cuts an expression into tokens.
struct Lexer {
    private let source: String
    private let scalars: [Unicode.Scalar]
    private var place = 0
    private var tokens: [Token] = []

    private init(_ source: String) {
        self.source = source
        self.scalars = Array(source.unicodeScalars)
    }

    /// The tokens of `source` and what stops the reading: the last token is of kind `end` unless there is a failure,
    /// which counts only once the parser has used up the tokens before it.
    static func tokens(of source: String) -> (tokens: [Token], failure: ExpressionError?) {
        var lexer = Lexer(source)
        do throws(ExpressionError) {
            while try lexer.step() {}
            return (lexer.tokens, nil)
        } catch {
            return (lexer.tokens, error)
        }
    }

    private var current: Unicode.Scalar? { self.place < self.scalars.count ? self.scalars[self.place] : nil }

    private func peek(_ distance: Int) -> Unicode.Scalar? {
        self.place + distance < self.scalars.count ? self.scalars[self.place + distance] : nil
    }

    private func word(from start: Int) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: self.scalars[start..<self.place])
        return String(text)
    }

    private mutating func emit(_ kind: Token.Kind, from start: Int, value: String? = nil) {
        self.tokens.append(Token(kind: kind, value: value ?? self.word(from: start), offset: start))
    }

    private func failure(_ message: String) -> ExpressionError {
        ExpressionError(message, at: self.place, in: self.source)
    }

    /// Reads one token or one stretch of space; `false` at the end.
    private mutating func step() throws(ExpressionError) -> Bool {
        let start = self.place
        guard let scalar = self.current else {
            self.tokens.append(Token(kind: .end, value: "", offset: max(0, self.place - 1)))
            return false
        }
        switch scalar {
        case _ where isGoSpace(scalar): self.place += 1
        case "'", "\"":
            let literal = try self.quoted()
            self.emit(.string, from: start, value: try self.unescaped(literal, start: start))
        case "`": try self.rawString(start)
        case "b" where self.peek(1) == "'" || self.peek(1) == "\"",
            "B" where self.peek(1) == "'" || self.peek(1) == "\"":
            self.place += 1
            let literal = try self.quoted()
            self.emit(.bytes, from: start, value: try self.unescaped(literal, start: start))
        case "0"..."9": try self.number(start)
        case "?":
            self.place += 1
            if self.current == "." || self.current == "?" { self.place += 1 }
            self.emit(.operator, from: start)
        case "/": try self.slash(start)
        case "#": self.pointer(start)
        case "|", ":":
            self.place += 1
            if self.current == scalar { self.place += 1 }
            self.emit(.operator, from: start)
        case "(", "[", "{", ")", "]", "}":
            self.place += 1
            self.emit(.bracket, from: start)
        case ",", ";", "%", "+", "-", "^":
            self.place += 1
            self.emit(.operator, from: start)
        case "&", "!", "=", "*", "<", ">":
            self.place += 1
            if let next = self.current, next == "&" || next == "=" || next == "*" { self.place += 1 }
            self.emit(.operator, from: start)
        case ".":
            if let next = self.peek(1), isDigit(next) {
                try self.number(start)
            } else {
                self.place += self.peek(1) == "." ? 2 : 1
                self.emit(.operator, from: start)
            }
        case _ where isAlphanumeric(scalar): self.identifier(start)
        default:
            throw self.failure("unrecognized character: \(unicodeName(scalar))")
        }
        return true
    }

    private mutating func identifier(_ start: Int) {
        while let scalar = self.current, isAlphanumeric(scalar) { self.place += 1 }
        let word = self.word(from: start)
        switch word {
        case "not", "in", "or", "and", "matches", "contains", "startsWith", "endsWith", "let", "if", "else":
            self.emit(.operator, from: start)
        default: self.emit(.identifier, from: start)
        }
    }

    private mutating func pointer(_ start: Int) {
        self.place += 1
        if self.current == "#" { self.place += 1 }
        self.emit(.operator, from: start)
        let name = self.place
        while let scalar = self.current, isAlphanumeric(scalar) { self.place += 1 }
        if self.place > name { self.emit(.identifier, from: name) }
    }

    private mutating func slash(_ start: Int) throws(ExpressionError) {
        self.place += 1
        if self.current == "/" {
            while let scalar = self.current, scalar != "\n" { self.place += 1 }
        } else if self.current == "*" {
            self.place += 1
            while !(self.current == "*" && self.peek(1) == "/") {
                guard self.current != nil else { throw self.failure("unclosed comment") }
                self.place += 1
            }
            self.place += 2
        } else {
            self.emit(.operator, from: start)
        }
    }

    private mutating func number(_ start: Int) throws(ExpressionError) {
        var isDigitHere: (Unicode.Scalar) -> Bool = { isDigit($0) || $0 == "_" }
        if self.current == "0" {
            self.place += 1
            switch self.current {
            case "x", "X":
                self.place += 1
                isDigitHere = { $0.properties.isASCIIHexDigit || $0 == "_" }
            case "o", "O":
                self.place += 1
                isDigitHere = { ("0"..."7").contains($0) || $0 == "_" }
            case "b", "B":
                self.place += 1
                isDigitHere = { $0 == "0" || $0 == "1" || $0 == "_" }
            default: break
            }
        }
        self.skip(isDigitHere)
        // Two dots are a range: `1..2`.
        if self.current == ".", self.peek(1) != "." {
            self.place += 1
            self.skip(isDigitHere)
        } else if self.current == "." {
            self.emit(.number, from: start)
            return
        }
        if self.current == "e" || self.current == "E" {
            self.place += 1
            if self.current == "+" || self.current == "-" { self.place += 1 }
            self.skip(isDigitHere)
        }
        if let scalar = self.current, isAlphanumeric(scalar) {
            self.place += 1
            throw ExpressionError(
                "bad number syntax: \(goQuoted(self.word(from: start)))", at: self.place - 1, in: self.source)
        }
        self.emit(.number, from: start)
    }

    private mutating func skip(_ accepts: (Unicode.Scalar) -> Bool) {
        while let scalar = self.current, accepts(scalar) { self.place += 1 }
    }

    /// The inside of a quoted literal, escapes and all.
    private mutating func quoted() throws(ExpressionError) -> ArraySlice<Unicode.Scalar> {
        guard let quote = self.current else { return [] }
        self.place += 1
        let start = self.place
        while let scalar = self.current, scalar != quote, scalar != "\n" {
            self.place += scalar == "\\" ? 2 : 1
        }
        guard self.current == quote else {
            self.place = min(self.place, self.scalars.count)
            throw self.failure("literal not terminated")
        }
        self.place += 1
        return self.scalars[start..<(self.place - 1)]
    }

    private mutating func rawString(_ start: Int) throws(ExpressionError) {
        self.place += 1
        var value = String.UnicodeScalarView()
        while let scalar = self.current {
            self.place += 1
            if scalar != "`" {
                value.append(scalar)
            } else if self.current == "`" {
                self.place += 1
                value.append("`")
            } else {
                self.emit(.string, from: start, value: String(value))
                return
            }
        }
        throw self.failure("literal not terminated")
    }

    private func unescaped(_ literal: ArraySlice<Unicode.Scalar>, start: Int) throws(ExpressionError) -> String {
        guard let text = unescape(literal) else {
            throw ExpressionError("invalid char escape", at: max(start, self.place - 1), in: self.source)
        }
        return text
    }
}

func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
    if isAlphabetic(scalar) || isDigit(scalar) { return true }
    return !scalar.isASCII && scalar.properties.numericType == .decimal
}

func isAlphabetic(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
        return scalar == "_" || scalar == "$" || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
    default: return false
    }
}

/// Whether a text can be the name of a variable.
func isIdentifier(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, isAlphabetic(first) else { return false }
    return text.unicodeScalars.allSatisfy(isAlphanumeric)
}

private func unicodeName(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return "U+\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits) '\(scalar)'"
}

/// The text of a literal whose escapes are those of Go; `nil` where one of them is wrong.
private func unescape(_ literal: ArraySlice<Unicode.Scalar>) -> String? {
    var text = String.UnicodeScalarView()
    var rest = literal
    while let scalar = rest.popFirst() {
        guard scalar == "\\" else {
            // Line ends are one newline, whatever the file has.
            if scalar == "\r" {
                if rest.first == "\n" { rest.removeFirst() }
                text.append("\n")
            } else {
                text.append(scalar)
            }
            continue
        }
        guard let escape = rest.popFirst() else { return nil }
        guard let value = unescapeOne(escape, &rest) else { return nil }
        text.append(value)
    }
    return String(text)
}

private func unescapeOne(_ escape: Unicode.Scalar, _ rest: inout ArraySlice<Unicode.Scalar>) -> Unicode.Scalar? {
    switch escape {
    case "a": return "\u{7}"
    case "b": return "\u{8}"
    case "f": return "\u{c}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "v": return "\u{b}"
    case "\\", "'", "\"", "`", "?": return escape
    case "x", "X": return digits(2, radix: 16, &rest)
    case "u":
        guard rest.first == "{" else { return digits(4, radix: 16, &rest) }
        guard let close = rest.firstIndex(of: "}"), close - rest.startIndex <= 7 else { return nil }
        rest.removeFirst()
        let value = digits(close - rest.startIndex, radix: 16, &rest)
        rest.removeFirst()
        return value
    case "U": return digits(8, radix: 16, &rest)
    case "0", "1", "2", "3":
        rest = [escape] + rest
        return digits(3, radix: 8, &rest)
    default: return nil
    }
}

private func digits(_ count: Int, radix: Int, _ rest: inout ArraySlice<Unicode.Scalar>) -> Unicode.Scalar? {
    guard count > 0, rest.count >= count else { return nil }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: rest.prefix(count))
    rest = rest.dropFirst(count)
    guard text.first != "+", text.first != "-", let value = UInt32(String(text), radix: radix) else { return nil }
    return Unicode.Scalar(value)
}
