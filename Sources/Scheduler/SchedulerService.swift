package import ActorTransport
package import Logging
import Model
import ServiceLifecycle
package import Telemetry

/// A scheduler replica: owns shards, drives the workflows in them, and answers for them on the actor system.
///
/// On graceful shutdown it takes no more requests, finishes the turns that run, commits them, and closes the store.
/// Pods go on: the runner's supervisors keep them, and the next start finds them again.
package struct SchedulerService: Service {
    private let replica: Replica
    private let system: ApusActorSystem
    private let store: any WorkflowStore
    private let logger: Logger
    private let beforeClosing: @Sendable () async -> Void

    /// Wires a scheduler; nothing is read or claimed before `run`.
    ///
    /// The store belongs to the service from here on: it closes it.
    ///
    /// - Parameters:
    ///   - addresses: where other members listen; the service keeps it up to date.
    ///   - beforeClosing: runs once every shard is given away, before the store is closed: the last calls are answered.
    package init(
        configuration: SchedulerConfiguration, store: any WorkflowStore, system: ApusActorSystem,
        machines: MachineFactory, addresses: MemberAddresses = MemberAddresses(),
        clock: any SchedulerClock = SystemClock(), logger: Logger = Logger(label: "apus.scheduler"),
        metrics: MetricRegistry = MetricRegistry(SchedulerMetrics.definitions),
        beforeClosing: @escaping @Sendable () async -> Void = {}
    ) {
        self.replica = Replica(
            configuration: configuration, store: store, system: system, addresses: addresses, machines: machines,
            clock: clock, logger: logger, metrics: metrics)
        self.beforeClosing = beforeClosing
        self.system = system
        self.store = store
        self.logger = logger
    }

    /// Returns once the shards that are this replica's at first are loaded, and requests are answered.
    package func ready() async throws { try await self.replica.keeper.readiness.wait() }

    /// Why the store did not take what it was last given; `nil` where it did.
    package var storeFailure: StoreError? { self.replica.committer.failure }

    /// Changes how many workflows may run at once.
    package func setParallelism(_ parallelism: Parallelism) { self.replica.setParallelism(parallelism) }

    /// Why the scheduler cannot do its work now, where that is the store's fault.
    package var obstacle: String? {
        if let failure = self.storeFailure { return "the store failed: \(failure)" }
        return self.replica.keeper.silence(self.replica.clock).map {
            "the store has not answered for \($0.components.seconds) s"
        }
    }

    /// Takes its share of the shards, works until shutdown, gives them back, and closes the store.
    package func run() async throws {
        let replica = self.replica
        await withDiscardingTaskGroup { group in
            group.addTask { await replica.committer.run() }
            // Ends the helpers that wait for time to pass or for work to come.
            group.addTask {
                await withDiscardingTaskGroup { helpers in
                    helpers.addTask { await replica.dispatcher.run() }
                    helpers.addTask { await replica.timers.run { replica.fire($0) } }
                    helpers.addTask { await replica.expireWorkflows() }
                    helpers.addTask { await replica.auditLocks() }
                    await replica.untilShutdown()
                    helpers.cancelAll()
                }
                replica.watches.close()
                replica.jobs.close()
                replica.cron.close()
                replica.keeper.tell(.shutDown)
            }
            group.addTask { await replica.jobs.run() }
            group.addTask { await replica.cron.run(replica) }
            self.publishDoors()
            group.addTask {
                await replica.keeper.run(replica)
                replica.committer.close()
                replica.keeper.readiness.fail(ServiceError(.unavailable, "the scheduler has stopped"))
            }
            await replica.keeper.readiness.untilSettled()
            self.logger.info("scheduler ready", metadata: ["member": "\(self.system.member)"])
        }
        await self.beforeClosing()
        await self.store.close()
        self.logger.info("scheduler stopped")
    }

    /// Every replica has a door for every shard: where it does not own one, it says who does.
    private func publishDoors() {
        for shard in 0..<ShardMap.shardCount {
            self.system.publish(
                ShardEndpoint(shard: shard, replica: self.replica, actorSystem: self.system),
                as: ActorAddress.shard(shard, on: self.system.member).name)
        }
        QueryEndpoint.publish(QueryService(replica: self.replica, system: self.system), on: self.system)
        self.system.publish(
            ReportsEndpoint(replica: self.replica, actorSystem: self.system),
            as: ActorAddress.reports(on: self.system.member).name)
    }
}

extension Replica {
    /// Returns when the process is to stop, or the task is cancelled.
    func untilShutdown() async {
        let shutdown = WakeUp()
        await withGracefulShutdownHandler {
            await shutdown.wait()
        } onGracefulShutdown: {
            shutdown.signal()
        }
    }

    /// Deletes workflows whose time to live has run out, until the task is cancelled.
    func expireWorkflows() async {
        while !Task.isCancelled {
            do {
                let now = self.clock.now()
                let owned = self.directory.owned
                let due = try await self.store.expired(before: now.seconds, in: owned, limit: Replica.expiryBatch)
                for name in due {
                    let shard = ShardMap.shard(ofWorkflow: name.name, in: name.namespace)
                    _ = self.directory[shard]?.mailbox.post(.expire(name), isUrgent: true)
                }
                if let next = try await self.store.nextExpiry(in: owned) {
                    // Those that are due are on their way out; a look a second later finds what was refused.
                    self.timers.set(.expiry, at: max(Timestamp(seconds: next), now + Replica.expiryPause))
                }
            } catch {
                self.logger.error("looking for expired workflows failed", metadata: ["reason": "\(error)"])
                self.timers.set(.expiry, at: self.clock.now() + Replica.expiryPause)
            }
            await self.expiry.wait()
        }
    }

    private static let expiryBatch = 500
    private static let expiryPause = GoDuration(nanoseconds: 1_000_000_000)
}
