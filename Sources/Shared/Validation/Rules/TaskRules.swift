import Model

/// How a DAG task may say what it depends on.
enum TaskRules {
    private static let results: Set<String> = [
        "Succeeded", "Failed", "Errored", "Skipped", "Omitted", "Daemoned", "AnySucceeded", "AllFailed",
    ]

    static func checkDependencies(
        _ task: DAGTask, usesDepends: Bool, template: String
    ) throws(ValidationIssue) {
        let isDependent = usesDepends || !task.dependencies.isEmpty
        if isDependent, let first = task.name.utf8.first, first >= UInt8(ascii: "0"), first <= UInt8(ascii: "9") {
            throw ValidationIssue(
                "templates.\(template).tasks.\(task.name) name cannot begin with a digit when using either 'depends' "
                    + "or 'dependencies'")
        }
        guard usesDepends else { return }
        guard task.dependencies.isEmpty else {
            throw ValidationIssue(
                "templates.\(template) cannot use both 'depends' and 'dependencies' in the same DAG template")
        }
        guard task.continueOn == nil else {
            throw ValidationIssue(
                "templates.\(template) cannot use 'continueOn' when using 'depends'. Instead use "
                    + "'dep-task.Failed'/'dep-task.Errored'")
        }
    }

    /// Every result must be one that tasks have, and results of items need a loop.
    static func checkResults(
        _ task: DAGTask, _ graph: DependencyGraph, at place: String
    ) throws(ValidationIssue) {
        for mention in DependsMention.all(in: task.depends ?? "") {
            guard let result = mention.result, !self.results.contains(result) else { continue }
            throw ValidationIssue("\(place) task result '\(result)' for task '\(mention.task)' is invalid")
        }
        for dependency in graph.dependencies[task.name] ?? [] where dependency.isOfItems {
            guard let other = graph.taskByName[dependency.task], other.withItems.isEmpty, other.withParam == nil,
                other.withSequence == nil
            else { continue }
            throw ValidationIssue(
                "\(place) dependency '\(dependency.task)' uses an items-based condition such as .AnySucceeded or "
                    + ".AllFailed but does not contain any items")
        }
    }

    /// What an argument refers to must have ended before the task starts.
    static func checkArguments(
        _ arguments: Arguments, isAncestor: (String) -> Bool
    ) throws(ValidationIssue) {
        for parameter in arguments.parameters {
            try self.check(parameter.value, of: "parameter '\(parameter.name)'", isAncestor)
        }
        for artifact in arguments.artifacts {
            try self.check(artifact.from, of: "artifact '\(artifact.name)'", isAncestor)
        }
    }

    private static func check(
        _ value: String?, of argument: String, _ isAncestor: (String) -> Bool
    ) throws(ValidationIssue) {
        guard let value, value.hasPrefix("{{tasks.") else { return }
        let parts = value.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 1, !isAncestor(String(parts[1])) else { return }
        throw ValidationIssue("missing dependency '\(parts[1])' for \(argument)")
    }
}
