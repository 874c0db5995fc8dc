import JSON
import Model
import OrderedCollections

/// The archive's part of the REST interface.
struct ArchiveAPI {
    let client: ArgoClient

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

    /// The uids of those that are named and of those that match, each once.
    func uids(
        _ names: [String], _ identity: ArchiveIdentityOptions, _ selection: SelectorOptions, now: Timestamp
    ) async throws -> [String] {
        var uids: OrderedSet<String> = []
        if selection.isGiven {
            uids.formUnion(
                try await self.list(selector: selection.selector ?? "", fieldSelector: selection.fieldSelector ?? "")
                    .map(\.workflow.metadata.uid))
        }
        for name in names { uids.append(try await identity.uid(name, self.client, now: now)) }
        return Array(uids)
    }

    func act(_ verb: String, on uid: String, body: JSONObject) async throws -> WorkflowDocument {
        var body = body.filter { $0.value != "" && $0.value != false && $0.value != [] }
        body["namespace"] = .string(self.client.namespace)
        body["uid"] = .string(uid)
        return try WorkflowDocument(
            await self.client.put(["api", "v1", "archived-workflows", uid, verb], .object(body)))
    }
}
