import Model

extension ValidationPass {
    /// Validates what a step, a task or the workflow itself calls for.
    ///
    /// - Returns: the template as it stands in its object, or `nil` where only a run will know which one it is.
    mutating func validate(
        _ call: TemplateCall, in base: TemplateBase, _ arguments: SuppliedArguments
    ) throws(ValidationIssue) -> Template? {
        if let reference = call.reference {
            guard call.template == nil else {
                throw ValidationIssue("template name cannot be specified with templateRef")
            }
            guard !reference.name.isEmpty else { throw ValidationIssue("resource name is required") }
            guard !reference.template.isEmpty else { throw ValidationIssue("template name is required") }
            guard TagScanner.simpleTags(in: reference.name).isEmpty,
                TagScanner.simpleTags(in: reference.template).isEmpty
            else { return nil }
        } else if let name = call.template, base[name] == nil {
            throw ValidationIssue("template name '\(name)' undefined")
        }
        guard let (template, itsBase) = try self.resolve(call, in: base) else { return nil }
        guard !template.kinds.isEmpty else {
            throw ValidationIssue("template '\(template.name)' type is unknown")
        }
        switch template.retryStrategy?.retryPolicy ?? "" {
        case "", "Always", "OnError", "OnFailure", "OnTransientError": break
        case let policy: throw ValidationIssue("\(policy) is not a valid RetryPolicy")
        }
        // Argo runs no deeper either.
        guard self.depth < WorkflowValidator.maximumDepth else {
            throw ValidationIssue(
                "template '\(template.name)' is called through more than \(WorkflowValidator.maximumDepth) templates, "
                    + "one within the other")
        }
        self.depth += 1
        defer { self.depth -= 1 }
        try self.validate(template, in: itsBase, arguments)
        return template
    }

    private mutating func resolve(
        _ call: TemplateCall, in base: TemplateBase
    ) throws(ValidationIssue) -> (Template, TemplateBase)? {
        var itsBase = base
        if let reference = call.reference {
            let found = self.base(named: reference.name, isCluster: reference.clusterScope)
            guard let found, call.inline != nil || found[reference.template] != nil else {
                if reference.template.contains(Placeholders.prefix) { return nil }
                throw ValidationIssue("template reference \(reference.name).\(reference.template) not found")
            }
            itsBase = found
        }
        if let inline = call.inline { return (inline, itsBase) }
        guard let name = call.reference?.template ?? call.template, let template = itsBase[name] else {
            throw ValidationIssue("failed to get a template")
        }
        return (template, itsBase)
    }

    private mutating func validate(
        _ template: Template, in base: TemplateBase, _ arguments: SuppliedArguments
    ) throws(ValidationIssue) {
        let name = template.name
        try TemplateRules.checkKind(template)
        try TemplateRules.checkPodResources(template)
        var scope = try TemplateRules.inputScope(template)
        guard template.initContainers.allSatisfy({ !$0.container.name.isEmpty }) else {
            throw ValidationIssue("initContainers must all have container name")
        }
        let local = self.addLocalNames(of: template, to: &scope)
        let key = "\(base.scope)\(name)"
        let isVisited = self.visited.contains(key)
        var supplied = template
        do {
            if isVisited {
                supplied = try self.withTimeouts(template, arguments, local: local)
            } else {
                supplied = try self.substituted(template, arguments, local: local)
            }
        } catch {
            throw error.prefixed("templates.\(name)")
        }
        try TemplateRules.checkPodFields(supplied)
        guard !isVisited else { return }
        self.visited.insert(key)

        for (name, _) in self.globals { scope.add(name) }
        switch supplied.kinds.first {
        case .steps: try self.validateSteps(of: supplied, in: base, &scope)
        case .dag: try self.validateTasks(supplied.dag ?? DAGTemplate(), of: supplied, in: base, &scope)
        case .container, .containerSet, .script, .resource, .data, .suspend, .http, .plugin, nil:
            try self.validateLeaf(supplied, in: base, scope)
        }
        try OutputRules.check(supplied, scope, globals: self.globals, isTemplate: self.isTemplate)
        if let location = supplied.archiveLocation {
            try ArtifactRules.check(location, prefix: "templates.\(name).archiveLocation")
        }
        try MetricRules.check(supplied.metrics, template: name)
    }

    /// A template that was looked into already is only checked for its arguments, and for the fields that depend on
    /// them.
    private mutating func withTimeouts(
        _ template: Template, _ arguments: SuppliedArguments, local: [String: String]
    ) throws(ValidationIssue) -> Template {
        var supplied = template
        supplied.inputs = try self.inputs(of: template, arguments)
        guard let timeout = template.timeout, TagScanner.hasTag(timeout) else { return supplied }
        var values = self.globals.merging(local) { global, _ in global }
        for parameter in supplied.inputs.parameters {
            guard let value = parameter.value else { continue }
            values["inputs.parameters.\(parameter.name)"] = TagScanner.replace(in: value, values)
        }
        supplied.timeout = TagScanner.replace(in: timeout, values)
        return supplied
    }

    /// Names that mean something within the template only.
    private mutating func addLocalNames(
        of template: Template, to scope: inout ValidationScope
    ) -> [String: String] {
        var local: [String: String] = [:]
        if template.kinds.first?.hasPod == true { local["pod.name"] = self.placeholders.next() }
        if template.retryStrategy != nil {
            for name in [
                "retries", "lastRetry.exitCode", "lastRetry.status", "lastRetry.duration", "lastRetry.message",
            ] {
                local[name] = self.placeholders.next()
            }
        }
        for name in local.keys { scope.add(name) }
        if template.isLeaf {
            for artifact in template.outputs.artifacts where artifact.path != nil {
                scope.add("outputs.artifacts.\(artifact.name).path")
            }
            for parameter in template.outputs.parameters where parameter.valueFrom?.path != nil {
                scope.add("outputs.parameters.\(parameter.name).path")
            }
        }
        return local
    }

    /// Adds what others may say of a step or task: its id, times, outputs and, for a loop, their aggregates.
    ///
    /// - Parameter kind: `steps` or `tasks`.
    mutating func addOutputs(
        of template: Template?, to scope: inout ValidationScope, as name: String, kind: String, aggregate: Bool
    ) {
        let prefix = "\(kind).\(name)"
        for member in ["id", "startedAt", "finishedAt", "hostNodeName"] { scope.add("\(prefix).\(member)") }
        guard let template else { return }
        if template.daemon == true { scope.add("\(prefix).ip") }
        if template.hasResult || (aggregate && template.kinds.first == .containerSet) {
            scope.add("\(prefix).outputs.result")
            scope.add("\(prefix).exitCode")
        }
        for parameter in template.outputs.parameters {
            scope.add("\(prefix).outputs.parameters.\(parameter.name)")
            self.addGlobal(parameter.globalName, kind: "parameters", to: &scope)
        }
        for artifact in template.outputs.artifacts {
            scope.add("\(prefix).outputs.artifacts.\(artifact.name)")
            self.addGlobal(artifact.globalName, kind: "artifacts", to: &scope)
        }
        if aggregate { scope.add("\(prefix).outputs.parameters") }
    }

    private mutating func addGlobal(_ name: String?, kind: String, to scope: inout ValidationScope) {
        guard let name else { return }
        guard !TagScanner.isParameter(name) else {
            scope.add("workflow.outputs.\(kind).*")
            return
        }
        scope.add("workflow.outputs.\(kind).\(name)")
        self.globals["workflow.outputs.\(kind).\(name)"] = self.placeholders.next()
    }
}
