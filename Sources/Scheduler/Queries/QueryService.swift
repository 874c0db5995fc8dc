import ActorTransport
import JSON
import Model
import OrderedCollections
import Validation
import WorkflowEngine

/// Answers lists and checks for all shards of a replica, from committed rows.
struct QueryService: Sendable {
    let replica: Replica
    let system: ApusActorSystem

    // MARK: Lists

    func workflows(_ query: WorkflowQuery) async throws(ServiceError) -> WorkflowPage {
        let (filter, showsRemaining) = try WorkflowFilter.reading(query)
        let page: StoredWorkflowPage
        do {
            page = try await self.replica.store.workflows(filter)
        } catch {
            throw ServiceError(store: error)
        }
        return try await ServiceError.wrapping {
            let items = try page.items.map { try $0.document(withoutNodes: query.withoutNodes) }
            var answer = WorkflowPage(items: items, resourceVersion: page.cursor.text)
            if page.remaining > 0, let last = page.items.last {
                answer.continueToken = "\(last.head.createdAt).\(last.uid)"
                if showsRemaining { answer.remainingItemCount = page.remaining }
            }
            return answer
        }
    }

    func objects(_ request: ListObjects) async throws(ServiceError) -> WorkflowPage {
        try await self.refreshCatalog()
        let selector: LabelSelector
        let fields: ListFieldSelector
        do {
            selector = try LabelSelector(request.query.labelSelector)
            fields = try ListFieldSelector(request.query.fieldSelector)
        } catch {
            throw ServiceError(.invalidArgument, error.message)
        }
        let namespace = request.namespace.isEmpty ? nil : request.namespace
        let pattern = request.query.namePattern
        var items: [JSONValue] = []
        var newest: Int64 = 0
        for entry in self.replica.catalog.entries(request.kind, namespace: namespace) {
            newest = max(newest, entry.sequence)
            let metadata = try ObjectMeta.reading(entry.object)
            guard selector.matches(metadata.labels), fields.matches(metadata, startedAt: nil),
                pattern.isEmpty || metadata.name.containsText(pattern)
            else { continue }
            var object = entry.object
            object.set(resourceVersion: entry.sequence)
            items.append(object)
        }
        var page = WorkflowPage(items: items, resourceVersion: String(newest))
        let start = min(max(0, request.query.continueToken.flatMap { Int($0) } ?? 0), items.count)
        if let limit = request.query.limit, limit > 0, items.count - start > limit {
            page.items = Array(items[start..<start + limit])
            page.continueToken = String(start + limit)
        } else if start > 0 {
            page.items = Array(items.dropFirst(start))
        }
        return page
    }

    // MARK: Checks and submissions

    /// Takes over what other replicas have changed, so that a client finds here what it has written there.
    private func refreshCatalog() async throws(ServiceError) {
        do {
            try await self.replica.refreshCatalog()
        } catch {
            throw ServiceError(store: error)
        }
    }

    func lint(_ request: StoreObject) async throws(ServiceError) -> JSONValue {
        try await self.refreshCatalog()
        return try self.replica.admission.object(request, purpose: .lint, catalog: self.replica.catalog.templates)
    }

    func prepareSubmit(_ request: SubmitWorkflow) async throws(ServiceError) -> JSONValue {
        try await self.refreshCatalog()
        do {
            let options =
                request.options.isNull
                ? SubmitOptions() : try SubmitOptions(json: request.options, at: DecodingPlace(path: "submitOptions"))
            var workflow = try self.workflow(of: request, options: options)
            try workflow.apply(options)
            return workflow.json(.compact)
        } catch let error as ServiceError {
            throw error
        } catch {
            throw ServiceError(.invalidArgument, "\(error)")
        }
    }

    private func workflow(of request: SubmitWorkflow, options: SubmitOptions) throws -> Workflow {
        let name = request.resourceName
        let catalog = self.replica.catalog.templates
        switch try SubmittableKind(request.resourceKind) {
        case .workflowTemplate:
            guard let template = catalog.workflowTemplates["\(request.namespace)/\(name)"] else {
                throw ServiceError.notFound(.workflowTemplate, name)
            }
            var workflow = Workflow(ofTemplate: name, clusterScope: false)
            try workflow.takeArtifacts(options, from: template.spec.arguments.artifacts)
            return workflow
        case .clusterWorkflowTemplate:
            guard let template = catalog.clusterWorkflowTemplates[name] else {
                throw ServiceError.notFound(.clusterWorkflowTemplate, name)
            }
            var workflow = Workflow(ofTemplate: name, clusterScope: true)
            try workflow.takeArtifacts(options, from: template.spec.arguments.artifacts)
            return workflow
        case .cronWorkflow:
            let key = ObjectKey(.cronWorkflow, namespace: request.namespace, name: name)
            guard let entry = self.replica.catalog.entry(key) else { throw ServiceError.notFound(.cronWorkflow, name) }
            let cron = try CronWorkflow(json: entry.object, at: DecodingPlace())
            return Workflow(ofCron: cron, now: self.replica.clock.now())
        }
    }

    func prepareResubmit(_ action: WorkflowAction) async throws(ServiceError) -> JSONValue {
        let stored: StoredWorkflow?
        do {
            stored = try await self.replica.store.workflow(namespace: action.namespace, name: action.name)
        } catch {
            throw ServiceError(store: error)
        }
        guard let stored else { throw .notFound(.workflow, action.name) }
        do {
            var ordinals: [String: Int] = [:]
            var (workflow, rows) = try stored.decoded(&ordinals)
            for row in rows { workflow.status.nodes[row.status.id] = row.status }
            var random = SystemRandomNumberGenerator()
            return try workflow.resubmission(
                isMemoized: action.body["memoized"]?.boolValue ?? false,
                parameters: (action.body["parameters"]?.arrayValue ?? []).compactMap(\.stringValue),
                now: self.replica.clock.now(), using: &random
            ).json(.compact)
        } catch let error as OperationError {
            throw ServiceError(.invalidArgument, error.message)
        } catch {
            throw ServiceError(.internal, "\(error)")
        }
    }
}

extension ObjectMeta {
    static func reading(_ object: JSONValue) throws(ServiceError) -> ObjectMeta {
        do {
            return try ObjectMeta(json: object["metadata"] ?? .object([:]), at: DecodingPlace(path: "metadata"))
        } catch {
            throw ServiceError(.internal, "\(error)")
        }
    }
}
