import JSON
import Testing

@testable import apus

@Suite("commands that write", .timeLimit(.minutes(5)))
struct WritingCommandTests {
    private static let argo = ["ARGO_NAMESPACE": "argo"]
    private static let created = """
        {"metadata":{"name":"cli-1","namespace":"argo","creationTimestamp":"2026-11-23T02:48:31Z"},\
        "spec":{"arguments":{"parameters":[{"name":"who","value":"world"}]}},\
        "status":{"startedAt":null,"finishedAt":null}}
        """

    @Test("submit prints the workflow as Argo does")
    func submit() async throws {
        let files = try Files(["w.yaml": Samples.workflow])
        let server = try FakeServer { _ in .json(Self.created) }
        let run = await CommandRun.run(
            "submit", files("w.yaml"), server: server, environment: Self.argo, now: "2026-11-23T02:48:31Z")
        #expect(run.output == Recorded.submitted)
        #expect(run.exitCode == 0)
        let request = try #require(server.requests.first)
        #expect(request.method == "POST")
        #expect(request.path == "/api/v1/workflows/argo")
        let body = try JSONValue.parse(request.body)
        #expect(body["namespace"] == "argo")
        #expect(body["workflow"]?["spec"]?["entrypoint"] == "main")
    }

    @Test("submit changes name, entrypoint, labels and parameters before it sends")
    func submitEdits() async throws {
        let files = try Files(["w.yaml": Samples.workflow, "p.yaml": "other: 2\nfile: true\n"])
        let server = try FakeServer { _ in .json(Self.created) }
        _ = await CommandRun.run(
            "submit", files("w.yaml"), "--name", "x", "--entrypoint=e", "-l", "a=b,c=d", "-p", "who=me=you",
            "-pmore=-1", "-f", files("p.yaml"), "--serviceaccount", "sa", "--priority", "5", "-o", "name",
            server: server, environment: Self.argo)
        let workflow = try JSONValue.parse(try #require(server.requests.first).body)["workflow"]
        #expect(workflow?["metadata"]?["name"] == "x")
        #expect(workflow?["metadata"]?["labels"] == ["team": "a", "a": "b", "c": "d"])
        #expect(workflow?["spec"]?["entrypoint"] == "e")
        #expect(workflow?["spec"]?["serviceAccountName"] == "sa")
        #expect(workflow?["spec"]?["priority"] == 5)
        #expect(
            workflow?["spec"]?["arguments"]?["parameters"] == [
                ["name": "who", "value": "me=you"], ["name": "more", "value": "-1"],
                ["name": "other", "value": "2"], ["name": "file", "value": "true"],
            ])
    }

    @Test("submit takes several documents, from several files and standard input")
    func submitMany() async throws {
        let files = try Files(["a.yaml": Samples.workflow + "---\n" + Samples.template + "---\n" + Samples.user])
        let server = try FakeServer { _ in .json(Self.created) }
        let run = await CommandRun.run(
            "submit", files("a.yaml"), "-", "-o", "name", server: server,
            input: "{\"kind\":\"List\",\"items\":[{\"kind\":\"Workflow\",\"metadata\":{\"name\":\"z\"},\"spec\":{}}]}",
            environment: Self.argo)
        #expect(run.output == "cli-1\ncli-1\ncli-1\n")
        #expect(run.errors.contains("level=WARN msg=\"Object is not of kind Workflow. Ignoring...\" name=shared"))
        #expect(server.requests.count == 3)
    }

    @Test("submit --from sends the options along")
    func submitFrom() async throws {
        let server = try FakeServer { _ in .json(Self.created) }
        let run = await CommandRun.run(
            "submit", "--from", "workflowtemplate/shared", "-p", "a=b", "-o", "name", server: server,
            environment: Self.argo)
        #expect(run.output == "cli-1\n")
        let body = try JSONValue.parse(try #require(server.requests.first).body)
        #expect(server.requests.first?.path == "/api/v1/workflows/argo/submit")
        #expect(body["resourceKind"] == "workflowtemplate")
        #expect(body["resourceName"] == "shared")
        #expect(body["submitOptions"]?["parameters"] == ["a=b"])
    }

    @Test("submit says what is wrong in Argo's words, and sends nothing")
    func submitFailures() async throws {
        let files = try Files(["w.yaml": Samples.workflow, "unknown.yaml": Samples.unknown])
        let server = try FakeServer { _ in .error(400, code: 3, "template name 'nope' undefined") }
        func errors(_ arguments: String...) async -> String {
            let run = await CommandRun.run(
                arguments: ["submit"] + arguments, server: server, environment: Self.argo,
                now: "2026-11-23T02:49:25Z")
            #expect(run.exitCode == 1)
            return run.errors
        }
        #expect(await errors() == "Error: no workflow found in given files\n")
        #expect(await errors("/none/w.yaml") == "Error: open /none/w.yaml: no such file or directory\n")
        #expect(
            await errors(files("unknown.yaml")) == """
                time=2026-11-23T02:49:25.000Z level=ERROR msg="Failed to parse workflow" \
                error="strict decoding error: unknown field \\"spec.bogus\\" at \(files("unknown.yaml")):5:3"

                """)
        #expect(await errors(files("w.yaml"), "--watch", "--wait") == "Error: --wait cannot be combined with --watch\n")
        #expect(await errors(files("w.yaml"), "--dry-run") == "Error: --dry-run should have an output option\n")
        #expect(await errors("--from", "x/y", files("w.yaml")).hasPrefix("Error: cannot combine --from with file"))
        #expect(server.requests.isEmpty)
        #expect(
            await errors(files("w.yaml")) == """
                Error: failed to submit workflow: rpc error: code = InvalidArgument desc = \
                template name 'nope' undefined

                """)
    }

    @Test("submit --dry-run prints the changed workflow and sends nothing")
    func dryRun() async throws {
        let files = try Files([
            "w.yaml": Samples.workflow,
            "drawn.yaml": Samples.workflow.replacing("name: cli-1", with: "generateName: a-"),
        ])
        let server = try FakeServer { _ in .json(Self.created) }
        let run = await CommandRun.run(
            "submit", files("w.yaml"), "--dry-run", "-o", "yaml", "--name", "other", server: server,
            environment: Self.argo)
        #expect(run.output.contains("name: other\n"))
        let drawn = await CommandRun.run(
            "submit", files("drawn.yaml"), "--dry-run", "-o", "name", server: server,
            environment: Self.argo)
        #expect(drawn.output == "a-\n")
        let idle = await CommandRun.run(
            "submit", files("w.yaml"), "--dry-run", "-o", "name", "--status", "Failed", server: server,
            environment: Self.argo)
        #expect(idle.errors.contains("level=WARN msg=\"--status should only be used with --watch\""))
        #expect(server.requests.isEmpty)
    }

    @Test("submit --wait prints the end and fails where the workflow failed")
    func submitAndWait() async throws {
        let files = try Files(["w.yaml": Samples.workflow])
        let failed = Self.created.replacing(
            "\"startedAt\":null,\"finishedAt\":null",
            with: "\"phase\":\"Failed\",\"finishedAt\":\"2026-11-23T02:49:17Z\"")
        let server = try FakeServer { request in
            request.path.contains("workflow-events")
                ? .events(["{\"type\":\"MODIFIED\",\"object\":\(failed)}"]) : .json(Self.created)
        }
        let run = await CommandRun.run(
            "submit", "-w", files("w.yaml"), server: server, environment: Self.argo)
        #expect(run.output.hasSuffix("cli-1 Failed at 2026-11-23 02:49:17 +0000 UTC\n"))
        #expect(run.exitCode == 1)
    }

    @Test("verbs on workflows print what Argo prints")
    func verbs() async throws {
        let server = try FakeServer { _ in .json(Self.created) }
        for (arguments, output, path) in [
            (["suspend", "cli-1"], "workflow cli-1 suspended\n", "suspend"),
            (["resume", "cli-1"], "workflow cli-1 resumed\n", "resume"),
            (["stop", "cli-1"], "workflow cli-1 stopped\n", "stop"),
            (["terminate", "cli-1"], "workflow cli-1 terminated\n", "terminate"),
            (["retry", "cli-1", "-o", "name"], "cli-1\n", "retry"),
            (["resubmit", "cli-1", "--memoized", "-o", "name"], "cli-1\n", "resubmit"),
            (["node", "set", "cli-1", "-p", "a=\"b c\""], "workflow values set\n", "set"),
        ] {
            let run = await CommandRun.run(arguments: arguments, server: server, environment: Self.argo)
            #expect(run.output == output)
            #expect(run.exitCode == 0)
            #expect(server.requests.last?.method == "PUT")
            #expect(server.requests.last?.path == "/api/v1/workflows/argo/cli-1/\(path)")
        }
        #expect(server.requests.last?.body.contains("\"outputParameters\":\"{\\\"a\\\":\\\"b c\\\"}\"") == true)
    }

    @Test("a verb that is refused says so with the server's words")
    func refusedVerbs() async throws {
        let server = try FakeServer { _ in
            .error(400, code: 3, "timed out waiting for the condition: cannot suspend completed workflows")
        }
        let run = await CommandRun.run("suspend", "cli-1", server: server, environment: Self.argo)
        #expect(
            run.errors == """
                Error: failed to suspend cli-1: rpc error: code = InvalidArgument desc = \
                timed out waiting for the condition: cannot suspend completed workflows

                """)
        let none = await CommandRun.run("stop", server: server, environment: Self.argo)
        #expect(none.errors.hasPrefix("Error: requires either selector or workflow\n"))
    }

    @Test("delete says what it deleted and what was not there")
    func delete() async throws {
        let server = try FakeServer { request in
            request.path.hasSuffix("/cli-1") ? .json("{}") : .error(404, code: 5, "not found")
        }
        let run = await CommandRun.run("delete", "cli-1", "gone", "--force", server: server, environment: Self.argo)
        #expect(run.output == "Workflow 'cli-1' deleted\nWorkflow 'gone' not found\n")
        #expect(server.requests.first?.query == ["force": "true"])
        let none = await CommandRun.run("delete", server: server, environment: Self.argo)
        #expect(none.errors.hasPrefix("Error: requires either a workflow or other argument\n"))
        #expect(none.errors.contains("apus delete [--dry-run]"))
        #expect(none.exitCode == 1)
    }

    @Test("apply creates what is new, updates what exists, and has a route for config maps")
    func apply() async throws {
        let map = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {a: b}\n"
        let files = try Files(["all.yaml": Samples.template + map + "---\n" + Samples.user])
        let server = try FakeServer { request in
            switch (request.method, request.path) {
            case ("POST", "/api/v1/workflow-templates/argo"): return .error(409, code: 6, "exists")
            case ("GET", "/api/v1/workflow-templates/argo/shared"):
                return .json("{\"metadata\":{\"name\":\"shared\",\"resourceVersion\":\"9\"}}")
            case ("PUT", "/api/v1/workflow-templates/argo/shared"): return .json("{\"metadata\":{\"name\":\"shared\"}}")
            case ("POST", "/api/v1/apus/config-maps/argo"):
                return request.body.contains("\"old\"")
                    ? .error(409, code: 6, "exists") : .json("{\"metadata\":{\"name\":\"m\"}}")
            case ("GET", "/api/v1/apus/config-maps/argo/old"), ("PUT", "/api/v1/apus/config-maps/argo/old"):
                let isTouched = request.method == "PUT" && request.body.contains("new")
                return .json("{\"metadata\":{\"name\":\"old\",\"resourceVersion\":\"\(isTouched ? 6 : 5)\"}}")
            case ("POST", "/api/v1/workflows/argo"): return .json(Self.created)
            default: return .error(501, code: 12, "Not Implemented")
            }
        }
        let run = await CommandRun.run("apply", "-f", files("all.yaml"), server: server, environment: Self.argo)
        #expect(run.output == "workflowtemplate/shared configured\nconfigmap/m created\nworkflow/cli-1 created\n")
        let update = try #require(server.requests.first { $0.method == "PUT" })
        #expect(try JSONValue.parse(update.body)["template"]?["metadata"]?["resourceVersion"] == "9")
        let nested = "kind: List\nitems:\n- kind: ConfigMapList\n  items:\n  - metadata: {name: old}\n"
        let again = await CommandRun.run(
            "apply", "-f", "-", server: server, input: "\u{FEFF}" + nested, environment: Self.argo)
        #expect(again.output == "configmap/old unchanged\n")
        let changed = await CommandRun.run(
            "apply", "-f", "-", server: server,
            input: nested.replacing("{name: old}", with: "{name: old}\n    data: {a: new}"),
            environment: Self.argo)
        #expect(changed.output == "configmap/old configured\n")
        let bad = await CommandRun.run("apply", "-f", "-", server: server, input: "kind: Pod\nmetadata: {name: x}\n")
        #expect(bad.errors.contains("stdin: document 1: unknown kind \"Pod\": one of Workflow, "))
        #expect(bad.exitCode == 1)
    }
}

@Suite("lint", .timeLimit(.minutes(5)))
struct LintTests {
    @Test("lint --offline finds nothing wrong where nothing is, and resolves what files refer to")
    func clean() async throws {
        let files = try Files(["w.yaml": Samples.workflow, "t.yaml": Samples.template, "u.yaml": Samples.user])
        let run = await CommandRun.run("lint", "--offline", files.path, isTerminal: true)
        #expect(run.output == "\u{1B}[32m✔\u{1B}[0m no linting errors found!\n")
        #expect(run.exitCode == 0)
        let alone = await CommandRun.run("lint", "--offline", files("u.yaml"))
        #expect(alone.exitCode == 1)
    }

    @Test("lint --offline says what is wrong, and where")
    func offlineProblems() async throws {
        let files = try Files(["bad.yaml": Samples.bad, "unknown.yaml": Samples.unknown])
        let run = await CommandRun.run("lint", "--offline", files("bad.yaml"))
        #expect(
            run.output == """
                \(files("bad.yaml")):
                   ✖ in "cli-1" (Workflow): template name 'nope' undefined

                ✖ 1 linting errors found!

                """)
        #expect(run.exitCode == 1)
        let unknown = await CommandRun.run("lint", "--offline", "-o", "simple", files("unknown.yaml"))
        #expect(
            unknown.output
                == "\(files("unknown.yaml")): in \"cli-1\" (Workflow): strict decoding error: unknown field "
                + "\"spec.bogus\" at \(files("unknown.yaml")):5:3\n"
        )
        let lenient = await CommandRun.run("lint", "--offline", "--strict=false", files("unknown.yaml"))
        #expect(lenient.output == "✔ no linting errors found!\n")
    }

    @Test("lint --offline reads files of ten megabytes, and refuses a longer one with the limit alone")
    func bigFiles() async throws {
        let limit = 10 * 1_024 * 1_024
        func manifest(_ arguments: String, _ items: String) -> String {
            """
            apiVersion: argoproj.io/v1alpha1
            kind: Workflow
            metadata: {name: big}
            spec:
              entrypoint: main
              arguments: {parameters: [{name: p, value: "\(arguments)"}]}
              templates:
              - {name: main, steps: [[{name: a, template: b, withItems: [\(items)]}]]}
              - {name: b, container: {image: x, command: ["true"]}}

            """
        }
        let files = try Files([
            "parameter.yaml": manifest(String(repeating: "a", count: 10_000_000), "1"),
            "items.yaml": manifest("a", Array(repeating: "7", count: 100_000).joined(separator: ", ")),
        ])
        let run = await CommandRun.run("lint", "--offline", files.path)
        #expect(run.output == "✔ no linting errors found!\n")
        let rest = limit + 1 - manifest("", "1").utf8.count
        let over = try Files(["over.yaml": manifest(String(repeating: "a", count: rest), "1")])
        let refused = await CommandRun.run("lint", "--offline", over.path)
        #expect(
            refused.output == """
                \(over("over.yaml")):
                   ✖ line 1, column 1: expected at most \(limit) bytes, found \(limit + 1)

                ✖ 1 linting errors found!

                """)
        #expect(refused.exitCode == 1)
    }

    @Test("lint asks the server, and prints its words as Argo does")
    func online() async throws {
        let files = try Files(["bad.yaml": Samples.bad])
        let server = try FakeServer { _ in .error(500, code: 2, "template name 'nope' undefined") }
        let run = await CommandRun.run("lint", files("bad.yaml"), server: server, isTerminal: true)
        #expect(
            run.output == """
                \u{1B}[4m\(files("bad.yaml"))\u{1B}[0m:
                   \u{1B}[31m✖\u{1B}[0m in "cli-1" (Workflow): rpc error: code = Unknown desc = \
                template name 'nope' undefined

                \u{1B}[31m✖ 1 linting errors found!\u{1B}[0m

                """)
        #expect(server.requests.first?.path == "/api/v1/workflows/default/lint")
    }

    @Test("lint checks event bindings itself, also where it asks a server for the rest")
    func eventBindings() async throws {
        let input = """
            kind: WorkflowEventBinding
            metadata: {name: b, namespace: "A B"}
            spec:
              event: {selector: "a =="}
            """
        for flag in ["--offline", "--kinds=all"] {
            let server = try FakeServer { _ in .error(500, code: 2, "not asked") }
            let run = await CommandRun.run("lint", "-o", "simple", flag, "-", server: server, input: input)
            #expect(run.exitCode == 1)
            #expect(run.output.contains("stdin: in \"b\" (WorkflowEventBinding): spec.event.selector: expression "))
            #expect(run.output.contains("(WorkflowEventBinding): metadata.namespace: Invalid value: \"A B\": "))
            #expect(server.requests.isEmpty)
        }
        let right = await CommandRun.run(
            "lint", "--offline", "-", input: input.replacing("a ==", with: "true").replacing("A B", with: "a"))
        #expect(right.output == "✔ no linting errors found!\n")
    }

    @Test("lint finds metadata that would be refused, and warns of an object without a name")
    func metadata() async throws {
        let label = Samples.workflow.replacing("metadata: {", with: "metadata: {annotations: {a b: c}, ")
        let run = await CommandRun.run("lint", "--offline", "-o", "simple", "-", input: label)
        let finding = "stdin: in \"cli-1\" (Workflow): metadata.annotations: Invalid value: \"a b\": "
        #expect(run.output.hasPrefix(finding), "\(run.output)")
        let nameless = Samples.workflow.replacing("name: cli-1, ", with: "")
        let warned = await CommandRun.run("lint", "--offline", "-", input: nameless)
        #expect(warned.output == "✔ no linting errors found!\n")
        #expect(warned.errors.contains("warning: stdin: in \"object #1\" (Workflow): no metadata.name and no "))
    }

    @Test("a file that cannot be read as YAML is a finding with its line")
    func brokenYAML() async throws {
        let files = try Files(["broken.yaml": "kind: Workflow\nspec: [1,\n"])
        let run = await CommandRun.run("lint", "--offline", files("broken.yaml"))
        #expect(run.exitCode == 1)
        #expect(run.output.hasPrefix("\(files("broken.yaml")):\n   ✖ line 3, column 1: "))
        let twice = Samples.workflow.replacing("spec:", with: "kind: Workflow\nspec:")
        let strict = await CommandRun.run("lint", "--offline", "-", input: twice)
        #expect(strict.output.contains("found key \"kind\" a second time"))
        let lenient = await CommandRun.run("lint", "--offline", "--strict=false", "-", input: twice)
        #expect(lenient.exitCode == 0)
    }

    @Test("lint fails where there is nothing to lint, and names what it looked at")
    func nothing() async throws {
        let files = try Files(["empty.yaml": "", "pod.yaml": "apiVersion: v1\nkind: Pod\n", "values.yaml": "a: 1\n"])
        for (path, words) in [
            ("empty.yaml", "empty.yaml holds no object\n"), ("pod.yaml", "pod.yaml holds Pod\n"),
            ("values.yaml", "values.yaml holds a document without a kind\n"),
        ] {
            let run = await CommandRun.run("lint", "--offline", files(path))
            #expect(run.output == "✖ found nothing to lint in the specified paths, failing...\n")
            #expect(run.errors.hasSuffix(words), "\(run.errors)")
            #expect(run.exitCode == 1)
        }
        let stdin = await CommandRun.run("lint", "--offline", "-", input: "# nothing\n")
        #expect(stdin.errors == "stdin holds no object\n")
    }

    @Test("lint names a kind that nobody knows, and leaves the kinds of other programs alone")
    func unknownKinds() async throws {
        let input = Samples.workflow + "---\napiVersion: argoproj.io/v1alpha1\nkind: Workflw\n"
        let run = await CommandRun.run("lint", "--offline", "-o", "simple", "-", input: input)
        #expect(
            run.output == "stdin: document 2: unknown kind \"Workflw\": one of Workflow, WorkflowTemplate, "
                + "ClusterWorkflowTemplate, CronWorkflow, WorkflowEventBinding, ConfigMap\n")
        #expect(run.exitCode == 1)
        let others =
            "---\napiVersion: v1\nkind: Service\n---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\n---\nvalues: 1\n"
        #expect(await CommandRun.run("lint", "--offline", "-", input: Samples.workflow + others).exitCode == 0)
    }

    @Test("lint warns of a template that no process can run, and says what to add")
    func commandWarning() async throws {
        let input = Samples.workflow.replacing(", command: [echo", with: ", args: [echo")
        let run = await CommandRun.run("lint", "--offline", "-", input: input)
        #expect(run.output == "✔ no linting errors found!\n")
        #expect(run.exitCode == 0)
        #expect(run.errors.contains("warning: stdin: in \"cli-1\" (Workflow): template \"main\" has no command"))
        #expect(run.errors.contains("add `container.command:`"))
    }

    @Test("what is of the wrong type or unknown is told with its line and column")
    func places() async throws {
        let wrong = "kind: Workflow\nmetadata: {name: a}\nspec:\n  entrypoint: main\n  templates:\n  - name: [x]\n"
        let second = "---\nkind: List\nitems:\n- kind: Workflow\n  metadata: {name: b}\n  spec:\n    templats: []\n"
        let run = await CommandRun.run("lint", "--offline", "-o", "simple", "-", input: wrong + second)
        #expect(run.output.contains("spec.templates[0].name: expected "), "\(run.output)")
        #expect(run.output.contains(" at stdin:6:11\n"), "\(run.output)")
        #expect(run.output.contains("unknown field \"spec.templats\" (did you mean \"templates\"?) at stdin:13:5\n"))
    }
}

@Suite("templates and cron workflows", .timeLimit(.minutes(5)))
struct StoredObjectCommandTests {
    private static let argo = ["ARGO_NAMESPACE": "argo"]

    @Test("template commands print what Argo prints")
    func templates() async throws {
        let object =
            "{\"metadata\":{\"name\":\"shared\",\"namespace\":\"argo\",\"creationTimestamp\":\"2026-11-23T02:48:31Z\"}}"
        let files = try Files(["t.yaml": Samples.template])
        let server = try FakeServer { request in
            request.method == "GET" && request.path.hasSuffix("/argo")
                ? .json("{\"items\":[\(object)]}") : .json(object)
        }
        let shown = """
            Name:                shared
            Namespace:           argo
            Created:             Mon Nov 23 02:48:31 +0000 (49 seconds ago)

            """
        for arguments in [["create", files("t.yaml")], ["get", "shared"], ["update", files("t.yaml")]] {
            let run = await CommandRun.run(arguments: ["template"] + arguments, server: server, environment: Self.argo)
            #expect(run.output == shown)
        }
        let list = await CommandRun.run("template", "list", server: server, environment: Self.argo)
        #expect(list.output == "NAME\nshared   \n")
        let delete = await CommandRun.run("template", "delete", "--all", server: server, environment: Self.argo)
        #expect(delete.output == "WorkflowTemplate 'shared' deleted\n")
    }

    @Test("cron commands print schedules and the next run")
    func cron() async throws {
        let object = """
            {"metadata":{"name":"nightly","namespace":"argo","creationTimestamp":"2026-11-23T02:48:31Z"},\
            "spec":{"schedules":["0 3 * * *"],"suspend":false,"concurrencyPolicy":"Forbid","workflowSpec":{}},\
            "status":{"active":null,"lastScheduledTime":null}}
            """
        let server = try FakeServer { request in
            request.path.hasSuffix("/argo") ? .json("{\"items\":[\(object)]}") : .json(object)
        }
        let get = await CommandRun.run("cron", "get", "nightly", server: server, environment: Self.argo)
        #expect(
            get.output == """
                Name:                          nightly
                Namespace:                     argo
                Created:                       Mon Nov 23 02:48:31 +0000 (49 seconds ago)
                Schedules:                     0 3 * * *
                Suspended:                     false
                ConcurrencyPolicy:             Forbid
                NextScheduledTime:             Mon Nov 23 03:00:00 +0000 (10 minutes from now) \
                (assumes workflow-controller is in UTC)

                """)
        let list = await CommandRun.run("cron", "list", server: server, environment: Self.argo)
        #expect(
            list.output == """
                NAME      AGE   LAST RUN   NEXT RUN   SCHEDULES   TIMEZONE   SUSPENDED
                nightly   49s   N/A        10m        0 3 * * *              false

                """)
        let suspend = await CommandRun.run("cron", "suspend", "nightly", server: server, environment: Self.argo)
        #expect(suspend.output == "CronWorkflow 'nightly' suspended\n")
        #expect(server.requests.last?.path == "/api/v1/cron-workflows/argo/nightly/suspend")
    }

    @Test("archive commands find a workflow by name")
    func archive() async throws {
        let server = try FakeServer { request in
            request.path == "/api/v1/archived-workflows"
                ? .json("{\"metadata\":{},\"items\":[\(RecordedWorkflow.json)]}") : .json(RecordedWorkflow.json)
        }
        let delete = await CommandRun.run("archive", "delete", "cli-1", server: server, environment: Self.argo)
        #expect(delete.output == "Archived workflow 'cli-1' deleted\n")
        #expect(server.requests.last?.path == "/api/v1/archived-workflows/39015323-bc31-4af0-bebd-4b16c82bf3a6")
        let empty = try FakeServer { _ in .json("{\"metadata\":{},\"items\":null}") }
        let list = await CommandRun.run("archive", "list", server: empty, environment: Self.argo)
        #expect(list.output == "No workflows found\n")
    }
}
