import ActorTransport
import Distributed
import JSON
import Model
import OrderedCollections
import Testing

@Suite("ClusterClient", .timeLimit(.minutes(5)))
struct ClusterClientTests {
    @Test("a scheduler that lies about its shards costs a call a moment, not its answer")
    func liar() async throws {
        let transport = LoopbackTransport()
        for name in ["liar", "honest"] {
            let system = ApusActorSystem(member: name, transport: transport)
            transport.join(name, system)
            // Each says that all shards are its own.
            system.publish(
                QueryDouble(owner: name, members: ["liar", "honest"], actorSystem: system),
                as: ActorAddress.query(on: name).name)
            for shard in 0..<ShardMap.shardCount {
                let door = ShardDouble(refuses: name == "liar", shard: shard, actorSystem: system)
                system.publish(door, as: ActorAddress.shard(shard, on: name).name)
            }
        }
        let system = ApusActorSystem(member: "gateway", transport: transport)
        transport.join("gateway", system)
        let client = ClusterClient(system: system, shards: ShardMap(members: ["liar", "honest"]))
        for name in ["a", "b", "c"] {
            #expect(try await client.workflow(namespace: "n", name: name, uid: nil) == ["answered": .string(name)])
        }
        #expect(try await client.act(WorkflowAction(namespace: "n", name: "a", verb: .stop)) == ["acted": "a"])
    }
}

/// A scheduler that says who owns all shards, and nothing else.
private distributed actor QueryDouble: QueryContract {
    typealias ActorSystem = ApusActorSystem

    private let view: ClusterView
    private static let unused = ServiceError(.unimplemented, "nobody asks for this")

    init(owner: String, members: [String], actorSystem: ApusActorSystem) {
        var view = ClusterView()
        view.owners = Array(repeating: owner, count: ShardMap.shardCount)
        view.members = members.map { name in
            var member = ClusterMember()
            member.name = name
            member.role = "scheduler"
            return member
        }
        self.view = view
        self.actorSystem = actorSystem
    }

    distributed func cluster(_ request: ClusterRequest) async throws -> ClusterView { self.view }
    distributed func workflows(_ query: WorkflowQuery) async throws -> WorkflowPage { throw Self.unused }
    distributed func objects(_ request: ListObjects) async throws -> WorkflowPage { throw Self.unused }
    distributed func lint(_ request: StoreObject) async throws -> JSONValue { throw Self.unused }
    distributed func prepareSubmit(_ request: SubmitWorkflow) async throws -> JSONValue { throw Self.unused }
    distributed func prepareResubmit(_ action: WorkflowAction) async throws -> JSONValue { throw Self.unused }
    distributed func workflow(_ key: ObjectKey) async throws -> JSONValue { throw Self.unused }
    distributed func announce(_ gateway: ClusterMember) async throws -> Nothing { throw Self.unused }
    distributed func setDraining(_ request: DrainRequest) async throws -> Nothing { throw Self.unused }
}

/// A shard that answers with the name that it was asked for, or says that it is somebody else's.
private distributed actor ShardDouble: ShardContract {
    typealias ActorSystem = ApusActorSystem

    private let refuses: Bool
    private let shard: Int
    private static let unused = ServiceError(.unimplemented, "nobody asks for this")

    init(refuses: Bool, shard: Int, actorSystem: ApusActorSystem) {
        self.refuses = refuses
        self.shard = shard
        self.actorSystem = actorSystem
    }

    private func answer(_ verb: String, _ name: String) throws -> JSONValue {
        if self.refuses { throw ServiceError.notOwner(of: self.shard, hint: "liar") }
        return [verb: .string(name)]
    }

    distributed func workflow(_ key: ObjectKey) async throws -> JSONValue { try self.answer("answered", key.name) }
    distributed func act(_ action: WorkflowAction) async throws -> JSONValue { try self.answer("acted", action.name) }
    distributed func createWorkflow(_ request: CreateWorkflow) async throws -> JSONValue { throw Self.unused }
    distributed func deleteWorkflow(_ request: DeleteWorkflow) async throws -> Nothing { throw Self.unused }
    distributed func createObject(_ request: StoreObject) async throws -> JSONValue { throw Self.unused }
    distributed func updateObject(_ request: StoreObject) async throws -> JSONValue { throw Self.unused }
    distributed func object(_ key: ObjectKey) async throws -> JSONValue { throw Self.unused }
    distributed func deleteObject(_ key: ObjectKey) async throws -> Nothing { throw Self.unused }
    distributed func report(_ reports: [PodReport]) async throws -> ReportAnswer { throw Self.unused }
    distributed func childEnded(_ cronWorkflow: ObjectKey) async throws -> Nothing { throw Self.unused }
    distributed func askLocks(_ requests: [LockRequest]) async throws -> [LockNotice] { throw Self.unused }
    distributed func tellLocks(_ notices: [LockNotice]) async throws -> Nothing { throw Self.unused }
}
