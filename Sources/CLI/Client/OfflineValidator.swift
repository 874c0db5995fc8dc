import JSON
import Model
import Validation
import YAML

/// Checks manifests without a server: what they refer to is looked for among them.
struct OfflineValidator {
    private let templates: KnownTemplates

    init(_ manifests: [ManifestDocument]) {
        var templates = KnownTemplates()
        for manifest in manifests {
            guard manifest.kind == "WorkflowTemplate" || manifest.kind == "ClusterWorkflowTemplate",
                let template = try? WorkflowTemplate(json: manifest.json, at: DecodingPlace())
            else { continue }
            if manifest.kind == "WorkflowTemplate" { templates.add(template) } else { templates.addCluster(template) }
        }
        self.templates = templates
    }

    /// What is wrong with an object, the first problem first.
    func problems(_ manifest: ManifestDocument) -> [String] {
        let validator = WorkflowValidator(
            templates: self.templates, isKnownTimeZone: { TimeZones.isKnown($0) },
            isYAML: { Documents.isYAML($0) })
        let place = DecodingPlace()
        do {
            let issues: [ValidationIssue]
            switch manifest.kind {
            case "Workflow": issues = validator.validate(try Workflow(json: manifest.json, at: place))
            case "WorkflowTemplate":
                issues = validator.validate(workflowTemplate: try WorkflowTemplate(json: manifest.json, at: place))
            case "ClusterWorkflowTemplate":
                issues = validator.validate(
                    clusterWorkflowTemplate: try WorkflowTemplate(json: manifest.json, at: place))
            case "CronWorkflow": issues = validator.validate(try CronWorkflow(json: manifest.json, at: place))
            default: issues = []
            }
            return issues.map(\.message)
        } catch {
            return ["\(error)"]
        }
    }
}
