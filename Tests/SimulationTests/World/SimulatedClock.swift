import Model

@testable import Scheduler

/// The clock of one host: everybody's time goes on alike, but not everybody's time of day is right.
// SAFETY: see `Simulation`.
final class SimulatedClock: SchedulerClock, @unchecked Sendable {
    /// What the time of day is when a simulation begins: twelve seconds before 2026.
    static let start = Timestamp(seconds: 1_767_225_588)

    let host: SimulatedHost
    /// How wrong the time of day is.
    var skew = Duration.zero
    let bug: PlantedBug

    init(host: SimulatedHost, bug: PlantedBug = .none) {
        self.host = host
        self.bug = bug
    }

    func now() -> Timestamp {
        Self.start + GoDuration(nanoseconds: (self.host.simulation.time + self.skew).nanoseconds)
    }

    func elapsed() -> Duration { self.host.simulation.time }

    func sleep(until time: Timestamp) async throws {
        if self.bug == .timersNeverWake { return try await self.host.sleep(for: .seconds(1_000_000)) }
        // As on a real clock, one that is set meanwhile is noticed.
        while true {
            let left = Duration.nanoseconds(time.nanoseconds - self.now().nanoseconds)
            guard left > .zero else { return }
            try await self.host.sleep(for: min(left, .seconds(30)))
        }
    }

    func sleep(for duration: Duration) async throws { try await self.host.sleep(for: duration) }
}
