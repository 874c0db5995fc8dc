package import JSON

/// Manifests of workflows that tests of several layers run.
package enum SampleWorkflow {
    /// A workflow that asks two questions, one after the other, and runs no pod.
    package static func twoQuestions(_ name: String) -> JSONValue {
        [
            "metadata": ["name": .string(name)],
            "spec": [
                "entrypoint": "main",
                "templates": [
                    [
                        "name": "main",
                        "steps": [
                            [["name": "first", "template": "ask"]], [["name": "second", "template": "ask"]],
                        ],
                    ],
                    ["name": "ask", "suspend": [:]],
                ],
            ],
        ]
    }
}
