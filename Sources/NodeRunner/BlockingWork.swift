import Dispatch

/// Runs work that waits for the disk or for other programs away from Swift's own threads.
package enum BlockingWork {
    private static let queue = DispatchQueue(label: "apus.runner.blocking", attributes: .concurrent)

    package static func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            self.queue.async { continuation.resume(returning: work()) }
        }
    }

    /// The same for work that may fail.
    package static func trying<Value: Sendable>(
        _ work: @escaping @Sendable () throws(RunnerError) -> Value
    ) async throws(RunnerError) -> Value {
        try await self.run { Result(catching: work) }.get()
    }
}
