import Foundation
import PostgreSQL
import TestSupport
import Testing

@Suite("PostgresConnection", .timeLimit(.minutes(5)))
struct PostgresConnectionTests {
    @Test("values of every kind come back as they were given")
    func values() async throws {
        try await Database.with { database in
            let connection = try await database.connect()
            let sql = "SELECT $1 + 1, $2, $3, $4, array_length($5, 1), $6[2], $7[1], $7[2], $8, array_length($9, 1)"
            let results = try await connection.run([
                PostgresStatement(
                    sql,
                    [
                        .integer(-42), .boolean(true), .text("é \u{1F426}"), .bytes([0, 255]), .integers([1, nil, 3]),
                        .texts(["", nil]), .booleans([true, false]), .integer(nil as Int64?), .integers([]),
                    ])
            ])
            let row = try #require(results.first)
            #expect(row.integer(0, 0) == -41)
            #expect(row.integer(0, 1) == 1)
            #expect(row.text(0, 2) == "é \u{1F426}")
            #expect(row.integer(0, 3) == 255)
            #expect(row.integer(0, 4) == 3)
            #expect(row.isNull(0, 5))
            #expect(row.integer(0, 6) == 1)
            #expect(row.integer(0, 7) == 0)
            #expect(row.optionalInteger(0, 8) == nil)
            #expect(row.isNull(0, 9))
        }
    }

    @Test("a refused statement is named by its state, undoes the whole run, and leaves the connection usable")
    func refusals() async throws {
        try await Database.with { database in
            let connection = try await database.connect()
            _ = try await connection.run("CREATE TABLE t (n bigint CONSTRAINT positive CHECK (n > 0))")
            let insert = { (number: Int) in
                PostgresStatement("INSERT INTO t VALUES ($1)", [.integer(number)], isKept: true)
            }
            for transaction in [[], [PostgresStatement("BEGIN")]] {
                let error = await #expect(throws: PostgresError.self) {
                    _ = try await connection.run(transaction + [insert(1), insert(-1), insert(2)])
                }
                #expect(error?.code == .refused)
                #expect(error?.state == "23514")
                #expect(error?.severity == "ERROR")
                #expect(error?.constraint == "positive")
                #expect(error?.description.contains("positive") == true)
                #expect(try await connection.run("SELECT count(*) FROM t").integer(0, 0) == 0)
            }
            #expect(try await connection.run([insert(3)]).first?.tag == "INSERT 0 1")
        }
    }

    @Test("what goes wrong only with the commit, after the last statement's answer, is told like anything else")
    func refusedCommits() async throws {
        try await Database.with { database in
            let connection = try await database.connect()
            for statement in [
                "CREATE TABLE t (n bigint CONSTRAINT once UNIQUE DEFERRABLE INITIALLY DEFERRED)",
                """
                CREATE FUNCTION quit() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$
                """,
                "INSERT INTO t VALUES (1)",
            ] {
                _ = try await connection.run(statement)
            }
            let insert = PostgresStatement("INSERT INTO t VALUES (1)", isKept: true)
            for statements in [[insert], [insert, insert]] {
                let refused = await #expect(throws: PostgresError.self) { _ = try await connection.run(statements) }
                #expect(refused?.state == "23505")
                #expect(try await connection.run("SELECT count(*) FROM t").integer(0, 0) == 1)
            }
            _ = try await connection.run(
                """
                CREATE CONSTRAINT TRIGGER quit AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION quit()
                """)
            let unknown = await #expect(throws: PostgresError.self) {
                _ = try await connection.run("INSERT INTO t VALUES (2)")
            }
            #expect(unknown?.code == .outcomeUnknown)
            #expect(unknown?.state == "57P01")
        }
    }

    @Test("a statement whose preparation was refused or skipped is prepared anew the next time")
    func preparationsAreForgotten() async throws {
        try await Database.with { database in
            let connection = try await database.connect()
            let missing = PostgresStatement("SELECT n FROM later", isKept: true)
            let other = PostgresStatement("SELECT 7", isKept: true)
            await #expect(throws: PostgresError.self) { _ = try await connection.run([missing, other]) }
            _ = try await connection.run("CREATE TABLE later AS SELECT 5 AS n")
            let results = try await connection.run([missing, other, missing])
            #expect(results.map { $0.integer(0, 0) } == [5, 7, 5])
        }
    }

    @Test("runs of many tasks and of megabytes each get their own answers")
    func manyRuns() async throws {
        try await Database.with { database in
            let connection = try await database.connect()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let text = String(repeating: "\(number % 10)", count: 500_000)
                        let statement = PostgresStatement("SELECT $1, length($2), $2", [.integer(number), .text(text)])
                        let results = try await connection.run([statement, statement])
                        #expect(results.map { $0.integer(0, 0) } == [Int64(number), Int64(number)])
                        #expect(results.last?.text(0, 2) == text)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("what takes longer than it was given is ended by the server")
    func timeouts() async throws {
        try await Database.with { database in
            let connection = try await database.connect { $0.statementTimeout = .milliseconds(50) }
            let error = await #expect(throws: PostgresError.self) {
                _ = try await connection.run("SELECT pg_sleep(60)")
            }
            #expect(error?.code == .timeout)
            #expect(try await connection.run("SELECT 1").integer(0, 0) == 1)
        }
    }

    @Test("a server that does not answer at all is given up, with an unknown outcome")
    func frozenServers() async throws {
        try await Database.with { database in
            let connection = try await database.connect {
                $0.statementTimeout = .milliseconds(100)
                $0.answerGrace = .milliseconds(900)
            }
            // The server's own limit is lifted: it behaves as one that hangs.
            _ = try await connection.run("SET statement_timeout = 0")
            let error = await #expect(throws: PostgresError.self) {
                _ = try await connection.run("SELECT pg_sleep(60)")
            }
            #expect(error?.code == .outcomeUnknown)
            #expect(connection.hasEnded)
        }
    }

    /// Whether a connection's own `pg_sleep` runs on the server, where other tests sleep as well.
    private static func isAsleep(_ connection: PostgresConnection, _ watcher: PostgresConnection) async throws -> Bool {
        let asleep =
            "SELECT count(*) FROM pg_stat_activity WHERE pid = $1::int AND query LIKE 'SELECT pg_sleep%' "
            + "AND state = 'active'"
        return try await watcher.run(asleep, .integer(Int(connection.processID))).integer(0, 0) == 1
    }

    @Test("cancelling a task ends the statement on the server, and not the ones behind it")
    func cancellation() async throws {
        try await Database.with { database in
            let connection = try await database.connect()
            let watcher = try await database.connect()
            let sleeping = Task { try await connection.run("SELECT pg_sleep(60)") }
            while try await !Self.isAsleep(connection, watcher) { await Task.yield() }
            async let next = connection.run("SELECT 5")
            sleeping.cancel()
            let error = await #expect(throws: PostgresError.self) { _ = try await sleeping.value }
            #expect(error?.code == .cancelled)
            #expect(try await next.integer(0, 0) == 5)
        }
    }

    @Test("a connection that dies with a commit on its way leaves an unknown outcome, one before it does not")
    func lostConnections() async throws {
        try await Database.with { database in
            let connection = try await database.connect()
            let killer = try await database.connect()
            let sleeping = Task { try await connection.run("SELECT pg_sleep(60)") }
            let queued = Task { try await connection.run("SELECT 1") }
            while try await !Self.isAsleep(connection, killer) { await Task.yield() }
            _ = try await killer.run("SELECT pg_terminate_backend($1::int)", .integer(Int(connection.processID)))
            let unknown = await #expect(throws: PostgresError.self) { _ = try await sleeping.value }
            #expect(unknown?.code == .outcomeUnknown)
            #expect(unknown?.isConnectionFailure == true)
            let lost = await #expect(throws: PostgresError.self) { _ = try await queued.value }
            #expect(lost?.code == .connectionLost)
            let gone = await #expect(throws: PostgresError.self) { _ = try await connection.run("SELECT 1") }
            #expect(gone?.code == .connectionLost)
            #expect(connection.hasEnded)
        }
    }

    @Test("messages of a channel reach who listens, in order")
    func notifications() async throws {
        try await Database.with { database in
            let listener = try await database.connect()
            let speaker = try await database.connect()
            _ = try await listener.run("LISTEN birds")
            for number in 1...3 { _ = try await speaker.run("SELECT pg_notify('birds', $1)", .text("\(number)")) }
            var heard: [String] = []
            for await notification in listener.notifications {
                #expect(notification.channel == "birds")
                #expect(notification.processID == speaker.processID)
                heard.append(notification.payload)
                if heard.count == 3 { break }
            }
            #expect(heard == ["1", "2", "3"])
        }
    }

    @Test("what cannot be connected to is told apart: text that is no connection string, nobody there, too old")
    func refusedConnections() async throws {
        let driver = PostgresDriver()
        func code(_ connection: String, _ edit: (inout PostgresConfiguration) -> Void = { _ in }) async -> (
            PostgresError.Code?, String
        ) {
            var configuration = PostgresConfiguration(connection: connection, applicationName: "test")
            edit(&configuration)
            do {
                _ = try await driver.connect(configuration)
                return (nil, "")
            } catch {
                return (error.code, error.message)
            }
        }
        let bad = await code("postgres://localhost/db?bogus=1")
        #expect(bad.0 == .invalidConfiguration)
        #expect(bad.1.contains("bogus"))
        let nobody = await code("host=/nonexistent dbname=x")
        #expect(nobody.0 == .unreachable)
        #expect(nobody.1.contains("/nonexistent"))
        try await Database.with { database in
            #expect(await code(database.connection + "x").0 == .unreachable)
            let old = await code(database.connection) { $0.minimumVersion = 99 }
            #expect(old.0 == .unsupportedVersion)
            #expect(old.1.contains("at least 99"))
        }
    }

    @Test("a service file is read, and PG variables stand in for what a connection string leaves out")
    func serviceFiles() async throws {
        try await Database.with { database in
            try await TemporaryDirectory.with { directory in
                let pairs = database.connection.split(separator: " ").joined(separator: "\n")
                let file = try directory.write("[birds]\n\(pairs)\n", to: "services")
                // libpq reads the file's place from its environment alone.
                setenv("PGSERVICEFILE", file, 1)
                let connection = try await PostgresDriver().connect(
                    PostgresConfiguration(connection: "service=birds", applicationName: "bird"))
                #expect(try await connection.run("SELECT current_setting('application_name')").text(0, 0) == "bird")
                unsetenv("PGSERVICEFILE")
            }
        }
    }
}
