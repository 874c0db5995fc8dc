package import Distributed
package import JSON
package import Model

/// What the owner of a shard does for the objects of that shard.
///
/// Every call may run twice: creating an object that exists under the same uid answers the object that is there.
@Resolvable
package protocol ShardContract: DistributedActor where ActorSystem == ApusActorSystem {
    /// Stores a workflow. Its name and uid are set by the caller.
    distributed func createWorkflow(_ request: CreateWorkflow) async throws -> JSONValue
    distributed func workflow(_ key: ObjectKey) async throws -> JSONValue
    distributed func act(_ action: WorkflowAction) async throws -> JSONValue
    distributed func deleteWorkflow(_ request: DeleteWorkflow) async throws -> Nothing
    distributed func createObject(_ request: StoreObject) async throws -> JSONValue
    distributed func updateObject(_ request: StoreObject) async throws -> JSONValue
    distributed func object(_ key: ObjectKey) async throws -> JSONValue
    distributed func deleteObject(_ key: ObjectKey) async throws -> Nothing
    /// Takes reports of pods of this shard's workflows; answers once they are durable.
    distributed func report(_ reports: [PodReport]) async throws -> ReportAnswer
    /// A workflow of this cron workflow has ended. A hint: its next tick finds out by itself.
    distributed func childEnded(_ cronWorkflow: ObjectKey) async throws -> Nothing
    /// Asks for locks whose home this shard is, and gives them back; answers once it is durable, with a notice of each
    /// request that is no release.
    distributed func askLocks(_ requests: [LockRequest]) async throws -> [LockNotice]
    /// Tells workflows of this shard what became of their requests; answers once they have taken it.
    distributed func tellLocks(_ notices: [LockNotice]) async throws -> Nothing
}

/// What any scheduler answers for all of its shards at once.
@Resolvable
package protocol QueryContract: DistributedActor where ActorSystem == ApusActorSystem {
    distributed func workflows(_ query: WorkflowQuery) async throws -> WorkflowPage
    distributed func objects(_ request: ListObjects) async throws -> WorkflowPage
    /// Checks an object as on creation, and answers it as it would be stored.
    distributed func lint(_ request: StoreObject) async throws -> JSONValue
    /// The workflow that a submission makes of a stored object; it is not stored yet.
    distributed func prepareSubmit(_ request: SubmitWorkflow) async throws -> JSONValue
    /// The workflow that resubmits another; it is not stored yet.
    distributed func prepareResubmit(_ action: WorkflowAction) async throws -> JSONValue
    /// Finds a workflow by its uid.
    distributed func workflow(_ key: ObjectKey) async throws -> JSONValue
    /// Who lives and who owns what, as this scheduler sees it.
    distributed func cluster(_ request: ClusterRequest) async throws -> ClusterView
    /// A gateway says what it is and that it lives.
    distributed func announce(_ gateway: ClusterMember) async throws -> Nothing
    /// Has this scheduler give its shards away one by one, or take its share again.
    distributed func setDraining(_ request: DrainRequest) async throws -> Nothing
}

/// What a runner does for schedulers.
@Resolvable
package protocol RunnerContract: DistributedActor where ActorSystem == ApusActorSystem {
    /// Starts pods; answers once those that it takes are on record. A pod that is on record is not started again.
    distributed func launch(_ launches: [PodLaunch]) async throws -> LaunchAnswer
    /// Stops pods. Their final reports follow as for any pod; one that never was launched is reported as failed.
    distributed func stop(_ stops: [PodStop]) async throws -> Nothing
    /// Which of these pods the runner has no record of.
    distributed func unknown(_ identities: [PodIdentity]) async throws -> [PodIdentity]
    /// Forgets the pods, logs and artifacts of a workflow.
    distributed func remove(_ workflow: ObjectKey) async throws -> Nothing
}

/// Where runners tell schedulers of themselves and of their pods.
@Resolvable
package protocol RunnerReports: DistributedActor where ActorSystem == ApusActorSystem {
    /// Answers once the reports are durable. A runner repeats a report that was not answered.
    distributed func report(_ reports: [PodReport]) async throws -> ReportAnswer
    /// A runner says what it is and that it lives.
    distributed func announce(_ announcement: RunnerAnnouncement) async throws -> AnnouncementAnswer
}

extension MethodTable {
    /// Every method that may be called over our wires.
    ///
    /// Names are never reused for something else.
    package static let contracts: MethodTable = {
        var table = MethodTable()
        table.addShardMethods()
        table.addQueryMethods()
        table.addRunnerMethods()
        table.addStreams()
        return table
    }()

    private mutating func addStreams() {
        self.add(QueryStreams.watchWorkflows)
        self.add(QueryStreams.watchShards)
        self.add(QueryStreams.watchEvents)
        self.add(QueryStreams.watchShardEvents)
        self.add(QueryStreams.logs)
        self.add(QueryStreams.artifact)
        self.add(RunnerStreams.logs)
        self.add(RunnerStreams.artifact)
    }

    private mutating func addShardMethods() {
        typealias Door = any ShardContract
        self.add("Shard/CreateWorkflow", as: "$ShardContract.createWorkflow(_:)", on: Door.self) { door, request in
            try await door.createWorkflow(request)
        }
        self.add("Shard/GetWorkflow", as: "$ShardContract.workflow(_:)", on: Door.self) { door, key in
            try await door.workflow(key)
        }
        self.add("Shard/Act", as: "$ShardContract.act(_:)", on: Door.self) { door, action in
            try await door.act(action)
        }
        self.add("Shard/DeleteWorkflow", as: "$ShardContract.deleteWorkflow(_:)", on: Door.self) { door, request in
            try await door.deleteWorkflow(request)
        }
        self.add("Shard/CreateObject", as: "$ShardContract.createObject(_:)", on: Door.self) { door, request in
            try await door.createObject(request)
        }
        self.add("Shard/UpdateObject", as: "$ShardContract.updateObject(_:)", on: Door.self) { door, request in
            try await door.updateObject(request)
        }
        self.add("Shard/GetObject", as: "$ShardContract.object(_:)", on: Door.self) { door, key in
            try await door.object(key)
        }
        self.add("Shard/DeleteObject", as: "$ShardContract.deleteObject(_:)", on: Door.self) { door, key in
            try await door.deleteObject(key)
        }
        self.add("Shard/Report", as: "$ShardContract.report(_:)", on: Door.self) { door, reports in
            try await door.report(reports)
        }
        self.add("Shard/ChildEnded", as: "$ShardContract.childEnded(_:)", on: Door.self) { door, key in
            try await door.childEnded(key)
        }
        self.add("Shard/AskLocks", as: "$ShardContract.askLocks(_:)", on: Door.self) { door, requests in
            try await door.askLocks(requests)
        }
        self.add("Shard/TellLocks", as: "$ShardContract.tellLocks(_:)", on: Door.self) { door, notices in
            try await door.tellLocks(notices)
        }
    }

    private mutating func addQueryMethods() {
        typealias Door = any QueryContract
        self.add("Query/Cluster", as: "$QueryContract.cluster(_:)", on: Door.self) { door, request in
            try await door.cluster(request)
        }
        self.add("Query/Announce", as: "$QueryContract.announce(_:)", on: Door.self) { door, gateway in
            try await door.announce(gateway)
        }
        self.add("Query/SetDraining", as: "$QueryContract.setDraining(_:)", on: Door.self) { door, request in
            try await door.setDraining(request)
        }
        self.add("Query/ListWorkflows", as: "$QueryContract.workflows(_:)", on: Door.self) { door, query in
            try await door.workflows(query)
        }
        self.add("Query/ListObjects", as: "$QueryContract.objects(_:)", on: Door.self) { door, request in
            try await door.objects(request)
        }
        self.add("Query/Lint", as: "$QueryContract.lint(_:)", on: Door.self) { door, request in
            try await door.lint(request)
        }
        self.add("Query/PrepareSubmit", as: "$QueryContract.prepareSubmit(_:)", on: Door.self) { door, request in
            try await door.prepareSubmit(request)
        }
        self.add("Query/PrepareResubmit", as: "$QueryContract.prepareResubmit(_:)", on: Door.self) { door, action in
            try await door.prepareResubmit(action)
        }
        self.add("Query/GetWorkflow", as: "$QueryContract.workflow(_:)", on: Door.self) { door, key in
            try await door.workflow(key)
        }
    }

    private mutating func addRunnerMethods() {
        typealias Door = any RunnerContract
        self.add("Runner/Launch", as: "$RunnerContract.launch(_:)", on: Door.self) { door, launches in
            try await door.launch(launches)
        }
        self.add("Runner/Stop", as: "$RunnerContract.stop(_:)", on: Door.self) { door, stops in
            try await door.stop(stops)
        }
        self.add("Runner/Unknown", as: "$RunnerContract.unknown(_:)", on: Door.self) { door, identities in
            try await door.unknown(identities)
        }
        self.add("Runner/Remove", as: "$RunnerContract.remove(_:)", on: Door.self) { door, workflow in
            try await door.remove(workflow)
        }
        typealias Reports = any RunnerReports
        self.add("RunnerReports/Report", as: "$RunnerReports.report(_:)", on: Reports.self) { door, reports in
            try await door.report(reports)
        }
        self.add("RunnerReports/Announce", as: "$RunnerReports.announce(_:)", on: Reports.self) { door, announcement in
            try await door.announce(announcement)
        }
    }
}
