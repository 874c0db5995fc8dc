import JSON
import Model

extension ValidationPass {
    /// A template that does work itself: its tags, its container, its resource.
    func validateLeaf(
        _ template: Template, in base: TemplateBase, _ scope: ValidationScope
    ) throws(ValidationIssue) {
        let place = "templates.\(template.name)"
        do {
            try scope.check(template.json(.compact), globals: self.globals, isTemplate: self.isTemplate)
        } catch {
            throw error.prefixed("\(place):")
        }
        if let container = template.container {
            try self.checkPaths(container, of: template)
            try self.checkImage(container.image, default: \.container?.image, in: base, at: "\(place).container")
        }
        if let set = template.containerSet { try ContainerSetRules.check(set, of: template) }
        for sidecar in template.sidecars where ContainerSetRules.isReserved(sidecar.container.name) {
            throw ValidationIssue(
                "\(place).sidecars: \"\(sidecar.container.name)\" is a reserved Argo container name")
        }
        if let resource = template.resource { try self.check(resource, of: template) }
        if let script = template.script {
            try self.checkImage(
                script.container.image, default: \.script?.container.image, in: base, at: "\(place).script")
        }
        try self.checkDeadline(template.activeDeadlineSeconds, at: place)
        guard template.parallelism == nil else {
            throw ValidationIssue("\(place).parallelism is only valid for steps and dag templates")
        }
    }

    /// Volumes and artifacts must not stand in each other's way.
    private func checkPaths(_ container: Container, of template: Template) throws(ValidationIssue) {
        let place = "templates.\(template.name)"
        var places = try ContainerSetRules.checkMounts(container.volumeMounts, prefix: place, kind: "container.")
        for (index, artifact) in template.inputs.artifacts.enumerated() {
            let path = artifact.path ?? ""
            if let previous = places[path] {
                throw ValidationIssue(
                    "\(place).inputs.artifacts[\(index)].path '\(path)' already mounted in \(previous)")
            }
            places[path] = "inputs.artifacts.\(artifact.name)"
        }
    }

    private func checkImage(
        _ image: String?, default path: (Template) -> String?, in base: TemplateBase, at place: String
    ) throws(ValidationIssue) {
        guard image == nil else { return }
        if base.kind != .clusterWorkflowTemplate, let defaults = base.spec.templateDefaults, path(defaults) != nil {
            return
        }
        throw ValidationIssue("\(place).image may not be empty")
    }

    private func check(_ resource: ResourceTemplate, of template: Template) throws(ValidationIssue) {
        let place = "templates.\(template.name).resource"
        let actions = ["get", "create", "apply", "delete", "replace", "patch"]
        guard actions.contains(resource.action) || Placeholders.isPlaceholder(resource.action) else {
            throw ValidationIssue("\(place).action must be one of: \(actions.joined(separator: ", "))")
        }
        guard resource.action != "delete", resource.action != "get" else { return }
        guard resource.manifest != nil || resource.manifestFrom != nil else {
            throw ValidationIssue("either \(place).manifest or \(place).manifestFrom must be specified")
        }
        guard resource.manifest == nil || resource.manifestFrom == nil else {
            throw ValidationIssue(
                "shouldn't have both `manifest` and `manifestFrom` specified in `Manifest` for resource template")
        }
        if let artifact = resource.manifestFrom?.artifact,
            !template.inputs.artifacts.contains(where: { $0.name == artifact.name })
        {
            throw ValidationIssue("artifact \(artifact.name) in `manifestFrom` refer to a non-exist artifact")
        }
        guard let manifest = resource.manifest, !Placeholders.isPlaceholder(manifest) else { return }
        let pieces = TagScanner.pieces(of: manifest).map { piece in
            switch piece {
            case .text(let text): String(text)
            case .tag(let tag): tag.drop { $0.isWhitespace }.hasPrefix("=") ? "x" : "{{\(tag)}}"
            }
        }
        guard self.validator.isYAML(pieces.joined()) else {
            throw ValidationIssue("\(place).manifest must be a valid yaml")
        }
    }

    private func checkDeadline(_ deadline: IntOrString?, at place: String) throws(ValidationIssue) {
        guard let deadline else { return }
        if let seconds = deadline.integerValue {
            guard seconds < 0 else { return }
        } else {
            let text = deadline.text
            let isTag = text.hasPrefix("{{") && text.hasSuffix("}}")
            guard !isTag, !Placeholders.isPlaceholder(text) else { return }
        }
        throw ValidationIssue(
            "\(place).activeDeadlineSeconds must be a positive integer > 0 or an argo variable")
    }
}
