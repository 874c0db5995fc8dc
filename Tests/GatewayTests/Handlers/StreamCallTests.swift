import ActorTransport
import JSON
import Model
import Testing

@testable import Gateway

@Suite("Stream calls", .timeLimit(.minutes(5)))
struct StreamCallTests {
    private let cluster = FakeCluster()
    private var application: GatewayApplication { GatewayApplication(cluster: self.cluster) }

    private static let workflow: JSONValue = [
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": ["name": "a", "uid": "u"],
        "status": ["phase": "Running"],
    ]

    private func watch(_ target: String, accept: String? = nil, _ events: [WatchEvent]) async throws -> String {
        let response = await self.application.answer(GatewayRequest(.get, target, accept: accept))
        #expect(response.status == 200)
        for event in events { self.cluster.events.send(event) }
        self.cluster.events.finish()
        return try await response.text()
    }

    @Test("a watch is one result a line")
    func lines() async throws {
        let text = try await self.watch(
            "/api/v1/workflow-events/argo",
            [WatchEvent(.added, Self.workflow), WatchEvent(.deleted, Self.workflow)])
        #expect(
            text
                == #"{"result":{"type":"ADDED","object":{"metadata":{"name":"a","uid":"u"},"#
                + #""status":{"phase":"Running"}}}}"#
                + "\n"
                + #"{"result":{"type":"DELETED","object":{"metadata":{"name":"a","uid":"u"},"#
                + #""status":{"phase":"Running"}}}}"#
                + "\n")
    }

    @Test("a client that accepts server-sent events gets these")
    func serverSentEvents() async throws {
        let text = try await self.watch(
            "/api/v1/workflow-events/argo", accept: "text/event-stream", [WatchEvent(.modified, ["metadata": [:]])])
        #expect(text == #"data: {"result":{"type":"MODIFIED","object":{"metadata":{}}}}"# + "\n\n")
    }

    @Test("a watch's fields are named from the frame's root")
    func watchedFields() async throws {
        let text = try await self.watch(
            "/api/v1/workflow-events/argo?fields=result.type,result.object.metadata.name",
            [WatchEvent(.added, Self.workflow)])
        #expect(
            text == #"{"result":{"type":"ADDED","object":{"metadata":{"name":"a"},"spec":{"arguments":{}},"#
                + #""status":{"startedAt":null,"finishedAt":null}}}}"# + "\n")
    }

    @Test("bookmarks are for those who ask")
    func bookmarks() async throws {
        let mark = WatchEvent(.bookmark, ["metadata": ["resourceVersion": "9"]])
        #expect(try await self.watch("/api/v1/workflow-events/argo", [mark]) == "")
        let text = try await self.watch("/api/v1/workflow-events/argo?listOptions.allowWatchBookmarks=true", [mark])
        #expect(text.contains("BOOKMARK"))
    }

    @Test("selectors, version and time limit of a watch are passed on")
    func watchOptions() async throws {
        let response = await self.application.answer(
            GatewayRequest(
                .get,
                "/api/v1/workflow-events/?listOptions.resourceVersion=7&listOptions.fieldSelector=metadata.name%3Da"
                    + "&listOptions.timeoutSeconds=5"))
        guard case .stream(let stream) = response.body, case .watch(let request) = self.cluster.asked.last else {
            Issue.record("no watch")
            return
        }
        #expect(stream.timeLimit == .seconds(5))
        #expect(request.namespace == nil)
        #expect(request.resourceVersion == "7")
        #expect(request.fieldSelector == "metadata.name=a")
    }

    @Test("events of a namespace are results too")
    func namespaceEvents() async throws {
        let text = try await self.watch(
            "/api/v1/stream/events/argo", [WatchEvent(.added, ["reason": "WorkflowRunning"])])
        #expect(text == #"{"result":{"reason":"WorkflowRunning"}}"# + "\n")
    }

    @Test("every log option reaches the cluster")
    func logOptions() async throws {
        self.cluster.put(.workflow, "argo", "w", [:])
        _ = await self.application.answer(
            GatewayRequest(
                .get,
                "/api/v1/workflows/argo/w/log?podName=p&logOptions.container=init&logOptions.follow=True"
                    + "&logOptions.tailLines=3&logOptions.sinceSeconds=60&logOptions.limitBytes=10"
                    + "&logOptions.timestamps=1&grep=x%2By&selector=a%3Db&logOptions.sinceTime=2026-01-01T00:00:00Z"))
        var expected = LogRequest(namespace: "argo", workflow: "w")
        expected.podName = "p"
        expected.container = "init"
        expected.follow = true
        expected.tailLines = 3
        expected.sinceSeconds = 60
        expected.limitBytes = 10
        expected.timestamps = true
        expected.grep = "x+y"
        expected.selector = "a=b"
        expected.sinceTime = "2026-01-01T00:00:00Z"
        #expect(self.cluster.asked.last == .logs(expected))
    }

    @Test("the logs of one pod are asked for by path too")
    func podLogs() async throws {
        self.cluster.put(.workflow, "argo", "w", [:])
        _ = await self.application.answer(GatewayRequest(.get, "/api/v1/workflows/argo/w/w-123/log"))
        guard case .logs(let request) = self.cluster.asked.last else {
            Issue.record("no logs")
            return
        }
        #expect(request.podName == "w-123")
        #expect(request.container == "main")
    }

    @Test("a stream that is refused has the status of its error, and a message where clients look for it")
    func refusedStream() async throws {
        let answer = try await self.application.ask(.get, "/api/v1/workflows/argo/none/log")
        #expect(answer.status == 404)
        #expect(
            answer.body
                == #"{"error":{"grpc_code":5,"http_code":404,"message":"workflows.argoproj.io \"none\" not found","#
                + #""http_status":"Not Found"},"code":5,"message":"workflows.argoproj.io \"none\" not found"}"#)
    }

    @Test("an artifact is a file that cannot act as a page of ours")
    func artifacts() async throws {
        let response = await self.application.answer(
            GatewayRequest(.get, "/artifact-files/argo/workflows/w/n/outputs/report"))
        #expect(response.status == 200)
        #expect(response.header("Content-Type") == "text/plain; charset=utf-8")
        #expect(response.header("Content-Disposition") == "filename=\"report.txt\"")
        #expect(response.header("Content-Security-Policy")?.hasPrefix("sandbox") == true)
        #expect(try await response.text() == "abcdef")
        _ = await self.application.answer(GatewayRequest(.get, "/input-artifacts-by-uid/u/n/report"))
        var expected = ArtifactRequest(namespace: "", workflow: "u", nodeID: "n", name: "report")
        expected.byUID = true
        expected.isInput = true
        #expect(self.cluster.asked.last == .artifact(expected))
    }

    @Test("archived workflows are read by uid, listed by label, and their labels are counted")
    func archive() async throws {
        self.cluster.put(
            .workflow, "argo", "w", ["metadata": ["name": "w", "namespace": "argo", "uid": "u1"], "spec": [:]])
        self.cluster.put(
            .workflow, "argo", "v", ["metadata": ["name": "v", "namespace": "argo", "uid": "u2"], "spec": [:]])
        let found = try await self.application.ask(.get, "/api/v1/archived-workflows/u1")
        #expect(found.status == 200)
        #expect(found.body.contains(#""uid":"u1""#))
        _ = try await self.application.ask(.get, "/api/v1/archived-workflows?namePrefix=ab&namespace=argo")
        guard case .list(let list) = self.cluster.asked.last else {
            Issue.record("no list")
            return
        }
        #expect(list.namespace == "argo")
        #expect(list.fieldSelector == "metadata.name=ab")
        #expect(list.nameFilter == "Prefix")
        #expect(list.labelSelector == GatewayApplication.archivedSelector)
        #expect(try await self.application.ask(.get, "/api/v1/archived-workflows/none").status == 404)
        #expect(try await self.application.ask(.put, "/api/v1/archived-workflows/u1/resubmit", "{}").status == 200)
        #expect(try await self.application.ask(.get, "/api/v1/archived-workflows-label-keys").body == "{}")
        let values = "/api/v1/archived-workflows-label-values"
        #expect(try await self.application.ask(.get, "\(values)?listOptions.labelSelector=app").body == "{}")
        #expect(try await self.application.ask(.get, "\(values)?listOptions.labelSelector=a%3Db").status == 400)
        #expect(try await self.application.ask(.get, values).status == 400)
        #expect(try await self.application.ask(.delete, "/api/v1/archived-workflows/u1").body == "{}")
        #expect(try await self.application.ask(.get, "/api/v1/workflows/argo/w").status == 404)
    }
}
