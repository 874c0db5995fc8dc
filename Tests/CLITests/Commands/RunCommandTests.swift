import Foundation
import Testing

@testable import apus

@Suite("run", .serialized, .timeLimit(.minutes(5)))
struct RunCommandTests {
    private static let environment = ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent"]

    private static func run(_ arguments: String..., input: String = "") async -> CommandRun {
        await CommandRun.run(
            arguments: ["run", "--isolation", "none"] + arguments, input: input, environment: self.environment)
    }

    private static func workflow(_ script: String, name: String = "it") -> String {
        """
        kind: Workflow
        metadata: {name: \(name)}
        spec:
          entrypoint: main
          arguments: {parameters: [{name: who, value: world}]}
          templates:
          - name: main
            container: {image: any, command: [sh, -c], args: ['\(script)']}

        """
    }

    @Test("a workflow that succeeds gives exit code 0, a line for each change, and its tree")
    func success() async throws {
        let files = try Files(["w.yaml": Self.workflow("echo hello")])
        let run = await Self.run(files("w.yaml"))
        #expect(run.errors == "")
        // What has ended before it could be looked at has only its end to tell.
        #expect(["it Pending\n", "it Running\n", "it Succeeded\n"].contains { run.output.hasPrefix($0) })
        #expect(run.output.contains("it Succeeded\n"))
        #expect(run.output.contains("Status:              Succeeded\n"))
        #expect(run.exitCode == 0)
    }

    @Test("a workflow that fails gives exit code 1")
    func failure() async throws {
        let run = await Self.run("-", input: Self.workflow("exit 3"))
        #expect(run.output.contains("it Failed: main: Error (exit code 3)\n"))
        #expect(run.exitCode == 1)
    }

    @Test("logs are printed, with the parameters that were given")
    func logs() async throws {
        let run = await Self.run(
            "--log", "-p", "who=me", "--name", "other", "-",
            input: Self.workflow("echo hello {{workflow.parameters.who}}"))
        #expect(run.output.hasPrefix("other: hello me\n"))
        #expect(run.exitCode == 0)
    }

    @Test("templates of the files are stored first, and run where there is nothing else to run")
    func templates() async throws {
        let template = """
            kind: WorkflowTemplate
            metadata: {name: shared}
            spec:
              entrypoint: hello
              templates:
              - name: hello
                container: {image: any, command: [sh, -c, "echo from a template"]}

            """
        let files = try Files(["t.yaml": template, "u.yaml": Samples.user])
        let both = await Self.run("--log", files("u.yaml"), files("t.yaml"))
        #expect(both.output.contains(": from a template\n"))
        #expect(both.exitCode == 0)
        let alone = await Self.run("--log", files("t.yaml"))
        #expect(alone.output.contains(": from a template\n"))
        #expect(alone.exitCode == 0)
    }

    @Test("several workflows run, and one that fails decides")
    func several() async throws {
        let run = await Self.run(
            "-", input: Self.workflow("true", name: "good") + "---\n" + Self.workflow("false", name: "bad"))
        #expect(run.output.contains("good Succeeded\n"))
        #expect(run.output.contains("bad Failed"))
        #expect(run.exitCode == 1)
    }

    @Test(
        "input that is wrong gives exit code 1 and one message, and starts nothing",
        arguments: [
            ("kind: Workflow\nspec: [", "Error: stdin: line 3"),
            ("kind: Workflow\nmetadata: {name: x}\nspec: {bogus: 1}", "unknown field \"spec.bogus\""),
            ("kind: Workflow\nmetadata: {name: x}\nspec: {entrypoint: gone}", "'gone' undefined"),
            ("kind: Pod\nmetadata: {name: x}", "document 1: unknown kind \"Pod\""),
            ("", "Error: no workflow found in given files: stdin holds no object\n"),
            ("kind: Workflow\nmetadata: {}\nspec: {}", "Error: "),
            (
                "kind: WorkflowTemplate\nmetadata: {name: a}\n---\nkind: CronWorkflow\nmetadata: {name: b}\n",
                "(workflowtemplate/a, cronworkflow/b): say which with --from workflowtemplate/a"
            ),
        ])
    func badInput(input: String, message: String) async {
        let run = await Self.run("-", input: input)
        #expect(run.errors.contains(message))
        #expect(run.output == "")
        #expect(run.exitCode == 1)
    }

    @Test("where one of several workflows is refused its file is named, and none runs")
    func refusedAmongOthers() async throws {
        let bad = try Files(["bad.yaml": Samples.bad])
        let marker = "\(bad.path)/marker"
        let good = try Files(["good.yaml": Self.workflow("touch \(marker)")])
        let run = await Self.run(good("good.yaml"), bad("bad.yaml"))
        #expect(run.errors.hasPrefix("Error: \(bad("bad.yaml")): in \"cli-1\" (Workflow): "))
        #expect(run.exitCode == 1)
        #expect(!FileManager.default.fileExists(atPath: marker))
    }

    @Test("flags that are wrong give exit code 1")
    func badFlags() async {
        let unknown = await Self.run("--bogus")
        #expect(unknown.exitCode == 1)
        let isolation = await CommandRun.run(
            "run", "--isolation", "jail", "-", input: Self.workflow("true"), environment: Self.environment)
        #expect(isolation.errors == "Error: invalid --isolation \"jail\": one of sandbox, none\n")
        #expect(isolation.exitCode == 1)
    }

    @Test("the temporary folder goes, and a folder that is named stays")
    func folders() async throws {
        let files = try Files([:])
        let first = await Self.run("--data-dir", files("data"), "-", input: Self.workflow("true"))
        #expect(first.exitCode == 0)
        #expect(FileManager.default.fileExists(atPath: files("data/apus.db")))
        let again = await Self.run("--data-dir", files("data"), "-", input: Self.workflow("true"))
        #expect(again.errors == "Error: stdin: in \"it\" (Workflow): workflows.argoproj.io \"it\" already exists\n")
        #expect(again.exitCode == 1)
    }
}

@Suite("server", .timeLimit(.minutes(5)))
struct ServerCommandTests {
    @Test("flags that are wrong are refused with the remedy")
    func badFlags() async throws {
        let files = try Files([:])
        for (arguments, message) in [
            (["--port", "70000"], "invalid --port 70000"), (["--isolation", "jail"], "invalid --isolation \"jail\""),
            (["--max-pods", "0"], "invalid --max-pods 0"), (["--loglevel", "loud"], "invalid --loglevel \"loud\""),
            (["--host", "0.0.0.0", "--port", "0"], "refusing to listen on 0.0.0.0"),
        ] {
            let run = await CommandRun.run(arguments: ["server", "--data-dir", files("data")] + arguments)
            #expect(run.errors.contains("Error: "))
            #expect(run.errors.contains(message))
            #expect(run.exitCode == 1)
        }
    }

    @Test("a data folder that cannot be written is refused with its name")
    func unwritable() async {
        let run = await CommandRun.run("server", "--port", "0", "--data-dir", "/proc/none/data")
        #expect(run.errors.contains("/proc/none/data"))
        #expect(run.exitCode == 1)
    }
}

@Suite("doctor", .timeLimit(.minutes(5)))
struct DoctorCommandTests {
    @Test("doctor says what it looked at, as a table and as JSON")
    func findings() async throws {
        let files = try Files([:])
        let environment = ["PATH": "/usr/bin:/bin"]
        let table = await CommandRun.run("doctor", "--data-dir", files("data"), environment: environment)
        for subject in ["data folder", "supervisor", "sandbox", "control groups", "PostgreSQL", "Kubernetes"] {
            #expect(table.output.contains(subject))
        }
        let json = await CommandRun.run("doctor", "--data-dir", files("data"), "-o", "json", environment: environment)
        #expect(json.output.contains("\"subject\": \"sandbox\""))
        let bad = await CommandRun.run("doctor", "--data-dir", "/proc/none", environment: environment)
        #expect(bad.exitCode == (getuid() == 0 ? bad.exitCode : 1))
    }
}
