import Model
import OrderedCollections

/// One walk over a workflow: from its entrypoint through everything that is called, each template once.
struct ValidationPass {
    let validator: WorkflowValidator
    let workflow: Workflow
    /// Whether a stored template is validated, which knows less than a workflow.
    let isTemplate: Bool
    let base: TemplateBase
    /// Values that any tag may refer to.
    var globals: [String: String] = [:]
    var placeholders = Placeholders()
    /// Templates that were looked into already.
    var visited: Set<String> = []
    /// How many templates call each other on the way to the one that is looked at.
    var depth = 0
    private var bases: [String: TemplateBase] = [:]

    init(_ validator: WorkflowValidator, workflow: Workflow, isTemplate: Bool) {
        self.validator = validator
        self.workflow = workflow
        self.isTemplate = isTemplate
        self.base = TemplateBase(.workflow, name: workflow.metadata.name, spec: workflow.spec)
        for name in ["name", "namespace", "mainEntrypoint", "serviceAccountName", "uid"] {
            self.globals["workflow.\(name)"] = self.placeholders.next()
        }
    }

    mutating func validateWorkflow(ignoringEntrypoint: Bool) throws(ValidationIssue) {
        let spec = self.workflow.spec
        let stored = try self.storedSpec()
        try self.checkSpecLists(spec)
        var arguments = spec.arguments
        if let stored { arguments.mergeMissing(from: stored.spec.arguments) }
        let mayLackValues =
            self.validator.purpose == .lint || (self.isTemplate && self.validator.purpose != .submit)
        try ArgumentRules.check(arguments, prefix: "spec.arguments.", mayLackValues: mayLackValues)
        self.addGlobals(arguments, stored: stored?.spec)

        let entrypoint = spec.entrypoint ?? stored?.spec.entrypoint
        if !ignoringEntrypoint {
            guard let entrypoint else { throw ValidationIssue("spec.entrypoint is required") }
            let supplied = self.isTemplate ? SuppliedArguments.anything : .these(arguments)
            _ = try self.validate(self.call(entrypoint), in: self.base, supplied)
        }
        try self.validateExitHandler(stored?.spec)
        try HookRules.check(spec.hooks, in: "hooks")
        try self.checkPodRules(spec)
        // Templates that nothing calls are looked at as well.
        for template in (stored?.spec ?? spec).templates {
            do {
                _ = try self.validate(self.call(template.name), in: self.base, .anything)
            } catch {
                throw error.prefixed("templates.\(template.name)")
            }
        }
    }

    private func call(_ name: String) -> TemplateCall {
        guard let reference = self.workflow.spec.workflowTemplateRef else { return TemplateCall(template: name) }
        return TemplateCall(
            reference: TemplateRef(name: reference.name, template: name, clusterScope: reference.clusterScope))
    }

    /// The spec that `workflowTemplateRef` refers to.
    private mutating func storedSpec() throws(ValidationIssue) -> TemplateBase? {
        guard let reference = self.workflow.spec.workflowTemplateRef else { return nil }
        guard self.workflow.spec.templates.isEmpty else {
            throw ValidationIssue(
                "Templates is invalid field in spec if workflow referred WorkflowTemplate reference")
        }
        guard let base = self.base(named: reference.name, isCluster: reference.clusterScope) else {
            let resource = reference.clusterScope ? "clusterworkflowtemplates" : "workflowtemplates"
            throw ValidationIssue("\(resource).argoproj.io \"\(reference.name)\" not found")
        }
        return base
    }

    mutating func base(named name: String, isCluster: Bool) -> TemplateBase? {
        let key = isCluster ? "cluster/\(name)" : name
        if let base = self.bases[key] { return base }
        let source = self.validator.templates
        let found =
            isCluster ? source.clusterWorkflowTemplate(named: name) : source.workflowTemplate(named: name)
        guard let found else { return nil }
        let base = TemplateBase(
            isCluster ? .clusterWorkflowTemplate : .workflowTemplate, name: name, spec: found.spec)
        self.bases[key] = base
        return base
    }

    private mutating func addGlobals(_ arguments: Arguments, stored: WorkflowSpec?) {
        if !arguments.parameters.isEmpty {
            self.globals["workflow.parameters"] = self.placeholders.next()
            self.globals["workflow.parameters.json"] = self.placeholders.next()
        }
        for parameter in arguments.parameters where !parameter.name.isEmpty {
            self.globals["workflow.parameters.\(parameter.name)"] = parameter.value ?? self.placeholders.next()
        }
        var annotations = Set(self.workflow.metadata.annotations.keys)
        var labels = Set(self.workflow.metadata.labels.keys)
        for metadata in [self.workflow.spec, self.validator.defaults, stored].compactMap({ $0?.workflowMetadata }) {
            annotations.formUnion(metadata.annotations.keys)
            labels.formUnion(metadata.labels.keys)
            labels.formUnion(metadata.labelsFrom.keys)
        }
        for (kind, names) in [("annotations", annotations), ("labels", labels)] {
            for name in names.sorted() { self.globals["workflow.\(kind).\(name)"] = self.placeholders.next() }
            self.globals["workflow.\(kind)"] = self.placeholders.next()
            self.globals["workflow.\(kind).json"] = self.placeholders.next()
        }
        if let priority = self.workflow.spec.priority { self.globals["workflow.priority"] = String(priority) }
        self.globals["workflow.status"] = self.placeholders.next()
    }

    private mutating func validateExitHandler(_ stored: WorkflowSpec?) throws(ValidationIssue) {
        guard let name = self.workflow.spec.onExit ?? stored?.onExit else { return }
        self.globals["workflow.failures"] = self.placeholders.next()
        let templates = self.workflow.spec.templates + (stored?.templates ?? [])
        let hasLateArtifactName = templates.contains { template in
            template.outputs.artifacts.contains { TagScanner.isParameter($0.globalName ?? "") }
        }
        if hasLateArtifactName { self.globals[ValidationScope.Wildcard.outputArtifact] = "true" }
        _ = try self.validate(self.call(name), in: self.base, .these(self.workflow.spec.arguments))
    }
}

extension Arguments {
    /// Adds what the other arguments hold under names that these do not.
    mutating func mergeMissing(from other: Arguments) {
        let parameters = Set(self.parameters.map(\.name))
        self.parameters += other.parameters.filter { !parameters.contains($0.name) }
        let artifacts = Set(self.artifacts.map(\.name))
        self.artifacts += other.artifacts.filter { !artifacts.contains($0.name) }
    }
}
