package import Model

/// The stored objects that a spec may refer to, as they are when it is looked at.
package protocol TemplateSource: Sendable {
    func workflowTemplate(named name: String) -> WorkflowTemplate?
    func clusterWorkflowTemplate(named name: String) -> WorkflowTemplate?
}

/// Workflow templates of one namespace and cluster workflow templates, by name.
package struct KnownTemplates: TemplateSource {
    private var workflowTemplates: [String: WorkflowTemplate] = [:]
    private var clusterWorkflowTemplates: [String: WorkflowTemplate] = [:]

    package init(workflowTemplates: [WorkflowTemplate] = [], clusterWorkflowTemplates: [WorkflowTemplate] = []) {
        for template in workflowTemplates { self.add(template) }
        for template in clusterWorkflowTemplates { self.addCluster(template) }
    }

    package mutating func add(_ template: WorkflowTemplate) {
        self.workflowTemplates[template.metadata.name] = template
    }

    package mutating func addCluster(_ template: WorkflowTemplate) {
        self.clusterWorkflowTemplates[template.metadata.name] = template
    }

    package func workflowTemplate(named name: String) -> WorkflowTemplate? { self.workflowTemplates[name] }

    package func clusterWorkflowTemplate(named name: String) -> WorkflowTemplate? {
        self.clusterWorkflowTemplates[name]
    }
}
