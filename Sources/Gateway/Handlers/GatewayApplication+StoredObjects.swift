import ActorTransport
import JSON
import Model
import OrderedCollections

extension GatewayApplication {
    /// Templates, cron workflows, bindings, config maps: everything that is stored as it was given.
    func objectCall(
        _ call: Call, _ operation: ObjectOperation, _ kind: ObjectKind
    ) async throws(ServiceError) -> GatewayResponse {
        let namespace = kind.isNamespaced ? call.namespace : ""
        switch operation {
        case .list: return try await self.listObjects(call, kind, namespace: namespace)
        case .get:
            let object = try await self.cluster.object(kind, namespace: namespace, name: try call.requiredName())
            return .json(Projection.object(object))
        case .create: return try await self.createObject(call, kind)
        case .update: return try await self.updateObject(call, kind, namespace: namespace)
        case .put: return try await self.putObject(call, kind, namespace: namespace)
        case .lint:
            return try await self.lint(
                call, kind, member: Self.member(of: kind), missing: Self.missingBody(kind).message)
        case .delete:
            try await self.cluster.deleteObject(kind, namespace: namespace, name: try call.requiredName())
            return .json([:])
        case .suspend, .resume:
            let object = try await self.cluster.setCronWorkflowSuspended(
                operation == .suspend, namespace: namespace, name: try call.requiredName())
            return .json(Projection.object(object))
        }
    }

    private func listObjects(
        _ call: Call, _ kind: ObjectKind, namespace: String
    ) async throws(ServiceError) -> GatewayResponse {
        let options = try ListOptions(call.query)
        var query = ObjectQuery()
        query.labelSelector = options.labelSelector
        query.fieldSelector = options.fieldSelector
        query.namePattern = call.query.text("namePattern")
        query.limit = options.limit
        query.continueToken = options.continueToken
        let page = try await self.cluster.objects(kind, namespace: namespace, query: query)
        return .json(Projection().list(ListDocument(page)))
    }

    private func createObject(_ call: Call, _ kind: ObjectKind) async throws(ServiceError) -> GatewayResponse {
        let object = try self.givenObject(call, kind)
        let namespace = kind.isNamespaced ? try call.requiredNamespace() : ""
        if kind.isNamespaced { try Self.checkNamespace(of: object, is: namespace) }
        let stored = try await self.cluster.createObject(kind, namespace: namespace, object: object)
        return .json(Projection.object(stored))
    }

    private func updateObject(
        _ call: Call, _ kind: ObjectKind, namespace: String
    ) async throws(ServiceError) -> GatewayResponse {
        let object = try self.givenObject(call, kind)
        if kind.isNamespaced { try Self.checkNamespace(of: object, is: namespace) }
        let ownName = object["metadata"]?["name"]?.stringValue ?? ""
        // Argo's server goes by the name in the body; the two must agree here, so that neither is a surprise.
        let name = call.name.isEmpty ? ownName : call.name
        guard ownName.isEmpty || ownName == name else {
            throw ServiceError(
                .invalidArgument,
                "the name of the object (\(ownName)) does not match the name on the URL (\(name))")
        }
        let stored = try await self.cluster.updateObject(kind, namespace: namespace, name: name, object: object)
        return .json(Projection.object(stored))
    }

    /// Stores an object whether it was there or not.
    private func putObject(
        _ call: Call, _ kind: ObjectKind, namespace: String
    ) async throws(ServiceError) -> GatewayResponse {
        do throws(ServiceError) {
            return try await self.updateObject(call, kind, namespace: namespace)
        } catch  where error.code == .notFound {
            do throws(ServiceError) {
                return try await self.createObject(call, kind)
            } catch  where error.code == .alreadyExists {
                // Somebody else was faster: theirs is replaced.
                return try await self.updateObject(call, kind, namespace: namespace)
            }
        }
    }

    private func givenObject(_ call: Call, _ kind: ObjectKind) throws(ServiceError) -> JSONValue {
        if kind == .configMap { return try self.named(call.body.document, call) }
        guard let object = call.body[Self.member(of: kind)] else { throw Self.missingBody(kind) }
        return object
    }

    /// The object with the name of the path, where it has none of its own.
    private func named(_ object: JSONValue, _ call: Call) throws(ServiceError) -> JSONValue {
        guard case .object(var members) = object, !members.isEmpty else { throw Self.missingBody(.configMap) }
        guard !call.name.isEmpty, members["metadata"]?["name"] == nil else { return object }
        var metadata = members["metadata"]?.objectValue ?? [:]
        metadata["name"] = .string(call.name)
        members["metadata"] = .object(metadata)
        return .object(members)
    }

    private static func member(of kind: ObjectKind) -> String {
        switch kind {
        case .workflow: "workflow"
        case .workflowTemplate, .clusterWorkflowTemplate: "template"
        case .cronWorkflow: "cronWorkflow"
        case .workflowEventBinding: "workflowEventBinding"
        case .configMap: "configMap"
        }
    }

    /// What Argo's server says where the object is left out; of a cron workflow it says that it was not found.
    private static func missingBody(_ kind: ObjectKind) -> ServiceError {
        switch kind {
        case .workflow: ServiceError(.invalidArgument, "workflow body not specified")
        case .workflowTemplate:
            ServiceError(.invalidArgument, "workflow template was not found in the request body")
        case .clusterWorkflowTemplate:
            ServiceError(.invalidArgument, "cluster workflow template was not found in the request body")
        case .cronWorkflow: ServiceError(.notFound, "cron workflow was not found in the request body")
        case .workflowEventBinding, .configMap:
            ServiceError(.invalidArgument, "\(kind.rawValue) was not found in the request body")
        }
    }
}
