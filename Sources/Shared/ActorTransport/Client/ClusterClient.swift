package import JSON
package import Model
import OrderedCollections

/// The cluster as gateway and command line see it: finds the owner of each object and calls it over the wire.
///
/// Calls on one object go to the owner of its shard, so that everybody reads what they wrote; lists and streams to the
/// query door of a scheduler. A wrong guess of the owner is answered with a redirect and tried again.
package struct ClusterClient: WorkflowCluster {
    /// How often a generated name that is taken is drawn anew.
    private static let attemptLimit = 4

    let system: ApusActorSystem
    package let shards: ShardMap

    package init(system: ApusActorSystem, shards: ShardMap) {
        self.system = system
        self.shards = shards
    }

    // MARK: Workflows

    package func createWorkflow(_ request: CreateWorkflow) async throws(ServiceError) -> JSONValue {
        guard var members = request.workflow.objectValue, !members.isEmpty else {
            throw ServiceError(.invalidArgument, "workflow body not specified")
        }
        var metadata = members["metadata"]?.objectValue ?? [:]
        let isNamed = !(metadata["name"]?.stringValue ?? "").isEmpty
        let prefix = metadata["generateName"]?.stringValue ?? ""
        guard isNamed || !prefix.isEmpty else {
            throw ServiceError(.invalidArgument, "name or generateName is required")
        }
        var random = SystemRandomNumberGenerator()
        if (metadata["uid"]?.stringValue ?? "").isEmpty {
            metadata["uid"] = .string(Identifiers.uid(using: &random))
        }
        // What is no object is left for the scheduler to refuse.
        if let trace = CallContext.current.metadata.trace,
            case .object(var annotations) = metadata["annotations"] ?? .object([:])
        {
            annotations[WorkflowKeys.traceID] = .string(trace.traceID)
            metadata["annotations"] = .object(annotations)
        }
        var attempt = 1
        while true {
            if !isNamed { metadata["name"] = .string(GeneratedNames.name(prefix: prefix, using: &random)) }
            members["metadata"] = .object(metadata)
            var named = request
            named.workflow = .object(members)
            let name = metadata["name"]?.stringValue ?? ""
            do {
                let home = ShardMap.shard(ofWorkflow: name, in: request.namespace)
                // Told apart by its uid where it comes twice.
                return try await self.onShard(home, isRepeatable: true) { try await $0.createWorkflow(named) }
            } catch  where error.code == .alreadyExists && !isNamed && attempt < ClusterClient.attemptLimit {
                attempt += 1
            }
        }
    }

    package func submitWorkflow(_ request: SubmitWorkflow) async throws(ServiceError) -> JSONValue {
        let workflow = try await self.onQuery { try await $0.prepareSubmit(request) }
        var creation = CreateWorkflow(namespace: request.namespace, workflow: workflow)
        creation.isDryRun =
            request.options["dryRun"]?.boolValue ?? request.options["serverDryRun"]?.boolValue ?? false
        creation.creator = request.creator
        return try await self.createWorkflow(creation)
    }

    package func workflow(namespace: String, name: String, uid: String?) async throws(ServiceError) -> JSONValue {
        let key = ObjectKey(.workflow, namespace: namespace, name: name, uid: uid)
        return try await self.onShard(ShardMap.shard(of: key), isRepeatable: true) { try await $0.workflow(key) }
    }

    package func workflows(_ query: WorkflowQuery) async throws(ServiceError) -> WorkflowPage {
        try await self.onQuery { try await $0.workflows(query) }
    }

    package func act(_ action: WorkflowAction) async throws(ServiceError) -> JSONValue {
        guard action.verb == .resubmit else {
            let shard = ShardMap.shard(ofWorkflow: action.name, in: action.namespace)
            return try await self.onShardOnce(shard) { try await $0.act(action) }
        }
        let workflow = try await self.onQuery { try await $0.prepareResubmit(action) }
        var creation = CreateWorkflow(namespace: action.namespace, workflow: workflow)
        creation.creator = action.actor
        creation.bringsNodes = true
        return try await self.createWorkflow(creation)
    }

    package func deleteWorkflow(namespace: String, name: String, force: Bool) async throws(ServiceError) {
        let request = DeleteWorkflow(namespace: namespace, name: name, force: force)
        _ = try await self.onShardOnce(ShardMap.shard(ofWorkflow: name, in: namespace)) {
            try await $0.deleteWorkflow(request)
        }
    }

    package func lint(_ kind: ObjectKind, namespace: String, object: JSONValue) async throws(ServiceError) -> JSONValue
    {
        let request = StoreObject(kind, namespace: namespace, name: "", object: object)
        return try await self.onQuery { try await $0.lint(request) }
    }

    // MARK: Streams

    package func watchWorkflows(
        _ request: WatchRequest
    ) async throws(ServiceError) -> AsyncThrowingStream<WatchEvent, any Error> {
        try await self.openQuery(QueryStreams.watchWorkflows, request)
    }

    package func watchEvents(
        _ request: WatchRequest
    ) async throws(ServiceError) -> AsyncThrowingStream<JSONValue, any Error> {
        try await self.openQuery(QueryStreams.watchEvents, request)
    }

    /// Logs, which go on through another scheduler where the one that reads them is lost.
    package func logs(_ request: LogRequest) async throws(ServiceError) -> AsyncThrowingStream<LogBatch, any Error> {
        let stream = try await self.openQuery(QueryStreams.logs, request)
        // How many bytes are left nobody knows.
        guard request.limitBytes == nil else { return stream }
        let clock = self.system.clock
        let start = clock.elapsed()
        let logs = ResumedLogs(
            stream, told: request.after, clock: clock, patience: Self.patience,
            isPassing: { $0.isLost || $0.redirect != nil },
            open: { told throws(ServiceError) in
                var rest = request
                rest.after = told
                // Of pods that nothing was told of yet, the same lines as at first.
                if let seconds = request.sinceSeconds {
                    rest.sinceSeconds = seconds.addingClamped(Int((clock.elapsed() - start).components.seconds) + 1)
                }
                return try await self.openQuery(QueryStreams.logs, rest)
            })
        return logs.stream
    }

    package func artifact(_ request: ArtifactRequest) async throws(ServiceError) -> ArtifactContent {
        try await ArtifactContent(wire: self.openQuery(QueryStreams.artifact, request))
    }
}
