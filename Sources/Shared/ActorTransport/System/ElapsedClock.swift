import Glibc

/// Time that only goes on, whoever sets the time of day.
///
/// Calls and leases are measured by it. A simulation gives one whose time it moves.
package protocol ElapsedClock: Sendable {
    /// How much time has passed since a moment that nobody knows; it goes on while the machine sleeps.
    func elapsed() -> Duration
    /// Returns after `duration`, or throws where the task is cancelled.
    func sleep(for duration: Duration) async throws
}

extension ElapsedClock {
    package func elapsed() -> Duration {
        var time = timespec()
        // It goes on while the machine sleeps, as the store's clock does.
        clock_gettime(CLOCK_BOOTTIME, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    package func sleep(for duration: Duration) async throws { try await ContinuousClock().sleep(for: duration) }
}

/// The elapsed time of this machine.
package struct SystemElapsedClock: ElapsedClock {
    package init() {}
}
