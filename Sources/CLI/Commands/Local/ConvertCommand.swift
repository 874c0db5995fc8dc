import ArgumentParser
import JSON
import OrderedCollections

/// `convert`: brings manifests of older versions into today's form.
struct ConvertCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case yaml, json
    }

    static let configuration = CommandConfiguration(
        commandName: "convert", abstract: "convert workflow manifests from legacy format to current format",
        usage: "apus convert FILE... [flags]",
        discussion: """
            Turns a single schedule, mutex or semaphore into the list that took its place, and prints the result.

            EXAMPLES:
              apus convert ./manifests
              cat workflow.yaml | apus convert -
            """)

    @Argument(help: "Files, directories or URLs; - reads standard input.")
    var files: [String] = []

    @Option(
        name: [.customShort("o", allowingJoined: true), .long], parsing: .unconditional,
        help: "Output format: yaml or json.")
    var output = Format.yaml

    @Flag(name: .long, help: "Print without colours.")
    var noColor = false

    func run() async throws {
        guard !self.files.isEmpty else { throw CommandFailure.usage("requires at least 1 arg(s), only received 0") }
        let console = Console.current
        for manifest in try await Manifests.read(self.files, isStrict: false, console: console) {
            let converted = LegacyManifest.converted(manifest.json)
            switch self.output {
            case .yaml: console.write("---\n" + DocumentText.yaml(converted))
            case .json: console.line(converted.text)
            }
        }
    }
}

/// Fields that version 4 of the workflow language no longer has.
enum LegacyManifest {
    static func converted(_ manifest: JSONValue) -> JSONValue {
        guard let kind = manifest["kind"]?.stringValue, var root = manifest.objectValue, var spec = root["spec"] else {
            return manifest
        }
        switch kind {
        case StoredKind.workflow.kind, StoredKind.template.kind, StoredKind.clusterTemplate.kind:
            spec = self.converted(spec: spec)
        case StoredKind.cron.kind:
            guard var members = spec.objectValue else { return manifest }
            // The single schedule was the one that counted.
            if let schedule = members.removeValue(forKey: "schedule")?.stringValue, !schedule.isEmpty {
                members["schedules"] = [.string(schedule)]
            }
            members["workflowSpec"] = members["workflowSpec"].map(self.converted(spec:))
            spec = .object(members)
        default: return manifest
        }
        root["spec"] = spec
        return .object(root)
    }

    private static func converted(spec: JSONValue) -> JSONValue {
        guard var members = spec.objectValue else { return spec }
        members["synchronization"] = members["synchronization"].map(self.converted(synchronization:))
        if let templates = members["templates"]?.arrayValue {
            members["templates"] = .array(
                templates.map { template in
                    guard var members = template.objectValue else { return template }
                    members["synchronization"] = members["synchronization"].map(self.converted(synchronization:))
                    return .object(members)
                })
        }
        return .object(members)
    }

    /// A single lock goes to the end of the list: both counted.
    private static func converted(synchronization: JSONValue) -> JSONValue {
        guard var members = synchronization.objectValue else { return synchronization }
        for (single, list) in [("semaphore", "semaphores"), ("mutex", "mutexes")] {
            guard let lock = members.removeValue(forKey: single), !lock.isNull else { continue }
            members[list] = .array((members[list]?.arrayValue ?? []) + [lock])
        }
        return .object(members)
    }
}
