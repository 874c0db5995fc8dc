import Model
import OrderedCollections

/// What a template must be, whatever it is called with.
enum TemplateRules {
    static func checkKind(_ template: Template) throws(ValidationIssue) {
        let choice =
            "choose one of: container, containerSet, steps, script, resource, dag, suspend, template, template ref"
        switch template.kinds.count {
        case 1: return
        case 0: throw ValidationIssue("templates.\(template.name) template type unspecified. \(choice)")
        default: throw ValidationIssue("templates.\(template.name) multiple template types specified. \(choice)")
        }
    }

    static func checkPodResources(_ template: Template) throws(ValidationIssue) {
        guard let resources = template.podResources, let kind = template.kinds.first else { return }
        let place = "templates.\(template.name).podResources"
        if kind == .http || kind == .plugin {
            throw ValidationIssue("\(place) is not supported for \(kind.rawValue) templates")
        }
        try self.check(resources, at: place)
    }

    /// Kubernetes knows only a few resources of a whole pod.
    static func check(_ resources: ResourceRequirements, at place: String) throws(ValidationIssue) {
        guard resources.claims.isEmpty else {
            throw ValidationIssue("\(place).claims is not supported for pod-level resources")
        }
        for name in Array(resources.limits.keys) + Array(resources.requests.keys) {
            guard name != "cpu", name != "memory", !name.hasPrefix("hugepages-") else { continue }
            throw ValidationIssue(
                "\(place): \"\(name)\" is not a valid pod-level resource, only cpu, memory and hugepages-* are "
                    + "supported"
            )
        }
    }

    /// Checks the inputs.
    ///
    /// - Returns: the names by which the template's tags refer to them.
    static func inputScope(_ template: Template) throws(ValidationIssue) -> ValidationScope {
        let inputs = template.inputs
        try FieldNames.checkParameters(
            inputs.parameters.map(\.name), in: "templates.\(template.name).inputs.parameters")
        try FieldNames.checkParameters(
            inputs.artifacts.map(\.name), in: "templates.\(template.name).inputs.artifacts")
        var scope = ValidationScope()
        for parameter in inputs.parameters { scope.add("inputs.parameters.\(parameter.name)") }
        if !inputs.parameters.isEmpty { scope.add("inputs.parameters") }
        for artifact in inputs.artifacts {
            let name = "inputs.artifacts.\(artifact.name)"
            let place = "templates.\(template.name).\(name)"
            scope.add(name)
            if template.isLeaf {
                try ArtifactRules.checkPath(artifact, at: place)
                scope.add("\(name).path")
            } else if artifact.path != nil {
                throw ValidationIssue("\(place).path only valid in container/script templates")
            }
            guard artifact.from == nil else { throw ValidationIssue("\(place).from not valid in inputs") }
            try ArtifactRules.check(artifact.location, prefix: place)
        }
        return scope
    }

    /// Fields that only templates with work of their own may have, once tags are replaced.
    static func checkPodFields(_ template: Template) throws(ValidationIssue) {
        guard let kind = template.kinds.first else { return }
        guard template.resourceClaims.isEmpty || kind.hasPod else {
            throw ValidationIssue(
                "templates.\(template.name).resourceClaims is not supported for \(kind.rawValue) templates, "
                    + "which do not create a pod")
        }
        if let timeout = template.timeout {
            guard kind.isLeaf else {
                throw ValidationIssue("\(kind.rawValue) template doesn't support timeout field")
            }
            // A bare number has no unit.
            guard Int(timeout) == nil else {
                throw ValidationIssue("\(template.name) has invalid duration format in timeout")
            }
        }
        guard template.pendingTimeout == nil || kind.isLeaf else {
            throw ValidationIssue("\(kind.rawValue) template doesn't support pendingTimeout field")
        }
    }

    static func checkNoDeadline(_ template: Template) throws(ValidationIssue) {
        guard template.activeDeadlineSeconds == nil else {
            throw ValidationIssue(
                "templates.\(template.name).activeDeadlineSeconds is only valid for leaf templates")
        }
    }
}

/// Lifecycle hooks must say when they run, except the one at the exit.
enum HookRules {
    static func check(_ hooks: some Sequence<(key: String, value: LifecycleHook)>, in place: String)
        throws(ValidationIssue)
    {
        for (name, hook) in hooks where name != "exit" && hook.expression == nil {
            throw ValidationIssue("\(place).\(name) Expression required")
        }
    }
}
