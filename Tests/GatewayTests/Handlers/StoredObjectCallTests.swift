import ActorTransport
import JSON
import Model
import Testing

@testable import Gateway

@Suite("Stored object calls", .timeLimit(.minutes(5)))
struct StoredObjectCallTests {
    private let cluster = FakeCluster()
    private var application: GatewayApplication { GatewayApplication(cluster: self.cluster) }

    @Test(
        "each kind is created, read, replaced, listed and deleted under its own path",
        arguments: [
            ("/api/v1/workflow-templates/argo", "template"), ("/api/v1/cluster-workflow-templates", "template"),
            ("/api/v1/cron-workflows/argo", "cronWorkflow"), ("/api/v1/apus/config-maps/argo", ""),
            ("/api/v1/workflow-event-bindings/argo", "workflowEventBinding"),
        ])
    func lifeCycle(path: String, member: String) async throws {
        func body(_ marker: String) -> String {
            let object = "{\"metadata\":{\"name\":\"t\"},\"spec\":{\"marker\":\"\(marker)\"}}"
            return member.isEmpty ? object : "{\"\(member)\":\(object)}"
        }
        #expect(try await self.application.ask(.post, path, body("one")).status == 200)
        #expect(try await self.application.ask(.post, path, body("one")).status == 409)
        #expect(try await self.application.ask(.get, "\(path)/t").body.contains(#""marker":"one""#))
        let replaced = try await self.application.ask(.put, "\(path)/t", body("two"))
        #expect(replaced.status == 200)
        #expect(replaced.body.contains(#""marker":"two""#))
        #expect(try await self.application.ask(.get, path).body.contains(#""items":[{"metadata":{"name":"t""#))
        let deleted = try await self.application.ask(.delete, "\(path)/t")
        #expect(deleted.status == 200)
        #expect(deleted.body == "{}")
        #expect(try await self.application.ask(.get, "\(path)/t").status == 404)
        #expect(try await self.application.ask(.get, path).body.hasSuffix(#""items":null}"#))
    }

    @Test(
        "a missing object is refused in the words of its service",
        arguments: [
            ("/api/v1/workflow-templates/argo", 400, "workflow template was not found in the request body"),
            ("/api/v1/cluster-workflow-templates", 400, "cluster workflow template was not found in the request body"),
            ("/api/v1/cron-workflows/argo", 404, "cron workflow was not found in the request body"),
        ])
    func missingObject(path: String, status: Int, message: String) async throws {
        let answer = try await self.application.ask(.post, path, "{}")
        #expect(answer.status == status)
        #expect(answer.body.contains(message))
    }

    @Test("an update for one name with an object of another is refused")
    func twoNames() async throws {
        let answer = try await self.application.ask(
            .put, "/api/v1/workflow-templates/argo/a", #"{"template":{"metadata":{"name":"b"}}}"#)
        #expect(answer.status == 400)
        #expect(answer.body.contains("(b) does not match the name on the URL (a)"))
    }

    @Test("a cron workflow is suspended and resumed, with a body or without")
    func suspension() async throws {
        self.cluster.put(.cronWorkflow, "argo", "c", [:])
        for (verb, body, expected) in [("suspend", "{}", "true"), ("resume", "", "false")] {
            let answer = try await self.application.ask(.put, "/api/v1/cron-workflows/argo/c/\(verb)", body)
            #expect(answer.status == 200)
            #expect(answer.body.contains("\"suspend\":\(expected)"))
        }
    }

    @Test("lint answers the object and stores nothing")
    func lint() async throws {
        for (path, member) in [
            ("/api/v1/workflow-templates/argo", "template"), ("/api/v1/cluster-workflow-templates", "template"),
            ("/api/v1/cron-workflows/argo", "cronWorkflow"), ("/api/v1/workflows/argo", "workflow"),
        ] {
            let answer = try await self.application.ask(
                .post, "\(path)/lint", "{\"\(member)\":{\"metadata\":{\"name\":\"x\"}}}")
            #expect(answer.status == 200)
            #expect(answer.body == #"{"metadata":{"name":"x"}}"#)
            #expect(try await self.application.ask(.get, "\(path)/x").status == 404)
        }
    }

    @Test("the pattern of a list reaches the cluster")
    func namePattern() async throws {
        _ = try await self.application.ask(.get, "/api/v1/workflow-templates/argo?namePattern=abc")
        var query = ObjectQuery()
        query.namePattern = "abc"
        #expect(self.cluster.asked.last == .objects(.workflowTemplate, "argo", query))
    }

    @Test("a config map is put whether it was there or not, under the path's name where it has none")
    func putConfigMap() async throws {
        for value in ["one", "two"] {
            let answer = try await self.application.ask(
                .put, "/api/v1/apus/config-maps/argo/c", "{\"data\":{\"k\":\"\(value)\"}}")
            #expect(answer.status == 200)
            #expect(answer.body.contains("\"k\":\"\(value)\""))
        }
        #expect(try await self.application.ask(.get, "/api/v1/apus/config-maps/argo/c").body.contains("two"))
        #expect(try await self.application.ask(.put, "/api/v1/apus/config-maps/argo/c", "{}").status == 400)
    }
}
