import JSON
import Model
import OrderedCollections

/// What Argo would only notice once the workflow runs, or when Kubernetes stores it.
enum SpecCheck {
    static func issues(of spec: WorkflowSpec) -> [ValidationIssue] {
        spec.templates.flatMap { self.locationIssues(of: $0) + self.quantityIssues(of: $0) }
            + ExpressionRules.issues(of: spec)
    }

    private static func quantityIssues(of template: Template) -> [ValidationIssue] {
        var containers: [(String, Container)] = []
        if let container = template.container { containers.append(("container", container)) }
        if let script = template.script { containers.append(("script", script.container)) }
        return containers.flatMap { place, container in
            let resources = container.resources
            let amounts =
                resources.limits.map { ("limits.\($0.key)", $0.value) }
                + resources.requests.map { ("requests.\($0.key)", $0.value) }
            return amounts.compactMap { member, amount -> ValidationIssue? in
                guard amount.value == nil, !amount.text.isEmpty, !TagScanner.hasTag(amount.text) else { return nil }
                return ValidationIssue(
                    "templates.\(template.name).\(place).resources.\(member): \"\(amount.text)\" is no quantity "
                        + "such as \"500m\" or \"1Gi\": quantities must match the regular expression "
                        + "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
            }
        }
    }

    /// An artifact lies in one place.
    private static func locationIssues(of template: Template) -> [ValidationIssue] {
        let inputs = template.inputs.artifacts.map { ("inputs.artifacts.\($0.name)", $0.location) }
        let outputs = template.outputs.artifacts.map { ("outputs.artifacts.\($0.name)", $0.location) }
        return (inputs + outputs).compactMap { place, location in
            let kinds = self.locations.filter { _, isSet in isSet(location) }.map(\.0)
            guard kinds.count > 1 else { return nil }
            return ValidationIssue(
                "templates.\(template.name).\(place): at most one artifact location can be specified, found "
                    + kinds.joined(separator: " and "))
        }
    }

    private static let locations: [(String, @Sendable (ArtifactLocation) -> Bool)] = [
        ("s3", { $0.s3 != nil }), ("git", { $0.git != nil }), ("http", { $0.http != nil }),
        ("artifactory", { $0.artifactory != nil }), ("hdfs", { $0.hdfs != nil }), ("raw", { $0.raw != nil }),
        ("oss", { $0.oss != nil }), ("gcs", { $0.gcs != nil }), ("azure", { $0.azure != nil }),
        ("plugin", { $0.plugin != nil }),
    ]
}
