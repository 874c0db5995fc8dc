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
        do {
            return validator.validate(try Manifest(manifest.json, isStrict: false)).map(\.message)
        } catch {
            return ["\(error)"]
        }
    }
}
