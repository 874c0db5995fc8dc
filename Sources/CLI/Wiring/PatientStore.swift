import Logging
import PostgreSQL
import Scheduler

/// Opens a database however long it is away, and says now and then why it waits.
enum PatientStore {
    /// How long the same reason is not said again.
    private static let silence = Duration.seconds(10)

    /// - Parameters:
    ///   - database: where PostgreSQL is, for libpq to read.
    ///   - refused: told of each try that failed.
    /// - Throws: `StoreError` where asking again does not help, or the task was cancelled.
    static func open(
        _ database: String, logger: Logger, refused: (StoreError) -> Void = { _ in }
    ) async throws(StoreError) -> PostgresStore {
        var said: (message: String, at: ContinuousClock.Instant)?
        let configuration = PostgresConfiguration(connection: database, applicationName: "apus")
        return try await PostgresStore.opened(configuration) { reason in
            refused(reason)
            let now = ContinuousClock.now
            if let last = said, last.message == reason.message, now - last.at < Self.silence { return }
            said = (reason.message, now)
            logger.warning("the database cannot be used yet, it is asked again", metadata: ["reason": "\(reason)"])
        }
    }
}
