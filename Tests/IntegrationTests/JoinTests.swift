import Foundation
import IntegrationSupport
import JSON
import OrderedCollections
import TestSupport
import Testing

/// A runner that has nothing but a token.
@Suite("Joining", .timeLimit(.minutes(5)))
struct JoinTests {
    @Test("a runner joins with a token and runs pods, starts again without it, and nobody joins with it again")
    func join() async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let cluster = try LocalCluster(
            folder: folder.url.appendingPathComponent("cluster"), schedulers: 1, runners: 1, gateways: 1)
        do {
            try await self.join(cluster, folder: folder.url)
        } catch {
            try cluster.down()
            throw error
        }
        try cluster.down()
    }

    private func join(_ cluster: LocalCluster, folder: URL) async throws {
        let pki = cluster.folder.appendingPathComponent("pki").path
        try Self.change(cluster.folder.appendingPathComponent("gateway-0.yaml")) { $0["authority"] = .string(pki) }
        try cluster.restart("gateway-0")
        let made = try run(try ApusBinary.url, ["pki", "token", "runner-7", "--dir", pki])
        #expect(made.exitCode == 0, "\(made.errors)")
        let token = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        let settings = folder.appendingPathComponent("runner-7.yaml")
        try FileManager.default.copyItem(at: cluster.folder.appendingPathComponent("runner-0.yaml"), to: settings)
        try Self.change(settings) { members in
            members["metrics-address"] = nil
            for (name, value) in [
                ("name", "runner-7"), ("join", token), ("join-from", cluster.gateways[0]),
                ("member-cert", "\(folder.path)/r.crt"), ("member-key", "\(folder.path)/r.key"),
                ("member-ca", "\(folder.path)/ca.crt"), ("member-crl", "\(folder.path)/ca.crl"),
                ("data-dir", "\(folder.path)/data"), ("port", "0"),
            ] { members[name] = .string(value) }
        }
        let client = RESTClient(cluster.gateways[0])
        // The second time it has its certificate.
        for name in ["first", "second"] {
            let runner = Process()
            runner.executableURL = try ApusBinary.url
            runner.arguments = ["runner", "--config", settings.path]
            runner.standardOutput = FileHandle.nullDevice
            try runner.run()
            defer { runner.terminate(); runner.waitUntilExit() }
            let answer = try await client.send(
                "POST", "/api/v1/workflows/default", ["workflow": Self.workflow(name)])
            #expect(answer.status == 200, "\(answer.message)")
            let workflow = try await client.workflow(name, until: \.isCompleted)
            #expect(workflow["status"]?.phase == "Succeeded", "\(workflow["status"]?.text ?? "")")
        }
        try await self.renew(settings, folder: folder, client: client)
        // Somebody who has found the token.
        try FileManager.default.removeItem(atPath: "\(folder.path)/r.crt")
        let again = try run(try ApusBinary.url, ["runner", "--config", settings.path])
        #expect(again.exitCode == 1)
        #expect(again.errors.contains("cannot join: the join token was used at 20"), "\(again.errors)")
        #expect(again.errors.contains("make one with `apus pki token NAME`"), "\(again.errors)")
    }

    /// The runner's certificate is about to end when it starts.
    private func renew(_ settings: URL, folder: URL, client: RESTClient) async throws {
        let pki = folder.appendingPathComponent("cluster/pki").path
        let made = try run(
            try ApusBinary.url, ["pki", "token", "runner-7", "--dir", pki, "--certificate-valid", "1m"])
        #expect(made.exitCode == 0, "\(made.errors)")
        let token = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        // Nobody wants a shorter time but a test.
        let record = URL(fileURLWithPath: "\(pki)/tokens/\(token.prefix { $0 != "." })")
        let text = try String(contentsOf: record, encoding: .utf8)
        #expect(text.contains("lifetime 60\n"))
        try text.replacing("lifetime 60\n", with: "lifetime 9\n").write(to: record, atomically: true, encoding: .utf8)
        try Self.change(settings) { $0["join"] = .string(token) }
        let certificate = URL(fileURLWithPath: "\(folder.path)/r.crt")
        try FileManager.default.removeItem(at: certificate)
        let runner = Process()
        runner.executableURL = try ApusBinary.url
        runner.arguments = ["runner", "--config", settings.path]
        runner.standardOutput = FileHandle.nullDevice
        try runner.run()
        defer { runner.terminate(); runner.waitUntilExit() }
        // Three of its times later the runner is still one of the cluster.
        let clock = ContinuousClock()
        let end = clock.now + .seconds(27)
        var number = 0
        while clock.now < end {
            number += 1
            let answer = try await client.send(
                "POST", "/api/v1/workflows/default", ["workflow": Self.workflow("renewed-\(number)")])
            #expect(answer.status == 200, "\(answer.message)")
            let workflow = try await client.workflow("renewed-\(number)", until: \.isCompleted)
            #expect(workflow["status"]?.phase == "Succeeded", "\(workflow["status"]?.text ?? "")")
        }
        let serials = try String(contentsOf: URL(fileURLWithPath: "\(pki)/renewals"), encoding: .utf8)
        #expect(serials.split(separator: "\n").count >= 3)
    }

    private static func change(
        _ file: URL, _ body: (inout OrderedDictionary<String, JSONValue>) -> Void
    ) throws {
        var members = try JSONValue.parse(try String(contentsOf: file, encoding: .utf8)).objectValue ?? [:]
        body(&members)
        try JSONValue.object(members).text.write(to: file, atomically: true, encoding: .utf8)
    }

    private static func workflow(_ name: String) -> JSONValue {
        [
            "metadata": ["name": .string(name)],
            "spec": [
                "entrypoint": "main",
                "templates": [
                    [
                        "name": "main", "nodeSelector": ["kubernetes.io/hostname": "runner-7"],
                        "container": ["image": "alpine", "command": ["true"]],
                    ]
                ],
            ],
        ]
    }
}
