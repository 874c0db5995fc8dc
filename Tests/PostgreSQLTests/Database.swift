import PostgreSQL
import TestSupport

/// A database of one test.
struct Database: Sendable {
    let connection: String
    let driver = PostgresDriver()

    static func with(_ body: (Database) async throws -> Void) async throws {
        try await body(Database(connection: PostgresCluster.shared().makeDatabase()))
    }

    func configuration(_ edit: (inout PostgresConfiguration) -> Void = { _ in }) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(connection: self.connection, applicationName: "test")
        edit(&configuration)
        return configuration
    }

    func connect(_ edit: (inout PostgresConfiguration) -> Void = { _ in }) async throws -> PostgresConnection {
        try await self.driver.connect(self.configuration(edit))
    }
}
