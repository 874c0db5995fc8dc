package import Model
package import TLS

/// What a caller says of a call beside its arguments.
package struct CallMetadata: Sendable, Hashable {
    /// The trace that the call belongs to.
    package var trace: TraceContext?
    /// The same for every repetition of a call.
    package var idempotencyKey: String?

    package init(trace: TraceContext? = nil, idempotencyKey: String? = nil) {
        self.trace = trace
        self.idempotencyKey = idempotencyKey
    }
}

/// What travels with a call beside its arguments: until when an answer is of use, and metadata.
package struct CallContext: Sendable {
    /// The context of the running task.
    ///
    /// A call made while another is served inherits its deadline and its trace.
    @TaskLocal package static var current = CallContext()

    package var deadline: ContinuousClock.Instant?
    /// Goes with calls that are made.
    package var metadata: CallMetadata
    /// Came with the call that is served.
    package var received = CallMetadata()
    /// Whom the certificate of the caller was issued to; `nil`: the call that is served came from this process, or in
    /// plain text.
    package var caller: ServiceIdentity?

    package init(deadline: ContinuousClock.Instant? = nil, metadata: CallMetadata = CallMetadata()) {
        self.deadline = deadline
        self.metadata = metadata
    }

    /// Runs `body` with at most `timeout` for every call in it.
    package static func withTimeout<Value>(
        _ timeout: Duration, _ body: () async throws -> Value
    ) async throws -> Value {
        let mine = ContinuousClock.now + timeout
        return try await self.with({ $0.deadline = $0.deadline.map { min($0, mine) } ?? mine }, body)
    }

    /// Runs `body` in the context of the running task with something changed.
    package static func with<Value>(
        _ change: (inout CallContext) -> Void, _ body: () async throws -> Value
    ) async rethrows -> Value {
        var context = CallContext.current
        change(&context)
        return try await CallContext.$current.withValue(context) { try await body() }
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
