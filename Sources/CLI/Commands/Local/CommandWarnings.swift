import JSON
import Model

/// Templates that run in Kubernetes as they are, but not as processes: the command is in their image, which nobody
/// pulls.
enum CommandWarnings {
    static func of(_ manifest: ManifestDocument) -> [String] {
        let spec =
            manifest.kind == StoredKind.cron.kind ? manifest.json["spec"]?["workflowSpec"] : manifest.json["spec"]
        let templates = spec?["templates"]?.arrayValue ?? []
        let defaults = spec?["templateDefaults"]
        return templates.flatMap { template in
            self.places(of: template, defaults).map { place in
                "template \"\(template["name"]?.stringValue ?? "")\" has no command: it runs in Kubernetes, where the "
                    + "image has one, but not as a process; add `\(place).command:`"
            }
        }
    }

    private static func places(of template: JSONValue, _ defaults: JSONValue?) -> [String] {
        var places: [String] = []
        for kind in ["container", "script"] where template[kind]?.objectValue != nil {
            if !self.hasCommand(template[kind]), !self.hasCommand(defaults?[kind]) { places.append(kind) }
        }
        for (index, container) in (template["containerSet"]?["containers"]?.arrayValue ?? []).enumerated()
        where !self.hasCommand(container) {
            places.append("containerSet.containers[\(index)]")
        }
        return places
    }

    private static func hasCommand(_ container: JSONValue?) -> Bool {
        !(container?["command"]?.arrayValue ?? []).isEmpty
    }
}
