import JSON
import Model
import OrderedCollections

extension ValidationPass {
    mutating func validateSteps(
        of template: Template, in base: TemplateBase, _ scope: inout ValidationScope
    ) throws(ValidationIssue) {
        try TemplateRules.checkNoDeadline(template)
        var names: Set<String> = []
        for (index, group) in template.steps.enumerated() {
            for step in group {
                let place = "templates.\(template.name).steps[\(index)]"
                guard !step.name.isEmpty else { throw ValidationIssue("\(place).name is required") }
                guard names.insert(step.name).inserted else {
                    throw ValidationIssue("\(place).name '\(step.name)' is not unique")
                }
                let problem = FieldNames.problem(withName: Placeholders.neutralised(step.name))
                guard problem.isEmpty else {
                    throw ValidationIssue("\(place).name '\(step.name)' is invalid: \(problem)")
                }
                try self.validate(step, of: template, at: "\(place).\(step.name)", in: base, &scope)
            }
        }
    }

    private mutating func validate(
        _ step: WorkflowStep, of template: Template, at place: String, in base: TemplateBase,
        _ scope: inout ValidationScope
    ) throws(ValidationIssue) {
        scope.add("steps.\(step.name).status")
        let resolved: Template?
        do {
            try scope.addItems(items: step.withItems, parameter: step.withParam, sequence: step.withSequence)
        } catch {
            throw error.prefixed(place)
        }
        try ArgumentRules.check(step.arguments, prefix: "\(place).arguments.", mayLackValues: false)
        do {
            resolved = try self.validate(TemplateCall(step), in: base, .anything)
        } catch {
            throw error.prefixed(place)
        }
        if step.onExit != nil || step.hooks["exit"] != nil {
            self.addOutputs(of: resolved, to: &scope, as: step.name, kind: "steps", aggregate: false)
        }
        try HookRules.check(step.hooks, in: place)
        do {
            try self.check(step, scope)
        } catch {
            throw error.prefixed("templates.\(template.name).steps")
        }
        self.addOutputs(
            of: resolved, to: &scope, as: step.name, kind: "steps",
            aggregate: !step.withItems.isEmpty || step.withParam != nil)
        do {
            // Once more, with the arguments that the step really gives.
            _ = try self.validate(TemplateCall(step), in: base, .these(step.arguments))
        } catch {
            throw error.prefixed(place)
        }
    }

    private func check(_ step: WorkflowStep, _ scope: ValidationScope) throws(ValidationIssue) {
        var inner = scope
        for parameter in step.inline?.inputs.parameters ?? [] { inner.add("inputs.parameters.\(parameter.name)") }
        try inner.check(step.json(.compact), globals: self.globals, isTemplate: self.isTemplate)
    }
}
