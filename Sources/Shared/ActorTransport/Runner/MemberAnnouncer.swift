import Synchronization

/// Announces a member to every scheduler, at once and then in steady beats; a scheduler that hangs holds up no other.
///
/// Schedulers are found by what those that are known say of the cluster.
package final class MemberAnnouncer: Sendable {
    /// How often a member is heard of; a scheduler gives it up after several beats that it missed.
    package static let heartbeat = Duration.seconds(2)
    /// How often it tries while no scheduler has answered yet.
    package static let firstBeat = Duration.milliseconds(100)
    /// How often it tries one that is away: that is to know of it soon after it is back.
    package static let retryPause = Duration.milliseconds(250)

    private struct State {
        var underWay: Set<String> = []
        var isKnown = false
    }

    private let schedulers: ShardMap
    private let announce: @Sendable (String) async throws -> Void
    private let sleep: @Sendable (Duration) async throws -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - schedulers: Those that are known at first are always tried.
    ///   - sleep: Tests bring their own time.
    ///   - announce: Tells one of them.
    package init(
        schedulers: ShardMap,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await ContinuousClock().sleep(for: $0) },
        announce: @escaping @Sendable (String) async throws -> Void
    ) {
        self.schedulers = schedulers
        self.sleep = sleep
        self.announce = announce
    }

    /// Announces until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for member in self.schedulers.members where self.begin(member) {
                    group.addTask { await self.announce(to: member) }
                }
                let pause = self.state.withLock { $0.isKnown } ? Self.heartbeat : Self.firstBeat
                // Cancelled only when the member ends.
                do { try await self.sleep(pause) } catch { break }
            }
            group.cancelAll()
        }
    }

    private func begin(_ member: String) -> Bool { self.state.withLock { $0.underWay.insert(member).inserted } }

    private func announce(to member: String) async {
        defer { self.state.withLock { _ = $0.underWay.remove(member) } }
        // A scheduler that is gone leaves the map once another says so.
        while !Task.isCancelled, self.schedulers.members.contains(member) {
            do {
                try await self.announce(member)
                return self.state.withLock { $0.isKnown = true }
            } catch {
                // Cancelled only when the member ends.
                do { try await self.sleep(Self.retryPause) } catch { return }
            }
        }
    }
}

/// Announces a runner to every scheduler.
package struct RunnerAnnouncer: Sendable {
    private let announcer: MemberAnnouncer

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
        self.announcer = MemberAnnouncer(schedulers: schedulers, sleep: sleep) { member in
            let door = try $RunnerReports.resolve(id: .reports(on: member), using: system)
            let announcement = await announcement()
            let answer = try await CallContext.withTimeout(MemberAnnouncer.heartbeat) {
                try await door.announce(announcement)
            }
            schedulers.update(answer.cluster)
            if answer.wantsReports { await reportAll() }
        }
    }

    /// Announces until the task is cancelled.
    package func run() async { await self.announcer.run() }
}

/// Announces a gateway to every scheduler, so that it is among the members of the cluster.
package struct GatewayAnnouncer: Sendable {
    private let announcer: MemberAnnouncer

    /// - Parameters:
    ///   - client: Knows the schedulers, and is told of others by somebody else.
    ///   - address: Where clients reach the gateway.
    package init(_ client: ClusterClient, address: String, version: String) {
        let system = client.system
        let gateway = ClusterMember(gateway: system.member, address: address, version: version)
        self.announcer = MemberAnnouncer(schedulers: client.shards) { member in
            let door = try $QueryContract.resolve(id: .query(on: member), using: system)
            _ = try await CallContext.withTimeout(MemberAnnouncer.heartbeat) { try await door.announce(gateway) }
        }
    }

    /// Announces until the task is cancelled.
    package func run() async { await self.announcer.run() }
}
