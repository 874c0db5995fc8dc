import JSON
import Model

/// What a template may put out.
enum OutputRules {
    static func check(
        _ template: Template, _ scope: ValidationScope, globals: [String: String], isTemplate: Bool
    ) throws(ValidationIssue) {
        let place = "templates.\(template.name).outputs"
        let outputs = template.outputs
        try FieldNames.checkParameters(outputs.parameters.map(\.name), in: "\(place).parameters ")
        try FieldNames.checkParameters(outputs.artifacts.map(\.name), in: "\(place).artifacts ")
        do {
            try scope.check(outputs.json(.compact), globals: globals, isTemplate: isTemplate)
        } catch {
            throw error.prefixed(place)
        }
        for artifact in outputs.artifacts {
            let place = "\(place).artifacts.\(artifact.name)"
            if template.isLeaf {
                try ArtifactRules.checkPath(artifact, at: place)
            } else if artifact.path != nil {
                throw ValidationIssue("\(place).path only valid in container/script templates")
            }
            try self.checkGlobalName(artifact.globalName, at: place)
        }
        for parameter in outputs.parameters {
            let place = "\(place).parameters.\(parameter.name)"
            try self.checkSource(parameter, at: place)
            if let source = parameter.valueFrom, let kind = template.kinds.first {
                try self.check(source, of: kind, at: place)
            }
            try self.checkGlobalName(parameter.globalName, at: place)
        }
    }

    private static func checkGlobalName(_ name: String?, at place: String) throws(ValidationIssue) {
        guard let name, !TagScanner.isParameter(name) else { return }
        let problem = FieldNames.problem(withParameterName: name)
        guard problem.isEmpty else { throw ValidationIssue("\(place).globalName: \(problem)") }
    }

    /// Exactly one of value and the ways to find one.
    private static func checkSource(_ parameter: Parameter, at place: String) throws(ValidationIssue) {
        guard parameter.valueFrom == nil || parameter.value == nil else {
            throw ValidationIssue("\(place) has both valueFrom and value specified, choose one")
        }
        guard parameter.value == nil else { return }
        guard let source = parameter.valueFrom else {
            throw ValidationIssue("\(place) does not have valueFrom or value specified")
        }
        let ways = [
            source.path != nil, source.jqFilter != nil, source.jsonPath != nil, source.parameter != nil,
            source.expression != nil, source.supplied != nil,
        ].count { $0 }
        guard ways > 0 else {
            throw ValidationIssue(
                "valueFrom type unspecified. choose one of: path, jqFilter, jsonPath, parameter, raw, expression")
        }
        guard ways == 1 else {
            throw ValidationIssue(
                "multiple valueFrom types specified. choose one of: path, jqFilter, jsonPath, parameter, raw")
        }
    }

    private static func check(
        _ source: ValueFrom, of kind: TemplateKind, at place: String
    ) throws(ValidationIssue) {
        switch kind {
        case .container, .containerSet, .script:
            guard source.path != nil else {
                throw ValidationIssue("\(place).path must be specified for \(kind.rawValue) templates")
            }
        case .resource:
            guard source.jqFilter != nil || source.jsonPath != nil else {
                throw ValidationIssue("\(place) .jqFilter or jsonPath must be specified for \(kind.rawValue) templates")
            }
        case .steps, .dag:
            guard source.parameter != nil || source.expression != nil else {
                throw ValidationIssue(
                    "\(place).parameter or expression must be specified for \(kind.rawValue) templates")
            }
        case .data, .suspend, .http, .plugin: break
        }
    }
}
