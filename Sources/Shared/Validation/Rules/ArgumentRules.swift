import JSON
import Model

/// What is handed to a workflow, a step or a task.
enum ArgumentRules {
    /// - Parameter prefix: the path of the arguments, for example `spec.arguments.`.
    /// - Parameter mayLackValues: whether a parameter may get its value later.
    static func check(
        _ arguments: Arguments, prefix: String, mayLackValues: Bool
    ) throws(ValidationIssue) {
        try FieldNames.checkParameters(arguments.parameters.map(\.name), in: "\(prefix)parameters")
        try FieldNames.checkParameters(arguments.artifacts.map(\.name), in: "\(prefix)artifacts")
        for parameter in arguments.parameters {
            try self.check(parameter, at: "\(prefix)\(parameter.name)", mayLackValues: mayLackValues)
        }
        for artifact in arguments.artifacts {
            let place = "\(prefix)\(artifact.name)"
            guard artifact.from != nil || artifact.location.hasLocationOrKey else {
                throw ValidationIssue("\(place).from, artifact location, or key is required")
            }
            guard artifact.from == nil || artifact.fromExpression == nil else {
                throw ValidationIssue("\(place) shouldn't have both `from` and `fromExpression` in Artifact")
            }
        }
    }

    private static func check(
        _ parameter: Parameter, at place: String, mayLackValues: Bool
    ) throws(ValidationIssue) {
        if parameter.valueFrom == nil, parameter.value == nil, !mayLackValues {
            throw ValidationIssue("\(place).value or \(place).valueFrom is required")
        }
        if let source = parameter.valueFrom {
            let isAllowed =
                (source.configMapKeyRef != nil || source.event != nil || source.supplied != nil)
                && source.path == nil && source.jsonPath == nil && source.parameter == nil && source.expression == nil
            guard isAllowed else {
                throw ValidationIssue("\(place).valueFrom only allows: default, configMapKeyRef and supplied")
            }
        }
        guard !parameter.enumeration.isEmpty else {
            // An empty list is kept as it was written.
            guard parameter.unknown["enum"]?.arrayValue == nil else {
                throw ValidationIssue("\(place).enum should contain at least one value")
            }
            return
        }
        guard let value = parameter.value else {
            guard mayLackValues else { throw ValidationIssue("\(place).value is required") }
            return
        }
        guard parameter.enumeration.contains(value) else {
            throw ValidationIssue("\(place).value should be present in \(place).enum list")
        }
    }
}
