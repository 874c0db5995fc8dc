import ActorTransport
import JSON
import Model
import OrderedCollections

extension GatewayApplication {
    /// Archived workflows are workflows with a label, in the same store; so everything here is a list or a call by
    /// name.
    func archiveCall(_ call: Call, _ operation: ArchiveOperation) async throws(ServiceError) -> GatewayResponse {
        switch operation {
        case .list: return try await self.listArchived(call)
        case .get:
            return .json(Projection().workflow(try await self.archivedWorkflow(call)))
        case .delete:
            let (namespace, name) = Self.identity(of: try await self.archivedWorkflow(call))
            try await self.cluster.deleteWorkflow(namespace: namespace, name: name, force: false)
            return .json([:])
        case .resubmit: return try await self.actOnArchived(call, .resubmit)
        case .retry: return try await self.actOnArchived(call, .retry)
        case .labelKeys:
            var keys: Set<String> = []
            try await self.forEachArchivedLabels(call, selector: "") { keys.formUnion($0.keys) }
            return .json(Self.items(keys))
        case .labelValues:
            return try await self.listLabelValues(call)
        }
    }

    /// What marks a workflow as archived.
    static let archivedSelector = "\(WorkflowKeys.archivingStatus) in (Archived,Persisted)"

    private func listArchived(_ call: Call) async throws(ServiceError) -> GatewayResponse {
        let options = try ListOptions(call.query)
        var query = try Self.archiveQuery(call, selector: options.labelSelector)
        query.fieldSelector = options.fieldSelector
        query.nameFilter = call.query.text("nameFilter")
        query.limit = options.limit
        query.continueToken = options.continueToken
        if let prefix = call.query.nonEmpty("namePrefix") {
            query.fieldSelector += (query.fieldSelector.isEmpty ? "" : ",") + "metadata.name=\(prefix)"
            query.nameFilter = "Prefix"
        }
        var page = try await self.cluster.workflows(query)
        // Argo's archive has no versions.
        page.resourceVersion = ""
        return .json(Projection().list(ListDocument(page)))
    }

    private func listLabelValues(_ call: Call) async throws(ServiceError) -> GatewayResponse {
        let selector = call.query.text("listOptions.labelSelector")
        let requirements = selector.split(separator: ",")
        guard requirements.count == 1, let key = requirements.first else {
            throw ServiceError(.invalidArgument, "only allow 1 labelRequirement, found \(requirements.count)")
        }
        guard !key.contains(where: { "=!<> ()".contains($0) }) else {
            throw ServiceError(
                .invalidArgument, "\"\(selector)\" is not supported: name one label key, and nothing else")
        }
        var values: Set<String> = []
        try await self.forEachArchivedLabels(call, selector: selector) { labels in
            if let value = labels[String(key)]?.stringValue { values.insert(value) }
        }
        return .json(Self.items(values))
    }

    private func archivedWorkflow(_ call: Call) async throws(ServiceError) -> JSONValue {
        let name = call.query.nonEmpty("name") ?? call.body.text("name")
        let namespace = call.query.nonEmpty("namespace") ?? call.body.text("namespace")
        if !name.isEmpty, !namespace.isEmpty {
            return try await self.cluster.workflow(namespace: namespace, name: name, uid: nil)
        }
        let uid = call.path["uid"]
        var found: (namespace: String, name: String)?
        try await self.forEachWorkflow(WorkflowQuery(namespace: namespace.isEmpty ? nil : namespace)) { workflow in
            if workflow["metadata"]?["uid"]?.stringValue == uid { found = Self.identity(of: workflow) }
            return found == nil
        }
        guard let found else { throw ServiceError(.notFound, "not found") }
        return try await self.cluster.workflow(namespace: found.namespace, name: found.name, uid: uid)
    }

    private func actOnArchived(
        _ call: Call, _ verb: WorkflowAction.Verb
    ) async throws(ServiceError) -> GatewayResponse {
        let (namespace, name) = Self.identity(of: try await self.archivedWorkflow(call))
        let action = WorkflowAction(namespace: namespace, name: name, verb: verb, body: call.body.document)
        return .json(Projection().workflow(try await self.cluster.act(action)))
    }

    private static func identity(of workflow: JSONValue) -> (namespace: String, name: String) {
        (workflow["metadata"]?["namespace"]?.stringValue ?? "", workflow["metadata"]?["name"]?.stringValue ?? "")
    }

    private static func archiveQuery(_ call: Call, selector: String) throws(ServiceError) -> WorkflowQuery {
        var query = WorkflowQuery(namespace: call.query.nonEmpty("namespace"))
        query.labelSelector = selector.isEmpty ? Self.archivedSelector : "\(Self.archivedSelector),\(selector)"
        query.withoutNodes = true
        return query
    }

    private func forEachArchivedLabels(
        _ call: Call, selector: String, _ visit: (JSONObject) -> Void
    ) async throws(ServiceError) {
        try await self.forEachWorkflow(try Self.archiveQuery(call, selector: selector)) { workflow in
            if let labels = workflow["metadata"]?["labels"]?.objectValue { visit(labels) }
            return true
        }
    }

    private static func items(_ texts: Set<String>) -> JSONValue {
        texts.isEmpty ? [:] : ["items": .array(texts.sorted().map { .string($0) })]
    }
}
