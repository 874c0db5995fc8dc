import Foundation
import IntegrationSupport
import JSON
import TestSupport
import Testing

/// A server that keeps its workflows in PostgreSQL.
@Suite("PostgreSQL", .timeLimit(.minutes(5)))
struct PostgresTests {
    private static let rounds = 8

    @Test("no acknowledged workflow is lost and no step runs twice, whether the server is killed or its database")
    func kills() async throws {
        let seed = ProcessInfo.processInfo.environment["SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0..<1 << 32)
        var random = SplitMix64(seed: seed)
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let database = try await PostgresCluster.make()
        let server = try ApusServer(
            folder: folder.url, options: ["--store", database.connection(to: "postgres")])
        let witness = Witness(file: folder.url.appendingPathComponent("witness"))
        var acknowledged: [(name: String, kind: Int)] = []
        for round in 0..<Self.rounds {
            let (name, kind) = ("w\(round)", round % 3)
            let client = RESTClient(server.baseURL)
            let workflow = witness.workflow(name, kind: kind)
            async let submitted = client.send("POST", "/api/v1/workflows/default", ["workflow": workflow])
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...400, using: &random)))
            if round % 2 == 0 {
                server.kill()
                if let answer = try? await submitted, answer.status == 200 { acknowledged.append((name, kind)) }
                try server.start()
            } else {
                try await database.kill()
                try await database.start()
                if let answer = try? await submitted, answer.status == 200 { acknowledged.append((name, kind)) }
            }
        }
        #expect(acknowledged.count >= Self.rounds / 4, "SEED=\(seed): too few were acknowledged to say anything")
        let client = RESTClient(server.baseURL)
        for (name, kind) in acknowledged {
            let workflow = try await client.workflow(name, within: .seconds(120), until: \.isCompleted)
            #expect(workflow["status"]?.phase == "Succeeded", "SEED=\(seed) \(name): \(workflow["status"]?.text ?? "")")
            let lines = try witness.lines().filter { $0.hasPrefix("\(name) ") }
            #expect(lines.count == Witness.runs[kind], "SEED=\(seed) \(name): \(lines)")
        }
        let repeated = Dictionary(grouping: try witness.lines(), by: { $0 }).filter { $0.value.count > 1 }
        #expect(repeated.isEmpty, "SEED=\(seed): ran twice: \(repeated.keys.sorted())")
        #expect(try witness.livePods() == [], "SEED=\(seed): pods stayed behind")
        server.stop()
    }

    @Test("a server whose database is away says so, without its password, and begins once it is there")
    func patience() async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let database = try await PostgresCluster.make()
        defer { database.stop() }
        try await database.kill()
        let log = folder.url.appendingPathComponent("server.log")
        async let started: Void = Self.start(database, onceItIsMissedIn: log)
        let server = try ApusServer(
            folder: folder.url, options: ["--store", "\(database.connection(to: "postgres")) password=secret"])
        defer { server.stop() }
        try await started
        #expect(try await RESTClient(server.baseURL).send("GET", "/api/v1/workflows/default").status == 200)
        #expect(try !server.log.contains("secret"))
    }

    private static func start(_ database: PostgresCluster, onceItIsMissedIn log: URL) async throws {
        while true {
            let text = FileManager.default.contents(atPath: log.path).map { String(decoding: $0, as: UTF8.self) }
            if text?.contains("PostgreSQL cannot be reached") == true { return try await database.start() }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    @Test("a database that will never be usable ends the start with one clear message, which repeats no password")
    func refusals() throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        func start(_ store: String) throws -> CommandResult {
            try run(
                ApusBinary.url, ["server", "--data-dir", folder.url.path, "--port", "0", "--store", store],
                environment: ["PGCONNECT_TIMEOUT": "1"])
        }
        let cases = [
            ("sqlite:x", "invalid --store"), ("postgres://u:secret@h/d?nonsense=1", "nonsense"),
        ]
        for (store, reason) in cases {
            let result = try start(store)
            #expect(result.exitCode == 1, "\(store): \(result.errors)")
            #expect(result.errors.contains(reason), "\(store): \(result.errors)")
            #expect(!result.errors.contains("secret"))
        }
    }
}
