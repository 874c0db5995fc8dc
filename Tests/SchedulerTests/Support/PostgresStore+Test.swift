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

    /// Lets time pass for leases: the database's clock stays, so the moments that it is compared with come closer.
    static func pass(_ time: Duration, in connection: String) async throws {
        _ = try await self.run(
            "UPDATE members SET lease_until = lease_until - \(Int64(time / .microseconds(1))) * interval '1 microsecond'",
            in: connection)
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
