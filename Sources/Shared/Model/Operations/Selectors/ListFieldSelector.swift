/// What a list of workflows is narrowed down to by `listOptions.fieldSelector`.
///
/// Argo knows `metadata.namespace` and `metadata.name` (`=`, `==`, `!=`), `spec.startedAt` (`>`, `<`) and
/// `ext.showRemainingItemCount`.
package struct ListFieldSelector: Hashable, Sendable {
    package var namespace: String?
    /// Whether `namespace` is the one that is left out.
    package var isNamespaceExcluded = false
    package var name: String?
    /// Whether `name` is the one that is left out.
    package var isNameExcluded = false
    package var startedAfter: Timestamp?
    package var startedBefore: Timestamp?
    package var showsRemainingItemCount = false

    package init() {}

    /// - Throws: `OperationError`, which names the requirement that is not known.
    package init(_ text: String) throws(OperationError) {
        for requirement in text.split(separator: ",") { try self.add(requirement) }
    }

    package func matches(_ metadata: ObjectMeta, startedAt: Timestamp?) -> Bool {
        if let namespace = self.namespace, (metadata.namespace == namespace) == self.isNamespaceExcluded {
            return false
        }
        if let name = self.name, (metadata.name == name) == self.isNameExcluded { return false }
        if let after = self.startedAfter, startedAt.map({ $0 < after }) ?? true { return false }
        if let before = self.startedBefore, startedAt.map({ $0 > before }) ?? true { return false }
        return true
    }

    private mutating func add(_ requirement: Substring) throws(OperationError) {
        func value(after prefix: String) -> String? {
            requirement.hasPrefix(prefix) ? String(requirement.dropFirst(prefix.count)) : nil
        }
        if let value = value(after: "metadata.namespace!=") {
            self.namespace = value
            self.isNamespaceExcluded = true
        } else if let value = value(after: "metadata.namespace==") ?? value(after: "metadata.namespace=") {
            self.namespace = value
        } else if let value = value(after: "metadata.name!=") {
            self.name = value
            self.isNameExcluded = true
        } else if let value = value(after: "metadata.name==") ?? value(after: "metadata.name=") {
            self.name = value
        } else if let value = value(after: "spec.startedAt>") {
            self.startedAfter = try Self.time(value, of: requirement)
        } else if let value = value(after: "spec.startedAt<") {
            self.startedBefore = try Self.time(value, of: requirement)
        } else if let value = value(after: "ext.showRemainingItemCount=") {
            self.showsRemainingItemCount = value == "true" || value == "1"
        } else {
            throw OperationError("unsupported requirement \(requirement)")
        }
    }

    private static func time(_ text: String, of requirement: Substring) throws(OperationError) -> Timestamp {
        guard let time = Timestamp(text) else {
            throw OperationError("requirement \(requirement): \"\(text)\" is no time such as 2026-01-31T23:59:59Z")
        }
        return time
    }
}
