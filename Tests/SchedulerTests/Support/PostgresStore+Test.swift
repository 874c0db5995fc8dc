import PostgreSQL
import Scheduler
import TestSupport

extension PostgresStore {
    /// Runs `body` on a store in a database of its own.
    static func with<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresStore) async throws -> Value
    ) async throws -> Value {
        try await self.withDatabase { store, _ in try await body(store) }
    }

    static func withDatabase<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresStore, String) async throws -> Value
    ) async throws -> Value {
        let connection = try await PostgresCluster.shared().makeDatabase()
        let store = try await PostgresStore(connection: connection)
        do {
            let value = try await body(store, connection)
            await store.close()
            return value
        } catch {
            await store.close()
            throw error
        }
    }

    /// Runs `body` on a store whose database has a clock that stands still until it is told to go on.
    static func withClock<Value: Sendable>(
        _ body:
            @escaping @Sendable (PostgresStore, _ pass: @escaping @Sendable (Duration) async throws -> Void)
            async throws -> Value
    ) async throws -> Value {
        let connection = try await PostgresCluster.shared().makeDatabase()
        // A function of the same name that is found first stands in for the server's own.
        for sql in [
            "CREATE SCHEMA clock", "CREATE TABLE clock.clock AS SELECT pg_catalog.clock_timestamp() AS now",
            """
            CREATE FUNCTION clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT now FROM clock.clock'
            """,
        ] { try await self.run(sql, in: connection) }
        let store = try await PostgresStore(connection: "\(connection) options=-csearch_path=clock,pg_catalog,public")
        do {
            let value = try await body(store) { time in
                let microseconds = Int64(time / .microseconds(1))
                try await self.run(
                    "UPDATE clock.clock SET now = now + \(microseconds) * interval '1 microsecond'", in: connection)
            }
            await store.close()
            return value
        } catch {
            await store.close()
            throw error
        }
    }

    /// Runs a statement behind the store's back.
    @discardableResult
    static func run(_ sql: String, in connection: String) async throws -> PostgresResult {
        let configuration = PostgresConfiguration(connection: connection, applicationName: "test")
        let connection = try await PostgresDriver().connect(configuration)
        defer { connection.close() }
        return try await connection.run(sql)
    }
}
