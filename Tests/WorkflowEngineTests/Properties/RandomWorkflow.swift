import JSON
import Model
import OrderedCollections
import TestSupport

/// Makes workflows of every kind that the engine runs, small enough to end soon, from a seed.
struct RandomWorkflow {
    private var random: SplitMix64
    private var templates: [JSONValue] = []
    private var count = 0
    /// Templates that call others, at the most: it bounds the size of a workflow.
    private var compositesLeft = 6

    static func make(seed: UInt64) throws -> Workflow {
        var maker = RandomWorkflow(random: SplitMix64(seed: seed))
        return try Workflow(json: maker.workflow(seed: seed), at: DecodingPlace())
    }

    private init(random: SplitMix64) { self.random = random }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self.random) < percent }

    private mutating func workflow(seed: UInt64) -> JSONValue {
        let entry = self.composite(depth: 0)
        var spec: JSONObject = ["entrypoint": .string(entry)]
        if self.chance(30) { spec["onExit"] = .string(self.leaf()) }
        if self.chance(20) {
            spec["hooks"] = [
                "running": ["expression": "workflow.status == \"Running\"", "template": .string(self.leaf())]
            ]
        }
        if self.chance(40) { spec["parallelism"] = .integer(Int.random(in: 1...4, using: &self.random)) }
        if self.chance(10) { spec["activeDeadlineSeconds"] = .integer(Int.random(in: 5...60, using: &self.random)) }
        spec["templates"] = .array(self.templates)
        return [
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
            "metadata": [
                "name": .string("w\(seed)"), "namespace": "default", "uid": .string("uid-\(seed)"),
                "creationTimestamp": "2026-01-01T00:00:00Z",
            ],
            "spec": .object(spec),
        ]
    }

    private mutating func newName(_ prefix: String) -> String {
        self.count += 1
        return "\(prefix)\(self.count)"
    }

    private mutating func add(_ name: String, _ members: JSONObject) -> String {
        var template = members
        template["name"] = .string(name)
        self.templates.append(.object(template))
        return name
    }

    /// A template that runs a pod or waits.
    ///
    /// It takes an optional parameter and puts one out.
    private mutating func leaf() -> String {
        let name = self.newName("leaf")
        if self.chance(12) {
            return self.add(
                name, ["suspend": ["duration": .string(String(Int.random(in: 1...5, using: &self.random)))]])
        }
        var template: JSONObject = [
            "inputs": ["parameters": [["name": "p", "default": "none"]]],
            "outputs": ["parameters": [["name": "o", "valueFrom": ["path": "/tmp/o", "default": "d"]]]],
        ]
        if self.chance(30) {
            template["script"] = ["image": "i", "command": ["sh"], "source": "echo {{inputs.parameters.p}}"]
        } else {
            template["container"] = ["image": "i", "command": ["echo", "{{inputs.parameters.p}}"]]
        }
        if self.chance(30) { template["retryStrategy"] = self.retryStrategy() }
        if self.chance(10) {
            template["activeDeadlineSeconds"] = .integer(Int.random(in: 2...20, using: &self.random))
        }
        return self.add(name, template)
    }

    private mutating func retryStrategy() -> JSONValue {
        var strategy: JSONObject = ["limit": .string(String(Int.random(in: 0...3, using: &self.random)))]
        if self.chance(40) { strategy["retryPolicy"] = "Always" }
        if self.chance(40) { strategy["backoff"] = ["duration": "1", "factor": "2", "maxDuration": "1m"] }
        return .object(strategy)
    }

    private mutating func composite(depth: Int) -> String {
        guard depth < 3, self.compositesLeft > 0, depth == 0 || self.chance(45) else { return self.leaf() }
        self.compositesLeft -= 1
        let name = self.newName("node")
        var template: JSONObject = self.chance(50) ? self.steps(depth: depth) : self.dag(depth: depth)
        if self.chance(15) { template["parallelism"] = .integer(Int.random(in: 1...3, using: &self.random)) }
        if self.chance(10) { template["retryStrategy"] = ["limit": "1"] }
        return self.add(name, template)
    }

    private mutating func steps(depth: Int) -> JSONObject {
        var groups: [JSONValue] = []
        for group in 0..<Int.random(in: 1...3, using: &self.random) {
            var steps: [JSONValue] = []
            for step in 0..<Int.random(in: 1...3, using: &self.random) {
                steps.append(.object(self.call("s\(group)x\(step)", depth: depth)))
            }
            groups.append(.array(steps))
        }
        return ["steps": .array(groups)]
    }

    private mutating func dag(depth: Int) -> JSONObject {
        var tasks: [JSONValue] = []
        for index in 0..<Int.random(in: 1...5, using: &self.random) {
            var task = self.call("t\(index)", depth: depth)
            task["continueOn"] = nil
            let needed = (0..<index).filter { _ in self.chance(50) }
            if !needed.isEmpty {
                let results = ["", ".Succeeded", ".Failed", ".Skipped", ".Omitted", ".Errored"]
                let operands = needed.map { "t\($0)" + (self.chance(70) ? "" : self.pick(results)) }
                task["depends"] = .string(operands.joined(separator: self.chance(70) ? " && " : " || "))
            }
            tasks.append(.object(task))
        }
        var dag: JSONObject = ["tasks": .array(tasks)]
        if self.chance(25) { dag["failFast"] = false }
        return ["dag": .object(dag)]
    }

    private mutating func pick(_ choices: [String]) -> String { choices.randomElement(using: &self.random) ?? "" }

    /// A step or a task.
    private mutating func call(_ name: String, depth: Int) -> JSONObject {
        var call: JSONObject = ["name": .string(name)]
        if self.chance(10) {
            call["inline"] = ["container": ["image": "i", "command": ["true"]]]
        } else {
            call["template"] = .string(self.composite(depth: depth + 1))
        }
        var usesItem = false
        switch Int.random(in: 0..<10, using: &self.random) {
        case 0:
            call["withItems"] = ["a", 2, true]
            usesItem = true
        case 1:
            call["withSequence"] = ["count": .string(String(Int.random(in: 0...4, using: &self.random)))]
            usesItem = true
        case 2:
            call["withParam"] = self.chance(20) ? "[]" : "[\"x\", \"y\"]"
            usesItem = true
        default: break
        }
        if usesItem, self.takesParameter(call) {
            call["arguments"] = ["parameters": [["name": "p", "value": "{{item}}"]]]
        }
        if self.chance(20) { call["when"] = self.chance(50) ? "1 == 2" : "1 == 1" }
        if self.chance(25) { call["continueOn"] = ["failed": true, "error": .bool(self.chance(50))] }
        if self.chance(12) { call["hooks"] = ["exit": ["template": .string(self.leaf())]] }
        return call
    }

    private func takesParameter(_ call: JSONObject) -> Bool {
        self.templates.first { $0["name"] == call["template"] }?["inputs"] != nil
    }
}
