package import ActorTransport
package import Distributed
package import JSON

/// The door for what concerns all shards of a replica: lists, checks and streams.
package distributed actor QueryEndpoint: QueryContract {
    package typealias ActorSystem = ApusActorSystem

    private let service: QueryService

    init(service: QueryService, actorSystem: ApusActorSystem) {
        self.service = service
        self.actorSystem = actorSystem
    }

    /// Makes the queries and streams of a replica reachable as `query` on the system's member.
    static func publish(_ service: QueryService, on system: ApusActorSystem) {
        let name = ActorAddress.query(on: system.member).name
        system.publish(QueryEndpoint(service: service, actorSystem: system), as: name)
        system.serve(QueryStreams.watchWorkflows, at: name) { try await service.watchWorkflows($0) }
        system.serve(QueryStreams.watchShards, at: name) { try await service.watchShards(.workflows, $0) }
        system.serve(QueryStreams.watchEvents, at: name) { try await service.watchEvents($0) }
        system.serve(QueryStreams.watchShardEvents, at: name) { try await service.watchShards(.events, $0) }
        system.serve(QueryStreams.logs, at: name) { try await service.logs($0) }
        system.serve(QueryStreams.artifact, at: name) { try await service.artifact($0) }
    }

    package distributed func workflows(_ query: WorkflowQuery) async throws -> WorkflowPage {
        try await self.service.workflows(query)
    }

    package distributed func objects(_ request: ListObjects) async throws -> WorkflowPage {
        try await self.service.objects(request)
    }

    package distributed func lint(_ request: StoreObject) async throws -> JSONValue {
        try await self.service.lint(request)
    }

    package distributed func prepareSubmit(_ request: SubmitWorkflow) async throws -> JSONValue {
        try await self.service.prepareSubmit(request)
    }

    package distributed func prepareResubmit(_ action: WorkflowAction) async throws -> JSONValue {
        try await self.service.prepareResubmit(action)
    }

    package distributed func workflow(_ key: ObjectKey) async throws -> JSONValue {
        try await self.service.replica.document(of: key)
    }

    package distributed func cluster(_ request: ClusterRequest) async throws -> ClusterView {
        let replica = self.service.replica
        var view = replica.keeper.lastTable.view
        if request.everybody {
            view.members += replica.book.knownRunners + replica.gateways.living(at: replica.clock.elapsed())
        }
        return view
    }

    package distributed func announce(_ gateway: ClusterMember) async throws -> Nothing {
        try gateway.checkAnnouncer()
        self.service.replica.gateways.heard(gateway, at: self.service.replica.clock.elapsed())
        return Nothing()
    }

    package distributed func setDraining(_ request: DrainRequest) async throws -> Nothing {
        self.service.replica.keeper.tell(.drainingSet(request.isDraining))
        return Nothing()
    }
}

extension LeaseTable {
    /// What others are told of it.
    var view: ClusterView {
        var view = ClusterView()
        view.members = self.members.map { record in
            var member = ClusterMember()
            member.name = record.name
            member.role = record.role.rawValue
            member.address = record.address
            member.weight = record.weight
            member.isDraining = record.isDraining
            member.version = record.version
            return member
        }
        view.owners = self.leases.indices.map { self.livingOwner(of: $0) ?? "" }
        view.epochs = self.leases.map { Int($0.epoch) }
        return view
    }
}
