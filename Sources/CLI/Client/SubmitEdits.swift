import JSON
import Model
import OrderedCollections

/// Applies a submitter's options to a workflow's document before it is sent.
enum SubmitEdits {
    /// - Throws: `CommandFailure` for labels or parameters that are not `NAME=VALUE`.
    static func apply(_ options: SubmitOptions, to document: JSONValue) throws(CommandFailure) -> JSONValue {
        var root = document.objectValue ?? [:]
        var metadata = root["metadata"]?.objectValue ?? [:]
        var spec = root["spec"]?.objectValue ?? [:]
        if let entrypoint = options.entryPoint { spec["entrypoint"] = .string(entrypoint) }
        if let account = options.serviceAccount { spec["serviceAccountName"] = .string(account) }
        if let priority = options.priority { spec["priority"] = .integer(priority) }
        if let text = options.labels { try self.merge(text, named: "labels", into: &metadata) }
        if let text = options.annotations { try self.merge(text, named: "annotations", into: &metadata) }
        try self.override(options.parameters, in: &spec)
        if let prefix = options.generateName { metadata["generateName"] = .string(prefix) }
        if let name = options.name { metadata["name"] = .string(name) }
        root["metadata"] = .object(metadata)
        root["spec"] = .object(spec)
        return .object(root)
    }

    private static func merge(
        _ text: String, named member: String, into metadata: inout JSONObject
    ) throws(CommandFailure) {
        var map = metadata[member]?.objectValue ?? [:]
        for part in text.split(separator: ",") {
            let pair = part.split(separator: "=", omittingEmptySubsequences: false)
            guard pair.count == 2, !pair[0].isEmpty else {
                throw CommandFailure(
                    "expected \(member) of the form: NAME1=VALUE2,NAME2=VALUE2. Received: \(text): "
                        + "unexpected label spec: \(part)")
            }
            map[String(pair[0])] = .string(String(pair[1]))
        }
        metadata[member] = .object(map)
    }

    /// Parameters that were given come first, those of the workflow that were not follow.
    private static func override(_ given: [String], in spec: inout JSONObject) throws(CommandFailure) {
        guard !given.isEmpty else { return }
        var arguments = spec["arguments"]?.objectValue ?? [:]
        let present = arguments["parameters"]?.arrayValue ?? []
        var parameters: [JSONValue] = []
        var names: Set<String> = []
        for text in given {
            guard let equals = text.firstIndex(of: "=") else {
                throw CommandFailure("expected parameter of the form: NAME=VALUE. Received: \(text)")
            }
            let name = String(text[..<equals])
            let isKnown = names.contains(name)
            names.insert(name)
            var parameter: JSONObject = ["name": .string(name)]
            parameter["value"] = .string(String(text[text.index(after: equals)...]))
            if isKnown { parameters.removeAll { $0["name"]?.stringValue == name } }
            parameters.append(.object(parameter))
        }
        for parameter in present {
            guard let name = parameter["name"]?.stringValue, !names.contains(name) else { continue }
            parameters.append(parameter)
        }
        arguments["parameters"] = .array(parameters)
        spec["arguments"] = .object(arguments)
    }
}
