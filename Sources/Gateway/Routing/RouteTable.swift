import ActorTransport
import Model

/// Every path that the gateway answers: the single source for routing, for authorisation and for what is documented.
package enum RouteTable {
    package static let routes: [Route] =
        Self.workflows + Self.templates + Self.cronWorkflows + Self.archive + Self.events + Self.information
        + Self.synchronization + Self.eventSources + Self.artifacts + Self.objects + Self.cluster + Self.pages
        + Self.probes

    /// Workflows, their logs and their watches.
    private static let workflows: [Route] = [
        Route(.get, "/api/v1/workflows/{namespace}", .workflow(.list), needs: .init("list", "workflows")),
        Route(
            .post, "/api/v1/workflows/{namespace}", .workflow(.create), needs: .init("create", "workflows"),
            body: .workflowCreate),
        Route(
            .post, "/api/v1/workflows/{namespace}/lint", .workflow(.lint), needs: .init("create", "workflows"),
            body: .workflowLint),
        Route(
            .post, "/api/v1/workflows/{namespace}/submit", .workflow(.submit), needs: .init("create", "workflows"),
            body: .workflowSubmit),
        Route(.get, "/api/v1/workflows/{namespace}/{name}", .workflow(.get), needs: .init("get", "workflows")),
        Route(.delete, "/api/v1/workflows/{namespace}/{name}", .workflow(.delete), needs: .init("delete", "workflows")),
        Route(
            .get, "/api/v1/workflows/{namespace}/{name}/log", .stream(.workflowLogs), needs: .init("get", "pods/log"),
            isStreaming: true),
        Route(
            .get, "/api/v1/workflows/{namespace}/{name}/{podName}/log", .stream(.podLogs),
            needs: .init("get", "pods/log"),
            isStreaming: true),
        Route(
            .put, "/api/v1/workflows/{namespace}/{name}/resubmit", .workflow(.resubmit),
            needs: .init("update", "workflows"), body: .workflowResubmit),
        Route(
            .put, "/api/v1/workflows/{namespace}/{name}/resume", .workflow(.resume),
            needs: .init("update", "workflows"),
            body: .workflowResume),
        Route(
            .put, "/api/v1/workflows/{namespace}/{name}/retry", .workflow(.retry), needs: .init("update", "workflows"),
            body: .workflowRetry),
        Route(
            .put, "/api/v1/workflows/{namespace}/{name}/set", .workflow(.set), needs: .init("update", "workflows"),
            body: .workflowSet),
        Route(
            .put, "/api/v1/workflows/{namespace}/{name}/stop", .workflow(.stop), needs: .init("update", "workflows"),
            body: .workflowStop),
        Route(
            .put, "/api/v1/workflows/{namespace}/{name}/suspend", .workflow(.suspend),
            needs: .init("update", "workflows"),
            body: .workflowSuspend),
        Route(
            .put, "/api/v1/workflows/{namespace}/{name}/terminate", .workflow(.terminate),
            needs: .init("update", "workflows"), body: .workflowTerminate),
        Route(
            .get, "/api/v1/workflow-events/{namespace}", .stream(.watchWorkflows), needs: .init("watch", "workflows"),
            isStreaming: true),
        Route(
            .get, "/api/v1/stream/events/{namespace}", .stream(.watchEvents), needs: .init("watch", "events"),
            isStreaming: true),
    ]

    /// Workflow templates, of a namespace and of the cluster.
    private static let templates: [Route] = [
        Route(
            .get, "/api/v1/workflow-templates/{namespace}", .object(.list, .workflowTemplate),
            needs: .init("list", "workflowtemplates")),
        Route(
            .post, "/api/v1/workflow-templates/{namespace}", .object(.create, .workflowTemplate),
            needs: .init("create", "workflowtemplates"), body: .templateCreate),
        Route(
            .post, "/api/v1/workflow-templates/{namespace}/lint", .object(.lint, .workflowTemplate),
            needs: .init("create", "workflowtemplates"), body: .templateLint),
        Route(
            .get, "/api/v1/workflow-templates/{namespace}/{name}", .object(.get, .workflowTemplate),
            needs: .init("get", "workflowtemplates")),
        Route(
            .put, "/api/v1/workflow-templates/{namespace}/{name}", .object(.update, .workflowTemplate),
            needs: .init("update", "workflowtemplates"), body: .templateUpdate),
        Route(
            .delete, "/api/v1/workflow-templates/{namespace}/{name}", .object(.delete, .workflowTemplate),
            needs: .init("delete", "workflowtemplates")),
        Route(
            .get, "/api/v1/cluster-workflow-templates", .object(.list, .clusterWorkflowTemplate),
            needs: .init("list", "clusterworkflowtemplates")),
        Route(
            .post, "/api/v1/cluster-workflow-templates", .object(.create, .clusterWorkflowTemplate),
            needs: .init("create", "clusterworkflowtemplates"), body: .clusterTemplateCreate),
        Route(
            .post, "/api/v1/cluster-workflow-templates/lint", .object(.lint, .clusterWorkflowTemplate),
            needs: .init("create", "clusterworkflowtemplates"), body: .clusterTemplateLint),
        Route(
            .get, "/api/v1/cluster-workflow-templates/{name}", .object(.get, .clusterWorkflowTemplate),
            needs: .init("get", "clusterworkflowtemplates")),
        Route(
            .put, "/api/v1/cluster-workflow-templates/{name}", .object(.update, .clusterWorkflowTemplate),
            needs: .init("update", "clusterworkflowtemplates"), body: .clusterTemplateUpdate),
        Route(
            .delete, "/api/v1/cluster-workflow-templates/{name}", .object(.delete, .clusterWorkflowTemplate),
            needs: .init("delete", "clusterworkflowtemplates")),
    ]

    /// Cron workflows.
    private static let cronWorkflows: [Route] = [
        Route(
            .get, "/api/v1/cron-workflows/{namespace}", .object(.list, .cronWorkflow),
            needs: .init("list", "cronworkflows")),
        Route(
            .post, "/api/v1/cron-workflows/{namespace}", .object(.create, .cronWorkflow),
            needs: .init("create", "cronworkflows"),
            body: .cronCreate),
        Route(
            .post, "/api/v1/cron-workflows/{namespace}/lint", .object(.lint, .cronWorkflow),
            needs: .init("create", "cronworkflows"), body: .cronLint),
        Route(
            .get, "/api/v1/cron-workflows/{namespace}/{name}", .object(.get, .cronWorkflow),
            needs: .init("get", "cronworkflows")),
        Route(
            .put, "/api/v1/cron-workflows/{namespace}/{name}", .object(.update, .cronWorkflow),
            needs: .init("update", "cronworkflows"), body: .cronUpdate),
        Route(
            .delete, "/api/v1/cron-workflows/{namespace}/{name}", .object(.delete, .cronWorkflow),
            needs: .init("delete", "cronworkflows")),
        Route(
            .put, "/api/v1/cron-workflows/{namespace}/{name}/resume", .object(.resume, .cronWorkflow),
            needs: .init("update", "cronworkflows"), body: .cronResume),
        Route(
            .put, "/api/v1/cron-workflows/{namespace}/{name}/suspend", .object(.suspend, .cronWorkflow),
            needs: .init("update", "cronworkflows"), body: .cronSuspend),
    ]

    /// Completed workflows that were archived.
    private static let archive: [Route] = [
        Route(.get, "/api/v1/archived-workflows", .archive(.list), needs: .init("list", "workflows")),
        Route(
            .get, "/api/v1/archived-workflows-label-keys", .archive(.labelKeys),
            needs: .init("list", "workflows")),
        Route(
            .get, "/api/v1/archived-workflows-label-values", .archive(.labelValues),
            needs: .init("list", "workflows")),
        Route(.get, "/api/v1/archived-workflows/{uid}", .archive(.get), needs: .init("get", "workflows")),
        Route(
            .delete, "/api/v1/archived-workflows/{uid}", .archive(.delete), needs: .init("delete", "workflows")),
        Route(
            .put, "/api/v1/archived-workflows/{uid}/resubmit", .archive(.resubmit),
            needs: .init("update", "workflows"), body: .archivedResubmit),
        Route(
            .put, "/api/v1/archived-workflows/{uid}/retry", .archive(.retry), needs: .init("update", "workflows"),
            body: .archivedRetry),
    ]

    /// Events from outside, and what they start.
    private static let events: [Route] = [
        Route(
            .post, "/api/v1/events/{namespace}/{discriminator}", .notAvailable("EventService_ReceiveEvent"),
            needs: .init("create", "events"),
            body: .item),
        Route(
            .get, "/api/v1/workflow-event-bindings/{namespace}", .object(.list, .workflowEventBinding),
            needs: .init("list", "workfloweventbindings")),
    ]

    /// What the server is, and who asks.
    private static let information: [Route] = [
        Route(.get, "/api/v1/info", .information(.info)),
        Route(.get, "/api/v1/version", .information(.version)),
        Route(.get, "/api/v1/userinfo", .information(.userInfo)),
        Route(.post, "/api/v1/tracking/event", .information(.collectEvent), body: .collectEvent),
    ]

    /// Limits of semaphores.
    private static let synchronization: [Route] = [
        Route(
            .post, "/api/v1/sync/{namespace}", .notAvailable("SyncService_CreateSyncLimit"),
            needs: .init("create", "configmaps"), body: .syncCreate
        ),
        Route(
            .get, "/api/v1/sync/{namespace}/{key}", .notAvailable("SyncService_GetSyncLimit"),
            needs: .init("get", "configmaps")),
        Route(
            .put, "/api/v1/sync/{namespace}/{key}", .notAvailable("SyncService_UpdateSyncLimit"),
            needs: .init("update", "configmaps"),
            body: .syncUpdate),
        Route(
            .delete, "/api/v1/sync/{namespace}/{key}", .notAvailable("SyncService_DeleteSyncLimit"),
            needs: .init("delete", "configmaps")),
    ]

    /// Argo Events.
    private static let eventSources: [Route] = [
        Route(
            .get, "/api/v1/event-sources/{namespace}", .notAvailable("EventSourceService_ListEventSources"),
            needs: .init("list", "eventsources")),
        Route(
            .post, "/api/v1/event-sources/{namespace}", .notAvailable("EventSourceService_CreateEventSource"),
            needs: .init("create", "eventsources"),
            body: .eventSourceCreate),
        Route(
            .get, "/api/v1/event-sources/{namespace}/{name}", .notAvailable("EventSourceService_GetEventSource"),
            needs: .init("get", "eventsources")),
        Route(
            .put, "/api/v1/event-sources/{namespace}/{name}", .notAvailable("EventSourceService_UpdateEventSource"),
            needs: .init("update", "eventsources"), body: .eventSourceUpdate),
        Route(
            .delete, "/api/v1/event-sources/{namespace}/{name}", .notAvailable("EventSourceService_DeleteEventSource"),
            needs: .init("delete", "eventsources")),
        Route(
            .get, "/api/v1/stream/event-sources/{namespace}", .notAvailable("EventSourceService_WatchEventSources"),
            needs: .init("watch", "eventsources"),
            isStreaming: true),
        Route(
            .get, "/api/v1/stream/event-sources/{namespace}/logs", .notAvailable("EventSourceService_EventSourcesLogs"),
            needs: .init("get", "pods/log"),
            isStreaming: true),
        Route(
            .get, "/api/v1/sensors/{namespace}", .notAvailable("SensorService_ListSensors"),
            needs: .init("list", "sensors")),
        Route(
            .post, "/api/v1/sensors/{namespace}", .notAvailable("SensorService_CreateSensor"),
            needs: .init("create", "sensors"), body: .sensorCreate),
        Route(
            .get, "/api/v1/sensors/{namespace}/{name}", .notAvailable("SensorService_GetSensor"),
            needs: .init("get", "sensors")),
        Route(
            .put, "/api/v1/sensors/{namespace}/{name}", .notAvailable("SensorService_UpdateSensor"),
            needs: .init("update", "sensors"),
            body: .sensorUpdate),
        Route(
            .delete, "/api/v1/sensors/{namespace}/{name}", .notAvailable("SensorService_DeleteSensor"),
            needs: .init("delete", "sensors")),
        Route(
            .get, "/api/v1/stream/sensors/{namespace}", .notAvailable("SensorService_WatchSensors"),
            needs: .init("watch", "sensors"),
            isStreaming: true),
        Route(
            .get, "/api/v1/stream/sensors/{namespace}/logs", .notAvailable("SensorService_SensorsLogs"),
            needs: .init("get", "pods/log"),
            isStreaming: true),
    ]

    /// Artifacts, as files.
    private static let artifacts: [Route] = [
        Route(
            .get, "/artifact-files/{namespace}/{idDiscriminator}/{id}/{nodeId}/{artifactDiscriminator}/{artifactName}",
            .artifact(.file), needs: .init("get", "workflows"), isStreaming: true),
        Route(
            .get, "/artifacts-by-uid/{uid}/{nodeId}/{artifactName}", .artifact(.outputByUID),
            needs: .init("get", "workflows"), isStreaming: true),
        Route(
            .get, "/artifacts/{namespace}/{name}/{nodeId}/{artifactName}", .artifact(.output),
            needs: .init("get", "workflows"), isStreaming: true),
        Route(
            .get, "/input-artifacts-by-uid/{uid}/{nodeId}/{artifactName}", .artifact(.inputByUID),
            needs: .init("get", "workflows"), isStreaming: true),
        Route(
            .get, "/input-artifacts/{namespace}/{name}/{nodeId}/{artifactName}", .artifact(.input),
            needs: .init("get", "workflows"), isStreaming: true),
    ]

    /// What Argo leaves to Kubernetes, and `apus apply` needs a way to store: event bindings and config maps.
    private static let objects: [Route] = [
        Route(
            .post, "/api/v1/workflow-event-bindings/{namespace}", .object(.create, .workflowEventBinding),
            needs: .init("create", "workfloweventbindings"), body: .eventBinding),
        Route(
            .get, "/api/v1/workflow-event-bindings/{namespace}/{name}", .object(.get, .workflowEventBinding),
            needs: .init("get", "workfloweventbindings")),
        Route(
            .put, "/api/v1/workflow-event-bindings/{namespace}/{name}", .object(.update, .workflowEventBinding),
            needs: .init("update", "workfloweventbindings"), body: .eventBinding),
        Route(
            .delete, "/api/v1/workflow-event-bindings/{namespace}/{name}", .object(.delete, .workflowEventBinding),
            needs: .init("delete", "workfloweventbindings")),
        Route(
            .get, "/api/v1/apus/config-maps/{namespace}", .object(.list, .configMap), needs: .init("list", "configmaps")
        ),
        Route(
            .post, "/api/v1/apus/config-maps/{namespace}", .object(.create, .configMap),
            needs: .init("create", "configmaps"),
            body: .configMap),
        Route(
            .get, "/api/v1/apus/config-maps/{namespace}/{name}", .object(.get, .configMap),
            needs: .init("get", "configmaps")),
        Route(
            .put, "/api/v1/apus/config-maps/{namespace}/{name}", .object(.put, .configMap),
            needs: .init("update", "configmaps"),
            body: .configMap),
        Route(
            .delete, "/api/v1/apus/config-maps/{namespace}/{name}", .object(.delete, .configMap),
            needs: .init("delete", "configmaps")),
    ]

    /// The members of the cluster and what each of them owns.
    private static let cluster: [Route] = [
        Route(.get, "/api/v1/apus/cluster", .cluster(.get), needs: .init("get", "clusters")),
        Route(
            .put, "/api/v1/apus/cluster/members/{name}/drain", .cluster(.drain), needs: .init("update", "clusters"),
            body: .empty),
        Route(
            .put, "/api/v1/apus/cluster/members/{name}/undrain", .cluster(.undrain),
            needs: .init("update", "clusters"), body: .empty),
        // Whoever asks proves to have a token.
        Route(.post, "/api/v1/apus/join", .cluster(.join), body: .join),
    ]

    /// What Argo's server answers beside its documented paths, and what probes ask for.
    private static let pages: [Route] = [
        Route(
            .get,
            "/artifact-files/{namespace}/{idDiscriminator}/{id}/{nodeId}/{artifactDiscriminator}/{artifactName}"
                + "/{path...}",
            .artifact(.innerFile), needs: .init("get", "workflows"), isStreaming: true),
        Route(
            .post, "/upload-artifacts/{namespace}/{workflowTemplateName}/{artifactName}",
            .notAvailable("ArtifactService_UploadInputArtifact"),
            needs: .init("create", "workflows")),
        Route(.get, "/oauth2/redirect", .notAvailable("LoginService_Redirect")),
        Route(.get, "/oauth2/callback", .notAvailable("LoginService_Callback")),
        Route(.get, "/", .information(.frontPage)),
    ]

    /// What every service answers, with or without an API.
    static let probes: [Route] = [
        Route(.get, "/healthz", .probe(.liveness)),
        Route(.get, "/readyz", .probe(.readiness)),
        Route(.get, "/metrics", .probe(.metrics)),
    ]
}
