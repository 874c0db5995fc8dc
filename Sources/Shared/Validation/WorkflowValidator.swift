package import Model

/// Says what is wrong with an object before it is stored: the same for `lint`, for the gateway and for submission.
///
/// The first issue is the one that Argo reports, in its words. Issues after it are ours: what Argo finds only when the
/// workflow runs. No issue means that the object may be stored.
package struct WorkflowValidator: Sendable {
    /// What the object is validated for.
    package enum Purpose: Sendable {
        /// `lint`: parameters without a value are allowed.
        case lint
        /// An object is stored as it is.
        case create
        /// A workflow is made from a stored spec with options.
        case submit
    }

    /// The name of a workflow is the value of a label, which Kubernetes limits.
    package static let maximumNameLength = 63
    /// Shorter, because a workflow's name gets eleven more characters: a dash and the Unix time.
    package static let maximumCronNameLength = 52

    /// How many templates may call each other, one within the other: Argo stops a run that goes deeper.
    package static let maximumDepth = 100

    let templates: any TemplateSource
    let purpose: Purpose
    let defaults: WorkflowSpec?
    let isKnownTimeZone: @Sendable (String) -> Bool
    let isYAML: @Sendable (String) -> Bool

    /// - Parameter templates: the stored objects that a spec may refer to.
    /// - Parameter defaults: the configured defaults of all workflows, whose labels and annotations may be referred to.
    /// - Parameter isKnownTimeZone: whether this machine knows an IANA zone.
    /// - Parameter isYAML: whether a manifest can be parsed.
    package init(
        templates: any TemplateSource = KnownTemplates(), purpose: Purpose = .lint, defaults: WorkflowSpec? = nil,
        isKnownTimeZone: @escaping @Sendable (String) -> Bool = { _ in true },
        isYAML: @escaping @Sendable (String) -> Bool = { _ in true }
    ) {
        self.templates = templates
        self.purpose = purpose
        self.defaults = defaults
        self.isKnownTimeZone = isKnownTimeZone
        self.isYAML = isYAML
    }

    package func validate(_ workflow: Workflow) -> [ValidationIssue] {
        let metadata = self.validate(workflow.metadata, workflow.apiVersion, .workflow)
        return self.collect(workflow.spec, metadata) { () throws(ValidationIssue) in
            try self.checkName(workflow.metadata.name, of: "workflow")
            var pass = ValidationPass(self, workflow: workflow, isTemplate: false)
            try pass.validateWorkflow(ignoringEntrypoint: false)
        }
    }

    package func validate(workflowTemplate template: WorkflowTemplate) -> [ValidationIssue] {
        self.validate(template, .workflowTemplate, called: "workflow template")
    }

    package func validate(clusterWorkflowTemplate template: WorkflowTemplate) -> [ValidationIssue] {
        self.validate(template, .clusterWorkflowTemplate, called: "cluster workflow template")
    }

    package func validate(_ cronWorkflow: CronWorkflow) -> [ValidationIssue] {
        let metadata = self.validate(cronWorkflow.metadata, cronWorkflow.apiVersion, .cronWorkflow)
        let issues = self.collect(cronWorkflow.spec.workflowSpec, metadata) { () throws(ValidationIssue) in
            try self.checkCron(cronWorkflow)
        }
        return issues + ExpressionRules.issues(of: cronWorkflow.spec)
    }

    private func validate(
        _ template: WorkflowTemplate, _ kind: ObjectKind, called name: String
    ) -> [ValidationIssue] {
        let metadata = self.validate(template.metadata, template.apiVersion, kind)
        return self.collect(template.spec, metadata) { () throws(ValidationIssue) in
            try self.checkName(template.metadata.name, of: name)
            // A stored template is looked at as a workflow that has no name yet.
            var workflow = Workflow()
            workflow.metadata.labels = template.metadata.labels
            workflow.metadata.annotations = template.metadata.annotations
            workflow.spec = template.spec
            var pass = ValidationPass(self, workflow: workflow, isTemplate: true)
            try pass.validateWorkflow(ignoringEntrypoint: template.spec.entrypoint == nil)
        }
    }

    private func collect(
        _ spec: WorkflowSpec, _ metadata: [ValidationIssue], _ check: () throws(ValidationIssue) -> Void
    ) -> [ValidationIssue] {
        var issues: [ValidationIssue] = []
        do {
            try check()
        } catch {
            issues.append(error)
        }
        return issues + metadata + SpecCheck.issues(of: spec)
    }

    private func checkName(_ name: String, of kind: String) throws(ValidationIssue) {
        guard name.utf8.count > Self.maximumNameLength else { return }
        throw ValidationIssue(
            "\(kind) name \"\(name)\" must not be more than \(Self.maximumNameLength) characters long "
                + "(currently \(name.utf8.count))")
    }
}
