import Model
import OrderedCollections

/// The object in which a template's name is looked up: the workflow, or a stored template.
final class TemplateBase: Sendable {
    enum Kind: String {
        case workflow = "local"
        case workflowTemplate = "namespaced"
        case clusterWorkflowTemplate = "cluster"
    }

    let kind: Kind
    let name: String
    let spec: WorkflowSpec
    private let indexByName: [String: Int]

    init(_ kind: Kind, name: String, spec: WorkflowSpec) {
        self.kind = kind
        self.name = name
        self.spec = spec
        self.indexByName = Dictionary(
            spec.templates.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    /// What tells templates of equal names apart.
    var scope: String { "\(self.kind.rawValue)/\(self.name)" }

    /// The template, with the labels and annotations that the spec gives to all pods.
    subscript(_ name: String) -> Template? {
        guard let index = self.indexByName[name] else { return nil }
        var template = self.spec.templates[index]
        if let metadata = self.spec.podMetadata {
            template.metadata.labels.merge(metadata.labels) { own, _ in own }
            template.metadata.annotations.merge(metadata.annotations) { own, _ in own }
        }
        return template
    }
}

/// How a template is called for: by name, by reference to a stored one, or written in place.
struct TemplateCall {
    var template: String?
    var reference: TemplateRef?
    var inline: Template?

    init(template: String) { self.template = template }

    init(reference: TemplateRef) { self.reference = reference }

    init(_ step: WorkflowStep) {
        self.template = step.template
        self.reference = step.templateRef
        self.inline = step.inline
    }

    init(_ task: DAGTask) {
        self.template = task.template
        self.reference = task.templateRef
        self.inline = task.inline
    }
}
