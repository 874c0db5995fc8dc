import JSON
import Model
import OrderedCollections

/// Finds the templates that a workflow names, and compiles each once.
struct TemplateLibrary: Sendable {
    private var compiled: [String: CompiledTemplate] = [:]
    /// The workflow's own templates by name.
    private let local: [String: Template]
    private let localPodMetadata: Metadata?
    private let defaults: Template?
    let localScope: String

    init(spec: WorkflowSpec, localScope: String) {
        self.local = Dictionary(spec.templates.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.localPodMetadata = spec.podMetadata
        self.defaults = spec.templateDefaults
        self.localScope = localScope
    }

    /// What names a template.
    struct Reference: Sendable {
        var template: String?
        var templateRef: TemplateRef?
        var inline: Template?
        /// Names an inline template within the one that holds it.
        var inlineKey = ""
        /// The step's or task's name, by which Argo stores inline templates.
        var siteName = ""
    }

    /// The template that a reference names.
    ///
    /// - Parameters:
    ///   - scope: where the caller stands.
    ///   - stored: the workflow's stored templates; templates of other objects are added.
    mutating func resolve(
        _ reference: Reference, scope: String, catalog: TemplateCatalog, namespace: String,
        stored: inout OrderedDictionary<String, Template>
    ) throws(EngineFailure) -> CompiledTemplate {
        let key: String
        var newScope = scope
        if reference.inline != nil {
            key = "\(scope)/inline/\(reference.inlineKey)"
        } else if let ref = reference.templateRef {
            newScope = "\(ref.clusterScope ? "cluster" : "namespaced")/\(ref.name)"
            key = "\(newScope)/\(ref.template)"
        } else {
            key = "\(scope)/\(reference.template ?? "")"
        }
        if let known = self.compiled[key] { return known }
        let storedKey = reference.inline != nil ? "\(scope)/inline/\(reference.siteName)" : key
        var template: Template
        if newScope != self.localScope, let known = stored[storedKey] {
            template = known
        } else {
            template = try self.find(reference, scope: newScope, catalog: catalog, namespace: namespace)
            if newScope != self.localScope { stored[storedKey] = template }
        }
        try self.addDefaults(to: &template)
        let result = CompiledTemplate(template, scope: newScope, key: key)
        if result.kind == .unknown { throw EngineFailure("template '\(template.name)' type is unknown") }
        self.compiled[key] = result
        return result
    }

    private func find(
        _ reference: Reference, scope: String, catalog: TemplateCatalog, namespace: String
    ) throws(EngineFailure) -> Template {
        if let inline = reference.inline { return inline }
        let name = reference.templateRef?.template ?? reference.template ?? ""
        guard scope != self.localScope else {
            guard let template = self.local[name] else { throw EngineFailure("template \(name) not found") }
            return Self.adding(self.localPodMetadata, to: template)
        }
        let parts = scope.split(separator: "/", maxSplits: 1)
        let owner = parts.count > 1 ? String(parts[1]) : ""
        let object =
            parts.first == "cluster"
            ? catalog.clusterWorkflowTemplates[owner] : catalog.workflowTemplates["\(namespace)/\(owner)"]
        guard let object else { throw EngineFailure("workflow template \(owner) not found") }
        guard let template = object.spec.templates.first(where: { $0.name == name }) else {
            throw EngineFailure(
                reference.templateRef == nil
                    ? "template \(name) not found" : "template \(name) not found in workflow template \(owner)")
        }
        return Self.adding(object.spec.podMetadata, to: template)
    }

    private static func adding(_ metadata: Metadata?, to template: Template) -> Template {
        guard let metadata else { return template }
        var template = template
        template.metadata.labels.merge(metadata.labels) { own, _ in own }
        template.metadata.annotations.merge(metadata.annotations) { own, _ in own }
        return template
    }

    /// Fills in what the workflow's `templateDefaults` say and the template does not.
    private func addDefaults(to template: inout Template) throws(EngineFailure) {
        guard let defaults = self.defaults else { return }
        guard case .object(let own) = template.json(.compact), case .object(var given) = defaults.json(.compact) else {
            return
        }
        for kind in [
            "container", "script", "steps", "dag", "suspend", "resource", "data", "http", "plugin",
            "containerSet",
        ] where own[kind] == nil { given[kind] = nil }
        guard case .object(var merged) = Self.merged(.object(own), over: .object(given)) else { return }
        merged["name"] = own["name"]
        do throws(DecodingFailure) {
            template = try Template(json: .object(merged), at: DecodingPlace())
        } catch {
            throw EngineFailure("invalid templateDefaults: \(error)")
        }
    }

    /// A strategic merge: objects member by member, lists of named objects by name, all else by replacement.
    static func merged(_ top: JSONValue, over base: JSONValue) -> JSONValue {
        switch (top, base) {
        case (.object(let top), .object(var result)):
            for (key, value) in top {
                result[key] = result[key].map { self.merged(value, over: $0) } ?? value
            }
            return .object(result)
        case (.array(let top), .array(let base)):
            guard !top.isEmpty, top.allSatisfy({ $0["name"]?.stringValue != nil }),
                base.allSatisfy({ $0["name"]?.stringValue != nil })
            else { return .array(top) }
            var result = top
            for element in base where !top.contains(where: { $0["name"] == element["name"] }) {
                result.append(element)
            }
            for (index, element) in result.enumerated() {
                if let other = base.first(where: { $0["name"] == element["name"] }) {
                    result[index] = self.merged(element, over: other)
                }
            }
            return .array(result)
        default: return top
        }
    }
}
