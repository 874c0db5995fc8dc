import JSON
import OrderedCollections

// What is passed: texts with references and expressions, and artifacts.
extension RandomWorkflow {
    /// Gives a call what its template takes.
    ///
    /// - Parameter items: what refers to the item of a loop; `nil` where there is none.
    mutating func addArguments(
        to call: inout JSONObject, _ interface: Interface, _ items: [String]?, _ reach: Reach
    ) {
        var arguments = JSONObject()
        if interface.takesText, interface.needsText || self.chance(80) {
            let text = interface.options.isEmpty ? self.text(items, reach) : self.pick(interface.options)
            arguments["parameters"] = [["name": "p", "value": .string(text)]]
        }
        if interface.takesArtifact, !reach.artifacts.isEmpty, interface.needsArtifact || self.chance(70) {
            let source = self.pick(reach.artifacts)
            arguments["artifacts"] = [["name": "in", "from": .string("{{\(source)}}")]]
        }
        if !arguments.isEmpty { call["arguments"] = .object(arguments) }
    }

    private mutating func text(_ items: [String]?, _ reach: Reach) -> String {
        if let items, self.chance(50) { return "{{\(self.pick(items))}}" }
        let reference = self.reference(reach)
        switch self.number(0...9) {
        case 0: return "{{=\(reference)}}"
        case 1: return "{{=\(reference) + '!'}}"
        case 2: return "{{=sprig.upper(\(reference))}}"
        case 3: return "<{{\(reference)}}>"
        case 4: return "plain"
        default: return "{{\(reference)}}"
        }
    }

    /// The name of something that can be read, siblings' outputs above all.
    mutating func reference(_ reach: Reach) -> String {
        let outputs = reach.siblings.flatMap { sibling -> [String] in
            var names: [String] = []
            if sibling.interface.givesText { names.append("\(sibling.path).outputs.parameters.o") }
            // Lists of results are rare, so they are read more often.
            let result = "\(sibling.path).outputs.result"
            if sibling.interface.givesResult { names += Array(repeating: result, count: sibling.isLoop ? 3 : 1) }
            return names
        }
        if !outputs.isEmpty, self.chance(70) { return self.pick(outputs) }
        var others = ["workflow.parameters.g", "workflow.parameters.choice", "workflow.name"]
        if reach.inputs.takesText { others.append("inputs.parameters.p") }
        others += reach.siblings.filter { !$0.isLoop }.map { "\($0.path).status" }
        return self.pick(others)
    }
}
