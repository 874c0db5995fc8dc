import JSON
import Model
import OrderedCollections
import WorkflowEngine

// Attempts: as many as the strategy allows, each for a reason and after its wait.
extension InvariantChecker {
    /// Which attempt a node is; `nil` where it is none.
    func number(of row: NodeRow) -> Int? {
        guard row.status.nodeFlag?.retried == true, row.status.name.last == ")" else { return nil }
        return Int(row.status.name.dropLast().split(separator: "(").last ?? "")
    }

    private func name(ofAttempt number: Int, like row: NodeRow) -> String {
        "\(row.status.name[..<(row.status.name.lastIndex(of: "(") ?? row.status.name.endIndex)])(\(number))"
    }

    /// The node whose attempt a node is.
    func retry(of row: NodeRow) -> NodeRow? {
        guard self.number(of: row) != nil, let end = row.status.name.lastIndex(of: "(") else { return nil }
        return self.row(named: String(row.status.name[..<end]))
    }

    func attemptBefore(_ row: NodeRow) -> NodeRow? {
        guard let number = self.number(of: row), number > 0 else { return nil }
        return self.row(named: self.name(ofAttempt: number - 1, like: row))
    }

    func checkAttempt(_ row: NodeRow) throws {
        guard let number = self.number(of: row), number > 0,
            let strategy = self.template(of: row)?.template.retryStrategy
        else { return }
        let name = row.status.name
        guard let last = self.attemptBefore(row)?.status, last.phase.isFailedOrError else {
            throw Violation(.retries, "\(name) began although the attempt before it has not failed")
        }
        if let limit = strategy.limit?.integerValue, number > limit {
            throw Violation(.retries, "\(name) began, at most \(limit) retries are allowed")
        }
        guard Self.allows(strategy, last, number) else {
            throw Violation(.retries, "\(name) began after \(last.phase.rawValue), which its strategy does not allow")
        }
        guard let first = self.row(named: self.name(ofAttempt: 0, like: row))?.status.startedAt else { return }
        try self.checkWait(row, strategy, last, first: first, number: number)
    }

    private static func allows(_ strategy: RetryStrategy, _ last: NodeStatus, _ number: Int) -> Bool {
        switch strategy.retryPolicy ?? (strategy.expression == nil ? "OnFailure" : "Always") {
        case "OnFailure" where last.phase == .error: return false
        case "OnError" where last.phase == .failed: return false
        case "OnTransientError" where last.message != "pod deleted": return false
        default: break
        }
        switch strategy.expression {
        case "lastRetry.exitCode == '1'": return last.outputs?.exitCode == "1"
        case "asInt(retries) < 2": return number - 1 < 2
        case "lastRetry.status != 'Error'": return last.phase != .error
        default: return true
        }
    }

    private func checkWait(
        _ row: NodeRow, _ strategy: RetryStrategy, _ last: NodeStatus, first: Timestamp, number: Int
    ) throws {
        guard let backoff = strategy.backoff, let seconds = backoff.duration.flatMap({ Int64($0) }),
            let start = row.status.startedAt, let end = last.finishedAt
        else { return }
        var wait = seconds
        if let factor = backoff.factor?.integerValue { for _ in 1..<max(1, number) { wait *= Int64(factor) } }
        if let cap = backoff.cap.flatMap({ GoDuration(secondsOrDuration: $0) }) { wait = min(wait, Int64(cap.seconds)) }
        // What is stored has whole seconds.
        guard start >= Timestamp(seconds: end.seconds) + GoDuration(seconds: wait) else {
            throw Violation(.retries, "\(row.status.name) began before its wait of \(wait) s was over")
        }
        guard let most = backoff.maxDuration.flatMap({ GoDuration(secondsOrDuration: $0) }) else { return }
        guard end + GoDuration(seconds: wait) <= first + most else {
            throw Violation(.retries, "\(row.status.name) began after the longest time for retries")
        }
    }
}
