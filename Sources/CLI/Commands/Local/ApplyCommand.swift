import ArgumentParser
import JSON
import OrderedCollections

/// `apply`: creates the objects of files, or updates those that exist.
struct ApplyCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "create or update the objects of files",
        usage: "apus apply -f FILE|- [flags]",
        discussion: """
            Takes Workflow, WorkflowTemplate, ClusterWorkflowTemplate, CronWorkflow, WorkflowEventBinding and \
            ConfigMap. A workflow is created; one that runs or has run already is left as it is.
            """)

    @Option(
        name: [.customShort("f", allowingJoined: true), .long], parsing: .unconditionalSingleValue,
        help: "A file, a directory or a URL; - reads standard input. May be repeated.")
    var filename: [String] = []

    @Argument(help: "More files.")
    var files: [String] = []

    @Flag(name: .long, inversion: .prefixedNo, help: "Refuse members that an object does not know.")
    var strict = true

    @OptionGroup var output: OutputOptions<ObjectOutput>
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let paths = self.filename + self.files
        guard !paths.isEmpty else { throw CommandFailure.usage("must specify one of -f FILE or -f -") }
        let client = try self.connect()
        let manifests = try await Manifests.read(paths, isStrict: self.strict)
        guard !manifests.isEmpty else {
            throw CommandFailure("no objects found in given files: \(Manifests.contentsInWords(paths, manifests))")
        }
        // All are looked at before the first is sent: half of a file is not applied for a slip in its end.
        for manifest in manifests {
            guard StoredKind.named(manifest.kind) != nil else {
                throw CommandFailure("\(manifest.source): \(manifest.unknownKind(StoredKind.all))")
            }
            if let problem = manifest.problem(isStrict: self.strict) {
                throw CommandFailure("\(manifest.source): in \(manifest.title): \(problem)")
            }
        }
        for manifest in manifests { try await self.apply(manifest, client) }
    }

    private func apply(_ manifest: ManifestDocument, _ client: ArgoClient) async throws {
        guard let kind = StoredKind.named(manifest.kind) else { return }
        let namespace = manifest.namespace ?? client.namespace
        do {
            let (object, verb) = try await self.store(manifest, kind, namespace, client)
            let name = object["metadata"]?["name"]?.stringValue ?? manifest.name
            switch self.output.output {
            case .name: self.console.line(name)
            case .json: self.console.line(DocumentText.json(object))
            case .yaml: self.console.write(DocumentText.yaml(object))
            case .wide, .short, nil: self.console.line("\(kind.kind.lowercased())/\(name) \(verb)")
            }
        } catch let error as RemoteError {
            throw CommandFailure("\(manifest.source): in \(manifest.title): \(error)")
        }
    }

    private func store(
        _ manifest: ManifestDocument, _ kind: StoredKind, _ namespace: String, _ client: ArgoClient
    ) async throws -> (object: JSONValue, verb: String) {
        if kind == .workflow {
            do {
                let created = try await client.createWorkflow(
                    manifest.json, namespace: namespace, isServerDryRun: false)
                return (created.json, "created")
            } catch let error as RemoteError where error.code == RemoteError.alreadyExists {
                return (try await client.workflow(manifest.name, namespace: namespace).json, "unchanged")
            }
        }
        if kind == .configMap { return try await self.storeConfigMap(manifest, namespace, client) }
        do {
            return (try await client.create(kind, manifest.json, namespace: namespace), "created")
        } catch let error as RemoteError where error.code == RemoteError.alreadyExists {
            let current = try await client.object(kind, manifest.name, namespace: namespace)
            let document = ObjectUpdate.versioned(manifest.json, as: current)
            let updated = try await client.update(kind, document, name: manifest.name, namespace: namespace)
            return (updated, Self.verb(from: current, to: updated))
        }
    }

    /// The server gives a new version to what has changed.
    private static func verb(from current: JSONValue, to updated: JSONValue) -> String {
        guard let version = updated["metadata"]?["resourceVersion"] else { return "configured" }
        return version == current["metadata"]?["resourceVersion"] ? "unchanged" : "configured"
    }

    /// Config maps have a route of our own: Argo leaves them to Kubernetes.
    private func storeConfigMap(
        _ manifest: ManifestDocument, _ namespace: String, _ client: ArgoClient
    ) async throws -> (object: JSONValue, verb: String) {
        var root = manifest.json.objectValue ?? [:]
        var metadata = root["metadata"]?.objectValue ?? [:]
        metadata["namespace"] = .string(namespace)
        root["metadata"] = .object(metadata)
        let collection = ["api", "v1", "apus", "config-maps", namespace]
        do {
            return (try await client.post(collection, .object(root)), "created")
        } catch let error as RemoteError where error.code == RemoteError.alreadyExists {
            let current = try await client.get(collection + [manifest.name])
            let updated = try await client.put(collection + [manifest.name], .object(root))
            return (updated, Self.verb(from: current, to: updated))
        }
    }
}
