import Synchronization

/// A gate that opens once, or fails once.
final class Readiness: Sendable {
    private struct State {
        var outcome: Result<Void, any Error>?
        var waiters: [CheckedContinuation<Void, any Error>] = []
    }

    private let state = Mutex(State())

    func succeed() { self.settle(.success(())) }

    func fail(_ error: any Error) { self.settle(.failure(error)) }

    func wait() async throws {
        try await withCheckedThrowingContinuation { continuation in
            let outcome = self.state.withLock { state in
                if state.outcome == nil { state.waiters.append(continuation) }
                return state.outcome
            }
            if let outcome { continuation.resume(with: outcome) }
        }
    }

    /// Returns once it has opened or failed.
    func untilSettled() async {
        // Whoever asks this way wants to know when, not how.
        do { try await self.wait() } catch { return }
    }

    private func settle(_ outcome: Result<Void, any Error>) {
        let waiters = self.state.withLock { state in
            guard state.outcome == nil else { return [] as [CheckedContinuation<Void, any Error>] }
            state.outcome = outcome
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(with: outcome) }
    }
}
