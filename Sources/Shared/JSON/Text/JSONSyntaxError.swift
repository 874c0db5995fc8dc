/// Why a text is no JSON, and where.
package struct JSONSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// In bytes from the start.
    package var offset: Int
    /// From 1.
    package var line: Int
    /// In bytes from the start of the line, from 1.
    package var column: Int
    /// What is wrong, in the words of Go's decoder, which clients of Argo know.
    package var message: String
    /// What could have stood there.
    package var expected: String

    package init(offset: Int, line: Int, column: Int, message: String, expected: String) {
        self.offset = offset
        self.line = line
        self.column = column
        self.message = message
        self.expected = expected
    }

    package var description: String {
        "line \(self.line), column \(self.column): \(self.message): expected \(self.expected)"
    }
}

/// The bounds within which JSON text is read.
package enum JSONLimits {
    /// How deep arrays and objects may be nested.
    package static let depth = 512
    /// The longest text in bytes that is read at all; larger documents are refused by their size.
    package static let textBytes = 1 << 30
}
