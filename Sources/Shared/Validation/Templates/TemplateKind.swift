import Model

/// The kinds of templates, as Argo names them in messages.
enum TemplateKind: String {
    case container = "Container"
    case containerSet = "ContainerSet"
    case steps = "Steps"
    case dag = "DAG"
    case script = "Script"
    case resource = "Resource"
    case data = "Data"
    case suspend = "Suspend"
    case http = "HTTP"
    case plugin = "Plugin"

    /// Whether a node of the template does work itself.
    var isLeaf: Bool {
        switch self {
        case .container, .containerSet, .script, .resource, .data, .http, .plugin: true
        case .steps, .dag, .suspend: false
        }
    }

    /// Whether a node of the template runs in a pod of its own.
    var hasPod: Bool {
        switch self {
        case .container, .containerSet, .script, .resource, .data: true
        case .steps, .dag, .suspend, .http, .plugin: false
        }
    }
}

extension Template {
    /// Every kind that the template sets, in the order in which Argo looks for them.
    var kinds: [TemplateKind] {
        var kinds: [TemplateKind] = []
        if self.container != nil { kinds.append(.container) }
        if self.containerSet != nil { kinds.append(.containerSet) }
        if !self.steps.isEmpty { kinds.append(.steps) }
        if self.dag != nil { kinds.append(.dag) }
        if self.script != nil { kinds.append(.script) }
        if self.resource != nil { kinds.append(.resource) }
        if self.data != nil { kinds.append(.data) }
        if self.suspend != nil { kinds.append(.suspend) }
        if self.http != nil { kinds.append(.http) }
        if self.plugin != nil { kinds.append(.plugin) }
        return kinds
    }

    var isLeaf: Bool { self.kinds.first?.isLeaf == true }

    /// Whether a node of the template will have an exit code and a result.
    var hasResult: Bool {
        if self.containerSet?.containers.contains(where: { $0.container.name == "main" }) == true { return true }
        return self.container != nil || self.script != nil || self.data != nil || self.http != nil
            || self.plugin != nil
    }
}
