/// A place in a text, counted from 1.
package struct YAMLMark: Hashable, Sendable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// Why a text is no YAML that we read, and where.
package struct YAMLSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file, as the reader was told.
    package var name = ""
    package var mark: YAMLMark
    /// What was found, and what was expected instead.
    package var problem: String
    /// What was being read when it happened.
    package var context: String?

    package init(mark: YAMLMark, problem: String) {
        self.mark = mark
        self.problem = problem
    }

    package var description: String {
        let place = "line \(self.mark.line), column \(self.mark.column): \(self.problem)"
        let whole = self.context.map { "\(place), \($0)" } ?? place
        return self.name.isEmpty ? whole : "\(self.name): \(whole)"
    }
}

/// The bounds within which YAML text is read.
package enum YAMLLimits {
    /// The longest text in bytes.
    package static let textBytes = 10 * 1_024 * 1_024
    /// How deep sequences and mappings may be nested.
    package static let depth = 256
    /// How many values the aliases of a text may stand for in all: a few lines of aliases of aliases name billions.
    package static let aliasedValues = 100_000
    /// How many documents a text may hold.
    package static let documents = 10_000
}
