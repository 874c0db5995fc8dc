import JSON
package import Model

extension WorkflowValidator {
    /// What is wrong with an object of any kind; of kinds without a workflow the metadata is looked at, of foreign ones
    /// nothing.
    package func validate(_ manifest: Manifest) -> [ValidationIssue] {
        switch manifest {
        case .workflow(let workflow): self.validate(workflow)
        case .workflowTemplate(let template): self.validate(workflowTemplate: template)
        case .clusterWorkflowTemplate(let template): self.validate(clusterWorkflowTemplate: template)
        case .cronWorkflow(let cron): self.validate(cron)
        case .workflowEventBinding(let binding): self.validate(binding)
        case .configMap(let map): self.validate(map)
        case .other: []
        }
    }

    package func validate(_ binding: WorkflowEventBinding) -> [ValidationIssue] {
        ExpressionRules.issues(of: binding.spec.event)
            + self.validate(binding.metadata, binding.apiVersion, .workflowEventBinding)
    }

    package func validate(_ map: ConfigMap) -> [ValidationIssue] {
        self.validate(map.metadata, map.apiVersion, .configMap)
    }

    /// What is wrong with the namespace that an object is for, whether the object names it or the request does.
    package func validate(namespace: String) -> [ValidationIssue] { MetadataCheck.issues(ofNamespace: namespace) }

    /// What is wrong with the metadata of an object of any kind, and with what it says of its type.
    func validate(_ metadata: ObjectMeta, _ apiVersion: String?, _ kind: ObjectKind) -> [ValidationIssue] {
        var issues: [ValidationIssue] = []
        if let apiVersion, !apiVersion.isEmpty, apiVersion != kind.apiVersion {
            issues.append(
                ValidationIssue(
                    "apiVersion: Invalid value: \(JSONValue.string(apiVersion).text): that of a \(kind.rawValue) is "
                        + "\"\(kind.apiVersion)\""))
        }
        return issues + MetadataCheck.issues(of: metadata)
    }
}

extension KnownTemplates {
    /// Adds the object, if it is a template that others may refer to.
    package mutating func add(_ manifest: Manifest) {
        switch manifest {
        case .workflowTemplate(let template): self.add(template)
        case .clusterWorkflowTemplate(let template): self.addCluster(template)
        case .workflow, .cronWorkflow, .workflowEventBinding, .configMap, .other: break
        }
    }
}
