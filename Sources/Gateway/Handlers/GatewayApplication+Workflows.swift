import ActorTransport
import JSON
import Model

extension GatewayApplication {
    /// One workflow, or a page of them.
    func workflowCall(
        _ call: Call, _ operation: WorkflowOperation
    ) async throws(ServiceError) -> GatewayResponse {
        switch operation {
        case .list: return try await self.listWorkflows(call)
        case .create: return try await self.createWorkflow(call)
        case .lint:
            return try await self.lint(call, .workflow, member: "workflow", missing: "workflow body not specified")
        case .submit: return try await self.submitWorkflow(call)
        case .get:
            let workflow = try await self.cluster.workflow(
                namespace: call.namespace, name: try await self.workflowName(call), uid: call.query.nonEmpty("uid"))
            return .json(Projection(call.query.text("fields")).workflow(workflow))
        case .delete:
            try await self.cluster.deleteWorkflow(
                namespace: call.namespace, name: try await self.workflowName(call), force: try call.query.bool("force"))
            return .json([:])
        case .suspend: return try await self.act(call, .suspend)
        case .resume: return try await self.act(call, .resume)
        case .stop: return try await self.act(call, .stop)
        case .terminate: return try await self.act(call, .terminate)
        case .retry: return try await self.act(call, .retry)
        case .resubmit: return try await self.act(call, .resubmit)
        case .set: return try await self.act(call, .set)
        }
    }

    private func listWorkflows(_ call: Call) async throws(ServiceError) -> GatewayResponse {
        let options = try ListOptions(call.query)
        let projection = Projection(call.query.text("fields"))
        var query = WorkflowQuery(namespace: call.namespace.isEmpty ? nil : call.namespace)
        query.labelSelector = options.labelSelector
        query.fieldSelector = options.fieldSelector
        query.nameFilter = call.query.text("nameFilter")
        query.createdAfter = try call.query.time("createdAfter")
        query.finishedBefore = try call.query.time("finishedBefore")
        query.limit = options.limit
        query.continueToken = options.continueToken
        query.withoutNodes = projection.leavesOut("items.status.nodes")
        return .json(projection.list(ListDocument(try await self.cluster.workflows(query))))
    }

    private func createWorkflow(_ call: Call) async throws(ServiceError) -> GatewayResponse {
        guard let workflow = call.body["workflow"] else {
            throw ServiceError(.invalidArgument, "workflow body not specified")
        }
        let namespace = try call.requiredNamespace()
        try Self.checkNamespace(of: workflow, is: namespace)
        var request = CreateWorkflow(namespace: namespace, manifest: workflow)
        let isDryRun = call.body["serverDryRun"]?.boolValue ?? false
        request.isDryRun = isDryRun || call.body["createOptions"]?["dryRun"]?.arrayValue?.isEmpty == false
        return .json(Projection().workflow(try await self.cluster.createWorkflow(request)))
    }

    private func submitWorkflow(_ call: Call) async throws(ServiceError) -> GatewayResponse {
        let request = SubmitWorkflow(
            namespace: try call.requiredNamespace(), resourceKind: call.body.text("resourceKind"),
            resourceName: call.body.text("resourceName"), options: call.body["submitOptions"] ?? [:])
        return .json(Projection().workflow(try await self.cluster.submitWorkflow(request)))
    }

    private func act(_ call: Call, _ verb: WorkflowAction.Verb) async throws(ServiceError) -> GatewayResponse {
        let action = WorkflowAction(
            namespace: call.namespace, name: try await self.workflowName(call), verb: verb, body: call.body.document)
        return .json(Projection().workflow(try await self.cluster.act(action)))
    }

    func lint(
        _ call: Call, _ kind: ObjectKind, member: String, missing message: String
    ) async throws(ServiceError) -> GatewayResponse {
        guard let object = call.body[member] else { throw ServiceError(.invalidArgument, message) }
        let answer = try await self.cluster.lint(kind, namespace: call.namespace, object: object)
        return .json(Projection.object(answer))
    }

    /// An object may leave its namespace out, but not name another one than the path.
    static func checkNamespace(of object: JSONValue, is namespace: String) throws(ServiceError) {
        guard let own = object["metadata"]?["namespace"]?.stringValue, !own.isEmpty, own != namespace else { return }
        throw ServiceError(
            .invalidArgument,
            "the namespace of the provided object does not match the namespace sent on the request: "
                + "\"\(own)\" is not \"\(namespace)\"")
    }
}
