import ActorTransport
import JSON
import OrderedCollections
import Testing

@testable import Gateway

@Suite("Calls about the cluster", .timeLimit(.minutes(1)))
struct ClusterCallTests {
    private let cluster = FakeCluster()

    private var application: GatewayApplication { GatewayApplication(cluster: self.cluster) }

    init() {
        var view = ClusterView()
        for (name, role) in [("scheduler-1", "scheduler"), ("scheduler-0", "scheduler"), ("runner-0", "runner")] {
            var member = ClusterMember()
            (member.name, member.role, member.address) = (name, role, "h:1")
            (member.version, member.pods, member.usedPods, member.memory) = ("v1", 8, 2, 1_024)
            view.members.append(member)
        }
        view.owners = ["scheduler-0", "scheduler-0", "scheduler-1", ""]
        view.epochs = [1, 2, 3, 4]
        self.cluster.setCluster(view)
    }

    @Test("members come with their shares, and shards with their owners")
    func report() async throws {
        let answer = try await self.application.ask(.get, "/api/v1/apus/cluster")
        #expect(answer.status == 200)
        let document = try JSONValue.parse(answer.body)
        let members = document["members"]?.arrayValue ?? []
        #expect(members.map { $0["name"]?.stringValue } == ["runner-0", "scheduler-0", "scheduler-1"])
        #expect(members.map { $0["shards"]?.text } == [nil, "2", "1"])
        #expect(members.map { $0["usedPods"]?.text } == ["2", nil, nil])
        #expect(
            members.first == [
                "name": "runner-0", "role": "runner", "address": "h:1", "isDraining": false, "version": "v1",
                "isLost": false, "pods": 8, "usedPods": 2, "memory": 1_024,
            ])
        #expect(document["shards"]?.arrayValue?.last == ["shard": 3, "owner": "", "epoch": 4])
    }

    @Test("who has a token is admitted where the authority is, and told where it is not")
    func joining() async throws {
        let away = try await self.application.ask(.post, "/api/v1/apus/join", #"{"token":"t"}"#)
        #expect(away.status == 400)
        #expect(away.body.contains("--authority"))
        let here = GatewayApplication(cluster: self.cluster, admit: { ["asked": $0["token"] ?? .null] })
        let answer = try await here.ask(.post, "/api/v1/apus/join", #"{"token":"t"}"#)
        #expect(answer.status == 200)
        #expect(try JSONValue.parse(answer.body) == ["asked": "t"])
        #expect(try await here.ask(.post, "/api/v1/apus/join", #"{"token":7}"#).status == 400)
    }

    @Test("a scheduler is drained and taken back by name; one that is not there is not found")
    func draining() async throws {
        #expect(try await self.application.ask(.put, "/api/v1/apus/cluster/members/scheduler-1/drain").status == 200)
        var view = try await self.cluster.cluster()
        #expect(view.members.filter(\.isDraining).map(\.name) == ["scheduler-1"])
        #expect(try await self.application.ask(.put, "/api/v1/apus/cluster/members/scheduler-1/undrain").status == 200)
        view = try await self.cluster.cluster()
        #expect(view.members.filter(\.isDraining).isEmpty)
        let missing = try await self.application.ask(.put, "/api/v1/apus/cluster/members/x/drain")
        #expect(missing.status == 404)
        #expect(missing.body.contains("no scheduler"))
    }
}
