import Testing

@testable import apus

/// A server that answers as the recorded one did.
private func recordedServer() throws -> FakeServer {
    try FakeServer { request in
        switch (request.method, request.path) {
        case ("GET", "/api/v1/workflows/argo/cli-1"): return .json(RecordedWorkflow.json)
        case ("GET", "/api/v1/workflows/argo"):
            let isRunning = request.query["listOptions.labelSelector"]?.contains("completed!=true") ?? false
            let items = isRunning ? "null" : "[\(RecordedWorkflow.json)]"
            return .json("{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":\(items)}")
        case ("GET", "/api/v1/workflows/argo/cli-1/log"):
            return .events([
                "{\"content\":\"hello world\",\"podName\":\"cli-1-say-3958743861\"}",
                "{\"content\":\"x\",\"podName\":\"cli-1-say-3910196851\"}",
                "{\"content\":\"true\",\"podName\":\"cli-1-say-2499510868\"}",
                "{\"content\":\"oops\",\"podName\":\"cli-1-fail-4258966618\"}",
            ])
        case ("GET", "/api/v1/workflow-events/argo"):
            return .events(["{\"type\":\"ADDED\",\"object\":\(RecordedWorkflow.json)}"])
        case ("GET", "/api/v1/version"): return .json("{\"version\":\"v4.1.2\"}")
        default: return .error(404, code: 5, "workflows.argoproj.io \"nope\" not found")
        }
    }
}

@Suite("commands that read", .timeLimit(.minutes(5)))
struct ReadingCommandTests {
    private static let argo = ["ARGO_NAMESPACE": "argo", "TZ": "UTC"]

    @Test("list refuses a phase that there is not, and names those that there are")
    func unknownPhase() async throws {
        let server = try FakeServer { _ in .error(500, code: 2, "not asked") }
        let run = await CommandRun.run("list", "--status", "Failed,Nope", server: server)
        #expect(
            run.errors.contains(
                "invalid argument \"Nope\" for \"--status\" flag: one of Pending, Running, Succeeded, Failed, Error"))
        #expect(run.exitCode == 1)
        #expect(server.requests.isEmpty)
    }

    @Test("get prints what Argo prints, with colours on a terminal")
    func get() async throws {
        let run = await CommandRun.run(
            "get", "cli-1", server: try recordedServer(), isTerminal: true, environment: Self.argo,
            now: "2026-11-23T02:49:19Z")
        #expect(run.output == Recorded.get)
        #expect(run.exitCode == 0)
    }

    @Test("get -o wide prints what Argo prints")
    func getWide() async throws {
        let run = await CommandRun.run(
            "get", "cli-1", "-o", "wide", server: try recordedServer(), isTerminal: true, environment: Self.argo)
        #expect(run.output == Recorded.getWide)
    }

    @Test("get -o short prints the tree alone")
    func getShort() async throws {
        let run = await CommandRun.run(
            "get", "cli-1", "-oshort", server: try recordedServer(), isTerminal: true, environment: Self.argo)
        #expect(run.output == Recorded.getShort)
    }

    @Test("get without colours and without UTF-8 prints what Argo prints")
    func getPlain() async throws {
        let run = await CommandRun.run(
            "get", "cli-1", "--no-color", "--no-utf8", server: try recordedServer(), isTerminal: true,
            environment: Self.argo)
        #expect(run.output == Recorded.getPlain)
    }

    @Test("a pipe gets no colours, and neither does a terminal of someone who wants none")
    func noColours() async throws {
        let server = try recordedServer()
        let piped = await CommandRun.run("get", "cli-1", server: server, environment: Self.argo)
        let refused = await CommandRun.run(
            "get", "cli-1", server: server, isTerminal: true,
            environment: Self.argo.merging(["NO_COLOR": "1"]) { $1 })
        #expect(!piped.output.contains("\u{1B}"))
        #expect(piped.output == refused.output)
    }

    @Test("@latest is the workflow that was made last")
    func latest() async throws {
        let run = await CommandRun.run(
            "get", "@latest", "-o", "name", server: try recordedServer(), environment: Self.argo)
        #expect(run.output == "cli-1\n")
    }

    @Test("get of a workflow that is not there says so as gRPC does, and fails")
    func notFound() async throws {
        let run = await CommandRun.run("get", "nope", server: try recordedServer(), environment: Self.argo)
        #expect(run.errors == "Error: rpc error: code = NotFound desc = workflows.argoproj.io \"nope\" not found\n")
        #expect(run.exitCode == 1)
    }

    @Test("list prints Argo's table")
    func list() async throws {
        let server = try recordedServer()
        let run = await CommandRun.run("list", "-l", "team=a", server: server, environment: Self.argo)
        #expect(run.output == Recorded.list)
        #expect(server.requests.first?.query["listOptions.labelSelector"] == "team=a")
        let wide = await CommandRun.run("list", "-l", "team=a", "-o", "wide", server: server, environment: Self.argo)
        #expect(wide.output == Recorded.listWide)
        let names = await CommandRun.run("list", "-o", "name", server: server, environment: Self.argo)
        #expect(names.output == "cli-1\n")
    }

    @Test("list of nothing says so")
    func emptyList() async throws {
        let server = try recordedServer()
        let run = await CommandRun.run("list", "--running", server: server, environment: Self.argo)
        #expect(run.output == "No workflows found\n")
        let json = await CommandRun.run("list", "--running", "-o", "json", server: server, environment: Self.argo)
        #expect(json.output == "[]\n")
        let both = await CommandRun.run("list", "--running", "--completed", server: server, environment: Self.argo)
        #expect(both.errors == "Error: --completed and --running cannot be used together\n")
    }

    @Test("list turns its flags into a label selector, and follows pages")
    func listFlags() async throws {
        let server = try FakeServer { request in
            let isFirst = request.query["listOptions.continue"] == nil
            return .json("{\"metadata\":{\(isFirst ? "\"continue\":\"1\"" : "")},\"items\":[\(RecordedWorkflow.json)]}")
        }
        let run = await CommandRun.run(
            "list", "--completed", "--resubmitted", "--status", "Failed,Error", "--chunk-size", "1", "--no-headers",
            server: server, environment: Self.argo)
        #expect(run.output.split(separator: "\n").count == 2)
        #expect(server.requests.map { $0.query["listOptions.continue"] } == [nil, "1"])
        #expect(
            server.requests.first?.query["listOptions.labelSelector"] == """
                workflows.argoproj.io/phase in (Failed,Error),workflows.argoproj.io/completed=true,\
                workflows.argoproj.io/resubmitted-from-workflow
                """)
    }

    @Test("list --since and --older look at the times")
    func listTimes() async throws {
        let server = try recordedServer()
        let recent = await CommandRun.run("list", "--since", "10s", server: server, environment: Self.argo)
        #expect(recent.output == "No workflows found\n")
        let old = await CommandRun.run("list", "--older", "1s", "-o", "name", server: server, environment: Self.argo)
        #expect(old.output == "cli-1\n")
        let bad = await CommandRun.run("list", "--since", "soon", server: server, environment: Self.argo)
        #expect(bad.exitCode == 1)
        #expect(bad.errors.contains("soon"))
    }

    @Test("logs have a colour for each pod, as Argo's have")
    func logs() async throws {
        let run = await CommandRun.run(
            "logs", "cli-1", server: try recordedServer(), isTerminal: true, environment: Self.argo)
        #expect(
            run.output == """
                \u{1B}[33mcli-1-say-3958743861: hello world\u{1B}[0m
                \u{1B}[34mcli-1-say-3910196851: x\u{1B}[0m
                \u{1B}[37mcli-1-say-2499510868: true\u{1B}[0m
                \u{1B}[35mcli-1-fail-4258966618: oops\u{1B}[0m

                """)
    }

    @Test("logs passes its flags on")
    func logFlags() async throws {
        let server = try recordedServer()
        let run = await CommandRun.run(
            "logs", "cli-1", "pod", "--grep", "a b", "--tail", "3", "--since", "2m", "-f", "--timestamps=true",
            "--no-color", server: server, isTerminal: true, environment: Self.argo)
        #expect(run.output.hasPrefix("cli-1-say-3958743861: hello world\n"))
        #expect(
            server.requests.first?.query == [
                "podName": "pod", "grep": "a b", "logOptions.tailLines": "3", "logOptions.sinceSeconds": "120",
                "logOptions.follow": "true", "logOptions.timestamps": "true", "logOptions.container": "main",
            ])
        #expect(server.requests.first?.headers["accept"] == "text/event-stream")
    }

    @Test("wait says how a workflow ended, and fails where it failed")
    func wait() async throws {
        let run = await CommandRun.run("wait", "cli-1", server: try recordedServer(), environment: Self.argo)
        #expect(run.output == "cli-1 Succeeded at 2026-11-23 02:49:17 +0000 UTC\n")
        #expect(run.exitCode == 0)
        let failed = RecordedWorkflow.json.replacing(
            "\"phase\":\"Succeeded\",\"startedAt\":\"2026-11-23T02:48:31Z\","
                + "\"finishedAt\":\"2026-11-23T02:49:17Z\",\"progress\"",
            with:
                "\"phase\":\"Failed\",\"startedAt\":\"2026-11-23T02:48:31Z\","
                + "\"finishedAt\":\"2026-11-23T02:49:17Z\",\"progress\""
        )
        let server = try FakeServer { request in
            request.path.contains("workflow-events")
                ? .events(["{\"type\":\"ADDED\",\"object\":\(failed)}"]) : .json(failed)
        }
        let failure = await CommandRun.run("wait", "cli-1", server: server, environment: Self.argo)
        #expect(failure.output == "cli-1 Failed at 2026-11-23 02:49:17 +0000 UTC\n")
        #expect(failure.exitCode == 1)
    }

    @Test("wait for a workflow that is not there fails, or does not where it may be missing")
    func waitMissing() async throws {
        let server = try recordedServer()
        let run = await CommandRun.run("wait", "nope", server: server, environment: Self.argo)
        #expect(run.exitCode == 1)
        let ignored = await CommandRun.run(
            "wait", "--ignore-not-found", "nope", server: server, environment: Self.argo)
        #expect(ignored.exitCode == 0)
    }

    @Test("watch in a pipe prints a line for each node and the whole at the end")
    func watch() async throws {
        let run = await CommandRun.run("watch", "cli-1", server: try recordedServer(), environment: Self.argo)
        #expect(run.output.contains("cli-1[2].bad(0) Failed: main: Error (exit code 3)\n"))
        #expect(
            run.output.hasSuffix(
                "bad(1)     fail      cli-1-fail-4258966618  6s        main: Error (exit code 3)      \n"))
        #expect(!run.output.contains("\u{1B}"))
    }

    @Test("version names both sides where a server is given")
    func version() async throws {
        let run = await CommandRun.run("version", "--short", server: try recordedServer())
        #expect(run.output == "apus: v\(Version.current)\nargo-server: v4.1.2\n")
        let alone = await CommandRun.run("version", "--short")
        #expect(alone.output == "apus: v\(Version.current)\n")
    }

    @Test("auth token prints what is sent along")
    func authToken() async {
        let run = await CommandRun.run("auth", "token", environment: ["ARGO_TOKEN": "Bearer x"])
        #expect(run.output == "Bearer x\n")
        let none = await CommandRun.run("auth", "token")
        #expect(none.exitCode == 1)
    }
}
