import Logging
import PostgreSQL
import Scheduler

/// Opens a database however long it is away, and says now and then why it waits.
enum PatientStore {
    /// How often it says that the database still cannot be used.
    private static let reminder = Duration.seconds(10)

    /// - Parameters:
    ///   - database: where PostgreSQL is, for libpq to read.
    ///   - refused: told of each try that failed.
    /// - Throws: `StoreError` where asking again does not help, or the task was cancelled.
    static func open(
        _ database: String, logger: Logger, refused: (StoreError) -> Void = { _ in }
    ) async throws(StoreError) -> PostgresStore {
        var complaint = Complaint(every: Self.reminder)
        let configuration = PostgresConfiguration(connection: database, applicationName: "apus")
        return try await PostgresStore.opened(configuration) { reason in
            refused(reason)
            guard complaint.isDue(reason.message) else { return }
            logger.warning("the database cannot be used yet, it is asked again", metadata: ["reason": "\(reason)"])
        }
    }
}
