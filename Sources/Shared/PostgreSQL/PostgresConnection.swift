/// A connection to PostgreSQL, for any task to use.
///
/// Runs are done one after another, in the order of asking. The connection ends for good when it is lost or closed: a
/// `PostgresPool` makes new ones.
package final class PostgresConnection: Sendable {
    private let number: Int
    private let driver: PostgresDriver
    private let link: PostgresLink

    init(number: Int, driver: PostgresDriver, link: PostgresLink) {
        self.number = number
        self.driver = driver
        self.link = link
    }

    deinit { self.close() }

    /// As 150003 for 15.3.
    package var serverVersion: Int { self.link.serverVersion }
    /// The process that serves this connection.
    package var processID: Int32 { self.link.processID }
    package var hasEnded: Bool { self.link.hasEnded }
    /// Messages of the channels that the connection was told to `LISTEN` to; it ends with the connection.
    ///
    /// One task may iterate it.
    package var notifications: AsyncStream<PostgresNotification> { self.link.notifications }

    /// Sends statements together and returns their answers, in order.
    ///
    /// Without a `BEGIN` among them they are one transaction, as if there were one. Where one is refused, none after it
    /// is looked at, and an open transaction is rolled back.
    ///
    /// - Parameter isCancellable: whether the cancellation of the task reaches the server.
    package func run(
        _ statements: [PostgresStatement], isCancellable: Bool = true
    ) async throws(PostgresError) -> [PostgresResult] {
        let run = PostgresRun(statements)
        self.driver.enqueue(.run(self.number, run))
        guard isCancellable else { return try await run.outcome().get() }
        let outcome = await withTaskCancellationHandler {
            await run.outcome()
        } onCancel: {
            self.driver.enqueue(.cancel(self.number, run))
        }
        return try outcome.get()
    }

    package func run(_ sql: String, _ values: PostgresValue...) async throws(PostgresError) -> PostgresResult {
        let results = try await self.run([PostgresStatement(sql, values)])
        guard let result = results.first else { throw PostgresError(.refused, "no answer to: \(sql)") }
        return result
    }

    package func close() { self.driver.enqueue(.close(self.number)) }
}
