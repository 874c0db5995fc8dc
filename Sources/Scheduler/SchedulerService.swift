package import ActorTransport
package import Logging
import Model
import ServiceLifecycle

/// A scheduler replica: owns shards, drives the workflows in them, and answers for them on the actor system.
///
/// On graceful shutdown it takes no more requests, finishes the turns that run, commits them, and closes the store.
/// Pods go on: the runner's supervisors keep them, and the next start finds them again.
package struct SchedulerService: Service {
    private let replica: Replica
    private let system: ApusActorSystem
    private let store: any WorkflowStore
    private let logger: Logger
    private let readiness = Readiness()
    private static let lease = Duration.seconds(1_000_000_000)

    /// Wires a scheduler; nothing is read or claimed before `run`.
    ///
    /// The store belongs to the service from here on: it closes it. Throws where the runner's address is no actor's.
    package init(
        configuration: SchedulerConfiguration, store: any WorkflowStore, system: ApusActorSystem,
        machines: MachineFactory, clock: any SchedulerClock = SystemClock(),
        logger: Logger = Logger(label: "apus.scheduler")
    ) throws {
        self.replica = try Replica(
            configuration: configuration, store: store, system: system, machines: machines, clock: clock,
            logger: logger)
        self.system = system
        self.store = store
        self.logger = logger
    }

    /// Returns once every shard is loaded and requests are answered.
    package func ready() async throws { try await self.readiness.wait() }

    /// Loads the shards, works until shutdown, and closes the store.
    package func run() async throws {
        let replica = self.replica
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await replica.committer.run() }
                let processors = try await self.load()
                // Ends the helpers that wait for time to pass or for work to come.
                group.addTask {
                    await withDiscardingTaskGroup { helpers in
                        helpers.addTask { await replica.dispatcher.run() }
                        helpers.addTask { await replica.timers.run { replica.fire($0) } }
                        helpers.addTask { await replica.expireWorkflows() }
                        await replica.untilShutdown()
                        helpers.cancelAll()
                    }
                    replica.watches.close()
                    replica.jobs.close()
                    replica.cron.close()
                    for processor in processors { processor.mailbox.close() }
                }
                group.addTask { await replica.jobs.run() }
                group.addTask { await replica.cron.run(replica) }
                let shards = ShardRunner(processors: processors)
                group.addTask {
                    await shards.run()
                    replica.committer.close()
                }
                self.readiness.succeed()
                self.logger.info("scheduler ready", metadata: ["member": "\(self.system.member)"])
                try await group.waitForAll()
            }
        } catch {
            self.readiness.fail(error)
            await self.store.close()
            throw error
        }
        await self.store.close()
        self.logger.info("scheduler stopped")
    }

    // MARK: Loading

    private func load() async throws -> [ShardProcessor] {
        let replica = self.replica
        let shards = Array(0..<ShardMap.shardCount)
        let member = MemberRecord(name: self.system.member)
        _ = try await self.store.heartbeat(member, lease: SchedulerService.lease)
        let claims = try await self.store.claim(shards, member: member.name)
        let highest = claims.map(\.sequence).max() ?? 0
        await replica.committer.advance(to: highest)
        replica.watches.start(at: highest)
        try await replica.loadCatalog()
        let contents = try await self.store.load(shards)
        let byShard = Dictionary(grouping: contents.workflows, by: \.shard)
        var processors: [ShardProcessor] = []
        for claim in claims {
            let processor = ShardProcessor(
                shard: claim.shard, state: ShardState(shard: claim.shard, epoch: claim.epoch), replica: replica)
            processors.append(processor)
        }
        replica.directory.set(processors)
        for (processor, claim) in zip(processors, claims) {
            await processor.load(claim, byShard[claim.shard] ?? [], contents.outbox[claim.shard] ?? [])
            self.system.publish(
                ShardEndpoint(processor: processor, replica: replica, actorSystem: self.system),
                as: ActorAddress.shard(claim.shard, on: self.system.member).name)
        }
        replica.cron.start()
        let query = QueryService(replica: replica, system: self.system)
        QueryEndpoint.publish(query, on: self.system)
        self.system.publish(
            ReportsEndpoint(directory: replica.directory, actorSystem: self.system),
            as: ActorAddress.reports(on: self.system.member).name)
        return processors
    }
}

/// Runs the loops of many shards.
private struct ShardRunner {
    let processors: [ShardProcessor]

    func run() async {
        await withDiscardingTaskGroup { group in
            for processor in self.processors { group.addTask { await processor.run() } }
        }
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

    func loadCatalog() async throws(StoreError) {
        let stored = try await self.store.objects(kind: nil, namespace: nil)
        for shard in 0..<ShardMap.shardCount { self.catalog.reload(stored, shard: shard) }
    }

    /// Deletes workflows whose time to live has run out, until the task is cancelled.
    func expireWorkflows() async {
        while !Task.isCancelled {
            do {
                let now = self.clock.now()
                let due = try await self.store.expired(before: now.seconds, in: .all, limit: Replica.expiryBatch)
                for name in due {
                    let shard = ShardMap.shard(ofWorkflow: name.name, in: name.namespace)
                    _ = self.directory[shard]?.mailbox.post(.expire(name), isUrgent: true)
                }
                if let next = try await self.store.nextExpiry(in: .all) {
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
