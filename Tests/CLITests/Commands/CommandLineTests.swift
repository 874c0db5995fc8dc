import ArgumentParser
import JSON
import Testing

@testable import apus

@Suite("CommandLineTool", .timeLimit(.minutes(5)))
struct CommandLineToolTests {
    @Test("an unknown command is refused in Argo's words")
    func unknownCommand() async {
        let run = await CommandRun.run("nonsense")
        #expect(run.errors == "Error: unknown command \"nonsense\" for \"apus\"\nRun 'apus --help' for usage.\n")
        #expect(run.exitCode == 1)
        let nested = await CommandRun.run("template", "nonsense")
        #expect(nested.errors.hasPrefix("Error: unknown command \"nonsense\" for \"apus template\"\n"))
    }

    @Test("an unknown flag is refused with the command's usage")
    func unknownFlag() async {
        let run = await CommandRun.run("list", "--bogus")
        #expect(run.errors.hasPrefix("Error: unknown flag: --bogus\n"))
        #expect(run.errors.contains("\nUsage: apus list"))
        #expect(run.errors.hasSuffix("\nSee 'apus list --help'.\n"))
        #expect(run.errors.count { $0 == "\n" } <= 4)
        #expect(run.exitCode == 1)
    }

    @Test("global flags may stand before the command, and booleans may have a value")
    func order() {
        func normalized(_ arguments: String...) -> [String] { ArgumentOrder.normalized(arguments, of: Apus.self) }
        #expect(normalized("-n", "a", "list", "-A") == ["list", "-n", "a", "-A"])
        #expect(normalized("-s=h:1", "template", "-v", "list") == ["template", "list", "-s=h:1", "-v"])
        #expect(normalized("lint", "--strict=false", "x") == ["lint", "--no-strict", "x"])
        #expect(normalized("list", "--running=false", "--completed=1") == ["list", "--completed"])
        #expect(normalized("submit", "--", "--strict=false") == ["submit", "--", "--strict=false"])
        #expect(normalized("submit", "-px=1", "-p=y=2") == ["submit", "-p", "x=1", "-p=y=2"])
        #expect(normalized("-e=false", "list", "-A=true") == ["list", "--no-secure", "--all-namespaces"])
        #expect(normalized("submit", "-p", "x=true") == ["submit", "-p", "x=true"])
    }

    @Test("a server may be given by flag or environment, with TLS for those that are not on this machine")
    func serverAddress() throws {
        func url(_ arguments: [String], _ environment: [String: String] = [:]) throws -> String {
            let console = Console(environment: environment, write: { _ in }, writeError: { _ in })
            return try Connection(try GlobalOptions.parse(arguments), console: console).baseURL
        }
        #expect(try url([]) == "http://127.0.0.1:2746")
        #expect(try url(["-s", "localhost:80"]) == "http://localhost:80")
        #expect(try url(["-s", "argo.example:443"]) == "https://argo.example:443")
        #expect(try url(["-s", "argo.example:443", "--no-secure"]) == "http://argo.example:443")
        #expect(try url([], ["ARGO_SERVER": "h:1", "ARGO_SECURE": "false"]) == "http://h:1")
        #expect(
            try url(["-e"], ["ARGO_SERVER": "localhost:1", "ARGO_BASE_HREF": "/argo/"]) == "https://localhost:1/argo")
        #expect(try url([], ["ARGO_SERVER": "http://h:1/"]) == "http://h:1")
        #expect(throws: CommandFailure.self) { try url(["-s", "h:1/x y"]) }
        #expect(
            throws: CommandFailure("invalid ARGO_SECURE \"maybe\": write true or false (also 1, t, 0, f)"),
            performing: { try url([], ["ARGO_SECURE": "maybe"]) })
    }

    @Test("token, headers and user agent are sent along")
    func headers() async throws {
        let server = try FakeServer { _ in .json(RecordedWorkflow.json) }
        _ = await CommandRun.run(
            "get", "x", "-o", "name", "-H", "X-A: 1,X-B:2", server: server, environment: ["ARGO_TOKEN": "Bearer v2:t"])
        let request = try #require(server.requests.first)
        #expect(request.headers["authorization"] == "Bearer v2:t")
        #expect(request.headers["x-a"] == "1")
        #expect(request.headers["x-b"] == "2")
        #expect(request.headers["user-agent"]?.contains("argo-cli") == true)
        #expect(request.path == "/api/v1/workflows/default/x")
    }

    @Test("basic authentication is written in base 64")
    func basic() {
        #expect(Base64.text(Array("user:pass".utf8)) == "dXNlcjpwYXNz")
        #expect(Base64.text(Array("a".utf8)) == "YQ==")
        #expect(Base64.text(Array("ab".utf8)) == "YWI=")
    }

    @Test("a server that is not there is named, with what to do")
    func unreachable() async throws {
        let port = try FakeServer { _ in .json("") }.port
        let run = await CommandRun.run("list", environment: ["ARGO_SERVER": "127.0.0.1:\(port)"])
        #expect(run.errors.hasPrefix("Error: cannot reach the server at http://127.0.0.1:\(port): "))
        #expect(run.errors.contains("apus server"))
        #expect(run.exitCode == 1)
    }

    @Test("completion scripts are there for three shells", arguments: ["bash", "zsh", "fish"])
    func completion(shell: String) async {
        let run = await CommandRun.run("completion", shell)
        #expect(run.exitCode == 0)
        #expect(run.output.contains("apus"))
    }

    @Test("a command's help names the output formats that it takes, and others are refused")
    func outputFormats() async {
        for (command, formats) in [
            (["list"], "name, json, yaml, wide."), (["get"], "name, json, short, yaml, wide."),
            (["cron", "list"], "name, json, yaml, wide."), (["doctor"], "json, yaml, wide."),
        ] {
            let help = await CommandRun.run(arguments: command + ["--help"])
            #expect(help.output.contains("Output format: \(formats)\n"))
        }
        let run = await CommandRun.run("list", "-o", "short")
        #expect(
            run.errors.hasPrefix(
                "Error: invalid argument \"short\" for \"-o, --output\" flag: One of: name|json|yaml|wide\n"))
        #expect(run.exitCode == 1)
    }

    @Test("templates are listed as documents too, and flags for Kubernetes are told to have no effect")
    func listedDocuments() async throws {
        let server = try FakeServer { _ in .json("{\"items\":[{\"metadata\":{\"name\":\"t\"}}]}") }
        let run = await CommandRun.run("template", "list", "-o", "yaml", "--as", "somebody", server: server)
        #expect(run.output == "- metadata:\n    name: t\n")
        #expect(run.errors == "warning: --as has no effect: requests go to the server, not to Kubernetes\n")
        let json = await CommandRun.run("cluster-template", "list", "-o", "json", server: server)
        #expect(try JSONValue.parse(json.output) == [["metadata": ["name": "t"]]])
    }

    @Test("a request that takes too long is told with the server's address, not with its URL")
    func timeout() async throws {
        let server = try FakeServer { _ in FakeServer.Reply(pieces: [nil]) }
        let run = await CommandRun.run(
            "list", "-l", "a in (b)", "--request-timeout", "50ms", server: server)
        #expect(run.errors.hasPrefix("Error: no answer from the server at http://\(server.address): "))
        #expect(!run.errors.contains("/api/v1"))
    }

    @Test("the version is told by a flag too")
    func versionFlag() async {
        let run = await CommandRun.run("--version")
        #expect(run.output.hasPrefix("apus: v"))
        #expect(run.exitCode == 0)
    }

    @Test("a log level or format that there is not is refused before anything is sent")
    func logOptions() async throws {
        let server = try FakeServer { _ in .json("{}") }
        let level = await CommandRun.run("list", "--loglevel", "loud", server: server)
        #expect(level.errors == "Error: invalid --loglevel \"loud\": one of debug, info, warn, error\n")
        let format = await CommandRun.run("list", "--log-format", "xml", server: server)
        #expect(format.errors == "Error: invalid --log-format \"xml\": one of text, json\n")
        #expect(server.requests.isEmpty)
    }

    @Test("help is asked for and given without an error")
    func help() async {
        let run = await CommandRun.run("submit", "--help")
        #expect(run.exitCode == 0)
        #expect(run.output.contains("USAGE: apus submit"))
    }
}
