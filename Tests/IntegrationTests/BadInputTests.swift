import Foundation
import IntegrationSupport
import JSON
import TestSupport
import Testing

/// What is refused is refused with one clear message, changes nothing, and the server lives on.
@Suite("Bad input", .timeLimit(.minutes(5)))
struct BadInputTests {
    /// A name, the manifest, and what the message must contain.
    static let manifests: [(String, String, [String])] = [
        ("malformed YAML", "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec: [unclosed\n", ["line"]),
        ("malformed JSON", #"{"kind": "Workflow", "spec": {"#, ["line"]),
        ("an empty file", "", ["no"]),
        ("an unknown field", Self.workflow("  entrypoin: main"), ["spec.entrypoin", "entrypoint"]),
        ("a number where a list is due", Self.workflow("  entrypoint: main\n  templates: 7"), ["templates", "array"]),
        (
            "no entrypoint", Self.workflow("  templates: [{name: main, container: {image: a, command: [a]}}]"),
            ["entrypoint"]
        ),
        ("an entrypoint that is no template", Self.workflow("  entrypoint: nope\n  templates: []"), ["nope"]),
        (
            "a step that calls nothing that exists",
            Self.workflow("  entrypoint: main\n  templates: [{name: main, steps: [[{name: a, template: sey}]]}]"),
            ["templates.main.steps[0].a", "sey"]
        ),
        (
            "a cycle", Self.dag("{name: a, template: ok, depends: b}, {name: b, template: ok, depends: a}"),
            ["cycle"]
        ),
        ("two tasks of one name", Self.dag("{name: a, template: ok}, {name: a, template: ok}"), ["duplicate"]),
        (
            "a reference to nothing",
            Self.workflow(
                "  entrypoint: main\n  templates: [{name: main, container: {image: a, command: [echo, "
                    + "'{{inputs.parameters.x}}']}}]"
            ),
            ["inputs.parameters.x"]
        ),
        (
            "a bad expression in depends",
            Self.dag("{name: a, template: ok}, {name: b, template: ok, depends: 'a &&'}"),
            ["templates.main.tasks.b.depends", "'a &&'", "column 4"]
        ),
        (
            "a bad expression in when",
            Self.dag("{name: a, template: ok, when: '1 =='}"),
            ["templates.main.tasks.a.when", "'1 =='", "column 5"]
        ),
        (
            "a bad expression in a tag",
            Self.workflow(
                "  entrypoint: main\n  templates: [{name: main, container: {image: a, command: ['{{= 1 + }}']}}]"),
            ["templates.main.container.command[0]", "\" 1 + \"", "column 5"]
        ),
        (
            "a name that is too long",
            "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: \(String(repeating: "n", count: 64))}\n"
                + "spec: {entrypoint: main, templates: [{name: main, container: {image: a, command: [a]}}]}",
            ["63"]
        ),
        (
            "a YAML bomb",
            Self.bomb,
            ["at most"]
        ),
        (
            "a document nested too deeply",
            "kind: Workflow\nspec: " + String(repeating: "[", count: 20_000) + String(repeating: "]", count: 20_000),
            ["nest"]
        ),
    ]

    /// Nine levels of nine references each: four hundred million items, were they expanded.
    private static let bomb: String = {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let references = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(references)]\n"
        }
        return text + "kind: Workflow\n"
    }()

    private static func workflow(_ spec: String) -> String {
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {generateName: bad-}\nspec:\n\(spec)\n"
    }

    private static func dag(_ tasks: String) -> String {
        self.workflow(
            "  entrypoint: main\n  templates:\n  - {name: main, dag: {tasks: [\(tasks)]}}\n"
                + "  - {name: ok, container: {image: a, command: ['true']}}")
    }

    @Test("a bad manifest makes a failing command with one clear message, online and offline, and nothing is stored")
    func manifests() async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let server = try ApusServer(folder: folder.url)
        defer { server.stop() }
        let apus = try ApusBinary.url
        let address = ["ARGO_SERVER": "127.0.0.1:\(server.port)", "ARGO_SECURE": "false"]
        for (what, manifest, words) in Self.manifests {
            for command in [["submit", "-"], ["run", "-"], ["lint", "--offline", "-"]] {
                let result = try run(apus, command, environment: address, input: manifest)
                let said = result.output + result.errors
                #expect(result.exitCode == 1, "\(command) \(what): \(result.exitCode) \(said)")
                for word in words {
                    #expect(said.contains(word), "\(command) \(what) does not say '\(word)': \(said.prefix(400))")
                }
            }
        }
        let list = try await RESTClient(server.baseURL).send("GET", "/api/v1/workflows/default")
        #expect(list.status == 200)
        #expect(try list.json["items"] == .null, "\(list.text.prefix(300))")
    }

    @Test("a bad request is answered with its status and one message, and the server lives on")
    func requests() async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let server = try ApusServer(folder: folder.url)
        defer { server.stop() }
        let client = RESTClient(server.baseURL)
        let path = "/api/v1/workflows/default"
        let huge = JSONValue.string(String(repeating: "x", count: 200 << 20))
        let refused: [(String, String, JSONValue?, Int)] = [
            ("POST", path, [:], 400),
            ("POST", path, ["workflow": 7], 400),
            ("POST", path, ["workflow": ["spec": ["entrypoint": "nope", "templates": []]]], 400),
            ("POST", path, ["workflow": ["spec": huge]], 413),
            ("GET", "\(path)/nope", nil, 404),
            ("PUT", "\(path)/nope/stop", [:], 404),
            ("DELETE", "\(path)/nope", nil, 404),
            ("GET", "/api/v1/nothing", nil, 501),
            ("GET", "\(path)?listOptions.limit=many", nil, 400),
            ("GET", "\(path)?listOptions.labelSelector=a%20b%20c%20(", nil, 400),
        ]
        for (method, path, body, status) in refused {
            let answer = try await client.send(method, path, body)
            #expect(answer.status == status, "\(method) \(path): \(answer.status) \(answer.text.prefix(200))")
            #expect(
                try answer.json["message"]?.stringValue?.isEmpty == false,
                "\(method) \(path): \(answer.text.prefix(200))")
        }
        let list = try await client.send("GET", path)
        #expect(list.status == 200, "\(list.text)")
    }

    @Test("unknown commands, flags and files are named")
    func commandLine() throws {
        let apus = try ApusBinary.url
        let cases: [([String], String)] = [
            (["nonsense"], "nonsense"), (["list", "--nonsense"], "--nonsense"),
            (["run", "nofile.yaml"], "nofile.yaml"),
            (["submit", "nofile.yaml"], "nofile.yaml"), (["server", "--port", "many"], "port"),
            (["server", "--isolation", "magic"], "magic"),
        ]
        for (arguments, word) in cases {
            let result = try run(apus, arguments)
            #expect(result.exitCode != 0, "\(arguments)")
            #expect((result.output + result.errors).contains(word), "\(arguments): \(result.output)\(result.errors)")
        }
    }

    @Test("a port in use, a data folder in use and a data folder that cannot be written are said, and lose nothing")
    func servers() async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let server = try ApusServer(folder: folder.url)
        defer { server.stop() }
        let apus = try ApusBinary.url
        let other = try TemporaryDirectory()
        defer { other.remove() }
        let inUse = try run(
            apus, ["server", "--data-dir", other.url.path, "--port", String(server.port), "--isolation", "none"])
        #expect(inUse.exitCode != 0 && (inUse.output + inUse.errors).contains(String(server.port)), "\(inUse)")

        let data = folder.url.appendingPathComponent("data").path
        let second = try run(apus, ["server", "--data-dir", data, "--port", "0", "--isolation", "none"])
        #expect(second.exitCode != 0 && (second.output + second.errors).contains(String(server.processID)), "\(second)")

        let file = other.url.appendingPathComponent("file")
        try Data().write(to: file)
        let blocked = try run(
            apus, ["server", "--data-dir", file.path + "/data", "--port", "0", "--isolation", "none"])
        #expect(blocked.exitCode != 0 && (blocked.output + blocked.errors).contains(file.path), "\(blocked)")

        let nowhere = try run(apus, ["server", "--data-dir", "/proc/nope", "--port", "0", "--isolation", "none"])
        for word in ["/proc/nope", "lets nobody make folders", "--data-dir"] {
            #expect(nowhere.exitCode != 0 && (nowhere.output + nowhere.errors).contains(word), "\(nowhere)")
        }

        #expect(try await RESTClient(server.baseURL).send("GET", "/api/v1/version").status == 200)
    }
}
