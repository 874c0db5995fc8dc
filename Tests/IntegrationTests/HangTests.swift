import Foundation
import IntegrationSupport
import JSON
import OrderedCollections
import TestSupport
import Testing

/// A scheduler that stands still, and what clients see of it.
@Suite("Hanging scheduler", .timeLimit(.minutes(5)))
struct HangTests {
    private static let names = (0..<8).map { "w\($0)" }

    @Test("what clients ask of the workflows of a scheduler that hangs is done once, by whoever owns them next")
    func actions() async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let cluster = try LocalCluster(folder: folder.url.appendingPathComponent("cluster"), schedulers: 2, gateways: 1)
        do {
            try await self.actions(cluster)
        } catch {
            try cluster.down()
            throw error
        }
        try cluster.down()
    }

    private func actions(_ cluster: LocalCluster) async throws {
        let client = RESTClient(cluster.gateways[0])
        for name in Self.names {
            let answer = try await client.send(
                "POST", "/api/v1/workflows/default", ["workflow": SampleWorkflow.twoQuestions(name)])
            #expect(answer.status == 200, "\(answer.message)")
        }
        for name in Self.names { try await self.waits(name, at: "first", client) }
        try cluster.signal(SIGSTOP, "scheduler-0")
        let answers = try await withThrowingTaskGroup(of: (String, RESTClient.Answer).self) { group in
            for name in Self.names {
                group.addTask {
                    (name, try await client.send("PUT", "/api/v1/workflows/default/\(name)/resume", [:]))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for (name, answer) in answers { #expect(answer.status == 200, "\(name): \(answer.message)") }
        for name in Self.names { try await self.waits(name, at: "second", client) }
        // It wakes, and finds that nobody waits for it.
        try cluster.signal(SIGCONT, "scheduler-0")
        for name in Self.names {
            #expect(try await client.send("PUT", "/api/v1/workflows/default/\(name)/resume", [:]).status == 200)
            let workflow = try await client.workflow(name, until: \.isCompleted)
            #expect(workflow["status"]?.phase == "Succeeded")
        }
    }

    private func waits(_ name: String, at node: String, _ client: RESTClient) async throws {
        _ = try await client.workflow(name) { workflow in
            workflow.nodes.contains { $0["displayName"]?.stringValue == node && $0.phase == "Running" }
        }
    }
}
