/// Reads the syntax of a regular expression.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var place = 0
    private var flags = Flags()
    private var nesting = 0
    private(set) var groupCount = 0
    private(set) var groupNames: [String: Int] = [:]

    private struct Flags {
        var foldsCase = false
        var isMultiline = false
        var dotMatchesNewline = false
        var isUngreedy = false
    }

    init(_ source: String) { self.scalars = Array(source.unicodeScalars) }

    mutating func parse() throws(PatternError) -> PatternNode {
        let node = try self.alternation()
        guard self.place == self.scalars.count else {
            throw .syntax("unexpected )", self.text(0..<self.scalars.count))
        }
        return node
    }

    private var current: Unicode.Scalar? { self.place < self.scalars.count ? self.scalars[self.place] : nil }

    private func text(_ range: Range<Int>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: self.scalars[range.clamped(to: 0..<self.scalars.count)])
        return String(text)
    }

    private func starts(with prefix: String) -> Bool { self.scalars[self.place...].starts(with: prefix.unicodeScalars) }

    private mutating func alternation() throws(PatternError) -> PatternNode {
        self.nesting += 1
        defer { self.nesting -= 1 }
        guard self.nesting <= PatternLimits.nestingMax else {
            throw .syntax("expression nests too deeply", self.text(0..<self.scalars.count))
        }
        var branches: [PatternNode] = [try self.concatenation()]
        while self.current == "|" {
            self.place += 1
            branches.append(try self.concatenation())
        }
        return branches.count == 1 ? branches[0] : .alternation(branches)
    }

    private mutating func concatenation() throws(PatternError) -> PatternNode {
        var items: [PatternNode] = []
        while let scalar = self.current, scalar != "|", scalar != ")" {
            let start = self.place
            guard let atom = try self.atom() else { continue }
            items.append(try self.repeated(atom, from: start))
        }
        return items.count == 1 ? items[0] : items.isEmpty ? .empty : .concatenation(items)
    }

    private mutating func repeated(_ atom: PatternNode, from start: Int) throws(PatternError) -> PatternNode {
        var node = atom
        var isRepeated = false
        while let bounds = try self.quantifier() {
            if isRepeated {
                throw .syntax("invalid nested repetition operator", self.text(bounds.from..<self.place))
            }
            var isGreedy = !self.flags.isUngreedy
            if self.current == "?" {
                self.place += 1
                isGreedy.toggle()
            }
            node = .repetition(node, least: bounds.least, most: bounds.most, isGreedy: isGreedy)
            isRepeated = true
        }
        return node
    }

    private mutating func quantifier() throws(PatternError) -> (least: Int, most: Int?, from: Int)? {
        let start = self.place
        switch self.current {
        case "*":
            self.place += 1
            return (0, nil, start)
        case "+":
            self.place += 1
            return (1, nil, start)
        case "?":
            self.place += 1
            return (0, 1, start)
        case "{":
            self.place += 1
            if let (least, most) = self.bounds() {
                let tooMuch = least > PatternLimits.repetitionMax || (most ?? 0) > PatternLimits.repetitionMax
                if tooMuch || (most.map { $0 < least } ?? false) {
                    throw .syntax("invalid repeat count", self.text(start..<self.place))
                }
                return (least, most, start)
            }
            self.place = start
            return nil
        default: return nil
        }
    }

    private mutating func bounds() -> (Int, Int?)? {
        guard let least = self.integer() else { return nil }
        var most: Int? = least
        if self.current == "," {
            self.place += 1
            most = self.integer()
        }
        guard self.current == "}" else { return nil }
        self.place += 1
        return (least, most)
    }

    private mutating func integer() -> Int? {
        let start = self.place
        while let scalar = self.current, isDigit(scalar) { self.place += 1 }
        return Int(self.text(start..<min(self.place, start + 9)))
    }

    /// One unit that can be repeated; `nil` for a change of flags, which is none.
    private mutating func atom() throws(PatternError) -> PatternNode? {
        guard let scalar = self.current else { return .empty }
        self.place += 1
        switch scalar {
        case "(": return try self.group()
        case "[": return .set(try self.bracketed())
        case ".":
            return .set(self.flags.dotMatchesNewline ? .all : ScalarSet([0...9, 11...0x10_FFFF]))
        case "^": return .assertion(self.flags.isMultiline ? .lineStart : .textStart)
        case "$": return .assertion(self.flags.isMultiline ? .lineEnd : .textEnd)
        case "*", "+", "?":
            throw .syntax("missing argument to repetition operator", String(scalar))
        case "\\": return try self.escape()
        default: return .set(self.folded(ScalarSet(scalar)))
        }
    }

    private func folded(_ set: ScalarSet) -> ScalarSet { self.flags.foldsCase ? set.foldingCase : set }

    private mutating func group() throws(PatternError) -> PatternNode? {
        let start = self.place - 1
        let outer = self.flags
        var index: Int?
        if self.current == "?" {
            self.place += 1
            if self.starts(with: "P<") || (self.current == "<" && !self.starts(with: "<=") && !self.starts(with: "<!"))
            {
                self.place += self.current == "P" ? 2 : 1
                let nameStart = self.place
                while let scalar = self.current, isAlphanumeric(scalar) { self.place += 1 }
                guard self.current == ">", self.place > nameStart else {
                    throw .syntax("invalid named capture", self.text(start..<self.place + 1))
                }
                self.groupCount += 1
                index = self.groupCount
                self.groupNames[self.text(nameStart..<self.place)] = index
                self.place += 1
            } else if try self.readFlags(start) {
                return nil
            }
        } else {
            self.groupCount += 1
            index = self.groupCount
        }
        let inside = try self.alternation()
        guard self.current == ")" else { throw .syntax("missing closing )", self.text(0..<self.scalars.count)) }
        self.place += 1
        self.flags = outer
        guard let index else { return inside }
        return .group(inside, index)
    }

    /// Reads `i`, `m-s` and their like; `true` where they stand alone, as in `(?i)`.
    private mutating func readFlags(_ start: Int) throws(PatternError) -> Bool {
        var isOn = true
        while let scalar = self.current {
            self.place += 1
            switch scalar {
            case "i": self.flags.foldsCase = isOn
            case "m": self.flags.isMultiline = isOn
            case "s": self.flags.dotMatchesNewline = isOn
            case "U": self.flags.isUngreedy = isOn
            case "-" where isOn: isOn = false
            case ":": return false
            case ")": return true
            default: throw .syntax("invalid or unsupported Perl syntax", self.text(start..<self.place))
            }
        }
        throw .syntax("missing closing )", self.text(0..<self.scalars.count))
    }

    private mutating func escape() throws(PatternError) -> PatternNode {
        let start = self.place - 1
        guard let scalar = self.current else { throw .syntax("trailing backslash at end of expression", "") }
        switch scalar {
        case "A", "z", "b", "B":
            self.place += 1
            return .assertion(
                scalar == "A" ? .textStart : scalar == "z" ? .textEnd : scalar == "b" ? .wordBoundary : .noWordBoundary)
        case "Q":
            self.place += 1
            var items: [PatternNode] = []
            while let literal = self.current {
                if self.starts(with: "\\E") {
                    self.place += 2
                    break
                }
                self.place += 1
                items.append(.set(self.folded(ScalarSet(literal))))
            }
            return .concatenation(items)
        default: return .set(self.folded(try self.escapedSet(start)))
        }
    }

    /// The set that an escape stands for; the backslash is read already.
    private mutating func escapedSet(_ start: Int) throws(PatternError) -> ScalarSet {
        guard let scalar = self.current else { throw .syntax("trailing backslash at end of expression", "") }
        self.place += 1
        switch scalar {
        case "d": return .digits
        case "D": return ScalarSet.digits.inverted
        case "w": return .words
        case "W": return ScalarSet.words.inverted
        case "s": return .spaces
        case "S": return ScalarSet.spaces.inverted
        case "a": return ScalarSet([7...7])
        case "f": return ScalarSet([12...12])
        case "n": return ScalarSet([10...10])
        case "r": return ScalarSet([13...13])
        case "t": return ScalarSet([9...9])
        case "v": return ScalarSet([11...11])
        case "x": return try self.hexadecimal(start)
        case "p", "P":
            var name = self.current.map(String.init) ?? ""
            self.place += 1
            if name == "{" {
                let nameStart = self.place
                while let letter = self.current, letter != "}" { self.place += 1 }
                name = self.text(nameStart..<self.place)
                self.place += 1
            }
            let isInverted = (scalar == "P") != name.hasPrefix("^")
            guard self.place <= self.scalars.count,
                let set = ScalarSet.category(name.hasPrefix("^") ? String(name.dropFirst()) : name)
            else { throw .syntax("invalid character class range", self.text(start..<self.place)) }
            return isInverted ? set.inverted : set
        default:
            guard scalar.isASCII, !isAlphanumeric(scalar) || scalar == "_" else {
                throw .syntax("invalid escape sequence", self.text(start..<self.place))
            }
            return ScalarSet(scalar)
        }
    }

    private mutating func hexadecimal(_ start: Int) throws(PatternError) -> ScalarSet {
        let isBraced = self.current == "{"
        if isBraced { self.place += 1 }
        let digits = self.place
        while let scalar = self.current, scalar.properties.isASCIIHexDigit, isBraced || self.place < digits + 2 {
            self.place += 1
        }
        let value = UInt32(self.text(digits..<self.place), radix: 16)
        let isClosed = !isBraced || self.current == "}"
        guard let value, isClosed, let scalar = Unicode.Scalar(value), isBraced || self.place == digits + 2 else {
            throw .syntax("invalid escape sequence", self.text(start..<self.place))
        }
        if isBraced { self.place += 1 }
        return ScalarSet(scalar)
    }

    /// A class in brackets; the opening one is read already.
    private mutating func bracketed() throws(PatternError) -> ScalarSet {
        let start = self.place - 1
        let isInverted = self.current == "^"
        if isInverted { self.place += 1 }
        var ranges: [ClosedRange<UInt32>] = []
        var isFirst = true
        while let scalar = self.current, scalar != "]" || isFirst {
            isFirst = false
            if self.starts(with: "[:"), let set = self.posixClass() {
                ranges += set.ranges
                continue
            }
            let itemStart = self.place
            let low = try self.classItem()
            let next = self.place + 1 < self.scalars.count ? self.scalars[self.place + 1] : nil
            guard self.current == "-", next != nil, next != "]", low.ranges.count == 1, low.ranges[0].count == 1 else {
                ranges += low.ranges
                continue
            }
            self.place += 1
            let high = try self.classItem()
            guard high.ranges.count == 1, low.ranges[0].lowerBound <= high.ranges[0].upperBound else {
                throw .syntax("invalid character class range", self.text(itemStart..<self.place))
            }
            ranges.append(low.ranges[0].lowerBound...high.ranges[0].upperBound)
        }
        guard self.current == "]" else { throw .syntax("missing closing ]", self.text(start..<self.scalars.count)) }
        self.place += 1
        let set = self.folded(ScalarSet(ranges))
        return isInverted ? set.inverted : set
    }

    private mutating func classItem() throws(PatternError) -> ScalarSet {
        guard let scalar = self.current else { return ScalarSet([]) }
        let start = self.place
        self.place += 1
        return scalar == "\\" ? try self.escapedSet(start) : ScalarSet(scalar)
    }

    private mutating func posixClass() -> ScalarSet? {
        let rest = self.scalars[self.place...]
        guard let close = rest.indices.dropFirst(2).first(where: { self.text($0..<$0 + 2) == ":]" }) else { return nil }
        var name = self.text((self.place + 2)..<close)
        let isInverted = name.hasPrefix("^")
        if isInverted { name.removeFirst() }
        guard let set = ScalarSet.named(name) else { return nil }
        self.place = close + 2
        return isInverted ? set.inverted : set
    }
}
