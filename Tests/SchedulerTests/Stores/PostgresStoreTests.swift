import Foundation
import PostgreSQL
import Scheduler
import TestSupport
import Testing

@Suite("PostgresStore", .timeLimit(.minutes(5)))
struct PostgresStoreTests {
    private static func creation(_ name: String, _ claim: ShardClaim, _ sequence: Int64) -> ShardChange {
        var change = StoreConformanceTests.creation(name, shard: claim.shard, epoch: claim.epoch, sequence: sequence)
        // Written twice, an event would be in its own way.
        var event = EventRecord(namespace: "argo", uid: "uid-\(name)", at: 10, event: "{}")
        event.sequence = sequence
        change.events = [event]
        return change
    }

    @Test(
        "a commit whose answer was lost is looked up: it is neither lost nor done twice",
        arguments: [PostgresProxy.Fault.requestLost, .answerLost])
    func unknownOutcomes(_ fault: PostgresProxy.Fault) async throws {
        let cluster = try await PostgresCluster.shared()
        let connection = try await cluster.makeDatabase()
        let proxy = try PostgresProxy(to: "\(cluster.folder.path)/.s.PGSQL.5432")
        defer { proxy.close() }
        let store = try await PostgresStore(connection: "\(connection) host=\(proxy.folder)")
        let claim = try await store.claims([0])[0]
        for number in 1...3 {
            proxy.lose(fault, after: "uid-w\(number)")
            #expect(try await store.commit([Self.creation("w\(number)", claim, Int64(number))]) == [.committed])
            #expect(proxy.faults == number)
        }
        #expect(try await store.workflows(WorkflowFilter()).items.count == 3)
        #expect(try await store.events(namespace: nil, after: 0, limit: 10).count == 3)
        await store.close()
    }

    @Test("a commit of a session that was replaced takes no effect, whenever it comes")
    func lateCommits() async throws {
        try await PostgresStore.withDatabase { store, connection in
            let claim = try await store.claims([0])[0]
            _ = try await store.commit([Self.creation("a", claim, 1)])
            // As if another connection of this writer had asked for the outcome.
            try await PostgresStore.run("UPDATE commits SET session = session + 1", in: connection)
            _ = try await store.commit([Self.creation("b", claim, 2)])
            let rows = try await PostgresStore.run("SELECT session, number FROM commits", in: connection)
            #expect(rows.count == 1)
            #expect(rows.integer(0, 0) == 3, "the refused commit was done again in a session of its own")
            #expect(try await store.workflows(WorkflowFilter()).items.count == 2)
        }
    }

    @Test("one shard that has moved on does not hold up the others of a transaction, nor does it write")
    func partlyFenced() async throws {
        try await PostgresStore.with { store in
            let old = try await store.claims([1, 2, 3])
            let new = try await store.claims([2])[0]
            let outcomes = try await store.commit(
                zip(old, ["a", "b", "c"]).enumerated().map { Self.creation($1.1, $1.0, Int64($0 + 1)) })
            #expect(outcomes == [.committed, .fenced(epoch: new.epoch), .committed])
            #expect(try await store.workflows(WorkflowFilter()).items.map(\.name.name).sorted() == ["a", "c"])
            #expect(try await store.leases().sequence == 3)
        }
    }

    @Test("a claim waits for a commit that is under way, and ends one that never ends")
    func stuckCommits() async throws {
        try await PostgresStore.withDatabase { store, connection in
            _ = try await store.claims([1])
            let configuration = PostgresConfiguration(connection: connection, applicationName: "paused member")
            let paused = try await PostgresDriver().connect(configuration)
            _ = try await paused.run([
                PostgresStatement("BEGIN"), PostgresStatement("UPDATE shards SET sequence = 5 WHERE shard = 1"),
            ])
            #expect(try await store.claims([1]).map(\.sequence) == [0])
            await #expect(throws: PostgresError.self) { try await paused.run("COMMIT") }
        }
    }

    @Test("each database that will not do is refused with what to do about it")
    func unsuitableDatabases() async throws {
        func error(_ connection: String) async -> StoreError? {
            do {
                await (try await PostgresStore(connection: connection)).close()
                return nil
            } catch {
                return error
            }
        }
        let cluster = try await PostgresCluster.shared()
        #expect(await error("postgres://h/d?nonsense=1")?.code == .unsuitable)
        let newer = try await cluster.makeDatabase()
        #expect(await error(newer) == nil)
        #expect(await error(newer) == nil)
        try await PostgresStore.run("UPDATE apus SET schema_version = 999", in: newer)
        #expect(await error(newer)?.code == .newerSchema)
        let other = try await cluster.makeDatabase()
        #expect(await error(other) == nil)
        try await PostgresStore.run("UPDATE apus SET shard_count = 64", in: other)
        #expect(await error(other)?.code == .unsuitable)
        #expect(await error(other)?.message.contains("64 shards") == true)
        let foreign = try await cluster.makeDatabase()
        try await PostgresStore.run("CREATE TABLE workflows (a int)", in: foreign)
        #expect(await error(foreign)?.code == .unsuitable)
        let stranger = try await cluster.makeDatabase()
        try await PostgresStore.run("CREATE ROLE stranger\(stranger.hashValue.magnitude) LOGIN", in: stranger)
        let user = "stranger\(stranger.hashValue.magnitude)"
        #expect(await error("\(stranger) user=\(user)")?.code == .unwritable)
        var old = PostgresConfiguration(connection: newer, applicationName: "test")
        old.minimumVersion = 99
        let configuration = old
        let refusal = await #expect(throws: StoreError.self) { _ = try await PostgresStore(configuration) }
        #expect(refusal?.code == .unsuitable)
        #expect(refusal?.message.contains("at least 99") == true)
    }

    @Test("commits are on disk when they are answered, even where the database is set to be careless")
    func durability() async throws {
        let connection = try await PostgresCluster.shared().makeDatabase()
        let name = try await PostgresStore.run("SELECT current_database()", in: connection).text(0, 0)
        try await PostgresStore.run("ALTER DATABASE \(name) SET synchronous_commit = off", in: connection)
        let store = try await PostgresStore(connection: connection)
        let claim = try await store.claims([0])[0]
        try await PostgresStore.run(
            """
            CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN
                NEW.phase := current_setting(''synchronous_commit''); RETURN NEW; END'
            """, in: connection)
        try await PostgresStore.run(
            "CREATE TRIGGER note BEFORE INSERT ON workflows FOR EACH ROW EXECUTE FUNCTION note()", in: connection)
        _ = try await store.commit([Self.creation("w", claim, 1)])
        #expect(try await store.workflow(uid: "uid-w")?.head.phase == "on")
        await store.close()
    }

    @Test("stores that open an empty database together make its schema once")
    func migrationsTakeTurns() async throws {
        let connection = try await PostgresCluster.shared().makeDatabase()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 {
                group.addTask { await (try await PostgresStore(connection: connection)).close() }
            }
            try await group.waitForAll()
        }
    }

    @Test("a full disk and a database that only reads are named, and work goes on once they are mended")
    func refusedWrites() async throws {
        try await PostgresStore.withDatabase { store, connection in
            let claim = try await store.claims([0])[0]
            // Filling a disk needs one: the server's own error stands in for it.
            try await PostgresStore.run(
                """
                CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN RAISE EXCEPTION ''could not extend file'' USING ERRCODE = ''disk_full''; END'
                """, in: connection)
            try await PostgresStore.run(
                "CREATE TRIGGER fail BEFORE INSERT ON workflows EXECUTE FUNCTION fail()", in: connection)
            let full = await #expect(throws: StoreError.self) {
                try await store.commit([Self.creation("w", claim, 1)])
            }
            #expect(full?.code == .full)
            #expect(full?.message.contains("free some space") == true)
            try await PostgresStore.run("DROP TRIGGER fail ON workflows", in: connection)
            let name = try await PostgresStore.run("SELECT current_database()", in: connection).text(0, 0)
            try await PostgresStore.run("ALTER DATABASE \(name) SET default_transaction_read_only = on", in: connection)
            try await PostgresStore.run(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()
                """, in: connection)
            let reading = await #expect(throws: StoreError.self) {
                try await store.commit([Self.creation("w", claim, 1)])
            }
            #expect(reading?.code == .unwritable)
            #expect(reading?.message.contains("target_session_attrs") == true)
            let mend = "\(connection) options=-cdefault_transaction_read_only=off"
            try await PostgresStore.run("ALTER DATABASE \(name) RESET default_transaction_read_only", in: mend)
            #expect(try await store.commit([Self.creation("w", claim, 1)]) == [.committed])
        }
    }

    @Test("a slow database is named, and work goes on once it is fast again")
    func slowDatabases() async throws {
        let connection = try await PostgresCluster.shared().makeDatabase()
        var configuration = PostgresConfiguration(connection: connection, applicationName: "test")
        configuration.statementTimeout = .milliseconds(300)
        let store = try await PostgresStore(configuration)
        let claim = try await store.claims([0])[0]
        let other = try await PostgresDriver().connect(
            PostgresConfiguration(connection: connection, applicationName: "somebody else"))
        _ = try await other.run([PostgresStatement("BEGIN"), PostgresStatement("LOCK TABLE workflows")])
        let error = await #expect(throws: StoreError.self) { try await store.commit([Self.creation("w", claim, 1)]) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("too slow") == true)
        _ = try await other.run("ROLLBACK")
        #expect(try await store.commit([Self.creation("w", claim, 1)]) == [.committed])
        await store.close()
    }

    @Test("a server that stops and starts again is waited for: nothing acknowledged is lost")
    func restarts() async throws {
        let cluster = try await PostgresCluster.make()
        let store = try await PostgresStore(connection: cluster.connection(to: "postgres"))
        let claim = try await store.claims([0])[0]
        for number in 1...3 {
            #expect(try await store.commit([Self.creation("w\(number)", claim, Int64(number))]) == [.committed])
            try await cluster.kill()
            async let items = store.workflows(WorkflowFilter()).items
            try await cluster.start()
            #expect(try await items.count == number)
        }
        await store.close()
    }

    @Test("whoever opens a store that cannot be reached is told why")
    func unreachable() async throws {
        let error = await #expect(throws: StoreError.self) {
            _ = try await PostgresStore(
                PostgresConfiguration(connection: "host=/nonexistent", applicationName: "test"),
                patience: .milliseconds(100))
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("/nonexistent") == true)
    }
}
