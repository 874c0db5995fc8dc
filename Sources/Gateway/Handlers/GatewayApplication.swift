package import ActorTransport
import JSON

/// The public API: turns a request into calls of the cluster, and what they give into an answer.
///
/// It knows no sockets, keeps no state and may be asked by any number of tasks at once. Every failure becomes an answer.
package struct GatewayApplication: Sendable {
    let cluster: any WorkflowCluster
    private let router: Router
    private let guards: RequestGuard
    private let isReady: @Sendable () -> Bool

    package init(
        cluster: any WorkflowCluster, guards: RequestGuard = RequestGuard(), routes: [Route] = RouteTable.routes,
        isReady: @escaping @Sendable () -> Bool = { true }
    ) {
        self.cluster = cluster
        self.router = Router(routes)
        self.guards = guards
        self.isReady = isReady
    }

    /// Answers one request.
    ///
    /// The body of a `HEAD` is left to whoever sends the answer to leave out.
    package func answer(_ request: GatewayRequest) async -> GatewayResponse {
        do throws(ServiceError) {
            try self.guards.check(request)
            let target = try RequestTarget(request.target)
            switch try self.router.match(request.method, path: target.path) {
            case .route(let route, let path):
                let call = Call(
                    route: route, path: path, query: try QueryParameters(target.query),
                    body: try RequestBody(request.body, as: route.body), request: request)
                return await self.answer(call)
            case .otherMethods(let methods):
                return .refusal(of: request.method, allowed: methods, path: target.path)
            case .none:
                return .unknown(path: target.path)
            }
        } catch {
            return .failure(error)
        }
    }

    private func answer(_ call: Call) async -> GatewayResponse {
        do throws(ServiceError) {
            return try await self.perform(call)
        } catch {
            if call.isArtifact { return .artifactFailure(error) }
            guard call.route.isStreaming else { return .failure(error) }
            return .json(error.refusedStreamBody, status: error.code.httpStatus)
        }
    }

    private func perform(_ call: Call) async throws(ServiceError) -> GatewayResponse {
        switch call.route.operation {
        case .listWorkflows, .createWorkflow, .lintWorkflow, .submitWorkflow, .getWorkflow, .deleteWorkflow,
            .resubmitWorkflow, .resumeWorkflow, .retryWorkflow, .setWorkflow, .stopWorkflow, .suspendWorkflow,
            .terminateWorkflow:
            return try await self.workflowCall(call)
        case .workflowLogs, .podLogs, .watchWorkflows, .watchEvents:
            return try await self.streamCall(call)
        case .listWorkflowTemplates, .createWorkflowTemplate, .lintWorkflowTemplate, .getWorkflowTemplate,
            .updateWorkflowTemplate, .deleteWorkflowTemplate:
            return try await self.storedObjectCall(call, .workflowTemplate)
        case .listClusterWorkflowTemplates, .createClusterWorkflowTemplate, .lintClusterWorkflowTemplate,
            .getClusterWorkflowTemplate, .updateClusterWorkflowTemplate, .deleteClusterWorkflowTemplate:
            return try await self.storedObjectCall(call, .clusterWorkflowTemplate)
        case .listCronWorkflows, .createCronWorkflow, .lintCronWorkflow, .getCronWorkflow, .updateCronWorkflow,
            .deleteCronWorkflow, .resumeCronWorkflow, .suspendCronWorkflow:
            return try await self.storedObjectCall(call, .cronWorkflow)
        case .listWorkflowEventBindings, .createWorkflowEventBinding, .getWorkflowEventBinding,
            .updateWorkflowEventBinding, .deleteWorkflowEventBinding:
            return try await self.storedObjectCall(call, .workflowEventBinding)
        case .listConfigMaps, .createConfigMap, .getConfigMap, .putConfigMap, .deleteConfigMap:
            return try await self.storedObjectCall(call, .configMap)
        case .listArchivedWorkflows, .getArchivedWorkflow, .deleteArchivedWorkflow, .resubmitArchivedWorkflow,
            .retryArchivedWorkflow, .listArchivedWorkflowLabelKeys, .listArchivedWorkflowLabelValues:
            return try await self.archiveCall(call)
        case .getOutputArtifact, .getInputArtifact, .getOutputArtifactByUID, .getInputArtifactByUID, .getArtifactFile,
            .getArtifactFilePath:
            return try await self.artifactCall(call)
        case .getInfo, .getVersion, .getUserInfo, .collectEvent, .getFrontPage, .getLiveness, .getReadiness:
            return self.informationCall(call, isReady: self.isReady())
        case .receiveEvent, .createSyncLimit, .getSyncLimit, .updateSyncLimit, .deleteSyncLimit, .listEventSources,
            .createEventSource, .getEventSource, .updateEventSource, .deleteEventSource, .watchEventSources,
            .eventSourcesLogs, .listSensors, .createSensor, .getSensor, .updateSensor, .deleteSensor, .watchSensors,
            .sensorsLogs, .uploadArtifact, .redirectToLogin, .finishLogin, .getMetrics:
            throw ServiceError(
                .unimplemented, "\(call.route.operation.rawValue) is not available in this version of Apus")
        }
    }
}
