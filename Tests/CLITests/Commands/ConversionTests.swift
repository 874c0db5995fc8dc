import JSON
import Testing

@testable import apus

@Suite("convert and cron backfill", .timeLimit(.minutes(5)))
struct ConversionTests {
    private static let legacy = """
        kind: CronWorkflow
        metadata: {name: c}
        spec:
          schedule: "0 3 * * *"
          schedules: ["1 1 * * *"]
          workflowSpec:
            synchronization: {mutex: {name: a}, mutexes: [{name: b}]}
            templates:
            - name: main
              synchronization: {semaphore: {configMapKeyRef: {name: m, key: k}}}
        ---
        kind: Service
        spec: {schedule: mine}

        """

    @Test("convert turns single schedules and locks into lists, and leaves other kinds as they are")
    func convert() async throws {
        let run = await CommandRun.run("convert", "-o", "json", "-", input: Self.legacy)
        let lines = run.output.split(separator: "\n")
        #expect(run.exitCode == 0)
        #expect(lines.count == 2)
        let spec = try #require(try JSONValue.parse(Array(lines[0].utf8))["spec"])
        #expect(spec["schedule"] == nil)
        #expect(spec["schedules"] == ["0 3 * * *"])
        #expect(spec["workflowSpec"]?["synchronization"] == ["mutexes": [["name": "b"], ["name": "a"]]])
        let template = spec["workflowSpec"]?["templates"]?.arrayValue?.first
        #expect(
            template?["synchronization"] == ["semaphores": [["configMapKeyRef": ["name": "m", "key": "k"]]]])
        #expect(lines[1] == #"{"kind":"Service","spec":{"schedule":"mine"}}"#)
        let yaml = await CommandRun.run("convert", "-", input: "kind: CronWorkflow\nspec: {schedule: '@daily'}\n")
        #expect(yaml.output == "---\nkind: CronWorkflow\nspec:\n  schedules:\n  - '@daily'\n")
    }

    @Test("backfill makes one workflow for each scheduled time of the span")
    func backfill() async throws {
        let cron = """
            {"metadata":{"name":"nightly","namespace":"argo"},"spec":{"schedules":["0 3 * * *"],"workflowSpec":{}}}
            """
        let server = try FakeServer { request in
            request.method == "GET" ? .json(cron) : .json("{\"metadata\":{\"name\":\"made\",\"namespace\":\"argo\"}}")
        }
        func run(_ arguments: String...) async -> CommandRun {
            await CommandRun.run(
                arguments: ["cron", "backfill", "nightly", "--parallel", "--name", "One"] + arguments, server: server,
                environment: ["ARGO_NAMESPACE": "argo"])
        }
        let made = await run("--start", "2026-11-20T03:00:00Z", "--end", "Sun, 22 Nov 2026 03:00:00 UTC")
        #expect(made.exitCode == 0)
        #expect(made.output.contains("Total Backfill Schedule: 2 \n"))
        #expect(made.output.hasSuffix("1. argo \t made \n2. argo \t made \n"))
        let bodies = try server.requests.filter { $0.method == "POST" }.map { try JSONValue.parse($0.body) }
        #expect(
            bodies.compactMap { $0["submitOptions"]?["parameters"]?.arrayValue?.first?.stringValue } == [
                "cronScheduleTime=2026-11-21 03:00:00 +0000 UTC", "cronScheduleTime=2026-11-22 03:00:00 +0000 UTC",
            ])
        #expect(bodies.first?["submitOptions"]?["generateName"] == "nightly-backfill-one-")
        #expect(bodies.first?["submitOptions"]?["labels"] == "workflows.argoproj.io/backfill=nightly")

        #expect(await run().errors == "Error: start date should not be empty\n")
        #expect(await run("--start", "soon").errors.contains("--start \"soon\" is no time of the form"))
        let many = await run("--start", "2026-10-01T00:00:00Z", "--maxworkflowcount", "5")
        #expect(many.errors.contains("more than 5 scheduled times"))
        let none = await run("--start", "2026-11-23T02:00:00Z")
        #expect(none.output == "There is no suitable scheduling time.\n")
    }

    @Test("a command of argo that is not there says what to do instead", arguments: ["sync", "executor-plugin"])
    func missing(command: String) async {
        let run = await CommandRun.run(command, "create")
        #expect(run.errors.hasPrefix("Error: apus has no command \"\(command)\": "))
        #expect(run.exitCode == 1)
    }

    @Test("of workflows made in the same second, @latest is the one whose uid says that it was made last")
    func latest() async throws {
        let items = [("a", "7-2"), ("b", "7-3"), ("c", "7-1")].map { name, uid in
            "{\"metadata\":{\"name\":\"\(name)\",\"uid\":\"\(uid)\",\"creationTimestamp\":\"2026-11-23T02:48:31Z\"}}"
        }
        let server = try FakeServer { request in
            request.path.hasSuffix("/argo")
                ? .json("{\"items\":[\(items.joined(separator: ","))]}") : .json(RecordedWorkflow.json)
        }
        _ = await CommandRun.run("get", "@latest", server: server, environment: ["ARGO_NAMESPACE": "argo"])
        #expect(server.requests.last?.path == "/api/v1/workflows/argo/b")
    }
}
