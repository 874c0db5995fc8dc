import JSON
import OrderedCollections

// Templates that call others.
extension RandomWorkflow {
    /// How deep templates are nested at the most; recursion goes deeper.
    private static let depthMax = 3

    /// A template for a step or task: a composite where there is room for one, else a leaf.
    mutating func callee(depth: Int) -> TemplateDraft {
        guard depth < Self.depthMax, self.compositesLeft > 0, self.chance(45) else { return self.leaf() }
        return self.composite(depth: depth)
    }

    mutating func composite(depth: Int) -> TemplateDraft {
        self.compositesLeft -= 1
        return self.chance(50) ? self.steps(depth: depth) : self.dag(depth: depth)
    }

    private mutating func steps(depth: Int) -> TemplateDraft {
        var (draft, reach) = self.frame(depth: depth)
        var groups: [JSONValue] = []
        for group in 0..<self.number(1...3) {
            var steps: [JSONValue] = []
            var siblings: [Reach.Sibling] = []
            for step in 0..<self.number(1...3) {
                let (call, sibling) = self.call("steps.s\(group)x\(step)", reach, depth: depth)
                steps.append(.object(call))
                siblings.append(sibling)
            }
            groups.append(.array(steps))
            reach.siblings += siblings
        }
        draft.json["steps"] = .array(groups)
        self.addOutputs(to: &draft, reach)
        return draft
    }

    private mutating func dag(depth: Int) -> TemplateDraft {
        var (draft, reach) = self.frame(depth: depth)
        let outer = reach
        let isOldForm = self.chance(35)
        var tasks: [JSONValue] = []
        var ancestors: [Set<Int>] = []
        for index in 0..<self.number(1...4) {
            let needed = (0..<index).filter { _ in self.chance(50) }
            ancestors.append(needed.reduce(into: Set(needed)) { $0.formUnion(ancestors[$1]) })
            var own = outer
            own.siblings = ancestors[index].sorted().map { reach.siblings[$0] }
            var (task, sibling) = self.call("tasks.t\(index)", own, depth: depth)
            if !isOldForm { task["continueOn"] = nil }
            if !needed.isEmpty {
                if isOldForm {
                    task["dependencies"] = .array(needed.map { .string("t\($0)") })
                } else {
                    task["depends"] = .string(self.depends(needed, reach.siblings))
                }
            }
            tasks.append(.object(task))
            reach.siblings.append(sibling)
        }
        var dag: JSONObject = ["tasks": .array(tasks)]
        if self.chance(25) { dag["failFast"] = false }
        draft.json["dag"] = .object(dag)
        self.addOutputs(to: &draft, reach)
        return draft
    }

    private mutating func depends(_ needed: [Int], _ siblings: [Reach.Sibling]) -> String {
        let operands = needed.map { index in
            guard self.chance(35) else { return "t\(index)" }
            var results = ["Succeeded", "Failed", "Skipped", "Omitted", "Errored"]
            if siblings[index].isLoop { results += ["AnySucceeded", "AllFailed"] }
            return (self.chance(25) ? "!" : "") + "t\(index).\(self.pick(results))"
        }
        return operands.joined(separator: self.chance(70) ? " && " : " || ")
    }

    /// A template around others, and what these may refer to at first.
    private mutating func frame(depth: Int) -> (TemplateDraft, Reach) {
        var draft = TemplateDraft()
        draft.json = self.compositeLimits()
        draft.json.merge(self.compositeLocks(depth: depth)) { own, _ in own }
        // The entrypoint gets the workflow's arguments, of which none is called `p`.
        if depth > 0, self.chance(40) {
            draft.interface.takesText = true
            draft.json["inputs"] = ["parameters": [["name": "p", "default": "outer"]]]
        }
        return (draft, Reach(inputs: draft.interface))
    }

    private mutating func addOutputs(to draft: inout TemplateDraft, _ reach: Reach) {
        var outputs = JSONObject()
        let texts = reach.siblings.filter(\.interface.givesText).map { "\($0.path).outputs.parameters.o" }
        if !texts.isEmpty, self.chance(60) {
            let text = self.pick(texts)
            var source: JSONObject =
                self.chance(50) ? ["parameter": .string("{{\(text)}}")] : ["expression": .string(text)]
            if self.chance(50) { source["default"] = "nothing" }
            outputs["parameters"] = [["name": "o", "valueFrom": .object(source)]]
            draft.interface.givesText = true
        }
        if !reach.artifacts.isEmpty, self.chance(50) {
            let artifact = self.pick(reach.artifacts)
            var output: JSONObject =
                self.chance(60)
                ? ["from": .string("{{\(artifact)}}")] : ["fromExpression": .string(artifact)]
            output["name"] = "f"
            if self.chance(60) { output["optional"] = true }
            outputs["artifacts"] = [.object(output)]
            draft.interface.givesArtifact = true
        }
        if !outputs.isEmpty { draft.json["outputs"] = .object(outputs) }
    }
}
