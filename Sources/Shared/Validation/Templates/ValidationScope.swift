import JSON
import Model
import OrderedCollections

/// The names that a tag may refer to at one place of a spec.
struct ValidationScope {
    /// Names that admit every name that begins like them: what they stand for is only known at run time.
    enum Wildcard {
        static let item = "item.*"
        static let outputParameter = "workflow.outputs.parameters.*"
        static let outputArtifact = "workflow.outputs.artifacts.*"
    }

    /// Tags that begin like one of these are checked; any other may be somebody else's, and is left alone.
    private static let checkedPrefixes = [
        "item.", "steps.", "inputs.", "outputs.", "pod.", "workflow.", "tasks.",
    ]

    /// Tags that begin like one of these are always there once the workflow runs.
    private static let lateNames = [
        "outputs.", "workflow.creationTimestamp", "workflow.scheduledTime", "workflow.duration", "tasks.name",
        "steps.name", "node.name",
    ]

    private var names: Set<String> = []
    /// Whether a task has ended when the tags are replaced, so that its `status` is known.
    var hasEnded: (String) -> Bool = { _ in false }

    mutating func add(_ name: String) { self.names.insert(name) }

    func contains(_ name: String) -> Bool {
        if self.names.contains(name) { return true }
        guard name.hasPrefix("tasks."), name.hasSuffix(".status"), name.utf8.count > "tasks..status".utf8.count else {
            return false
        }
        return self.hasEnded(String(name.dropFirst("tasks.".count).dropLast(".status".count)))
    }

    /// Whether every tag of a document can be resolved.
    ///
    /// - Parameter globals: the values of the whole workflow.
    /// - Parameter isTemplate: a stored template may refer to parameters that only its workflows have.
    func check(
        _ json: JSONValue, globals: [String: String], isTemplate: Bool
    ) throws(ValidationIssue) {
        try TagScanner.forEachTag(in: json) { tag throws(ValidationIssue) in
            let name = TagScanner.trimmed(tag)
            guard Self.checkedPrefixes.contains(where: name.hasPrefix), !self.contains(name), globals[name] == nil,
                !self.mayAppear(name, isTemplate: isTemplate)
            else { return }
            throw ValidationIssue("failed to resolve {{\(tag)}}")
        }
    }

    private func mayAppear(_ name: String, isTemplate: Bool) -> Bool {
        if name.hasPrefix("item."), self.names.contains(Wildcard.item) { return true }
        if name.hasPrefix("workflow.outputs.parameters."), self.names.contains(Wildcard.outputParameter) { return true }
        if name.hasPrefix("workflow.outputs.artifacts."), self.names.contains(Wildcard.outputArtifact) { return true }
        if isTemplate, name.hasPrefix("workflow.parameters") { return true }
        return Self.lateNames.contains(where: name.hasPrefix)
    }

    /// Adds what a loop calls its items.
    mutating func addItems(
        items: [JSONValue], parameter: String?, sequence: ItemSequence?
    ) throws(ValidationIssue) {
        let loops = [!items.isEmpty, parameter != nil, sequence != nil].count { $0 }
        guard loops <= 1 else {
            throw ValidationIssue("only one of withItems, withParam, withSequence can be specified")
        }
        for item in items {
            switch item {
            case .string, .integer, .double, .bool: self.add("item")
            case .array(let elements):
                for index in elements.indices { self.add("item.[\(index)]") }
            case .object(let members):
                for name in members.keys { self.add("item.\(name)") }
            case .null: break
            }
        }
        if parameter != nil {
            self.add("item")
            self.add(Wildcard.item)
        }
        guard let sequence else { return }
        guard sequence.count == nil || sequence.end == nil else {
            throw ValidationIssue("only one of count or end can be defined in withSequence")
        }
        self.add("item")
    }
}
