import Dispatch

/// A connection and the queue it is confined to: work on it is done one piece after another.
final class SQLiteLane: Sendable {
    private let queue: DispatchQueue
    // SAFETY: set in `init`, and from then on touched only by work on the serial `queue`.
    private nonisolated(unsafe) var connection: SQLiteConnection?

    init(_ label: String, _ connection: sending SQLiteConnection) {
        self.queue = DispatchQueue(label: label)
        self.connection = connection
    }

    func run<Value: Sendable>(
        _ work: @escaping @Sendable (SQLiteConnection) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let outcome: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            self.queue.async {
                guard let connection = self.connection else {
                    continuation.resume(returning: .failure(StoreError(.closed, "the store is closed")))
                    return
                }
                do {
                    continuation.resume(returning: .success(try work(connection)))
                } catch let error as StoreError {
                    continuation.resume(returning: .failure(error))
                } catch {
                    continuation.resume(returning: .failure(StoreError(.failed, "\(error)")))
                }
            }
        }
        return try outcome.get()
    }

    /// Closes the connection once the work before is done.
    func close() async {
        await withCheckedContinuation { continuation in
            self.queue.async {
                self.connection = nil
                continuation.resume()
            }
        }
    }
}
