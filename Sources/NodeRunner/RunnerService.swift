package import ActorTransport
import ServiceLifecycle

/// A runner of the cluster: runs pods, and announces itself to every scheduler.
///
/// It says no goodbye: one that comes back within the limit for silence has lost nothing.
package struct RunnerService: Service {
    private let runner: LocalRunner
    private let announcer: RunnerAnnouncer

    /// - Parameters:
    ///   - system: Its member is the runner's name, which must stay the same over restarts: pods are placed by it.
    ///   - schedulers: Those that are known at first, or all of them.
    ///   - address: Where others reach it; empty where the name is enough.
    package init(
        runner: LocalRunner, system: ApusActorSystem, schedulers: ShardMap, address: String = ""
    ) {
        self.runner = runner
        self.announcer = RunnerAnnouncer(
            system: system, schedulers: schedulers,
            announcement: { await runner.announcement(name: system.member, address: address) },
            reportAll: { await runner.reportAll() })
    }

    package func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                await cancelWhenGracefulShutdown { await self.announcer.run() }
            }
            group.addTask { try await self.runner.run() }
        }
    }
}
