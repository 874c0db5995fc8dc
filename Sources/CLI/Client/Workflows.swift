import JSON
import Model
import OrderedCollections

/// A workflow as a server sent it, and as the commands read it.
struct WorkflowDocument: Sendable {
    let json: JSONValue
    let workflow: Workflow

    init(_ json: JSONValue) throws {
        self.json = json
        self.workflow = try Workflow(json: json, at: DecodingPlace())
    }

    var name: String { self.workflow.metadata.name }
    var namespace: String { self.workflow.metadata.namespace }
}

/// Which workflows to list.
struct WorkflowFilter {
    /// `nil`: all namespaces.
    var namespace: String?
    var labelSelector = ""
    var fieldSelector = ""
    var fields = ""
    var chunkSize = 0
}

extension ArgoClient {
    /// Argo's name for the workflow that was made last.
    static let latestAlias = "@latest"

    func createWorkflow(_ workflow: JSONValue, namespace: String, isServerDryRun: Bool) async throws -> WorkflowDocument
    {
        var body: JSONObject = ["namespace": .string(namespace), "workflow": workflow]
        if isServerDryRun { body["serverDryRun"] = true }
        return try WorkflowDocument(await self.post(self.workflows(namespace), .object(body)))
    }

    func submit(kind: String, name: String, options: SubmitOptions) async throws -> WorkflowDocument {
        let body: JSONValue = [
            "namespace": .string(self.namespace), "resourceKind": .string(kind), "resourceName": .string(name),
            "submitOptions": options.json(.compact),
        ]
        return try WorkflowDocument(await self.post(self.workflows(self.namespace) + ["submit"], body))
    }

    func workflow(_ name: String, namespace: String? = nil) async throws -> WorkflowDocument {
        let namespace = namespace ?? self.namespace
        let resolved = try await self.resolve(name, namespace: namespace)
        return try WorkflowDocument(await self.get(self.workflows(namespace) + [resolved]))
    }

    /// All workflows that match, page by page where a chunk size is given.
    func workflows(_ filter: WorkflowFilter) async throws -> [WorkflowDocument] {
        var documents: [WorkflowDocument] = []
        var next = ""
        repeat {
            var query: Query = []
            if !filter.fields.isEmpty { query.append(("fields", filter.fields)) }
            if !next.isEmpty { query.append(("listOptions.continue", next)) }
            if !filter.fieldSelector.isEmpty { query.append(("listOptions.fieldSelector", filter.fieldSelector)) }
            if !filter.labelSelector.isEmpty { query.append(("listOptions.labelSelector", filter.labelSelector)) }
            if filter.chunkSize > 0 { query.append(("listOptions.limit", String(filter.chunkSize))) }
            let page = try await self.get(self.workflows(filter.namespace ?? ""), query)
            documents += try (page["items"]?.arrayValue ?? []).map { try WorkflowDocument($0) }
            next = page["metadata"]?["continue"]?.stringValue ?? ""
        } while !next.isEmpty
        return documents
    }

    /// `PUT …/{verb}` on a workflow.
    @discardableResult
    func act(
        _ verb: String, on name: String, namespace: String? = nil, body: JSONObject = [:]
    ) async throws -> WorkflowDocument {
        let namespace = namespace ?? self.namespace
        let resolved = try await self.resolve(name, namespace: namespace)
        var body = body.filter { $0.value != "" && $0.value != false && $0.value != [] }
        body["name"] = .string(resolved)
        body["namespace"] = .string(namespace)
        return try WorkflowDocument(await self.put(self.workflows(namespace) + [resolved, verb], .object(body)))
    }

    func deleteWorkflow(_ name: String, namespace: String, isForced: Bool) async throws {
        let resolved = try await self.resolve(name, namespace: namespace)
        try await self.delete(self.workflows(namespace) + [resolved], isForced ? [("force", "true")] : [])
    }

    func lint(workflow: JSONValue, namespace: String) async throws {
        let body: JSONValue = ["namespace": .string(namespace), "workflow": workflow]
        _ = try await self.post(self.workflows(namespace) + ["lint"], body)
    }

    /// The changes of one workflow, its present state first; briefly, no more than its name, phase and end.
    func watch(_ name: String, namespace: String, isBrief: Bool = false) async throws -> EventStream {
        let fields = ["type", "object.metadata.name", "object.status.phase", "object.status.finishedAt"]
        let brief: Query = isBrief ? [("fields", fields.map { "result.\($0)" }.joined(separator: ","))] : []
        return try await self.events(
            ["api", "v1", "workflow-events", namespace],
            brief + [("listOptions.fieldSelector", "metadata.name=\(name)"), ("listOptions.resourceVersion", "0")])
    }

    /// The name behind `@latest`, and any other name as it is.
    func resolve(_ name: String, namespace: String) async throws -> String {
        guard name == Self.latestAlias else { return name }
        let filter = WorkflowFilter(
            namespace: namespace,
            fields: "metadata,items.metadata.name,items.metadata.creationTimestamp,items.metadata.uid")
        // Times are whole seconds: within one, the uids of our servers tell the order.
        func key(_ document: WorkflowDocument) -> (Int64, String) {
            let metadata = document.workflow.metadata
            return (metadata.creationTimestamp?.seconds ?? 0, metadata.uid)
        }
        guard let latest = try await self.workflows(filter).max(by: { key($0) < key($1) }) else {
            throw CommandFailure("no workflows found in namespace \"\(namespace)\"")
        }
        return latest.name
    }

    func workflows(_ namespace: String) -> [String] { ["api", "v1", "workflows", namespace] }
}
