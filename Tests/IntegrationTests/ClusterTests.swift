import Foundation
import IntegrationSupport
import JSON
import TestSupport
import Testing

/// Schedulers, a runner and gateways as processes of their own.
@Suite("Cluster", .timeLimit(.minutes(5)))
struct ClusterTests {
    @Test("a workflow whose scheduler is killed in the middle is finished by another, each step once")
    func failover() async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let cluster = try LocalCluster(folder: folder.url.appendingPathComponent("cluster"))
        do {
            try await self.failover(cluster, witness: folder.url.appendingPathComponent("witness"))
        } catch {
            try cluster.down()
            throw error
        }
        try cluster.down()
    }

    private func failover(_ cluster: LocalCluster, witness: URL) async throws {
        #expect(cluster.gateways.count == 2)
        let first = RESTClient(cluster.gateways[0])
        let second = RESTClient(cluster.gateways[1])
        try await self.members(first)
        let names = (0..<6).map { "w\($0)" }
        for name in names {
            let answer = try await first.send(
                "POST", "/api/v1/workflows/default", ["workflow": Self.workflow(name, witness: witness)])
            #expect(answer.status == 200, "\(answer.message)")
        }
        // Both gateways know all of them at once.
        for name in names { #expect(try await second.workflow(name).name == name) }
        // All have begun: six workflows of three schedulers, so that some are of the one that dies.
        for name in names {
            _ = try await second.workflow(name) { workflow in
                workflow.isCompleted || workflow.nodes.contains { $0.phase == "Running" }
            }
        }
        // All shards are somebody's, but for those on their way to another just now.
        while try await self.shardsOwned(cluster) != 256 { try await Task.sleep(for: .milliseconds(100)) }
        try cluster.kill("scheduler-1")
        for (client, name) in zip([first, second, first, second, first, second], names) {
            let workflow = try await client.workflow(name, within: .seconds(60), until: \.isCompleted)
            #expect(workflow["status"]?.phase == "Succeeded", "\(name): \(workflow["status"]?.text ?? "")")
        }
        let lines = try String(contentsOf: witness, encoding: .utf8).split(separator: "\n").map(String.init).sorted()
        #expect(lines == names.flatMap { name in ["a", "b", "c"].map { "\(name) \($0)" } })
        // It comes back, and a scheduler that is told to stop hands over without a word of it.
        try cluster.restart("scheduler-1")
        try cluster.restart("scheduler-0")
        let answer = try await second.send(
            "POST", "/api/v1/workflows/default", ["workflow": Self.workflow("last", witness: witness)])
        #expect(answer.status == 200, "\(answer.message)")
        let last = try await first.workflow("last", until: \.isCompleted)
        #expect(last["status"]?.phase == "Succeeded")
        #expect(try cluster.log("scheduler-0").contains("scheduler stopped"))
        try await self.drain("scheduler-2", second)
        #expect(try await first.send("GET", "/readyz").status == 200)
        for name in ["scheduler-0", "scheduler-1", "scheduler-2"] { try cluster.kill(name) }
        while try await first.send("GET", "/readyz").status != 503 { try await Task.sleep(for: .milliseconds(100)) }
        #expect(try await first.send("GET", "/healthz").status == 200)
    }

    /// How many shards all schedulers say that they own; every member tells what it measures.
    private func shardsOwned(_ cluster: LocalCluster) async throws -> Int {
        var shards = 0
        for (name, url) in cluster.metrics {
            let answer = try await RESTClient(url.replacing("/metrics", with: "")).send("GET", "/metrics")
            #expect(answer.status == 200, "\(name)")
            let lines = answer.text.split(separator: "\n")
            #expect(lines.contains { $0.hasPrefix("process_resident_memory_bytes ") }, "\(name)")
            let owned = lines.first { $0.hasPrefix("apus_shards_owned ") }?.split(separator: " ").last
            shards += owned.flatMap { Int($0) } ?? 0
        }
        #expect(cluster.metrics.count == 6)
        return shards
    }

    /// Everybody is there, and says what it is.
    private func members(_ client: RESTClient) async throws {
        var members: [JSONValue] = []
        while members.count < 6 {
            members = try await client.send("GET", "/api/v1/apus/cluster").json["members"]?.arrayValue ?? []
        }
        #expect(
            members.map { $0["name"]?.stringValue } == [
                "gateway-0", "gateway-1", "runner-0", "scheduler-0", "scheduler-1", "scheduler-2",
            ])
        #expect(Set(members.map { $0["version"]?.stringValue }).count == 1)
        for member in members { #expect(member["address"]?.stringValue?.contains("127.0.0.1:") == true) }
        #expect(members[2]["usedPods"] == 0)
        #expect((members[2]["pods"]?.integerValue ?? 0) > 0)
        #expect(members[3...].compactMap { $0["shards"]?.integerValue }.reduce(0, +) <= 256)
    }

    /// A scheduler that is drained over the API owns nothing after a while, and its share again when it is taken back.
    private func drain(_ member: String, _ client: RESTClient) async throws {
        func shards() async throws -> Int {
            let cluster = try await client.send("GET", "/api/v1/apus/cluster").json
            return (cluster["shards"]?.arrayValue ?? []).filter { $0["owner"]?.stringValue == member }.count
        }
        while try await shards() == 0 { try await Task.sleep(for: .milliseconds(100)) }
        let path = "/api/v1/apus/cluster/members/\(member)"
        #expect(try await client.send("PUT", "\(path)/drain").status == 200)
        while try await shards() > 0 { try await Task.sleep(for: .milliseconds(100)) }
        #expect(try await client.send("PUT", "\(path)/undrain").status == 200)
        while try await shards() == 0 { try await Task.sleep(for: .milliseconds(100)) }
        #expect(try await client.send("PUT", "/api/v1/apus/cluster/members/x/drain").status == 404)
    }

    /// Three steps one after another, each of which writes a line.
    private static func workflow(_ name: String, witness: URL) -> JSONValue {
        let steps: [JSONValue] = ["a", "b", "c"].map { step in
            [
                [
                    "name": .string(step), "template": "say",
                    "arguments": ["parameters": [["name": "line", "value": .string("\(name) \(step)")]]],
                ]
            ]
        }
        return [
            "metadata": ["name": .string(name)],
            "spec": [
                "entrypoint": "main",
                "templates": [
                    ["name": "main", "steps": .array(steps)],
                    [
                        "name": "say", "inputs": ["parameters": [["name": "line"]]],
                        "script": [
                            "image": "alpine", "command": ["sh"],
                            "source": .string("echo '{{inputs.parameters.line}}' >> \(witness.path); sleep 1"),
                        ],
                    ],
                ],
            ],
        ]
    }
}
