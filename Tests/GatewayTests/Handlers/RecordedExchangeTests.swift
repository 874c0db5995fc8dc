import ActorTransport
import JSON
import Model
import Testing

@testable import Gateway

/// The exchanges that were recorded from a real server, asked of ours: same status, same words, same members.
@Suite("Recorded exchanges", .timeLimit(.minutes(5)))
struct RecordedExchangeTests {
    private struct Exchange {
        let method: RequestMethod
        let target: String
        var body = ""
        let status: Int
        let answer: String
    }

    private static let bare =
        "{\"metadata\":{\"name\":\"rec-1\"},\"spec\":{\"arguments\":{}},"
        + "\"status\":{\"phase\":\"Running\",\"startedAt\":null,\"finishedAt\":null}}"

    private static let exchanges: [Exchange] = [
        Exchange(
            method: .post, target: "/api/v1/workflows/argo", body: smallWorkflow(named: "rec-1"), status: 409,
            answer: #"{"code":6,"message":"workflows.argoproj.io \"rec-1\" already exists"}"#),
        Exchange(
            method: .get, target: "/api/v1/workflows/argo/nope", status: 404,
            answer: #"{"code":5,"message":"workflows.argoproj.io \"nope\" not found"}"#),
        Exchange(
            method: .get, target: "/api/v1/workflows/argo/rec-1?fields=metadata.name,status.phase", status: 200,
            answer: Self.bare),
        // The recorded status is 500; the request is what is wrong, so ours is 400.
        Exchange(
            method: .post, target: "/api/v1/workflows/argo/lint",
            body: #"{"workflow":{"metadata":{"name":"x"},"spec":{"entrypoint":"nope","templates":[]}}}"#, status: 400,
            answer: #"{"code":3,"message":"template name 'nope' undefined"}"#),
        Exchange(
            method: .post, target: "/api/v1/workflows/argo",
            body: #"{"workflow":{"metadata":{"name":"x"},"spec":{"entrypoint":"nope","templates":[]}}}"#, status: 400,
            answer: #"{"code":3,"message":"template name 'nope' undefined"}"#),
        // The recorded words, and the place that they leave out.
        Exchange(
            method: .post, target: "/api/v1/workflows/argo", body: #"{"workflow": nonsense"#, status: 400,
            answer:
                #"{"code":3,"message":"invalid character 'o' in literal null (expecting 'u') (line 1, column 15)"}"#),
        Exchange(
            method: .post, target: "/api/v1/workflows/argo", body: "{}", status: 400,
            answer: #"{"code":3,"message":"workflow body not specified"}"#),
        Exchange(
            method: .put, target: "/api/v1/workflows/argo/nope/stop", body: "{}", status: 404,
            answer: #"{"code":5,"message":"workflows.argoproj.io \"nope\" not found"}"#),
        Exchange(
            method: .get, target: "/api/v1/workflows/argo/rec-1/log?logOptions.container=main", status: 200,
            answer: #"{"result":{"content":"hello","podName":"rec-1"}}"# + "\n"
                + #"{"result":{"content":"world","podName":"rec-1"}}"# + "\n"),
        Exchange(
            method: .get,
            target: "/api/v1/workflows/argo/rec-1/log?podName=rec-1&logOptions.container=main&grep=wor", status: 200,
            answer: #"{"result":{"content":"world","podName":"rec-1"}}"# + "\n"),
        Exchange(
            method: .get,
            target: "/api/v1/workflows/argo?listOptions.limit=1&fields=metadata,items.metadata.name,items.status.phase",
            status: 200,
            answer: #"{"metadata":{"resourceVersion":"57193"},"items":["# + Self.bare + "]}"),
        Exchange(
            method: .get, target: "/api/v1/workflows/argo?listOptions.labelSelector=nope%3Dx", status: 200,
            answer: #"{"metadata":{"resourceVersion":"57197"},"items":null}"#),
        Exchange(
            method: .put, target: "/api/v1/workflows/argo/rec-1/retry", body: "{}", status: 400,
            answer: #"{"code":3,"message":"To retry a succeeded workflow, set the options restartSuccessful and "#
                + #"nodeFieldSelector"}"#),
        Exchange(
            method: .get, target: "/api/v1/workflow-templates/argo/nope", status: 404,
            answer: #"{"code":5,"message":"workflowtemplates.argoproj.io \"nope\" not found"}"#),
        Exchange(
            method: .get, target: "/api/v1/cron-workflows/argo", status: 200,
            answer: #"{"metadata":{"resourceVersion":"57231"},"items":null}"#),
        Exchange(
            method: .get, target: "/api/v1/archived-workflows", status: 200,
            answer: #"{"metadata":{},"items":null}"#),
        Exchange(
            method: .get, target: "/api/v1/cluster-workflow-templates/none", status: 404,
            answer: #"{"code":5,"message":"clusterworkflowtemplates.argoproj.io \"none\" not found"}"#),
        Exchange(
            method: .get, target: "/api/v1/nothing", status: 501, answer: #"{"code":12,"message":"Not Implemented"}"#),
        // The recorded status is 500; an artifact that is not there is 404 here.
        Exchange(method: .get, target: "/artifacts/argo/rec-1/rec-1/nope", status: 404, answer: "Not Found\n"),
        Exchange(method: .delete, target: "/api/v1/workflows/argo/rec-1", status: 200, answer: "{}"),
        Exchange(
            method: .delete, target: "/api/v1/workflows/argo/rec-1", status: 404,
            answer: #"{"code":5,"message":"workflows.argoproj.io \"rec-1\" not found"}"#),
    ]

    @Test("each recorded exchange has the same status and the same body here")
    func replay() async throws {
        let cluster = FakeCluster()
        cluster.setLogs([
            LogEntry(content: "hello", podName: "rec-1"), LogEntry(content: "world", podName: "rec-1"),
        ])
        let application = GatewayApplication(cluster: cluster)
        let created = try await application.ask(.post, "/api/v1/workflows/argo", smallWorkflow(named: "rec-1"))
        #expect(created.status == 200)
        #expect(created.body.hasPrefix(#"{"metadata":{"name":"rec-1","namespace":"argo","resourceVersion":"#))
        for exchange in Self.exchanges {
            let answer = try await application.ask(exchange.method, exchange.target, exchange.body)
            #expect(answer.status == exchange.status, "\(exchange.method.rawValue) \(exchange.target)")
            #expect(answer.body == exchange.answer, "\(exchange.method.rawValue) \(exchange.target)")
        }
    }

    @Test("suspend, resume and resubmit answer the workflow, without kind and version of the API")
    func actions() async throws {
        let cluster = FakeCluster()
        cluster.put(
            .workflow, "argo", "rec-1",
            ["apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": ["name": "rec-1"], "spec": [:]])
        let application = GatewayApplication(cluster: cluster)
        for verb in ["suspend", "resume", "resubmit", "stop", "terminate", "set"] {
            let answer = try await application.ask(.put, "/api/v1/workflows/argo/rec-1/\(verb)")
            #expect(answer.status == 200, "\(verb)")
            #expect(answer.body == #"{"metadata":{"name":"rec-1"},"spec":{}}"#, "\(verb)")
        }
    }

    @Test("a client generated from the OpenAPI document gets no null where the document knows none")
    func strictClients() async throws {
        let cluster = FakeCluster()
        cluster.put(
            .cronWorkflow, "argo", "c",
            ["metadata": ["name": "c"], "spec": ["note": nil], "status": ["lastScheduledTime": nil]])
        let application = GatewayApplication(cluster: cluster)
        for (target, expected) in [
            ("/api/v1/cron-workflows/argo/c", #"{"metadata":{"name":"c"},"spec":{"note":null},"status":{}}"#),
            ("/api/v1/workflows/argo", #"{"metadata":{"resourceVersion":"57193"},"items":[]}"#),
        ] {
            let strict = GatewayRequest(.get, target, userAgent: "OpenAPI-Generator/6.7.18/python")
            #expect(try await application.answer(strict).text() == expected)
            #expect(try await application.ask(.get, target).body.contains(":null"))
        }
    }

    @Test("the version has the members that strict clients require")
    func version() async throws {
        let answer = try await GatewayApplication(cluster: FakeCluster()).ask(.get, "/api/v1/version")
        #expect(answer.status == 200)
        for member in [
            "version", "buildDate", "gitCommit", "gitTag", "gitTreeState", "goVersion", "compiler", "platform",
        ] {
            #expect(answer.body.contains("\"\(member)\":\""), "\(member)")
        }
        #expect(answer.body.contains(#""version":"v4.1.2"#))
    }

    @Test("info and userinfo have the recorded members")
    func information() async throws {
        let application = GatewayApplication(cluster: FakeCluster())
        let info = try await application.ask(.get, "/api/v1/info")
        #expect(info.body == #"{"modals":{"feedback":false,"firstTimeUser":false,"newVersion":false}}"#)
        #expect(try await application.ask(.get, "/api/v1/userinfo").body == "{}")
        #expect(try await application.ask(.post, "/api/v1/tracking/event", #"{"name":"x"}"#).body == "{}")
    }
}
