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
        case .configMap(let map): self.validate(map.metadata)
        case .other: []
        }
    }

    package func validate(_ binding: WorkflowEventBinding) -> [ValidationIssue] {
        ExpressionRules.issues(of: binding.spec.event) + self.validate(binding.metadata)
    }

    /// What is wrong with the namespace that an object is for, whether the object names it or the request does.
    package func validate(namespace: String) -> [ValidationIssue] { MetadataCheck.issues(ofNamespace: namespace) }

    /// What is wrong with the metadata of an object of any kind.
    ///
    /// Labels and annotations are looked at where an object is stored: `lint` passes over them, as Argo does.
    package func validate(_ metadata: ObjectMeta) -> [ValidationIssue] {
        self.purpose == .lint ? MetadataCheck.nameIssues(of: metadata) : MetadataCheck.issues(of: metadata)
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
