import ActorTransport
import JSON

extension GatewayApplication {
    /// The name that stands for the workflow of a namespace that was made last.
    private static let latestAlias = "@latest"
    private static let latestSelector = "metadata.name=@latest"

    /// The name in the path, `@latest` replaced by the name it stands for.
    func workflowName(_ call: Call) async throws(ServiceError) -> String {
        let name = try call.requiredName()
        return name == Self.latestAlias ? try await self.latestName(in: call.namespace) : name
    }

    /// A field selector, `@latest` in it replaced by the name it stands for.
    func resolved(fieldSelector: String, in namespace: String) async throws(ServiceError) -> String {
        guard fieldSelector.contains(Self.latestAlias) else { return fieldSelector }
        let parts = fieldSelector.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.contains(where: { $0 == Self.latestSelector }) else { return fieldSelector }
        let name = try await self.latestName(in: namespace)
        return parts.map { $0 == Self.latestSelector ? "metadata.name=\(name)" : String($0) }.joined(separator: ",")
    }

    private func latestName(in namespace: String) async throws(ServiceError) -> String {
        let query = WorkflowQuery(namespace: namespace.isEmpty ? nil : namespace)
        var latest: (time: String, uid: String, name: String)?
        // Lists begin with the second in which workflows were made last; within it, uids tell their order.
        try await self.forEachWorkflow(query) { workflow in
            func text(_ member: String) -> String { workflow["metadata"]?[member]?.stringValue ?? "" }
            // Times are all in the same form and zone, so they compare as texts.
            let found = (time: text("creationTimestamp"), uid: text("uid"), name: text("name"))
            guard let known = latest else {
                latest = found
                return true
            }
            if (known.time, known.uid) < (found.time, found.uid) { latest = found }
            return known.time <= found.time
        }
        guard let latest else { throw ServiceError(.notFound, "no workflows found") }
        return latest.name
    }

    /// How many workflows are read at a time where a call must see all of them.
    private static let pageSize = 500

    /// Goes through a list page by page, nodes left out, until the visitor has had enough.
    func forEachWorkflow(_ query: WorkflowQuery, _ goesOn: (JSONValue) -> Bool) async throws(ServiceError) {
        var query = query
        query.withoutNodes = true
        query.limit = Self.pageSize
        repeat {
            let page = try await self.cluster.workflows(query)
            for workflow in page.items where !goesOn(workflow) { return }
            query.continueToken = page.continueToken
        } while query.continueToken != nil
    }
}
