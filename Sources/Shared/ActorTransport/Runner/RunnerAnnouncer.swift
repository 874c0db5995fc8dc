import Synchronization

/// Announces a runner to every scheduler, at once and then in steady beats; a scheduler that hangs holds up no other.
///
/// Schedulers are found by what those that are known say of the cluster.
package final class RunnerAnnouncer: Sendable {
    /// How often a runner is heard of; a scheduler gives it up after several beats that it missed.
    package static let heartbeat = Duration.seconds(2)
    /// How often it tries while no scheduler has answered yet.
    package static let firstBeat = Duration.milliseconds(100)

    private struct State {
        var underWay: Set<String> = []
        var isKnown = false
    }

    private let system: ApusActorSystem
    private let schedulers: ShardMap
    private let announcement: @Sendable () async -> RunnerAnnouncement
    private let reportAll: @Sendable () async -> Void
    private let sleep: @Sendable (Duration) async throws -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - schedulers: Those that are known at first are always tried; the map is brought up to date by their answers.
    ///   - announcement: What the runner is at this moment.
    ///   - reportAll: Has the runner tell again how far each of its pods is.
    ///   - sleep: Tests bring their own time.
    package init(
        system: ApusActorSystem, schedulers: ShardMap,
        announcement: @escaping @Sendable () async -> RunnerAnnouncement,
        reportAll: @escaping @Sendable () async -> Void,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await ContinuousClock().sleep(for: $0) }
    ) {
        self.system = system
        self.schedulers = schedulers
        self.announcement = announcement
        self.reportAll = reportAll
        self.sleep = sleep
    }

    /// Announces until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for member in self.schedulers.members where self.begin(member) {
                    group.addTask { await self.announce(to: member) }
                }
                let pause = self.state.withLock { $0.isKnown } ? Self.heartbeat : Self.firstBeat
                // Cancelled only when the runner ends.
                do { try await self.sleep(pause) } catch { break }
            }
            group.cancelAll()
        }
    }

    private func begin(_ member: String) -> Bool { self.state.withLock { $0.underWay.insert(member).inserted } }

    private func announce(to member: String) async {
        defer { self.state.withLock { _ = $0.underWay.remove(member) } }
        do {
            let door = try $RunnerReports.resolve(id: .reports(on: member), using: self.system)
            let announcement = await self.announcement()
            let answer = try await CallContext.withTimeout(Self.heartbeat) { try await door.announce(announcement) }
            self.state.withLock { $0.isKnown = true }
            self.schedulers.update(answer.cluster)
            if answer.wantsReports { await self.reportAll() }
        } catch {
            // The next beat tries again; a scheduler that is gone leaves the map once another says so.
            return
        }
    }
}
