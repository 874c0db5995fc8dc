package import PostgreSQL

extension PostgresStore {
    /// Opens the store once the database lets it: one that is away, refuses us, only reads or is full is asked again.
    ///
    /// - Parameter refused: told of each try that failed.
    /// - Throws: `StoreError` where asking again does not help, or nobody waits any more.
    package static func opened(
        _ configuration: PostgresConfiguration, refused: (StoreError) -> Void
    ) async throws(StoreError) -> PostgresStore {
        var backoff = PostgresBackoff()
        while true {
            let failure: StoreError
            do throws(StoreError) {
                return try await PostgresStore(configuration, openingPatience: .zero)
            } catch {
                failure = error
            }
            guard failure.mayPass, !Task.isCancelled else { throw failure }
            refused(failure)
            // Cancelled: the reason is as good as any.
            do { try await Task.sleep(for: backoff.next()) } catch { throw failure }
        }
    }
}

extension StoreError {
    /// Whether the same may succeed later on without another start of this program.
    var mayPass: Bool {
        switch self.code {
        case .full, .unwritable, .unavailable, .failed: true
        case .corrupt, .owned, .newerSchema, .conflict, .unsuitable, .closed: false
        }
    }
}
