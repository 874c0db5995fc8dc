import JSON
import Testing

@testable import apus

@Suite("apus cluster", .timeLimit(.minutes(1)))
struct ClusterCommandTests {
    private static let cluster: JSONValue = [
        "members": [
            [
                "name": "scheduler-0", "role": "scheduler", "address": "h:1", "isDraining": false, "weight": 1,
                "shards": 3,
            ],
            [
                "name": "scheduler-1", "role": "scheduler", "address": "h:2", "isDraining": true, "weight": 2,
                "shards": 1, "version": "v2",
            ],
            [
                "name": "runner-0", "role": "runner", "address": "h:3", "isDraining": false, "isLost": true,
                "version": "v1", "pods": 8, "usedPods": 3, "milliCPU": 4000, "memory": 1024,
            ],
            ["name": "gateway-0", "role": "gateway", "address": "http://h:2746", "isDraining": false, "version": "v1"],
        ],
        "shards": [
            ["shard": 0, "owner": "scheduler-0", "epoch": 7], ["shard": 1, "owner": "scheduler-0", "epoch": 7],
            ["shard": 2, "owner": "scheduler-1", "epoch": 9], ["shard": 3, "owner": "scheduler-0", "epoch": 1],
            ["shard": 4, "owner": "", "epoch": 0],
        ],
    ]

    private func run(_ arguments: String...) async throws -> CommandRun {
        let server = try FakeServer { _ in .json(Self.cluster.text) }
        return await CommandRun.run(arguments: ["cluster"] + arguments, server: server)
    }

    @Test("status counts the shards that have an owner, and lists the members")
    func status() async throws {
        let run = try await self.run("status")
        #expect(
            run.output == """
                Shards:  4 of 5; 1 have no owner now

                NAME          ROLE        STATE      ADDRESS         VERSION   SHARDS   PODS
                scheduler-0   scheduler   active     h:1                       3        
                scheduler-1   scheduler   draining   h:2             v2        1        
                runner-0      runner      lost       h:3             v1                 3/8
                gateway-0     gateway     active     http://h:2746   v1                 

                """)
    }

    @Test("shards are listed by owner in ranges, or one by one")
    func shards() async throws {
        let brief = try await self.run("shards")
        #expect(
            brief.output == """
                OWNER         COUNT   SHARDS
                <none>        1       4
                scheduler-0   3       0-1,3
                scheduler-1   1       2

                """)
        let wide = try await self.run("shards", "-o", "wide")
        #expect(wide.output.hasPrefix("SHARD   OWNER         EPOCH\n0       scheduler-0   7\n"))
    }

    @Test("members are documents too")
    func documents() async throws {
        let json = try await self.run("members", "-o", "json")
        #expect(try JSONValue.parse(json.output) == Self.cluster["members"])
        #expect(try await self.run("members", "-o", "yaml").output.contains("name: scheduler-0\n"))
        #expect(try await self.run("members", "-o", "wide").output.contains("4000m   1024\n"))
    }

    @Test("drain asks for it by name, and takes it back")
    func drain() async throws {
        let server = try FakeServer { _ in .json("{}") }
        let run = await CommandRun.run("cluster", "drain", "scheduler-1", server: server)
        #expect(run.output == "scheduler-1 hands its shards over\n")
        _ = await CommandRun.run("cluster", "drain", "scheduler-1", "--undo", server: server)
        #expect(
            server.requests.map(\.path) == [
                "/api/v1/apus/cluster/members/scheduler-1/drain", "/api/v1/apus/cluster/members/scheduler-1/undrain",
            ])
    }
}
