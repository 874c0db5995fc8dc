/// What is wrong with an expression, with its place in the text as expr-lang shows it.
///
///     unknown name foo (1:5)
///      | 1 + foo
///      | ....^
package struct ExpressionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The message alone.
    package let message: String
    /// In Unicode scalars from the start of the text.
    package let offset: Int
    /// The line, from 1, and the column, from 1.
    package let line: Int
    package let column: Int
    /// The line of the expression and a mark under the place; empty where the place has no text.
    package let snippet: String

    /// An error at `offset`, counted in Unicode scalars from the start of `source`.
    package init(_ message: String, at offset: Int, in source: String) {
        self.message = message
        self.offset = offset
        var line = 1
        var column = 0
        var text = String.UnicodeScalarView()
        var count = 0
        for scalar in source.unicodeScalars {
            if count == offset { break }
            count += 1
            if scalar == "\n" {
                line += 1
                column = 0
            } else {
                column += 1
            }
        }
        let lines = source.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.indices.contains(line - 1) { text.append(contentsOf: lines[line - 1].map { $0 == "\t" ? " " : $0 }) }
        self.line = line
        self.column = column + 1
        self.snippet = text.isEmpty ? "" : "\n | \(String(text))\n | \(String(repeating: ".", count: column))^"
    }

    package var description: String {
        self.snippet.isEmpty ? self.message : "\(self.message) (\(self.line):\(self.column))\(self.snippet)"
    }
}

/// What is wrong with a text, and where.
struct TextFault: Error {
    var message: String
    /// In Unicode scalars from the start of the text.
    var offset: Int

    init(_ message: String, at offset: Int) {
        self.message = message
        self.offset = offset
    }
}
