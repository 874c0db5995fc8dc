/// What travels with a call beside its arguments: until when an answer is of use.
package struct CallContext: Sendable {
    /// The context of the running task.
    ///
    /// A call made while another is served inherits its deadline.
    @TaskLocal package static var current = CallContext()

    package var deadline: ContinuousClock.Instant?

    package init(deadline: ContinuousClock.Instant? = nil) { self.deadline = deadline }

    /// Runs `body` with at most `timeout` for every call in it.
    package static func withTimeout<Value>(
        _ timeout: Duration, _ body: () async throws -> Value
    ) async throws -> Value {
        let mine = ContinuousClock.now + timeout
        let deadline = CallContext.current.deadline.map { min($0, mine) } ?? mine
        return try await CallContext.$current.withValue(CallContext(deadline: deadline)) { try await body() }
    }
}

/// Runs `body`, and cancels it where `deadline` passes first.
func withDeadline<Value: Sendable>(
    _ deadline: ContinuousClock.Instant?, _ body: @Sendable @escaping () async throws -> Value
) async throws -> Value {
    guard let deadline else { return try await body() }
    return try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await ContinuousClock().sleep(until: deadline)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let value = first else {
            throw ServiceError(.deadlineExceeded, "the call did not end before its deadline")
        }
        return value
    }
}
