import Foundation
import IntegrationSupport
import JSON
import OrderedCollections
import TestSupport
import Testing

/// A scheduler whose database is not what it should be.
@Suite("Scheduler's database", .timeLimit(.minutes(5)))
struct DatabaseTests {
    /// How long the scheduler may take to see that a cause is gone: its longest pause, and a slow machine.
    private static let patience = Duration.seconds(30)

    @Test("a database that cannot be used yet is asked again: probes say why, signals are obeyed, then it begins")
    func patience() async throws {
        try await self.withCluster { cluster, settings, probes in
            let database = try await PostgresCluster.make()
            defer { database.stop() }
            try await database.query("CREATE ROLE member NOLOGIN")
            try await database.query("CREATE DATABASE apus")
            try await database.query("ALTER DATABASE apus SET default_transaction_read_only = on")
            try Self.use("host=\(database.folder.path) user=member dbname=apus", settings)
            try await database.kill()

            // It ends when it is told to, though it waits.
            var scheduler = try Self.start(settings)
            try await Self.obstacle("PostgreSQL cannot be reached", probes)
            #expect(try await probes.send("GET", "/healthz").status == 200)
            scheduler.terminate()
            scheduler.waitUntilExit()
            #expect(scheduler.terminationStatus == 0)

            // Each cause is named, and gives way to the next.
            scheduler = try Self.start(settings)
            defer { scheduler.terminate(); scheduler.waitUntilExit() }
            try await Self.obstacle("PostgreSQL cannot be reached", probes)
            try await database.start()
            try await Self.obstacle("not permitted to log in", probes)
            try await database.query("ALTER ROLE member LOGIN")
            try await Self.obstacle("PostgreSQL only reads", probes)
            try await database.query("ALTER DATABASE apus RESET default_transaction_read_only")
            try await Self.obstacle("may not do this: grant it", probes)
            try await database.query("ALTER DATABASE apus OWNER TO member")
            try await Self.ready(probes)
            let client = RESTClient(cluster.gateways[0])
            let answer = try await client.send("POST", "/api/v1/workflows/default", ["workflow": Self.workflow])
            #expect(answer.status == 200, "\(answer.message)")
            let workflow = try await client.workflow("w", until: \.isCompleted)
            #expect(workflow["status"]?.phase == "Succeeded")
        }
    }

    @Test("a database of a newer program, or of another number of shards, is refused at once and stays as it is")
    func refusals() async throws {
        try await self.withCluster { cluster, settings, _ in
            let database = try await PostgresCluster.shared().makeDatabase()
            try Self.use(database, settings)
            let name = try #require(database.split(separator: "=").last).description
            try await PostgresCluster.shared().query(
                "CREATE TABLE apus (schema_version bigint, shard_count bigint, objects_version bigint)", database: name)
            for (row, words) in [
                ("999, 256, 0", ["schema 999", "use the newer program"]),
                ("3, 64, 0", ["64 shards", "a database of its own"]),
            ] {
                try await PostgresCluster.shared().query(
                    "DELETE FROM apus; INSERT INTO apus VALUES (\(row))", database: name)
                let result = try run(ApusBinary.url, ["scheduler", "--config", settings.path])
                #expect(result.exitCode == 1, "\(result.errors)")
                for word in words { #expect(result.errors.contains(word), "\(result.errors)") }
            }
            let tables = try await PostgresCluster.shared().query(
                "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database: name)
            #expect(tables.trimmingCharacters(in: .whitespacesAndNewlines) == "1")
        }
    }

    // MARK: The scheduler

    /// Runs `body` with a cluster whose only scheduler is away, its settings, and where its probes are.
    private func withCluster(_ body: (LocalCluster, URL, RESTClient) async throws -> Void) async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let cluster = try LocalCluster(folder: folder.url.appendingPathComponent("cluster"), schedulers: 1, gateways: 1)
        do {
            let metrics = try #require(cluster.metrics["scheduler-0"])
            let probes = RESTClient(metrics.replacing("/metrics", with: ""), timeout: 5)
            try cluster.kill("scheduler-0")
            // Its ports are free once nobody answers.
            while await Self.answers(probes) { try await Task.sleep(for: .milliseconds(20)) }
            try await body(cluster, cluster.folder.appendingPathComponent("scheduler-0.yaml"), probes)
        } catch {
            try cluster.down()
            throw error
        }
        try cluster.down()
    }

    private static func answers(_ probes: RESTClient) async -> Bool {
        do { return try await probes.send("GET", "/healthz").status > 0 } catch { return false }
    }

    /// Names the database in the scheduler's settings.
    private static func use(_ database: String, _ settings: URL) throws {
        var members = try JSONValue.parse(String(contentsOf: settings, encoding: .utf8)).objectValue ?? [:]
        members["store"] = .string(database)
        try JSONValue.object(members).text.write(to: settings, atomically: true, encoding: .utf8)
    }

    private static func start(_ settings: URL) throws -> Process {
        let process = Process()
        process.executableURL = try ApusBinary.url
        process.arguments = ["scheduler", "--config", settings.path]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// Waits until the scheduler says that it is not ready for this reason.
    private static func obstacle(_ words: String, _ probes: RESTClient) async throws {
        try await Self.wait(for: words, probes) { $0.status == 503 && $0.text.contains(words) }
    }

    private static func ready(_ probes: RESTClient) async throws {
        try await Self.wait(for: "ready", probes) { $0.status == 200 }
    }

    private static func wait(
        for what: String, _ probes: RESTClient, until isWanted: (RESTClient.Answer) -> Bool
    ) async throws {
        let clock = ContinuousClock()
        let end = clock.now + Self.patience
        var last = "nothing"
        while clock.now < end {
            do {
                let answer = try await probes.send("GET", "/readyz")
                if isWanted(answer) { return }
                last = "\(answer.status) \(answer.text)"
            } catch {
                // It does not listen yet.
                last = "\(error)"
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw FixtureError("waited for \"\(what)\", the last answer was \(last)")
    }

    private static let workflow: JSONValue = [
        "metadata": ["name": "w"],
        "spec": [
            "entrypoint": "main",
            "templates": [["name": "main", "container": ["image": "busybox", "command": ["true"]]]],
        ],
    ]
}
