import JSON
import Model
import OrderedCollections

/// The archive's part of the REST interface.
struct ArchiveAPI {
    private let client: ArgoClient

    init(_ client: ArgoClient) { self.client = client }

    func list(selector: String, fieldSelector: String = "", chunkSize: Int = 0) async throws -> [WorkflowDocument] {
        var documents: [WorkflowDocument] = []
        var next = ""
        repeat {
            var query: ArgoClient.Query = []
            if !next.isEmpty { query.append(("listOptions.continue", next)) }
            if !fieldSelector.isEmpty { query.append(("listOptions.fieldSelector", fieldSelector)) }
            if !selector.isEmpty { query.append(("listOptions.labelSelector", selector)) }
            if chunkSize > 0 { query.append(("listOptions.limit", String(chunkSize))) }
            query.append(("namespace", self.client.namespace))
            let page = try await self.client.get(["api", "v1", "archived-workflows"], query)
            documents += try (page["items"]?.arrayValue ?? []).map { try WorkflowDocument($0) }
            next = page["metadata"]?["continue"]?.stringValue ?? ""
        } while !next.isEmpty
        return documents.sorted { WorkflowListOptions.precedes($0.workflow, $1.workflow) }
    }

    /// The uids of those that match, or none where nothing is asked for.
    func uids(_ selection: SelectorOptions) async throws -> [String] {
        guard selection.isGiven else { return [] }
        return try await self.list(
            selector: selection.selector ?? "", fieldSelector: selection.fieldSelector ?? ""
        ).map(\.workflow.metadata.uid)
    }

    func act(
        _ verb: String, on uids: [String], body: JSONObject, format: OutputFormat?, follow: FollowOptions
    ) async throws {
        var seen: Set<String> = []
        var documents: [WorkflowDocument] = []
        for uid in uids where seen.insert(uid).inserted {
            var body = body.filter { $0.value != "" && $0.value != false && $0.value != [] }
            body["namespace"] = .string(self.client.namespace)
            body["uid"] = .string(uid)
            let answer = try await self.client.put(["api", "v1", "archived-workflows", uid, verb], .object(body))
            let document = try WorkflowDocument(answer)
            WorkflowPrinter(.current, format: format).print(document)
            documents.append(document)
        }
        guard documents.count == 1 else { return }
        try await follow.follow(
            [documents[0].name], namespace: documents[0].namespace, client: self.client,
            isQuiet: format != nil && format != .wide)
    }
}
