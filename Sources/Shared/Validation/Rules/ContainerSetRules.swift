import Model

/// How the containers of one pod may hang together.
enum ContainerSetRules {
    static func check(_ set: ContainerSetTemplate, of template: Template) throws(ValidationIssue) {
        let place = "templates.\(template.name).containerSet"
        let names = set.containers.map(\.container.name)
        guard !names.isEmpty else { throw ValidationIssue("\(place).containers must have at least one container") }
        try FieldNames.check(names, in: "\(place).containers")
        try self.checkMounts(set.volumeMounts, prefix: place, kind: "")
        for container in set.containers {
            for name in container.dependencies where !names.contains(name) {
                throw ValidationIssue(
                    "\(place).containers.\(container.container.name) dependency '\(name)' not defined")
            }
        }
        if let cycle = self.cycle(in: set) {
            throw ValidationIssue("\(place).containers dependency cycle detected: \(cycle)")
        }
        let hasFiles =
            !template.inputs.artifacts.isEmpty || !template.outputs.parameters.isEmpty
            || !template.outputs.artifacts.isEmpty
        guard !hasFiles || names.contains("main") else {
            throw ValidationIssue(
                "\(place).containers must have a container named \"main\" for input or output")
        }
        for name in names where self.isReserved(name) {
            throw ValidationIssue("\(place).containers: \"\(name)\" is a reserved Argo container name")
        }
    }

    /// Names that Argo gives to containers of its own.
    static func isReserved(_ name: String) -> Bool {
        name == "wait" || name == "supervisor" || name.hasPrefix("artifact-plugin-")
    }

    /// No two volumes at one place.
    ///
    /// - Returns: what is mounted where.
    @discardableResult
    static func checkMounts(
        _ mounts: [VolumeMount], prefix: String, kind: String
    ) throws(ValidationIssue) -> [String: String] {
        var places: [String: String] = [:]
        for (index, mount) in mounts.enumerated() {
            if let previous = places[mount.mountPath] {
                throw ValidationIssue(
                    "\(prefix).\(kind)volumeMounts[\(index)].mountPath '\(mount.mountPath)' already mounted in "
                        + "\(previous)"
                )
            }
            places[mount.mountPath] = "\(kind)volumeMounts.\(mount.name)"
        }
        return places
    }

    private static func cycle(in set: ContainerSetTemplate) -> String? {
        var dependencies: [String: [String]] = [:]
        for container in set.containers { dependencies[container.container.name] = container.dependencies }
        var visited: Set<String> = []
        func search(_ name: String, _ path: [String]) -> String? {
            guard !visited.contains(name) else { return nil }
            for dependency in dependencies[name] ?? [] {
                if path.contains(dependency) { return (path + [dependency]).joined(separator: "->") }
                if let cycle = search(dependency, path + [dependency]) { return cycle }
            }
            visited.insert(name)
            return nil
        }
        for name in dependencies.keys.sorted() {
            if let cycle = search(name, []) { return cycle }
        }
        return nil
    }
}
