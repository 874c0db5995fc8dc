import PostgreSQL
import TestSupport
import Testing

@Suite("PostgresPool", .timeLimit(.minutes(5)))
struct PostgresPoolTests {
    @Test("no more than so many connections are made, and all that wait get one")
    func bounded() async throws {
        try await Database.with { database in
            let pool = PostgresPool(driver: database.driver, configuration: database.configuration(), size: 3)
            let processes = try await withThrowingTaskGroup(of: Int32.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        try await pool.with(patience: .seconds(30)) { connection throws(PostgresError) in
                            _ = try await connection.run("SELECT pg_sleep(0.001)")
                            return connection.processID
                        }
                    }
                }
                return try await group.reduce(into: Set<Int32>()) { $0.insert($1) }
            }
            #expect((1...3).contains(processes.count))
            await pool.close()
            let error = await #expect(throws: PostgresError.self) {
                try await pool.with(patience: .seconds(1)) { _ throws(PostgresError) in }
            }
            #expect(error?.code == .closed)
        }
    }

    @Test("work on a connection that was lost is done again on a new one")
    func reconnects() async throws {
        try await Database.with { database in
            let pool = PostgresPool(driver: database.driver, configuration: database.configuration(), size: 1)
            let killer = try await database.connect()
            var processes: Set<Int32> = []
            for _ in 0..<3 {
                let process = try await pool.with(patience: .seconds(30)) { connection throws(PostgresError) in
                    _ = try await connection.run("SELECT 1")
                    return connection.processID
                }
                processes.insert(process)
                _ = try await killer.run("SELECT pg_terminate_backend($1::int)", .integer(Int(process)))
            }
            #expect(processes.count == 3)
            await pool.close()
        }
    }

    @Test("a server that is away is waited for, and not for longer than asked")
    func awayServers() async throws {
        let cluster = try await PostgresCluster.make()
        let configuration = PostgresConfiguration(
            connection: cluster.connection(to: "postgres"), applicationName: "test")
        let pool = PostgresPool(driver: PostgresDriver(), configuration: configuration, size: 2)
        func ask(patience: Duration) async throws -> Int64 {
            try await pool.with(patience: patience) { connection throws(PostgresError) in
                try await connection.run("SELECT 1").integer(0, 0)
            }
        }
        #expect(try await ask(patience: .seconds(30)) == 1)
        try await cluster.kill()
        let error = await #expect(throws: PostgresError.self) { _ = try await ask(patience: .milliseconds(100)) }
        #expect(error?.code == .unreachable)
        async let answer = ask(patience: .seconds(60))
        try await cluster.start()
        #expect(try await answer == 1)
        await pool.close()
    }
}
