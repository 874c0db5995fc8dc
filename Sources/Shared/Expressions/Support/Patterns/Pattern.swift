/// A regular expression in the syntax of RE2, as Go has it.
///
/// Matching takes time in proportion to the text, whatever the pattern: no input can make it explode.
package struct Pattern: Hashable, Sendable {
    package let source: String
    let program: [PatternInstruction]
    /// How many groups a match has, the whole match counted.
    package let groupCount: Int
    /// The names of groups that have one.
    package let groupNames: [String: Int]

    /// Reads a pattern.
    ///
    /// - Throws: `PatternError` with the words of Go's `regexp`.
    package init(_ source: String) throws(PatternError) {
        var parser = PatternParser(source)
        let tree = try parser.parse()
        var compiler = PatternCompiler()
        try compiler.compile(tree)
        self.source = source
        self.program = compiler.program
        self.groupCount = parser.groupCount + 1
        self.groupNames = parser.groupNames
    }

    package static func == (left: Pattern, right: Pattern) -> Bool { left.source == right.source }

    package func hash(into hasher: inout Hasher) { hasher.combine(self.source) }

    /// What a search in the text costs at most, in evaluation steps.
    func cost(of text: String) -> Int { text.utf8.count * self.program.count / 8 }

    /// Whether the pattern matches somewhere in the text.
    package func matches(_ text: String) throws(PatternError) -> Bool {
        var machine = PatternMachine(self, text, capturing: false)
        return try machine.match(from: 0) != nil
    }

    /// The matches in the text that do not overlap, each as ranges of its groups in `scalars`.
    package func allMatches(in text: String, limit: Int = -1) throws(PatternError) -> [PatternMatch] {
        var machine = PatternMachine(self, text, capturing: true)
        var matches: [PatternMatch] = []
        var start = 0
        var previousEnd = -1
        while start <= machine.scalars.count, limit < 0 || matches.count < limit {
            guard let groups = try machine.match(from: start), let whole = groups[0] else { break }
            // An empty match right after the one before is none of its own.
            if !(whole.isEmpty && whole.lowerBound == previousEnd) {
                matches.append(PatternMatch(groups: groups))
                previousEnd = whole.upperBound
            }
            start = whole.isEmpty ? whole.upperBound + 1 : whole.upperBound
        }
        return matches
    }

    /// The text with every match replaced; `$1` and `${name}` in the template stand for groups unless `isLiteral`.
    package func replacing(in text: String, with template: String, isLiteral: Bool) throws(PatternError) -> String {
        let scalars = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        var place = 0
        for match in try self.allMatches(in: text) {
            guard let whole = match.groups[0] else { continue }
            result.append(contentsOf: scalars[place..<whole.lowerBound])
            if isLiteral {
                result.append(contentsOf: template.unicodeScalars)
            } else {
                self.expand(template, match, scalars, into: &result)
            }
            place = whole.upperBound
        }
        result.append(contentsOf: scalars[place...])
        return String(result)
    }

    private func expand(
        _ template: String, _ match: PatternMatch, _ scalars: [Unicode.Scalar],
        into result: inout String.UnicodeScalarView
    ) {
        var rest = Array(template.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            guard scalar == "$" else {
                result.append(scalar)
                continue
            }
            if rest.first == "$" {
                rest.removeFirst()
                result.append("$")
                continue
            }
            let isBraced = rest.first == "{"
            let name = (isBraced ? rest.dropFirst() : rest).prefix { isAlphanumeric($0) && $0 != "$" }
            if name.isEmpty || (isBraced && rest.dropFirst(1 + name.count).first != "}") {
                result.append("$")
                continue
            }
            rest = rest.dropFirst(name.count + (isBraced ? 2 : 0))
            var text = String.UnicodeScalarView()
            text.append(contentsOf: name)
            let index = Int(String(text)) ?? self.groupNames[String(text)]
            if let index, match.groups.indices.contains(index), let range = match.groups[index] {
                result.append(contentsOf: scalars[range])
            }
        }
    }
}

/// One match: the ranges of its groups in the Unicode scalars of the text; group 0 is the whole.
package struct PatternMatch: Hashable, Sendable {
    package let groups: [Range<Int>?]
}

/// Why a pattern cannot be used.
package struct PatternError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }

    static func syntax(_ problem: String, _ fragment: String) -> PatternError {
        PatternError("error parsing regexp: \(problem): `\(fragment)`")
    }
}

/// The limits of patterns.
enum PatternLimits {
    /// How often a counted repetition may repeat; RE2's own limit.
    static let repetitionMax = 1000
    /// How many instructions a pattern may compile to.
    static let instructionsMax = 20_000
    /// How deep groups may nest.
    static let nestingMax = 100
    /// How many steps one search may take.
    static let stepsMax = 50_000_000
}
