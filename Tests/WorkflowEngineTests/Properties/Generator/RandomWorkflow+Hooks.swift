import JSON
import OrderedCollections

// What runs beside and after others: hooks and exit handlers, of calls and of the workflow.
extension RandomWorkflow {
    mutating func addHooks(to call: inout JSONObject, _ path: String, _ interface: Interface) {
        if self.chance(5) {
            // It gets the workflow's arguments, of which none fits.
            call["onExit"] = .string(self.handler(withArguments: false).template)
            return
        }
        var hooks = JSONObject()
        if self.chance(12) {
            var hook = self.hook(passing: "\(path).\(interface.givesText ? "outputs.parameters.o" : "status")")
            if self.chance(40) {
                hook["expression"] = .string("\(path).status == '\(self.pick(["Succeeded", "Failed"]))'")
            }
            hooks["exit"] = .object(hook)
        }
        if self.chance(8) {
            var hook = self.hook(passing: "\(path).status")
            hook["expression"] = .string("\(path).status == '\(self.pick(["Running", "Succeeded", "Failed"]))'")
            hooks["seen"] = .object(hook)
        }
        if !hooks.isEmpty { call["hooks"] = .object(hooks) }
    }

    mutating func workflowHooks() -> JSONObject {
        var spec = JSONObject()
        var hooks = JSONObject()
        if self.chance(20) {
            spec["onExit"] = .string(self.handler(withArguments: false).template)
        } else if self.chance(25) {
            var hook = self.hook(passing: self.pick(["workflow.status", "workflow.name", "workflow.parameters.g"]))
            if self.chance(40) { hook["expression"] = "workflow.status == 'Failed'" }
            hooks["exit"] = .object(hook)
        }
        if self.chance(20) {
            var hook = self.hook(passing: "workflow.parameters.g")
            hook["expression"] = .string("workflow.status == '\(self.pick(["Running", "Succeeded"]))'")
            hooks["seen"] = .object(hook)
        }
        if !hooks.isEmpty { spec["hooks"] = .object(hooks) }
        return spec
    }

    private mutating func hook(passing reference: String) -> JSONObject {
        let interface = self.handler(withArguments: true)
        var hook: JSONObject = ["template": .string(interface.template)]
        if interface.takesText, interface.options.isEmpty {
            hook["arguments"] = ["parameters": [["name": "p", "value": .string("{{\(reference)}}")]]]
        }
        return hook
    }

    /// A template for a hook or an exit handler; now and then one that calls others.
    private mutating func handler(withArguments hasArguments: Bool) -> Interface {
        let isWithin = self.isInHandler
        self.isInHandler = true
        defer { self.isInHandler = isWithin }
        if self.compositesLeft > 0, self.chance(15) { return self.named(self.composite(depth: 2)) }
        var draft = self.podWithoutArtifact()
        while draft.interface.needsText, !hasArguments { draft = self.podWithoutArtifact() }
        return self.named(draft)
    }
}
