/// What is wrong with a workflow, in Argo's words where Argo has any.
package struct ValidationIssue: Error, Hashable, Sendable, CustomStringConvertible {
    /// For people: it names the field, the value and what would be right.
    package var message: String

    package init(_ message: String) { self.message = message }

    package var description: String { self.message }

    /// The same issue, seen from further outside.
    func prefixed(_ prefix: String) -> ValidationIssue { ValidationIssue("\(prefix) \(self.message)") }
}
