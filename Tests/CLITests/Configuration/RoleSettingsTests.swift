import Foundation
import TestSupport
import Testing

@testable import apus

@Suite("RoleSettings", .timeLimit(.minutes(1)))
struct RoleSettingsTests {
    private func settings(
        _ role: ServiceRole = .gateway, _ arguments: [String] = [], environment: [String: String] = [:]
    ) throws -> RoleSettings {
        let console = Console(environment: environment, write: { _ in }, writeError: { _ in })
        return try RoleSettings(role, arguments: arguments, console: console)
    }

    private func withFile<Value>(_ text: String, _ body: (String) throws -> Value) throws -> Value {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let file = folder.url.appendingPathComponent("c.yaml")
        try Data(text.utf8).write(to: file)
        return try body(file.path)
    }

    private func failure(_ role: ServiceRole = .gateway, file text: String) throws -> String {
        try self.withFile(text) { path in
            let error = #expect(throws: CommandFailure.self) { try self.settings(role, ["--config", path]) }
            return error?.message.replacing(path, with: "c.yaml") ?? ""
        }
    }

    @Test("a flag counts before a variable, that before the file, that before the default")
    func precedence() throws {
        try self.withFile("port: 1\nhost: file\nname: file\n") { path in
            let settings = try self.settings(
                .gateway, ["--port=3", "--config", path], environment: ["APUS_PORT": "2", "APUS_HOST": "variable"])
            #expect(settings.number("port") == 3)
            #expect(settings.text("host") == "variable")
            #expect(settings.text("name") == "file")
            #expect(settings.text("log-format") == "text")
            #expect(settings.text("tls-key") == nil)
        }
        let named = try self.withFile("port: 7\n") { try self.settings(environment: ["APUS_CONFIG": $0]) }
        #expect(named.number("port") == 7)
    }

    @Test("every setting can be given in each of the three ways", arguments: ServiceRole.allCases)
    func everyWay(role: ServiceRole) throws {
        for setting in SettingTable.settings(of: role) {
            let value =
                switch setting.kind {
                case .text, .file, .folder: "x"
                case .port, .count: "7"
                case .duration: "7s"
                case .choice(let words): words[0]
                case .members: "a=h:1"
                case .flag: "true"
                }
            let flag = try self.settings(role, ["--\(setting.name)=\(value)"])
            let variable = try self.settings(role, environment: [setting.variable: value])
            let file = try self.withFile("\(setting.name): \(value)\n") { try self.settings(role, ["--config", $0]) }
            for settings in [flag, variable, file] { #expect(settings.text(setting.name) == value) }
        }
    }

    @Test("members are read from a list, from a mapping and from one line")
    func members() throws {
        for text in ["seeds: a=h:1,b=[::1]:2", "seeds: [\"a=h:1\", \"b=[::1]:2\"]", "seeds: {a: 'h:1', b: '[::1]:2'}"] {
            let members = try self.withFile(text) { try self.settings(.runner, ["--config", $0]).members("seeds") }
            #expect(members.map { "\($0.name) \($0.address)" } == ["a h:1", "b [::1]:2"])
        }
    }

    @Test("an unknown key is refused with its line and the nearest known name; one of another service is passed over")
    func unknownKeys() throws {
        #expect(
            try self.failure(file: "port: 1\nmax-pod: 3\n")
                == "c.yaml:2: unknown key \"max-pod\": did you mean \"max-pods\"?")
        let settings = try self.withFile("max-pods: 3\nport: 4\n") { try self.settings(.gateway, ["--config", $0]) }
        #expect(settings.number("port") == 4)
        #expect(settings.text("max-pods") == nil)
        let flag = #expect(throws: CommandFailure.self) { try self.settings(.gateway, ["--prot", "1"]) }
        #expect(flag?.message == "unknown flag: --prot: did you mean \"port\"?")
    }

    @Test("a wrong value is refused with its place and what is right")
    func wrongValues() throws {
        #expect(
            try self.failure(file: "name: g\nport: 70000\n")
                == "invalid c.yaml:2: port \"70000\": from 0 to 65535")
        #expect(
            try self.failure(file: "seeds: [one]\n").hasPrefix("invalid c.yaml:1: seeds \"one\": as NAME=HOST:PORT"))
        #expect(try self.failure(file: "- 1\n").contains("one mapping of keys to values"))
        #expect(try self.failure(file: "port: {a: [1]}\n").contains("c.yaml:1: port is a value"))
        let missing = #expect(throws: CommandFailure.self) { try self.settings().required("name") }
        #expect(
            missing?.message == "name is missing: give it with --name, APUS_NAME or in the file of --config")
    }
}

@Suite("ConfigurationGuide", .timeLimit(.minutes(1)))
struct ConfigurationGuideTests {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../docs/configuration.md").standardized

    @Test("docs/configuration.md says what the code reads")
    func isCurrent() throws {
        let text = ConfigurationGuide.page
        if ProcessInfo.processInfo.environment["WRITE_DOCS"] != nil {
            try text.write(to: Self.file, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: Self.file, encoding: .utf8)
        #expect(written == text, "run: WRITE_DOCS=1 swift test --filter ConfigurationGuide")
    }

    @Test("help lists every flag", arguments: ServiceRole.allCases)
    func help(role: ServiceRole) async {
        let run = await CommandRun.run(role.rawValue, "--help")
        #expect(run.exitCode == 0)
        for setting in SettingTable.settings(of: role) {
            #expect(run.output.contains("  --\(setting.name)"), "\(setting.name)")
        }
    }

    @Test("a service without a name or a certificate says what is missing")
    func missing() async {
        let unnamed = await CommandRun.run("gateway")
        #expect(unnamed.exitCode == 1)
        #expect(unnamed.errors.contains("name is missing"))
        let bare = await CommandRun.run("gateway", "--name", "g-0")
        #expect(bare.errors.contains("member-cert is missing"))
    }
}
