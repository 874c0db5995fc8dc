import JSON
import OrderedCollections

/// The workflows that the benchmarks run.
enum Workloads {
    private static let task: JSONValue = [
        "name": "task", "container": ["image": "none", "command": ["/bin/true"]],
    ]

    static let single = workflow(entrypoint: "task", [])

    static func fanOut(_ count: Int, parallel: Int? = nil) -> JSONValue {
        self.workflow(
            entrypoint: "main", parallelism: parallel,
            [
                [
                    "name": "main",
                    "steps": [
                        [["name": "t", "template": "task", "withSequence": ["count": .string(String(count))]]]
                    ],
                ]
            ])
    }

    static func chain(_ count: Int) -> JSONValue { self.layers(count, width: 1) }

    /// Every task of a layer needs every task of the layer before.
    static func layers(_ count: Int, width: Int) -> JSONValue {
        var tasks: [JSONValue] = []
        for layer in 0..<count {
            let needs = (0..<width).map { JSONValue.string("t\(layer - 1)-\($0)") }
            for index in 0..<width {
                var task: JSONObject = ["name": .string("t\(layer)-\(index)"), "template": "task"]
                if layer > 0 { task["dependencies"] = .array(needs) }
                tasks.append(.object(task))
            }
        }
        return self.workflow(entrypoint: "main", [["name": "main", "dag": ["tasks": .array(tasks)]]])
    }

    private static func workflow(
        entrypoint: String, parallelism: Int? = nil, _ templates: [JSONValue]
    ) -> JSONValue {
        var spec: JSONObject = ["entrypoint": .string(entrypoint), "templates": .array(templates + [self.task])]
        if let parallelism { spec["parallelism"] = .integer(parallelism) }
        return [
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": ["generateName": "bench-"],
            "spec": .object(spec),
        ]
    }
}
