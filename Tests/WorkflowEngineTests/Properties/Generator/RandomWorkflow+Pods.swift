import JSON
import OrderedCollections

// Templates that do something themselves: containers, scripts, and those that wait.
extension RandomWorkflow {
    mutating func leaf() -> TemplateDraft { self.chance(14) ? self.suspend() : self.pod() }

    /// A pod for callers who have no artifact to give.
    mutating func podWithoutArtifact() -> TemplateDraft {
        var draft = self.pod()
        while draft.interface.needsArtifact { draft = self.pod() }
        return draft
    }

    mutating func pod() -> TemplateDraft {
        var draft = TemplateDraft()
        draft.json = self.podLimits()
        draft.json.merge(self.podLocks()) { own, _ in own }
        let isRetried = draft.json["retryStrategy"] != nil
        draft.interface.takesText = true
        draft.interface.givesText = true
        draft.json["inputs"] = .object(self.inputs(&draft.interface))
        draft.json["outputs"] = .object(self.outputs(&draft.interface))
        let texts: [JSONValue] = [
            "{{inputs.parameters.p}}", "{{=inputs.parameters.p + '!'}}",
            isRetried ? "{{retries}} after {{lastRetry.exitCode}}" : "{{workflow.uid}}",
        ]
        if self.chance(50) {
            draft.interface.givesResult = true
            draft.json["script"] = [
                "image": "i", "command": ["sh"], "args": .array(texts), "source": "echo {{inputs.parameters.p}}",
            ]
        } else {
            draft.json["container"] = ["image": "i", "command": ["echo"], "args": .array(texts)]
        }
        return draft
    }

    private mutating func inputs(_ interface: inout Interface) -> JSONObject {
        var parameter: JSONObject = ["name": "p"]
        switch self.number(0...9) {
        case 0...1: interface.needsText = true
        case 2...3:
            interface.options = ["one", "two"]
            parameter["enum"] = ["one", "two"]
            parameter["default"] = "one"
        default: parameter["default"] = "none"
        }
        var inputs: JSONObject = ["parameters": [.object(parameter)]]
        if self.chance(35) {
            interface.takesArtifact = true
            var artifact: JSONObject = ["name": "in", "path": "/in"]
            switch self.number(0...2) {
            case 0: artifact["raw"] = ["data": "raw text"]
            case 1: artifact["optional"] = true
            default: interface.needsArtifact = true
            }
            inputs["artifacts"] = [.object(artifact)]
        }
        return inputs
    }

    private mutating func outputs(_ interface: inout Interface) -> JSONObject {
        var source: JSONObject = ["path": "/tmp/o"]
        if self.chance(70) { source["default"] = "by default" }
        var parameter: JSONObject = ["name": "o", "valueFrom": .object(source)]
        if self.chance(15) { parameter["globalName"] = "published" }
        var outputs: JSONObject = ["parameters": [.object(parameter)]]
        if self.chance(45) {
            interface.givesArtifact = true
            var artifact: JSONObject = ["name": "f", "path": "/tmp/f"]
            switch self.number(0...3) {
            case 0: artifact["archive"] = ["none": [:]]
            case 1: artifact["archive"] = ["zip": [:]]
            case 2: artifact["archive"] = ["tar": ["compressionLevel": 1]]
            default: break
            }
            outputs["artifacts"] = [.object(artifact)]
        }
        return outputs
    }

    /// Waits for a person, who may be asked for a value, or for some time.
    private mutating func suspend() -> TemplateDraft {
        var draft = TemplateDraft()
        draft.json["suspend"] = [:]
        if self.chance(50) { draft.json["suspend"] = ["duration": .string(String(self.number(1...5)))] }
        if self.chance(75) {
            var source: JSONObject = ["supplied": [:]]
            if self.chance(50) { source["default"] = "unsaid" }
            draft.json["outputs"] = ["parameters": [["name": "o", "valueFrom": .object(source)]]]
            draft.interface.givesText = true
        }
        return draft
    }
}
