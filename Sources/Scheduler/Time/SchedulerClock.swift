package import ActorTransport
import Glibc
package import Model

/// The time of day, as schedulers see it.
///
/// Tests give one whose time they move.
package protocol SchedulerClock: ElapsedClock {
    func now() -> Timestamp
    /// Returns at `time`, or throws where the task is cancelled.
    func sleep(until time: Timestamp) async throws
}

/// The clock of this machine.
package struct SystemClock: SchedulerClock {
    /// Sleeps are cut into pieces, so that a clock that is set is noticed.
    private static let longestSleepNanoseconds: Int64 = 30_000_000_000

    package init() {}

    package func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    package func sleep(until time: Timestamp) async throws {
        while true {
            let left = (time - self.now()).nanoseconds
            guard left > 0 else { return }
            try await ContinuousClock().sleep(for: .nanoseconds(min(left, SystemClock.longestSleepNanoseconds)))
        }
    }
}
