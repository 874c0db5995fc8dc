package import JSON
package import Model

/// Everything the gateway and the command line ask of schedulers and runners, whatever lies between.
///
/// Documents are JSON in Argo's form (`EncodingStyle.argo`), with `metadata.resourceVersion` set. Every call may run
/// twice: what creates is idempotent by `metadata.uid` where the caller gave one, and by name otherwise.
/// All throw `ServiceError`.
package protocol WorkflowCluster: Sendable {
    // Workflows
    func createWorkflow(_ request: CreateWorkflow) async throws(ServiceError) -> JSONValue
    func submitWorkflow(_ request: SubmitWorkflow) async throws(ServiceError) -> JSONValue
    func workflow(namespace: String, name: String, uid: String?) async throws(ServiceError) -> JSONValue
    func workflows(_ query: WorkflowQuery) async throws(ServiceError) -> WorkflowPage
    func act(_ action: WorkflowAction) async throws(ServiceError) -> JSONValue
    func deleteWorkflow(namespace: String, name: String, force: Bool) async throws(ServiceError)
    /// Checks an object of any kind as a server would on creation; answers it as it would be stored.
    func lint(_ kind: ObjectKind, namespace: String, object: JSONValue) async throws(ServiceError) -> JSONValue

    // Stored objects: every kind but workflows
    func createObject(_ kind: ObjectKind, namespace: String, object: JSONValue) async throws(ServiceError) -> JSONValue
    /// Replaces an object; with `metadata.resourceVersion` only if it is still that version.
    func updateObject(_ kind: ObjectKind, namespace: String, name: String, object: JSONValue)
        async throws(ServiceError) -> JSONValue
    func object(_ kind: ObjectKind, namespace: String, name: String) async throws(ServiceError) -> JSONValue
    func objects(_ kind: ObjectKind, namespace: String, query: ObjectQuery) async throws(ServiceError) -> ObjectPage
    func deleteObject(_ kind: ObjectKind, namespace: String, name: String) async throws(ServiceError)
    func setCronWorkflowSuspended(_ suspended: Bool, namespace: String, name: String)
        async throws(ServiceError) -> JSONValue

    // The cluster itself
    func cluster() async throws(ServiceError) -> ClusterView
    /// Has a scheduler give its shards away one by one, or take its share again.
    func setDraining(_ isDraining: Bool, member: String) async throws(ServiceError)

    // Streams. Cancelling the consumer ends the work behind them.
    func watchWorkflows(_ request: WatchRequest) async throws(ServiceError) -> AsyncThrowingStream<
        WatchEvent, any Error
    >
    /// Kubernetes-like events of a namespace.
    func watchEvents(_ request: WatchRequest) async throws(ServiceError) -> AsyncThrowingStream<JSONValue, any Error>
    func logs(_ request: LogRequest) async throws(ServiceError) -> AsyncThrowingStream<LogBatch, any Error>
    func artifact(_ request: ArtifactRequest) async throws(ServiceError) -> ArtifactContent
}
