/// Every path that the gateway answers: the single source for routing, for authorisation and for what is documented.
package enum RouteTable {
    package static let routes: [Route] =
        Self.workflows + Self.templates + Self.cronWorkflows + Self.archive + Self.events + Self.information
        + Self.synchronization + Self.eventSources + Self.artifacts + Self.objects + Self.pages

    /// Workflows, their logs and their watches.
    private static let workflows: [Route] = [
        Route(.get, "/api/v1/workflows/{namespace}", .listWorkflows, needs: .init("list", "workflows")),
        Route(
            .post, "/api/v1/workflows/{namespace}", .createWorkflow, needs: .init("create", "workflows"),
            body: .workflowCreate),
        Route(
            .post, "/api/v1/workflows/{namespace}/lint", .lintWorkflow, needs: .init("create", "workflows"),
            body: .workflowLint),
        Route(
            .post, "/api/v1/workflows/{namespace}/submit", .submitWorkflow, needs: .init("create", "workflows"),
            body: .workflowSubmit),
        Route(.get, "/api/v1/workflows/{namespace}/{name}", .getWorkflow, needs: .init("get", "workflows")),
        Route(.delete, "/api/v1/workflows/{namespace}/{name}", .deleteWorkflow, needs: .init("delete", "workflows")),
        Route(
            .get, "/api/v1/workflows/{namespace}/{name}/log", .workflowLogs, needs: .init("get", "pods/log"),
            isStreaming: true),
        Route(
            .get, "/api/v1/workflows/{namespace}/{name}/{podName}/log", .podLogs, needs: .init("get", "pods/log"),
            isStreaming: true),
        Route(
            .put, "/api/v1/workflows/{namespace}/{name}/resubmit", .resubmitWorkflow,
            needs: .init("update", "workflows"), body: .workflowResubmit),
        Route(
            .put, "/api/v1/workflows/{namespace}/{name}/resume", .resumeWorkflow, needs: .init("update", "workflows"),
            body: .workflowResume),
        Route(
            .put, "/api/v1/workflows/{namespace}/{name}/retry", .retryWorkflow, needs: .init("update", "workflows"),
            body: .workflowRetry),
        Route(
            .put, "/api/v1/workflows/{namespace}/{name}/set", .setWorkflow, needs: .init("update", "workflows"),
            body: .workflowSet),
        Route(
            .put, "/api/v1/workflows/{namespace}/{name}/stop", .stopWorkflow, needs: .init("update", "workflows"),
            body: .workflowStop),
        Route(
            .put, "/api/v1/workflows/{namespace}/{name}/suspend", .suspendWorkflow, needs: .init("update", "workflows"),
            body: .workflowSuspend),
        Route(
            .put, "/api/v1/workflows/{namespace}/{name}/terminate", .terminateWorkflow,
            needs: .init("update", "workflows"), body: .workflowTerminate),
        Route(
            .get, "/api/v1/workflow-events/{namespace}", .watchWorkflows, needs: .init("watch", "workflows"),
            isStreaming: true),
        Route(
            .get, "/api/v1/stream/events/{namespace}", .watchEvents, needs: .init("watch", "events"), isStreaming: true),
    ]

    /// Workflow templates, of a namespace and of the cluster.
    private static let templates: [Route] = [
        Route(
            .get, "/api/v1/workflow-templates/{namespace}", .listWorkflowTemplates,
            needs: .init("list", "workflowtemplates")),
        Route(
            .post, "/api/v1/workflow-templates/{namespace}", .createWorkflowTemplate,
            needs: .init("create", "workflowtemplates"), body: .templateCreate),
        Route(
            .post, "/api/v1/workflow-templates/{namespace}/lint", .lintWorkflowTemplate,
            needs: .init("create", "workflowtemplates"), body: .templateLint),
        Route(
            .get, "/api/v1/workflow-templates/{namespace}/{name}", .getWorkflowTemplate,
            needs: .init("get", "workflowtemplates")),
        Route(
            .put, "/api/v1/workflow-templates/{namespace}/{name}", .updateWorkflowTemplate,
            needs: .init("update", "workflowtemplates"), body: .templateUpdate),
        Route(
            .delete, "/api/v1/workflow-templates/{namespace}/{name}", .deleteWorkflowTemplate,
            needs: .init("delete", "workflowtemplates")),
        Route(
            .get, "/api/v1/cluster-workflow-templates", .listClusterWorkflowTemplates,
            needs: .init("list", "clusterworkflowtemplates")),
        Route(
            .post, "/api/v1/cluster-workflow-templates", .createClusterWorkflowTemplate,
            needs: .init("create", "clusterworkflowtemplates"), body: .clusterTemplateCreate),
        Route(
            .post, "/api/v1/cluster-workflow-templates/lint", .lintClusterWorkflowTemplate,
            needs: .init("create", "clusterworkflowtemplates"), body: .clusterTemplateLint),
        Route(
            .get, "/api/v1/cluster-workflow-templates/{name}", .getClusterWorkflowTemplate,
            needs: .init("get", "clusterworkflowtemplates")),
        Route(
            .put, "/api/v1/cluster-workflow-templates/{name}", .updateClusterWorkflowTemplate,
            needs: .init("update", "clusterworkflowtemplates"), body: .clusterTemplateUpdate),
        Route(
            .delete, "/api/v1/cluster-workflow-templates/{name}", .deleteClusterWorkflowTemplate,
            needs: .init("delete", "clusterworkflowtemplates")),
    ]

    /// Cron workflows.
    private static let cronWorkflows: [Route] = [
        Route(.get, "/api/v1/cron-workflows/{namespace}", .listCronWorkflows, needs: .init("list", "cronworkflows")),
        Route(
            .post, "/api/v1/cron-workflows/{namespace}", .createCronWorkflow, needs: .init("create", "cronworkflows"),
            body: .cronCreate),
        Route(
            .post, "/api/v1/cron-workflows/{namespace}/lint", .lintCronWorkflow,
            needs: .init("create", "cronworkflows"), body: .cronLint),
        Route(
            .get, "/api/v1/cron-workflows/{namespace}/{name}", .getCronWorkflow, needs: .init("get", "cronworkflows")),
        Route(
            .put, "/api/v1/cron-workflows/{namespace}/{name}", .updateCronWorkflow,
            needs: .init("update", "cronworkflows"), body: .cronUpdate),
        Route(
            .delete, "/api/v1/cron-workflows/{namespace}/{name}", .deleteCronWorkflow,
            needs: .init("delete", "cronworkflows")),
        Route(
            .put, "/api/v1/cron-workflows/{namespace}/{name}/resume", .resumeCronWorkflow,
            needs: .init("update", "cronworkflows"), body: .cronResume),
        Route(
            .put, "/api/v1/cron-workflows/{namespace}/{name}/suspend", .suspendCronWorkflow,
            needs: .init("update", "cronworkflows"), body: .cronSuspend),
    ]

    /// Completed workflows that were archived.
    private static let archive: [Route] = [
        Route(.get, "/api/v1/archived-workflows", .listArchivedWorkflows, needs: .init("list", "workflows")),
        Route(
            .get, "/api/v1/archived-workflows-label-keys", .listArchivedWorkflowLabelKeys,
            needs: .init("list", "workflows")),
        Route(
            .get, "/api/v1/archived-workflows-label-values", .listArchivedWorkflowLabelValues,
            needs: .init("list", "workflows")),
        Route(.get, "/api/v1/archived-workflows/{uid}", .getArchivedWorkflow, needs: .init("get", "workflows")),
        Route(
            .delete, "/api/v1/archived-workflows/{uid}", .deleteArchivedWorkflow, needs: .init("delete", "workflows")),
        Route(
            .put, "/api/v1/archived-workflows/{uid}/resubmit", .resubmitArchivedWorkflow,
            needs: .init("update", "workflows"), body: .archivedResubmit),
        Route(
            .put, "/api/v1/archived-workflows/{uid}/retry", .retryArchivedWorkflow, needs: .init("update", "workflows"),
            body: .archivedRetry),
    ]

    /// Events from outside, and what they start.
    private static let events: [Route] = [
        Route(
            .post, "/api/v1/events/{namespace}/{discriminator}", .receiveEvent, needs: .init("create", "events"),
            body: .item),
        Route(
            .get, "/api/v1/workflow-event-bindings/{namespace}", .listWorkflowEventBindings,
            needs: .init("list", "workfloweventbindings")),
    ]

    /// What the server is, and who asks.
    private static let information: [Route] = [
        Route(.get, "/api/v1/info", .getInfo),
        Route(.get, "/api/v1/version", .getVersion),
        Route(.get, "/api/v1/userinfo", .getUserInfo),
        Route(.post, "/api/v1/tracking/event", .collectEvent, body: .collectEvent),
    ]

    /// Limits of semaphores.
    private static let synchronization: [Route] = [
        Route(
            .post, "/api/v1/sync/{namespace}", .createSyncLimit, needs: .init("create", "configmaps"), body: .syncCreate
        ),
        Route(.get, "/api/v1/sync/{namespace}/{key}", .getSyncLimit, needs: .init("get", "configmaps")),
        Route(
            .put, "/api/v1/sync/{namespace}/{key}", .updateSyncLimit, needs: .init("update", "configmaps"),
            body: .syncUpdate),
        Route(.delete, "/api/v1/sync/{namespace}/{key}", .deleteSyncLimit, needs: .init("delete", "configmaps")),
    ]

    /// Argo Events.
    private static let eventSources: [Route] = [
        Route(.get, "/api/v1/event-sources/{namespace}", .listEventSources, needs: .init("list", "eventsources")),
        Route(
            .post, "/api/v1/event-sources/{namespace}", .createEventSource, needs: .init("create", "eventsources"),
            body: .eventSourceCreate),
        Route(.get, "/api/v1/event-sources/{namespace}/{name}", .getEventSource, needs: .init("get", "eventsources")),
        Route(
            .put, "/api/v1/event-sources/{namespace}/{name}", .updateEventSource,
            needs: .init("update", "eventsources"), body: .eventSourceUpdate),
        Route(
            .delete, "/api/v1/event-sources/{namespace}/{name}", .deleteEventSource,
            needs: .init("delete", "eventsources")),
        Route(
            .get, "/api/v1/stream/event-sources/{namespace}", .watchEventSources, needs: .init("watch", "eventsources"),
            isStreaming: true),
        Route(
            .get, "/api/v1/stream/event-sources/{namespace}/logs", .eventSourcesLogs, needs: .init("get", "pods/log"),
            isStreaming: true),
        Route(.get, "/api/v1/sensors/{namespace}", .listSensors, needs: .init("list", "sensors")),
        Route(
            .post, "/api/v1/sensors/{namespace}", .createSensor, needs: .init("create", "sensors"), body: .sensorCreate),
        Route(.get, "/api/v1/sensors/{namespace}/{name}", .getSensor, needs: .init("get", "sensors")),
        Route(
            .put, "/api/v1/sensors/{namespace}/{name}", .updateSensor, needs: .init("update", "sensors"),
            body: .sensorUpdate),
        Route(.delete, "/api/v1/sensors/{namespace}/{name}", .deleteSensor, needs: .init("delete", "sensors")),
        Route(
            .get, "/api/v1/stream/sensors/{namespace}", .watchSensors, needs: .init("watch", "sensors"),
            isStreaming: true),
        Route(
            .get, "/api/v1/stream/sensors/{namespace}/logs", .sensorsLogs, needs: .init("get", "pods/log"),
            isStreaming: true),
    ]

    /// Artifacts, as files.
    private static let artifacts: [Route] = [
        Route(
            .get, "/artifact-files/{namespace}/{idDiscriminator}/{id}/{nodeId}/{artifactDiscriminator}/{artifactName}",
            .getArtifactFile, needs: .init("get", "workflows"), isStreaming: true),
        Route(
            .get, "/artifacts-by-uid/{uid}/{nodeId}/{artifactName}", .getOutputArtifactByUID,
            needs: .init("get", "workflows"), isStreaming: true),
        Route(
            .get, "/artifacts/{namespace}/{name}/{nodeId}/{artifactName}", .getOutputArtifact,
            needs: .init("get", "workflows"), isStreaming: true),
        Route(
            .get, "/input-artifacts-by-uid/{uid}/{nodeId}/{artifactName}", .getInputArtifactByUID,
            needs: .init("get", "workflows"), isStreaming: true),
        Route(
            .get, "/input-artifacts/{namespace}/{name}/{nodeId}/{artifactName}", .getInputArtifact,
            needs: .init("get", "workflows"), isStreaming: true),
    ]

    /// What Argo leaves to Kubernetes: event bindings and config maps. `apus apply` needs a way to store them.
    private static let objects: [Route] = [
        Route(
            .post, "/api/v1/workflow-event-bindings/{namespace}", .createWorkflowEventBinding,
            needs: .init("create", "workfloweventbindings"), body: .eventBinding),
        Route(
            .get, "/api/v1/workflow-event-bindings/{namespace}/{name}", .getWorkflowEventBinding,
            needs: .init("get", "workfloweventbindings")),
        Route(
            .put, "/api/v1/workflow-event-bindings/{namespace}/{name}", .updateWorkflowEventBinding,
            needs: .init("update", "workfloweventbindings"), body: .eventBinding),
        Route(
            .delete, "/api/v1/workflow-event-bindings/{namespace}/{name}", .deleteWorkflowEventBinding,
            needs: .init("delete", "workfloweventbindings")),
        Route(.get, "/api/v1/apus/config-maps/{namespace}", .listConfigMaps, needs: .init("list", "configmaps")),
        Route(
            .post, "/api/v1/apus/config-maps/{namespace}", .createConfigMap, needs: .init("create", "configmaps"),
            body: .configMap),
        Route(.get, "/api/v1/apus/config-maps/{namespace}/{name}", .getConfigMap, needs: .init("get", "configmaps")),
        Route(
            .put, "/api/v1/apus/config-maps/{namespace}/{name}", .putConfigMap, needs: .init("update", "configmaps"),
            body: .configMap),
        Route(
            .delete, "/api/v1/apus/config-maps/{namespace}/{name}", .deleteConfigMap,
            needs: .init("delete", "configmaps")),
    ]

    /// What Argo's server answers beside its documented paths, and what probes ask for.
    private static let pages: [Route] = [
        Route(
            .get,
            "/artifact-files/{namespace}/{idDiscriminator}/{id}/{nodeId}/{artifactDiscriminator}/{artifactName}/{path...}",
            .getArtifactFilePath, needs: .init("get", "workflows"), isStreaming: true),
        Route(
            .post, "/upload-artifacts/{namespace}/{workflowTemplateName}/{artifactName}", .uploadArtifact,
            needs: .init("create", "workflows")),
        Route(.get, "/oauth2/redirect", .redirectToLogin),
        Route(.get, "/oauth2/callback", .finishLogin),
        Route(.get, "/metrics", .getMetrics),
        Route(.get, "/", .getFrontPage),
        Route(.get, "/healthz", .getLiveness),
        Route(.get, "/readyz", .getReadiness),
    ]
}
