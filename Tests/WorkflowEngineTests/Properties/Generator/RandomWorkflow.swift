import JSON
import Model
import OrderedCollections
import TestSupport

/// Makes workflows of every kind that the engine runs, small enough to end soon, from a seed.
///
/// Each family of kinds has a file of its own: pods, what calls others, calls, what is passed, hooks, limits.
struct RandomWorkflow {
    var random: SplitMix64
    /// Templates that call others, at the most: it bounds the size of a workflow.
    var compositesLeft = 5
    /// Whether what is made now is for a hook, which runs beside what it belongs to.
    var isInHandler = false
    private var templates: [JSONValue] = []
    private var count = 0

    static func make(seed: UInt64) throws -> Workflow {
        var maker = RandomWorkflow(random: SplitMix64(seed: seed))
        return try Workflow(json: maker.workflow(seed: seed), at: DecodingPlace())
    }

    private init(random: SplitMix64) { self.random = random }

    private mutating func workflow(seed: UInt64) -> JSONValue {
        var spec = self.limits()
        spec["arguments"] = [
            "parameters": [
                ["name": "g", "value": "global"],
                ["name": "choice", "value": .string(self.pick(["red", "blue"])), "enum": ["red", "blue"]],
                ["name": "list", "value": "[\"l\", \"m\"]"], ["name": "count", "value": "2"],
            ]
        ]
        spec["entrypoint"] = .string(self.named(self.composite(depth: 0)).template)
        spec.merge(self.workflowHooks()) { own, _ in own }
        spec.merge(self.workflowLocks()) { own, _ in own }
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

    /// Adds a template to the workflow.
    mutating func named(_ draft: TemplateDraft) -> Interface {
        var (template, interface) = (draft.json, draft.interface)
        interface.template = self.newName()
        template["name"] = .string(interface.template)
        self.add(template)
        return interface
    }

    mutating func add(_ template: JSONObject) { self.templates.append(.object(template)) }

    mutating func newName() -> String {
        self.count += 1
        return "template\(self.count)"
    }

    // MARK: Chance

    mutating func chance(_ percent: Int) -> Bool { self.random.below(100) < percent }

    mutating func pick<Element>(_ choices: [Element]) -> Element { self.random.pick(choices) }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self.random) }
}
