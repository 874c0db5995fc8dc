import JSON
import Model
import OrderedCollections

/// Reads objects of one kind from files, for the commands that create and update them.
struct ObjectFiles {
    private let kind: StoredKind
    private let isStrict: Bool

    init(_ kind: StoredKind, isStrict: Bool) {
        self.kind = kind
        self.isStrict = isStrict
    }

    /// - Throws: `CommandFailure` for a file that cannot be read, an object that is not what its kind asks for, or
    ///   where no object of the kind is found.
    func read(_ paths: [String]) async throws -> [ManifestDocument] {
        guard !paths.isEmpty else { throw CommandFailure.usage("requires at least 1 arg(s), only received 0") }
        var manifests: [ManifestDocument] = []
        var found: [ManifestDocument] = []
        for path in paths {
            let bytes = try await Manifests.contents(path)
            do throws(DocumentFailure) {
                let parsed = try Manifests.parse(bytes, source: path, isStrict: self.isStrict)
                manifests += parsed
                for manifest in parsed where manifest.kind == self.kind.kind {
                    if let problem = manifest.problem(isStrict: self.isStrict) { throw problem }
                    found.append(manifest)
                }
            } catch {
                throw CommandFailure("Failed to parse \(self.kind.words): \(error)")
            }
        }
        let words = self.kind == .cron ? "CronWorkflows" : self.kind.words
        guard !found.isEmpty else {
            throw CommandFailure(
                "No \(words) found in given files: \(Manifests.contentsInWords(paths, manifests))")
        }
        return found
    }
}

/// Replaces a stored object by what a file holds.
struct ObjectUpdate {
    private let client: ArgoClient
    private let kind: StoredKind

    init(_ client: ArgoClient, _ kind: StoredKind) {
        self.client = client
        self.kind = kind
    }

    /// - Throws: `CommandFailure` with the server's words, where the object does not exist too.
    func replace(_ manifest: ManifestDocument) async throws -> JSONValue {
        let namespace = manifest.namespace ?? self.client.namespace
        let current: JSONValue
        do {
            current = try await self.client.object(self.kind, manifest.name, namespace: namespace)
        } catch let error as RemoteError {
            throw CommandFailure("failed to get existing \(self.kind.words) \"\(manifest.name)\" to update: \(error)")
        }
        do {
            return try await self.client.update(
                self.kind, Self.versioned(manifest.json, as: current), name: manifest.name, namespace: namespace)
        } catch let error as RemoteError {
            throw CommandFailure("failed to update workflow template: \(error)")
        }
    }

    /// The document with the resource version of the stored object, so that a change in between is noticed.
    static func versioned(_ document: JSONValue, as current: JSONValue) -> JSONValue {
        var root = document.objectValue ?? [:]
        var metadata = root["metadata"]?.objectValue ?? [:]
        metadata["resourceVersion"] = current["metadata"]?["resourceVersion"] ?? metadata["resourceVersion"]
        root["metadata"] = .object(metadata)
        return .object(root)
    }
}

/// A template as the commands print it.
enum TemplateText {
    static func text(_ object: JSONValue, format: OutputFormat?, kind: StoredKind, console: Console) -> String {
        let metadata = object["metadata"]
        let name = metadata?["name"]?.stringValue ?? ""
        switch format {
        case .name: return name + "\n"
        case .json: return DocumentText.json(object) + "\n"
        case .yaml: return DocumentText.yaml(object)
        case .wide, .short, nil:
            var lines = KeyedLines(width: 20)
            lines.add("Name:", name)
            if kind.isNamespaced { lines.add("Namespace:", metadata?["namespace"]?.stringValue ?? "") }
            let created = metadata?["creationTimestamp"]?.stringValue.flatMap { Timestamp($0) }
            lines.add("Created:", created.map { Humanize.moment($0, now: console.now()) } ?? "")
            return lines.text
        }
    }
}
