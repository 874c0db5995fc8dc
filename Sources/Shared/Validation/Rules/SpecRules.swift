import JSON
import Model

extension ValidationPass {
    func checkSpecLists(_ spec: WorkflowSpec) throws(ValidationIssue) {
        try FieldNames.check(spec.templates.map(\.name), in: "spec.templates")
        for plugin in spec.executorPlugins {
            guard !plugin.metadata.name.isEmpty else {
                throw ValidationIssue("spec.executorPlugins: executor plugin metadata name is mandatory")
            }
        }
    }

    /// What the spec says of all pods.
    func checkPodRules(_ spec: WorkflowSpec) throws(ValidationIssue) {
        switch spec.podGC?.strategy ?? "" {
        case "", "OnPodCompletion", "OnPodSuccess", "OnWorkflowCompletion", "OnWorkflowSuccess": break
        case let strategy: throw ValidationIssue("podGC.strategy unknown strategy '\(strategy)'")
        }
        for expression in spec.podGC?.labelSelector?["matchExpressions"]?.arrayValue ?? [] {
            let name = expression["operator"]?.stringValue ?? ""
            guard ["In", "NotIn", "Exists", "DoesNotExist"].contains(name) else {
                throw ValidationIssue("podGC.labelSelector invalid: \"\(name)\" is not a valid label selector operator")
            }
        }
        if let resources = spec.podResources { try TemplateRules.check(resources, at: "spec.podResources") }
    }
}
