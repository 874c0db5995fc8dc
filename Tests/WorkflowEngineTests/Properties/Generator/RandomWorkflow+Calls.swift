import JSON
import OrderedCollections

// Steps and tasks: what they call, under which condition, how often, and with what.
extension RandomWorkflow {
    /// A step or task, and what those after it may read of it.
    ///
    /// - Parameter path: `steps.a` or `tasks.a`.
    mutating func call(_ path: String, _ reach: Reach, depth: Int) -> (JSONObject, Reach.Sibling) {
        let name = String(path.drop { $0 != "." }.dropFirst())
        if self.chance(5) { return self.recursiveCall(path, name) }
        var call: JSONObject = ["name": .string(name)]
        let items = self.addLoop(to: &call, reach)
        let isInline = self.chance(12)
        var draft = isInline ? self.inlined() : self.callee(depth: depth + 1)
        // A template that must be given an artifact is called only from where there is one.
        while draft.interface.needsArtifact, reach.artifacts.isEmpty { draft = self.leaf() }
        var interface = draft.interface
        if isInline {
            call["inline"] = .object(draft.json)
        } else {
            interface = self.named(draft)
            call["template"] = .string(interface.template)
        }
        self.addArguments(to: &call, interface, items, reach)
        if self.chance(25) { call["when"] = .string(self.condition(items, reach)) }
        if self.chance(35) { call["continueOn"] = ["failed": .bool(self.chance(75)), "error": .bool(self.chance(75))] }
        self.addHooks(to: &call, path, interface)
        return (call, Reach.Sibling(path: path, interface: interface, isLoop: items != nil))
    }

    /// A template that stands inline: its texts are read as those of the template around it, so it refers to no
    /// siblings of its own.
    private mutating func inlined() -> TemplateDraft {
        guard self.chance(20) else { return self.leaf() }
        var draft = self.podWithoutArtifact()
        while draft.interface.needsText { draft = self.podWithoutArtifact() }
        let step: JSONObject = ["name": "only", "template": .string(self.named(draft).template)]
        return TemplateDraft(json: ["steps": [[.object(step)]]])
    }

    // MARK: Loops

    /// Makes the call repeat, and answers by what its arguments may refer to an item; `nil` where it does not repeat.
    private mutating func addLoop(to call: inout JSONObject, _ reach: Reach) -> [String]? {
        switch self.number(0...12) {
        case 0: call["withItems"] = ["a", 2, true]
        case 1:
            call["withItems"] = [["k": "x", "n": 1], ["k": "y", "n": 2]]
            return ["item.k", "item.n"]
        case 2: call["withSequence"] = .object(self.sequence())
        case 3...5: call["withParam"] = .string(self.list(reach))
        default: return nil
        }
        return ["item"]
    }

    private mutating func sequence() -> JSONObject {
        switch self.number(0...3) {
        case 0: ["count": .string(String(self.number(0...4)))]
        case 1: ["start": "3", "end": "1"]
        case 2: ["start": .integer(self.number(5...7)), "count": "{{workflow.parameters.count}}"]
        default: ["end": "2", "format": "n%02d"]
        }
    }

    private mutating func list(_ reach: Reach) -> String {
        let aggregates = reach.siblings.filter { $0.isLoop && ($0.interface.givesText || $0.interface.givesResult) }
        if !aggregates.isEmpty, self.chance(80) {
            let source = self.pick(aggregates)
            let readsResult = source.interface.givesResult && self.chance(50)
            return
                "{{\(source.path).outputs.\(readsResult || !source.interface.givesText ? "result" : "parameters.o")}}"
        }
        let results = reach.siblings.filter { $0.interface.givesResult && !$0.isLoop }
        if !results.isEmpty, self.chance(75) { return "{{\(self.pick(results).path).outputs.result}}" }
        return self.pick(["[]", "[\"x\", \"y\"]", "[{\"k\": 1}, [2, 3]]", "{{workflow.parameters.list}}"])
    }

    private mutating func condition(_ items: [String]?, _ reach: Reach) -> String {
        let sign = self.pick(["==", "!="])
        if let items, self.chance(60) { return "'{{\(self.pick(items))}}' \(sign) 'a'" }
        switch self.number(0...3) {
        case 0: return "1 \(sign) 1"
        case 1: return "'{{workflow.parameters.choice}}' \(sign) 'red'"
        default: return "'{{\(self.reference(reach))}}' \(sign) 'Succeeded'"
        }
    }

    // MARK: Recursion

    /// Calls a template that calls itself, itself or by way of another, as often as a parameter says.
    private mutating func recursiveCall(_ path: String, _ name: String) -> (JSONObject, Reach.Sibling) {
        // Without a pod in each round all rounds are made at once: so may those that never end by themselves.
        let isEndless = self.chance(15)
        let (own, other) = (self.newName(), self.newName())
        let isDirect = self.chance(60)
        self.addRound(own, calling: isDirect ? own : other, works: !isEndless)
        if !isDirect { self.addRound(other, calling: own, works: !isEndless && self.chance(50)) }
        let rounds = isEndless ? 1_000 : self.number(0...4)
        let arguments: JSONValue = ["parameters": [["name": "n", "value": .string(String(rounds))]]]
        let call: JSONObject = ["name": .string(name), "template": .string(own), "arguments": arguments]
        return (call, Reach.Sibling(path: path, interface: Interface(template: own), isLoop: false))
    }

    private mutating func addRound(_ name: String, calling next: String, works: Bool) {
        var again: JSONObject = [
            "name": "again", "template": .string(next), "when": "{{inputs.parameters.n}} > 0",
            "arguments": ["parameters": [["name": "n", "value": "{{=asInt(inputs.parameters.n) - 1}}"]]],
        ]
        var template: JSONObject = ["name": .string(name), "inputs": ["parameters": [["name": "n"]]]]
        var work: JSONObject = ["name": "work"]
        if works {
            let interface = self.named(self.podWithoutArtifact())
            work["template"] = .string(interface.template)
            if interface.options.isEmpty {
                work["arguments"] = ["parameters": [["name": "p", "value": "{{inputs.parameters.n}}"]]]
            }
        }
        if self.chance(50) {
            template["steps"] = works ? [[.object(work)], [.object(again)]] : [[.object(again)]]
        } else {
            if works { again["depends"] = "work" }
            template["dag"] = ["tasks": works ? [.object(work), .object(again)] : [.object(again)]]
        }
        self.add(template)
    }
}
