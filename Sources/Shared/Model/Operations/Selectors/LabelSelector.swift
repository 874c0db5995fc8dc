import OrderedCollections

/// Which objects are meant, by their labels: `app=web,tier in (front, back),!canary`.
package struct LabelSelector: Hashable, Sendable {
    package enum Requirement: Hashable, Sendable {
        /// The label is there and has one of the values.
        case isOneOf(key: String, values: Set<String>)
        /// The label is not there, or has none of the values.
        case isNoneOf(key: String, values: Set<String>)
        case exists(key: String)
        case doesNotExist(key: String)
        case isGreater(key: String, than: Int)
        case isLess(key: String, than: Int)
    }

    package var requirements: [Requirement]

    package init(requirements: [Requirement]) { self.requirements = requirements }

    /// - Throws: `OperationError`, which names the place in the text.
    package init(_ text: String) throws(OperationError) {
        var parser = LabelSelectorParser(text)
        self.requirements = try parser.requirements()
    }

    package func matches(_ labels: StringMap) -> Bool {
        self.requirements.allSatisfy { requirement in
            switch requirement {
            case .isOneOf(let key, let values): labels[key].map(values.contains) ?? false
            case .isNoneOf(let key, let values): labels[key].map { !values.contains($0) } ?? true
            case .exists(let key): labels[key] != nil
            case .doesNotExist(let key): labels[key] == nil
            case .isGreater(let key, let bound): labels[key].flatMap { Int($0) }.map { $0 > bound } ?? false
            case .isLess(let key, let bound): labels[key].flatMap { Int($0) }.map { $0 < bound } ?? false
            }
        }
    }
}

/// Reads requirements from the left.
private struct LabelSelectorParser {
    private enum Token: Hashable {
        case word(String)
        case symbol(String)
        case end
    }

    private static let marks: Set<Character> = ["=", "!", "(", ")", ",", ">", "<"]

    private let text: String
    private var rest: Substring
    private var token = Token.end
    /// How many characters stand before the current token.
    private var position = 0

    init(_ text: String) {
        self.text = text
        self.rest = Substring(text)
        self.advance()
    }

    mutating func requirements() throws(OperationError) -> [LabelSelector.Requirement] {
        var found: [LabelSelector.Requirement] = []
        while self.token != .end {
            found.append(try self.requirement())
            guard self.token != .end else { break }
            try self.expect(",")
            if self.token == .end { throw self.failure("a label's name") }
        }
        return found
    }

    private mutating func requirement() throws(OperationError) -> LabelSelector.Requirement {
        if self.take("!") { return .doesNotExist(key: try self.word("a label's name")) }
        let key = try self.word("a label's name")
        switch self.token {
        case .end, .symbol(","): return .exists(key: key)
        case .word("in"):
            self.advance()
            return .isOneOf(key: key, values: try self.list())
        case .word("notin"):
            self.advance()
            return .isNoneOf(key: key, values: try self.list())
        case .symbol("="), .symbol("=="):
            self.advance()
            return .isOneOf(key: key, values: [self.optionalWord()])
        case .symbol("!="):
            self.advance()
            return .isNoneOf(key: key, values: [self.optionalWord()])
        case .symbol(">"):
            self.advance()
            return .isGreater(key: key, than: try self.number())
        case .symbol("<"):
            self.advance()
            return .isLess(key: key, than: try self.number())
        case .symbol, .word: throw self.failure("=, ==, !=, in, notin, <, > or the next requirement")
        }
    }

    private mutating func list() throws(OperationError) -> Set<String> {
        try self.expect("(")
        var values: Set<String> = []
        repeat { values.insert(self.optionalWord()) } while self.take(",")
        try self.expect(")")
        return values
    }

    private mutating func number() throws(OperationError) -> Int {
        guard case .word(let text) = self.token, let number = Int(text) else { throw self.failure("a whole number") }
        self.advance()
        return number
    }

    private mutating func word(_ expected: String) throws(OperationError) -> String {
        guard case .word(let word) = self.token else { throw self.failure(expected) }
        self.advance()
        return word
    }

    /// A value may be empty.
    private mutating func optionalWord() -> String {
        guard case .word(let word) = self.token else { return "" }
        self.advance()
        return word
    }

    private mutating func take(_ symbol: String) -> Bool {
        guard self.token == .symbol(symbol) else { return false }
        self.advance()
        return true
    }

    private mutating func expect(_ symbol: String) throws(OperationError) {
        guard self.take(symbol) else { throw self.failure("'\(symbol)'") }
    }

    private func failure(_ expected: String) -> OperationError {
        let found =
            switch self.token {
            case .word(let text), .symbol(let text): "'\(text)'"
            case .end: "the end"
            }
        return OperationError(
            "unable to parse label selector \"\(self.text)\": found \(found) at character \(self.position + 1), "
                + "expected \(expected)")
    }

    private mutating func advance() {
        self.rest = self.rest.drop { $0.isWhitespace }
        self.position = self.text.count - self.rest.count
        guard let first = self.rest.first else {
            self.token = .end
            return
        }
        guard Self.marks.contains(first) else {
            let word = self.rest.prefix { !$0.isWhitespace && !Self.marks.contains($0) }
            self.rest = self.rest[word.endIndex...]
            self.token = .word(String(word))
            return
        }
        let isPair = (first == "=" || first == "!") && self.rest.dropFirst().first == "="
        let symbol = self.rest.prefix(isPair ? 2 : 1)
        self.rest = self.rest[symbol.endIndex...]
        self.token = .symbol(String(symbol))
    }
}
