import Synchronization

/// Statements that are sent together, and whoever waits for their answers.
///
/// It ends once: what comes later is ignored.
final class PostgresRun: Sendable {
    typealias Outcome = Result<[PostgresResult], PostgresError>

    private enum State {
        case pending
        case waiting(CheckedContinuation<Outcome, Never>)
        case ended(Outcome)
        case told
    }

    let statements: [PostgresStatement]
    private let state = Mutex(State.pending)

    init(_ statements: [PostgresStatement]) { self.statements = statements }

    func outcome() async -> Outcome {
        await withCheckedContinuation { continuation in
            let ended: Outcome? = self.state.withLock { state in
                switch state {
                case .pending:
                    state = .waiting(continuation)
                    return nil
                case .ended(let outcome):
                    state = .told
                    return outcome
                case .waiting, .told: preconditionFailure("a run has one waiter")
                }
            }
            if let ended { continuation.resume(returning: ended) }
        }
    }

    func finish(_ outcome: Outcome) {
        let waiter: CheckedContinuation<Outcome, Never>? = self.state.withLock { state in
            switch state {
            case .pending:
                state = .ended(outcome)
                return nil
            case .waiting(let continuation):
                state = .told
                return continuation
            case .ended, .told: return nil
            }
        }
        waiter?.resume(returning: outcome)
    }
}
