import JSON
import Model
import OrderedCollections

extension ValidationPass {
    mutating func validateTasks(
        _ dag: DAGTemplate, of template: Template, in base: TemplateBase, _ scope: inout ValidationScope
    ) throws(ValidationIssue) {
        let name = template.name
        try TemplateRules.checkNoDeadline(template)
        guard !dag.tasks.isEmpty else { throw ValidationIssue("templates.\(name) must have at least one task") }
        let graph = DependencyGraph(dag.tasks)
        let tasks: [DAGTask]
        do {
            tasks = try graph.sorted()
        } catch {
            throw error.prefixed("templates.\(name) sorting failed:")
        }
        try FieldNames.check(tasks.map(\.name), in: "templates.\(name).tasks")
        let usesDepends = tasks.contains { $0.depends != nil }
        var resolved: [String: Template] = [:]
        for task in tasks {
            let place = "templates.\(name).tasks.\(task.name)"
            try TaskRules.checkDependencies(task, usesDepends: usesDepends, template: name)
            do {
                resolved[task.name] = try self.validate(TemplateCall(task), in: base, .anything)
            } catch {
                throw error.prefixed(place)
            }
            self.addOutputs(
                of: resolved[task.name], to: &scope, as: task.name, kind: "tasks",
                aggregate: !task.withItems.isEmpty || task.withParam != nil)
            try TaskRules.checkResults(task, graph, at: place)
        }
        try self.checkTarget(dag, of: name, scope)
        for task in tasks { try self.validate(task, graph, of: name, in: base, &scope) }
    }

    private func checkTarget(
        _ dag: DAGTemplate, of template: String, _ scope: ValidationScope
    ) throws(ValidationIssue) {
        guard let target = dag.target else { return }
        do {
            try scope.check(.string(target), globals: self.globals, isTemplate: self.isTemplate)
        } catch {
            throw error.prefixed("templates.\(template).targets")
        }
        for name in target.split(separator: " ", omittingEmptySubsequences: false) {
            guard !TagScanner.isParameter(String(name)), !dag.tasks.contains(where: { $0.name == name }) else {
                continue
            }
            throw ValidationIssue("templates.\(template).targets: target '\(name)' is not defined")
        }
    }

    /// With everything known that may have ended before the task.
    private mutating func validate(
        _ task: DAGTask, _ graph: DependencyGraph, of template: String, in base: TemplateBase,
        _ scope: inout ValidationScope
    ) throws(ValidationIssue) {
        let place = "templates.\(template).tasks.\(task.name)"
        if !task.hooks.isEmpty { scope.add("tasks.\(task.name).status") }
        var inner = scope
        inner.hasEnded = { graph.isAncestor($0, of: task.name) }
        for parameter in task.inline?.inputs.parameters ?? [] { inner.add("inputs.parameters.\(parameter.name)") }
        do {
            try inner.addItems(items: task.withItems, parameter: task.withParam, sequence: task.withSequence)
            try inner.check(task.json(.compact), globals: self.globals, isTemplate: self.isTemplate)
        } catch {
            throw error.prefixed(place)
        }
        try ArgumentRules.check(task.arguments, prefix: "\(place).arguments.", mayLackValues: false)
        do {
            try TaskRules.checkArguments(task.arguments, isAncestor: inner.hasEnded)
            _ = try self.validate(TemplateCall(task), in: base, .these(task.arguments))
        } catch {
            throw error.prefixed(place)
        }
    }
}
