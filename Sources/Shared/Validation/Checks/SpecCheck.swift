import JSON
import Model

/// What Argo would only notice once the workflow runs, or when Kubernetes stores it.
enum SpecCheck {
    static func issues(of spec: WorkflowSpec) -> [ValidationIssue] {
        spec.templates.flatMap(self.locationIssues) + ExpressionRules.issues(of: spec)
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
