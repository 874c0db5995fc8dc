import ActorTransport
import Model
import Synchronization
import Testing
import WorkflowEngine

@testable import Scheduler

@Suite("TimerQueue", .timeLimit(.minutes(5)))
struct TimerQueueTests {
    @Test("timers fire in the order of their times, moved ones at their new time, cancelled ones never")
    func order() async throws {
        let clock = ManualClock()
        let queue = TimerQueue(clock: clock)
        let fired = Recorder()
        func key(_ uid: String) -> TimerKey { .workflow(shard: 0, uid: uid, .workflowDeadline) }
        queue.set(key("c"), at: Timestamp(seconds: 30))
        queue.set(key("a"), at: Timestamp(seconds: 10))
        queue.set(key("gone"), at: Timestamp(seconds: 15))
        queue.set(key("moved"), at: Timestamp(seconds: 5))
        queue.set(key("moved"), at: Timestamp(seconds: 40))
        queue.set(.workflow(shard: 0, uid: "all", .suspendEnd("n")), at: Timestamp(seconds: 1))
        queue.set(.expiry, at: Timestamp(seconds: 20))
        queue.cancel(key("gone"))
        queue.cancelAll(uid: "all")
        let expected: [TimerKey] = [key("a"), .expiry, key("c"), key("moved")]
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await queue.run { due in fired.append(due) } }
            for count in 1...4 {
                while fired.keys.count < count {
                    clock.advance(to: Int64(10 * count))
                    try await Pause.brief()
                }
                #expect(fired.keys == Array(expected.prefix(count)))
            }
            group.cancelAll()
        }
    }
}

private final class Recorder: Sendable {
    private let state = Mutex<[TimerKey]>([])

    var keys: [TimerKey] { self.state.withLock { $0 } }

    func append(_ key: TimerKey) { self.state.withLock { $0.append(key) } }
}

/// A clock that moves when the test says so.
final class ManualClock: SchedulerClock {
    private struct State {
        var now: Timestamp
        var sleepers: [Int: (time: Timestamp, continuation: CheckedContinuation<Void, any Error>)] = [:]
        var next = 0
    }

    private let state: Mutex<State>

    init(seconds: Int64 = 0) { self.state = Mutex(State(now: Timestamp(seconds: seconds))) }

    func now() -> Timestamp { self.state.withLock { $0.now } }

    /// The time that the next sleeper waits for.
    var nextWake: Timestamp? { self.state.withLock { $0.sleepers.values.map(\.time).min() } }

    func advance(to seconds: Int64) { self.advance(to: Timestamp(seconds: seconds)) }

    func advance(by duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.advance(to: self.now() + GoDuration(nanoseconds: seconds * 1_000_000_000 + attoseconds / 1_000_000_000))
    }

    private func advance(to time: Timestamp) {
        let due = self.state.withLock { state in
            state.now = max(state.now, time)
            let due = state.sleepers.filter { $0.value.time <= state.now }
            for number in due.keys { state.sleepers[number] = nil }
            return due.values.map(\.continuation)
        }
        for sleeper in due { sleeper.resume() }
    }

    func sleep(until time: Timestamp) async throws {
        let number = self.state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome: Result<Void, any Error>? = self.state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if time <= state.now { return .success(()) }
                    state.sleepers[number] = (time, continuation)
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let sleeper = self.state.withLock { $0.sleepers.removeValue(forKey: number) }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}
