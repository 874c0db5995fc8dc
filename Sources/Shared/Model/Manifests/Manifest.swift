package import JSON

/// An object from a file or a request, typed by its `kind`.
package enum Manifest: Hashable, Sendable {
    case workflow(Workflow)
    case workflowTemplate(WorkflowTemplate)
    case clusterWorkflowTemplate(WorkflowTemplate)
    case cronWorkflow(CronWorkflow)
    case workflowEventBinding(WorkflowEventBinding)
    case configMap(ConfigMap)
    /// A kind that is not ours: kept as it is.
    case other(JSONValue)

    /// Decodes an object by its `kind`.
    ///
    /// Members that the type does not know are refused with the nearest known name where `isStrict`, and kept
    /// otherwise. A `DecodingFailure` has the path of what is wrong, for example `spec.templates[0].steps`.
    package init(_ json: JSONValue, isStrict: Bool) throws(DecodingFailure) {
        let place = DecodingPlace(isStrict: isStrict)
        guard case .object = json else {
            throw .mismatch(json, expected: "an object with apiVersion, kind and metadata", at: place)
        }
        guard let kind = json["kind"], !kind.isNull else {
            let kinds = ObjectKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingFailure(path: "kind", reason: .mismatch(found: "nothing", expected: "one of \(kinds)"))
        }
        guard case .string(let name) = kind else {
            throw .mismatch(kind, expected: "string", at: place.member("kind"))
        }
        switch ObjectKind(rawValue: name) {
        case .workflow: self = .workflow(try Workflow(json: json, at: place))
        case .workflowTemplate: self = .workflowTemplate(try WorkflowTemplate(json: json, at: place))
        case .clusterWorkflowTemplate: self = .clusterWorkflowTemplate(try WorkflowTemplate(json: json, at: place))
        case .cronWorkflow: self = .cronWorkflow(try CronWorkflow(json: json, at: place))
        case .workflowEventBinding: self = .workflowEventBinding(try WorkflowEventBinding(json: json, at: place))
        case .configMap: self = .configMap(try ConfigMap(json: json, at: place))
        case nil: self = .other(json)
        }
    }

    package func json(_ style: EncodingStyle) -> JSONValue {
        switch self {
        case .workflow(let object): object.json(style)
        case .workflowTemplate(let object), .clusterWorkflowTemplate(let object): object.json(style)
        case .cronWorkflow(let object): object.json(style)
        case .workflowEventBinding(let object): object.json(style)
        case .configMap(let object): object.json(style)
        case .other(let json): json
        }
    }

    /// The kind, or `nil` where it is none of ours.
    package var kind: ObjectKind? {
        switch self {
        case .workflow: .workflow
        case .workflowTemplate: .workflowTemplate
        case .clusterWorkflowTemplate: .clusterWorkflowTemplate
        case .cronWorkflow: .cronWorkflow
        case .workflowEventBinding: .workflowEventBinding
        case .configMap: .configMap
        case .other: nil
        }
    }

    /// The object's metadata; of a foreign kind, what can be read of it.
    package var metadata: ObjectMeta {
        switch self {
        case .workflow(let object): return object.metadata
        case .workflowTemplate(let object), .clusterWorkflowTemplate(let object): return object.metadata
        case .cronWorkflow(let object): return object.metadata
        case .workflowEventBinding(let object): return object.metadata
        case .configMap(let object): return object.metadata
        case .other(let json):
            var metadata = ObjectMeta()
            metadata.name = json["metadata"]?["name"]?.stringValue ?? ""
            metadata.namespace = json["metadata"]?["namespace"]?.stringValue ?? ""
            return metadata
        }
    }
}

/// The kinds of objects that we store.
package enum ObjectKind: String, NamedValue {
    case workflow = "Workflow"
    case workflowTemplate = "WorkflowTemplate"
    case clusterWorkflowTemplate = "ClusterWorkflowTemplate"
    case cronWorkflow = "CronWorkflow"
    case workflowEventBinding = "WorkflowEventBinding"
    case configMap = "ConfigMap"

    /// `argoproj.io/v1alpha1` for Argo's kinds, `v1` for Kubernetes' own.
    package var apiVersion: String { self == .configMap ? "v1" : WorkflowKeys.apiVersion }

    /// The collection as messages name it: `workflows.argoproj.io`, `configmaps`.
    package var resource: String { self.rawValue.lowercased() + (self == .configMap ? "s" : "s.argoproj.io") }

    /// Whether objects of this kind live in a namespace.
    ///
    /// Those that do not are stored under the namespace `""`.
    package var isNamespaced: Bool { self != .clusterWorkflowTemplate }
}
