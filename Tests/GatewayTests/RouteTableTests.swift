import Testing

@testable import Gateway

@Suite("RouteTable")
struct RouteTableTests {
    @Test("every operation of the documented API has its route, under its documented id")
    func documentedOperations() {
        let routes = Set(RouteTable.routes.map { "\($0.method.rawValue) \($0.pattern) \($0.operation.id)" })
        for line in Self.documented.split(separator: "\n") { #expect(routes.contains(String(line)), "\(line)") }
        #expect(Set(RouteTable.routes.map(\.operation.id)).count == RouteTable.routes.count)
    }

    /// Method, path and operation id of Argo's OpenAPI document.
    private static let documented = """
        DELETE /api/v1/archived-workflows/{uid} ArchivedWorkflowService_DeleteArchivedWorkflow
        DELETE /api/v1/cluster-workflow-templates/{name} ClusterWorkflowTemplateService_DeleteClusterWorkflowTemplate
        DELETE /api/v1/cron-workflows/{namespace}/{name} CronWorkflowService_DeleteCronWorkflow
        DELETE /api/v1/event-sources/{namespace}/{name} EventSourceService_DeleteEventSource
        DELETE /api/v1/sensors/{namespace}/{name} SensorService_DeleteSensor
        DELETE /api/v1/sync/{namespace}/{key} SyncService_DeleteSyncLimit
        DELETE /api/v1/workflow-templates/{namespace}/{name} WorkflowTemplateService_DeleteWorkflowTemplate
        DELETE /api/v1/workflows/{namespace}/{name} WorkflowService_DeleteWorkflow
        GET /api/v1/archived-workflows ArchivedWorkflowService_ListArchivedWorkflows
        GET /api/v1/archived-workflows-label-keys ArchivedWorkflowService_ListArchivedWorkflowLabelKeys
        GET /api/v1/archived-workflows-label-values ArchivedWorkflowService_ListArchivedWorkflowLabelValues
        GET /api/v1/archived-workflows/{uid} ArchivedWorkflowService_GetArchivedWorkflow
        GET /api/v1/cluster-workflow-templates ClusterWorkflowTemplateService_ListClusterWorkflowTemplates
        GET /api/v1/cluster-workflow-templates/{name} ClusterWorkflowTemplateService_GetClusterWorkflowTemplate
        GET /api/v1/cron-workflows/{namespace} CronWorkflowService_ListCronWorkflows
        GET /api/v1/cron-workflows/{namespace}/{name} CronWorkflowService_GetCronWorkflow
        GET /api/v1/event-sources/{namespace} EventSourceService_ListEventSources
        GET /api/v1/event-sources/{namespace}/{name} EventSourceService_GetEventSource
        GET /api/v1/info InfoService_GetInfo
        GET /api/v1/sensors/{namespace} SensorService_ListSensors
        GET /api/v1/sensors/{namespace}/{name} SensorService_GetSensor
        GET /api/v1/stream/event-sources/{namespace} EventSourceService_WatchEventSources
        GET /api/v1/stream/event-sources/{namespace}/logs EventSourceService_EventSourcesLogs
        GET /api/v1/stream/events/{namespace} WorkflowService_WatchEvents
        GET /api/v1/stream/sensors/{namespace} SensorService_WatchSensors
        GET /api/v1/stream/sensors/{namespace}/logs SensorService_SensorsLogs
        GET /api/v1/sync/{namespace}/{key} SyncService_GetSyncLimit
        GET /api/v1/userinfo InfoService_GetUserInfo
        GET /api/v1/version InfoService_GetVersion
        GET /api/v1/workflow-event-bindings/{namespace} EventService_ListWorkflowEventBindings
        GET /api/v1/workflow-events/{namespace} WorkflowService_WatchWorkflows
        GET /api/v1/workflow-templates/{namespace} WorkflowTemplateService_ListWorkflowTemplates
        GET /api/v1/workflow-templates/{namespace}/{name} WorkflowTemplateService_GetWorkflowTemplate
        GET /api/v1/workflows/{namespace} WorkflowService_ListWorkflows
        GET /api/v1/workflows/{namespace}/{name} WorkflowService_GetWorkflow
        GET /api/v1/workflows/{namespace}/{name}/log WorkflowService_WorkflowLogs
        GET /api/v1/workflows/{namespace}/{name}/{podName}/log WorkflowService_PodLogs
        GET /artifact-files/{namespace}/{idDiscriminator}/{id}/{nodeId}/{artifactDiscriminator}/{artifactName} ArtifactService_GetArtifactFile
        GET /artifacts-by-uid/{uid}/{nodeId}/{artifactName} ArtifactService_GetOutputArtifactByUID
        GET /artifacts/{namespace}/{name}/{nodeId}/{artifactName} ArtifactService_GetOutputArtifact
        GET /input-artifacts-by-uid/{uid}/{nodeId}/{artifactName} ArtifactService_GetInputArtifactByUID
        GET /input-artifacts/{namespace}/{name}/{nodeId}/{artifactName} ArtifactService_GetInputArtifact
        POST /api/v1/cluster-workflow-templates ClusterWorkflowTemplateService_CreateClusterWorkflowTemplate
        POST /api/v1/cluster-workflow-templates/lint ClusterWorkflowTemplateService_LintClusterWorkflowTemplate
        POST /api/v1/cron-workflows/{namespace} CronWorkflowService_CreateCronWorkflow
        POST /api/v1/cron-workflows/{namespace}/lint CronWorkflowService_LintCronWorkflow
        POST /api/v1/event-sources/{namespace} EventSourceService_CreateEventSource
        POST /api/v1/events/{namespace}/{discriminator} EventService_ReceiveEvent
        POST /api/v1/sensors/{namespace} SensorService_CreateSensor
        POST /api/v1/sync/{namespace} SyncService_CreateSyncLimit
        POST /api/v1/tracking/event InfoService_CollectEvent
        POST /api/v1/workflow-templates/{namespace} WorkflowTemplateService_CreateWorkflowTemplate
        POST /api/v1/workflow-templates/{namespace}/lint WorkflowTemplateService_LintWorkflowTemplate
        POST /api/v1/workflows/{namespace} WorkflowService_CreateWorkflow
        POST /api/v1/workflows/{namespace}/lint WorkflowService_LintWorkflow
        POST /api/v1/workflows/{namespace}/submit WorkflowService_SubmitWorkflow
        PUT /api/v1/archived-workflows/{uid}/resubmit ArchivedWorkflowService_ResubmitArchivedWorkflow
        PUT /api/v1/archived-workflows/{uid}/retry ArchivedWorkflowService_RetryArchivedWorkflow
        PUT /api/v1/cluster-workflow-templates/{name} ClusterWorkflowTemplateService_UpdateClusterWorkflowTemplate
        PUT /api/v1/cron-workflows/{namespace}/{name} CronWorkflowService_UpdateCronWorkflow
        PUT /api/v1/cron-workflows/{namespace}/{name}/resume CronWorkflowService_ResumeCronWorkflow
        PUT /api/v1/cron-workflows/{namespace}/{name}/suspend CronWorkflowService_SuspendCronWorkflow
        PUT /api/v1/event-sources/{namespace}/{name} EventSourceService_UpdateEventSource
        PUT /api/v1/sensors/{namespace}/{name} SensorService_UpdateSensor
        PUT /api/v1/sync/{namespace}/{key} SyncService_UpdateSyncLimit
        PUT /api/v1/workflow-templates/{namespace}/{name} WorkflowTemplateService_UpdateWorkflowTemplate
        PUT /api/v1/workflows/{namespace}/{name}/resubmit WorkflowService_ResubmitWorkflow
        PUT /api/v1/workflows/{namespace}/{name}/resume WorkflowService_ResumeWorkflow
        PUT /api/v1/workflows/{namespace}/{name}/retry WorkflowService_RetryWorkflow
        PUT /api/v1/workflows/{namespace}/{name}/set WorkflowService_SetWorkflow
        PUT /api/v1/workflows/{namespace}/{name}/stop WorkflowService_StopWorkflow
        PUT /api/v1/workflows/{namespace}/{name}/suspend WorkflowService_SuspendWorkflow
        PUT /api/v1/workflows/{namespace}/{name}/terminate WorkflowService_TerminateWorkflow
        """

    @Test("every route of the table is found by a path of its pattern, with the parameters in their places")
    func everyRouteIsFound() throws {
        let router = Router()
        for route in RouteTable.routes {
            let path = route.pattern
                .replacing("{path...}", with: "a/b")
                .split(separator: "/", omittingEmptySubsequences: false)
                .map { $0.hasPrefix("{") ? "x-\($0.dropFirst().dropLast())" : String($0) }
                .joined(separator: "/")
            guard case .route(let found, let parameters) = try router.match(route.method, path: path[...]) else {
                Issue.record("no route for \(route.method.rawValue) \(path)")
                continue
            }
            #expect(found == route, "\(route.method.rawValue) \(path)")
            for segment in route.pattern.split(separator: "/") where segment.hasPrefix("{") {
                let name = String(segment.dropFirst().dropLast())
                guard name != "path..." else { continue }
                #expect(parameters[name] == "x-\(name)", "\(path)")
            }
        }
    }

    @Test("what changes something asks for a right to change it, and what only reads for a right to read")
    func rightsFitMethods() {
        for route in RouteTable.routes {
            guard let access = route.access else { continue }
            let expected: Set<String> =
                switch route.method {
                case .get: ["get", "list", "watch"]
                case .post: ["create"]
                case .put: ["update"]
                case .delete: ["delete"]
                case .head, .options, .patch, .other: []
                }
            #expect(expected.contains(access.verb), "\(route.method.rawValue) \(route.pattern)")
        }
    }

    @Test("only what Argo leaves open, and what a token opens, needs no rights")
    func openRoutes() {
        let open = RouteTable.routes.filter { $0.access == nil }.map(\.pattern)
        #expect(
            Set(open) == [
                "/api/v1/info", "/api/v1/version", "/api/v1/userinfo", "/api/v1/tracking/event", "/", "/healthz",
                "/readyz",
                "/metrics", "/oauth2/redirect", "/oauth2/callback", "/api/v1/apus/join",
            ])
    }
}

@Suite("Router")
struct RouterTests {
    private let router = Router()

    private func operation(_ method: RequestMethod, _ path: String) throws -> (id: String, parameters: PathParameters)?
    {
        guard case .route(let route, let parameters) = try self.router.match(method, path: path[...]) else {
            return nil
        }
        return (route.operation.id, parameters)
    }

    @Test("a workflow may have the name of a verb")
    func namesLikeVerbs() throws {
        let found = try #require(try self.operation(.get, "/api/v1/workflows/argo/lint"))
        #expect(found.id == "WorkflowService_GetWorkflow")
        #expect(found.parameters["name"] == "lint")
        #expect(try self.operation(.post, "/api/v1/workflows/argo/lint")?.id == "WorkflowService_LintWorkflow")
        #expect(try self.operation(.get, "/api/v1/workflows/argo/log/log")?.id == "WorkflowService_WorkflowLogs")
    }

    @Test("an empty segment stands for every namespace")
    func emptyNamespace() throws {
        let found = try #require(try self.operation(.get, "/api/v1/workflows/"))
        #expect(found.id == "WorkflowService_ListWorkflows")
        #expect(found.parameters["namespace"] == "")
    }

    @Test("a segment is decoded after the path is taken apart, so an encoded slash stays inside its segment")
    func decoding() throws {
        let found = try #require(try self.operation(.get, "/api/v1/workflows/my%20ns/a%2Fb"))
        #expect(found.parameters["namespace"] == "my ns")
        #expect(found.parameters["name"] == "a/b")
    }

    @Test("HEAD goes where GET goes")
    func head() throws {
        #expect(try self.operation(.head, "/api/v1/version")?.id == "InfoService_GetVersion")
    }

    @Test("a path that exists with other methods says which")
    func otherMethods() throws {
        guard case .otherMethods(let methods) = try self.router.match(.patch, path: "/api/v1/workflows/argo") else {
            Issue.record("expected other methods")
            return
        }
        #expect(Set(methods) == [.get, .post])
    }

    @Test("a broken escape is a bad request")
    func brokenEscape() {
        #expect(throws: (any Error).self) { try self.router.match(.get, path: "/api/v1/workflows/%zz/x") }
        #expect(throws: (any Error).self) { try self.router.match(.get, path: "/api/v1/workflows/%ff/x") }
    }

    @Test("the rest of a path goes whole to the route that asks for it")
    func rest() throws {
        let found = try #require(
            try self.operation(.get, "/artifact-files/argo/workflows/w/n/outputs/a/dir/file.txt"))
        #expect(found.id == "ArtifactService_GetInnerArtifactFile")
        #expect(found.parameters["path"] == "dir/file.txt")
    }
}
