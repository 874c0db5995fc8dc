/// Why an operation on a workflow is refused, in Argo's words: the caller's request is wrong, nothing was changed.
package struct OperationError: Error, Hashable, Sendable, CustomStringConvertible {
    package var message: String

    package init(_ message: String) { self.message = message }

    package var description: String { self.message }
}
