import ActorTransport
import JSON
import Model
import Testing

@testable import Gateway

@Suite("Workflow calls", .timeLimit(.minutes(5)))
struct WorkflowCallTests {
    private let cluster = FakeCluster()
    private var application: GatewayApplication { GatewayApplication(cluster: self.cluster) }

    @Test("every list option of a query reaches the cluster")
    func listOptions() async throws {
        let query =
            "listOptions.labelSelector=a%3Db,c&listOptions.fieldSelector=metadata.name%3Dx&listOptions.limit=7"
            + "&listOptions.continue=14&nameFilter=Prefix&createdAfter=2026-01-01T00%3A00%3A00Z"
            + "&finishedBefore=2026-02-01T00:00:00Z&fields=metadata,items.metadata.name&unknown=1"
        #expect(try await self.application.ask(.get, "/api/v1/workflows/argo?\(query)").status == 200)
        guard case .list(let asked) = self.cluster.asked.last else {
            Issue.record("no list")
            return
        }
        #expect(asked.namespace == "argo")
        #expect(asked.labelSelector == "a=b,c")
        #expect(asked.fieldSelector == "metadata.name=x")
        #expect(asked.limit == 7)
        #expect(asked.continueToken == "14")
        #expect(asked.nameFilter == "Prefix")
        #expect(asked.createdAfter == "2026-01-01T00:00:00Z")
        #expect(asked.finishedBefore == "2026-02-01T00:00:00Z")
        #expect(asked.withoutNodes)
    }

    @Test("a workflow takes no uid from a client: another one may have it")
    func foreignUID() async throws {
        let body = smallWorkflow(named: "a").replacing(#""name":"a""#, with: #""name":"a","uid":"u-1""#)
        #expect(body.contains("u-1"))
        _ = try await self.application.ask(.post, "/api/v1/workflows/argo", body)
        guard case .create(let asked) = self.cluster.asked.last else {
            Issue.record("no workflow")
            return
        }
        #expect(asked.workflow["metadata"]?["name"] == "a")
        #expect(asked.workflow["metadata"]?["uid"] == nil)
    }

    @Test("without a namespace in the path the list is of all namespaces")
    func allNamespaces() async throws {
        #expect(try await self.application.ask(.get, "/api/v1/workflows/").status == 200)
        guard case .list(let asked) = self.cluster.asked.last else {
            Issue.record("no list")
            return
        }
        #expect(asked.namespace == nil)
        #expect(!asked.withoutNodes)
    }

    @Test("a page that is not the last says how to go on")
    func continuing() async throws {
        for name in ["a", "b"] {
            _ = try await self.application.ask(.post, "/api/v1/workflows/argo", smallWorkflow(named: name))
        }
        let page = try await self.application.ask(
            .get, "/api/v1/workflows/argo?listOptions.limit=1&fields=metadata,items.metadata.name")
        #expect(page.body.hasPrefix(#"{"metadata":{"resourceVersion":"57193","continue":"1"},"items":[{"metadata":"#))
    }

    @Test(
        "numbers and truth values of a query are read as Go reads them",
        arguments: [
            ("force=True", 200), ("force=1", 200), ("force=t", 200), ("force=yes", 400), ("force=", 400),
        ])
    func truthValues(query: String, status: Int) async throws {
        _ = try await self.application.ask(.post, "/api/v1/workflows/argo", smallWorkflow(named: "a"))
        #expect(try await self.application.ask(.delete, "/api/v1/workflows/argo/a?\(query)").status == status)
        if status == 200 { #expect(self.cluster.asked.last == .delete("a", force: true)) }
    }

    @Test("a number that is none names the parameter")
    func badNumber() async throws {
        let answer = try await self.application.ask(.get, "/api/v1/workflows/argo?listOptions.limit=many")
        #expect(answer.status == 400)
        #expect(answer.body.contains("listOptions.limit"))
        #expect(try await self.application.ask(.get, "/api/v1/workflows/argo?listOptions.limit=-1").status == 400)
    }

    @Test("a PUT may come without a body, or with an empty object")
    func emptyBodies() async throws {
        _ = try await self.application.ask(.post, "/api/v1/workflows/argo", smallWorkflow(named: "a"))
        for body in ["", " \n", "{}", "null"] {
            #expect(try await self.application.ask(.put, "/api/v1/workflows/argo/a/stop", body).status == 200)
            #expect(
                self.cluster.asked.last == .act(WorkflowAction(namespace: "argo", name: "a", verb: .stop, body: [:])))
        }
    }

    @Test("the body of an action goes to the cluster as it came, name and namespace in it too")
    func actionBody() async throws {
        _ = try await self.application.ask(.post, "/api/v1/workflows/argo", smallWorkflow(named: "a"))
        let body = #"{"namespace":"argo","name":"a","nodeFieldSelector":"displayName=x","message":"why"}"#
        #expect(try await self.application.ask(.put, "/api/v1/workflows/argo/a/stop", body).status == 200)
        guard case .act(let action) = self.cluster.asked.last else {
            Issue.record("no action")
            return
        }
        #expect(action.body["message"] == "why")
        #expect(action.body["nodeFieldSelector"] == "displayName=x")
    }

    @Test("@latest stands for the workflow that was made last, wherever a name can stand")
    func latest() async throws {
        let none = try await self.application.ask(.get, "/api/v1/workflows/argo/@latest")
        #expect(none.status == 404)
        #expect(none.body == #"{"code":5,"message":"no workflows found"}"#)
        for (name, time) in [
            ("a", "2026-01-01T00:00:00Z"), ("b", "2026-01-03T00:00:00Z"), ("c", "2026-01-02T00:00:00Z"),
        ] {
            let metadata: JSONValue = ["name": .string(name), "creationTimestamp": .string(time)]
            self.cluster.put(.workflow, "argo", name, ["metadata": metadata])
        }
        #expect(
            try await self.application.ask(.get, "/api/v1/workflows/argo/@latest?fields=metadata.name").body
                .hasPrefix(#"{"metadata":{"name":"b"}"#))
        _ = try await self.application.ask(.put, "/api/v1/workflows/argo/%40latest/stop")
        guard case .act(let action) = self.cluster.asked.last else {
            Issue.record("no action")
            return
        }
        #expect(action.name == "b")
        _ = try await self.application.ask(.get, "/api/v1/workflows/argo/@latest/log")
        #expect(self.cluster.asked.last == .logs(LogRequest(namespace: "argo", workflow: "b")))
        _ = await self.application.answer(
            GatewayRequest(.get, "/api/v1/workflow-events/argo?listOptions.fieldSelector=metadata.name%3D@latest"))
        guard case .watch(let watch) = self.cluster.asked.last else {
            Issue.record("no watch")
            return
        }
        #expect(watch.fieldSelector == "metadata.name=b")
        #expect(try await self.application.ask(.delete, "/api/v1/workflows/argo/@latest").status == 200)
        #expect(try await self.application.ask(.get, "/api/v1/workflows/argo/b").status == 404)
    }

    @Test("a dry run is one by either of its two names")
    func dryRun() async throws {
        let workflow = smallWorkflow(named: "a", wrapped: false)
        for option in [#""serverDryRun":true"#, #""createOptions":{"dryRun":["All"]}"#] {
            let answer = try await self.application.ask(
                .post, "/api/v1/workflows/argo", "{\(option),\"workflow\":\(workflow)}")
            #expect(answer.status == 200)
            guard case .create(let asked) = self.cluster.asked.last else {
                Issue.record("no creation")
                return
            }
            #expect(asked.isDryRun)
        }
        #expect(try await self.application.ask(.get, "/api/v1/workflows/argo/a").status == 404)
    }

    @Test("a workflow of another namespace than the path's is refused")
    func otherNamespace() async throws {
        let answer = try await self.application.ask(
            .post, "/api/v1/workflows/argo", #"{"workflow":{"metadata":{"name":"a","namespace":"other"},"spec":{}}}"#)
        #expect(answer.status == 400)
        #expect(answer.body.contains(#"\"other\" is not \"argo\""#))
        #expect(self.cluster.asked.isEmpty)
    }

    @Test("a submission passes its kind, name and options on")
    func submit() async throws {
        let answer = try await self.application.ask(
            .post, "/api/v1/workflows/argo/submit",
            #"{"namespace":"argo","resourceKind":"WorkflowTemplate","resourceName":"t","#
                + #""submitOptions":{"parameters":["a=b"]}}"#
        )
        #expect(answer.status == 200)
        #expect(
            self.cluster.asked.last
                == .submit(
                    SubmitWorkflow(
                        namespace: "argo", resourceKind: "WorkflowTemplate", resourceName: "t",
                        options: ["parameters": ["a=b"]])))
    }

    @Test(
        "a member of the wrong kind is named",
        arguments: [
            (#"{"workflow":"x"}"#, "workflow: expected object, found string"),
            (#"{"workflow":{},"serverDryRun":"yes"}"#, "serverDryRun: expected boolean, found string"),
            (#"[1]"#, "expected an object"), (#""x""#, "expected an object"), (#"{"workflow""#, "code"),
        ])
    func wrongKinds(body: String, message: String) async throws {
        let answer = try await self.application.ask(.post, "/api/v1/workflows/argo", body)
        #expect(answer.status == 400)
        #expect(answer.body.contains(message), "\(answer.body)")
        #expect(self.cluster.asked.isEmpty)
    }

    @Test("every code of the cluster's errors has its status")
    func codes() async throws {
        let expected: [ServiceError.Code: Int] = [
            .cancelled: 408, .unknown: 500, .invalidArgument: 400, .deadlineExceeded: 504, .notFound: 404,
            .alreadyExists: 409, .permissionDenied: 403, .resourceExhausted: 429, .failedPrecondition: 400,
            .aborted: 409, .outOfRange: 400, .unimplemented: 501, .internal: 500, .unavailable: 503, .dataLoss: 500,
            .unauthenticated: 401,
        ]
        for code in ServiceError.Code.allCases {
            self.cluster.fail(with: ServiceError(code, "why"))
            let answer = try await self.application.ask(.get, "/api/v1/workflows/argo")
            #expect(answer.status == expected[code])
            #expect(answer.body == "{\"code\":\(code.rawValue),\"message\":\"why\"}")
        }
    }

    @Test("a method that a path does not know is 501 under /api/ and 405 elsewhere, with the methods it knows")
    func methods() async throws {
        let api = await self.application.answer(GatewayRequest(.patch, "/api/v1/workflows/argo"))
        #expect(api.status == 501)
        #expect(api.header("Allow") == "GET, POST")
        #expect(await self.application.answer(GatewayRequest(.post, "/healthz")).status == 405)
        #expect(await self.application.answer(GatewayRequest(.get, "/nothing")).status == 404)
    }

    @Test("what is not built yet says so")
    func notAvailable() async throws {
        for target in ["/api/v1/sensors/argo", "/api/v1/event-sources/argo", "/api/v1/sync/argo/key"] {
            let answer = try await self.application.ask(.get, target)
            #expect(answer.status == 501, "\(target)")
            #expect(answer.body.contains("not available in this version"), "\(target)")
        }
    }
}
