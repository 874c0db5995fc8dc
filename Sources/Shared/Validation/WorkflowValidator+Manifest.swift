package import Model

extension WorkflowValidator {
    /// What is wrong with an object of any kind; kinds that are not workflows have no issues.
    package func validate(_ manifest: Manifest) -> [ValidationIssue] {
        switch manifest {
        case .workflow(let workflow): self.validate(workflow)
        case .workflowTemplate(let template): self.validate(workflowTemplate: template)
        case .clusterWorkflowTemplate(let template): self.validate(clusterWorkflowTemplate: template)
        case .cronWorkflow(let cron): self.validate(cron)
        case .workflowEventBinding, .configMap, .other: []
        }
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
