import OrderedCollections

extension Workflow {
    /// Changes what a submitter asks for.
    ///
    /// - Throws: `OperationError`, where an option cannot be read or names an artifact that is not there.
    package mutating func apply(_ options: SubmitOptions) throws(OperationError) {
        if let entrypoint = options.entryPoint { self.spec.entrypoint = entrypoint }
        if let account = options.serviceAccount { self.spec.serviceAccountName = account }
        if let name = options.podPriorityClassName { self.spec.podPriorityClassName = name }
        if let priority = options.priority { self.spec.priority = priority }
        if let text = options.labels {
            self.metadata.labels.merge(try Self.pairs(text, called: "labels")) { _, new in new }
        }
        if let text = options.annotations {
            self.metadata.annotations.merge(try Self.pairs(text, called: "Annotations")) { _, new in new }
        }
        try self.overrideParameters(options.parameters)
        try self.overrideArtifacts(options.artifacts)
        if let name = options.generateName { self.metadata.generateName = name }
        if let name = options.name { self.metadata.name = name }
        if let owner = options.ownerReference { self.metadata.ownerReferences.append(owner) }
    }

    /// Reads `NAME1=VALUE1,NAME2=VALUE2`.
    private static func pairs(_ text: String, called kind: String) throws(OperationError) -> StringMap {
        let prefix = "expected \(kind) of the form: NAME1=VALUE2,NAME2=VALUE2. Received: \(text):"
        var pairs: StringMap = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false)
            guard sides.count == 2 else { throw OperationError("\(prefix) unexpected label spec: \(part)") }
            guard !sides[0].isEmpty else { throw OperationError("\(prefix) unexpected empty label key") }
            pairs[String(sides[0])] = String(sides[1])
        }
        return pairs
    }

    /// Puts `NAME=VALUE` in place of the workflow's arguments of those names, and before the others.
    package mutating func overrideParameters(_ overrides: [String]) throws(OperationError) {
        guard !overrides.isEmpty else { return }
        var parameters: [Parameter] = []
        for text in overrides {
            guard let mark = text.firstIndex(of: "=") else {
                throw OperationError("expected parameter of the form: NAME=VALUE. Received: \(text)")
            }
            parameters.append(
                Parameter(name: String(text[..<mark]), value: String(text[text.index(after: mark)...])))
        }
        let names = Set(parameters.map(\.name))
        parameters += self.spec.arguments.parameters.filter { !names.contains($0.name) }
        self.spec.arguments.parameters = parameters
        self.status.storedWorkflowTemplateSpec?.arguments.parameters = parameters
    }

    /// Puts `NAME=KEY` in place of the keys of the workflow's own artifacts.
    private mutating func overrideArtifacts(_ overrides: [String]) throws(OperationError) {
        let keys = try ArtifactOverrides(overrides)
        guard !keys.keyByName.isEmpty else { return }
        self.spec.arguments.artifacts = try keys.applied(to: self.spec.arguments.artifacts)
        // A workflow of a stored template has its artifacts there.
        guard self.spec.workflowTemplateRef == nil else { return }
        try keys.checkAllUsed(among: self.spec.arguments.artifacts)
    }

    /// Takes the artifacts that options name from the stored template, with the keys that the options give them.
    ///
    /// - Parameter stored: the arguments' artifacts of the template that the workflow refers to.
    package mutating func takeArtifacts(
        _ options: SubmitOptions, from stored: [Artifact]
    ) throws(OperationError) {
        let keys = try ArtifactOverrides(options.artifacts)
        guard !keys.keyByName.isEmpty else { return }
        try keys.checkAllUsed(among: stored)
        let named = stored.filter { keys.keyByName[$0.name] != nil }
        self.spec.arguments.artifacts += try keys.applied(to: named)
    }
}

/// New keys of artifacts, by name.
private struct ArtifactOverrides {
    var keyByName: [String: String] = [:]

    init(_ overrides: [String]) throws(OperationError) {
        for text in overrides {
            let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
                throw OperationError("expected artifact of the form: NAME=KEY. Received: \(text)")
            }
            self.keyByName[String(sides[0])] = String(sides[1])
        }
    }

    func applied(to artifacts: [Artifact]) throws(OperationError) -> [Artifact] {
        var changed = artifacts
        for index in changed.indices {
            guard let key = self.keyByName[changed[index].name] else { continue }
            do {
                try changed[index].location.setKey(key)
            } catch {
                throw OperationError("failed to set key for artifact \(changed[index].name): \(error)")
            }
        }
        return changed
    }

    func checkAllUsed(among artifacts: [Artifact]) throws(OperationError) {
        let unused = Set(self.keyByName.keys).subtracting(artifacts.map(\.name)).sorted()
        guard unused.isEmpty else {
            throw OperationError("artifact override(s) matched no artifact: \(unused.joined(separator: ", "))")
        }
    }
}
