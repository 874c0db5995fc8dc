import ActorTransport
import Logging
import Synchronization

/// Does what the replica's lease machine decides: talks to the store about leases, opens and closes shards.
///
/// Whatever happens is posted as an event, and one task feeds the machine; nothing here waits for the store but the
/// tasks that ask it.
final class ShardKeeper: Sendable {
    private typealias Event = LeaseStateMachine.Event

    private let configuration: SchedulerConfiguration
    private let timing: LeaseStateMachine.Timing
    private let mailbox = Mailbox<LeaseStateMachine.Event>(limit: .max)
    private let table = Mutex(LeaseTable())
    /// When the last heartbeat was answered.
    private let heardAt = Mutex<Duration?>(nil)
    /// Opens once the replica has its first shards, or knows that others have them all.
    let readiness = Readiness()

    init(configuration: SchedulerConfiguration) {
        self.configuration = configuration
        self.timing = LeaseStateMachine.Timing(lease: configuration.lease)
    }

    /// Who lived and who owned what when the store was last asked.
    var lastTable: LeaseTable { self.table.withLock { $0 } }

    /// How long the store has been silent, where that is longer than the leases that it was asked for last.
    func silence(_ clock: any SchedulerClock) -> Duration? {
        self.sinceAnswer(clock).flatMap { $0 > self.timing.lease ? $0 : nil }
    }

    private func sinceAnswer(_ clock: any SchedulerClock) -> Duration? {
        self.heardAt.withLock { $0 }.map { clock.elapsed() - $0 }
    }

    func tell(_ event: LeaseStateMachine.Event) { _ = self.mailbox.post(event) }

    /// Works until the replica has left, after `shutDown` was told.
    func run(_ replica: Replica) async {
        var machine = LeaseStateMachine(member: replica.member, timing: self.timing)
        await withDiscardingTaskGroup { group in
            group.addTask { await self.tick(replica) }
            group.addTask { [store = replica.store] in
                for await _ in store.leaseChanges() { self.tell(.hinted) }
            }
            while let events = await self.mailbox.next() {
                for event in events {
                    let now = replica.clock.elapsed()
                    for decision in machine.apply(.ticked(now: now)) + machine.apply(event) {
                        self.perform(decision, replica, &group)
                    }
                    self.note(event, machine, replica)
                }
            }
            group.cancelAll()
        }
    }

    private func tick(_ replica: Replica) async {
        let clock = replica.clock
        var watch = ClockWatch()
        while !Task.isCancelled {
            self.tell(.ticked(now: clock.elapsed()))
            if let jump = watch.jump(now: clock.now(), elapsed: clock.elapsed()) {
                // Leases do not care: they go by the time that passes.
                replica.logger.warning(
                    "the clock of this machine was set, and what workflows wait for moves with it: see to its time",
                    metadata: ["seconds": "\(jump.components.seconds)"])
            }
            // Cancelled only when the replica has left.
            do { try await clock.sleep(for: self.timing.tick) } catch { return }
        }
    }

    /// Keeps what others ask for: the leases as they were last seen, and whom to ask about a shard.
    private func note(_ event: LeaseStateMachine.Event, _ machine: LeaseStateMachine, _ replica: Replica) {
        switch event {
        case .heartbeatAnswered(let table, _), .leasesSeen(let table):
            self.table.withLock { $0 = table }
            if case .heartbeatAnswered = event { self.heardAt.withLock { $0 = replica.clock.elapsed() } }
        case .claimAnswered, .fenced, .releaseEnded: break
        default: return
        }
        let owners = (0..<ShardMap.shardCount).map { machine.owner(of: $0) }
        replica.shards.update(owners: owners, members: self.lastTable.view.members)
        if case .heartbeatAnswered = event, machine.isSettled { self.readiness.succeed() }
    }

    // MARK: Decisions

    private func perform(
        _ decision: LeaseStateMachine.Decision, _ replica: Replica, _ group: inout DiscardingTaskGroup
    ) {
        switch decision {
        case .heartbeat(let isDraining):
            group.addTask { await self.beat(isDraining: isDraining, replica) }
        case .look:
            group.addTask { await self.look(replica) }
        case .claim(let shards):
            group.addTask { await self.claim(shards, replica) }
        case .start(let claims):
            let opened = replica.open(claims)
            group.addTask { await self.load(opened, replica) }
            for opened in opened { group.addTask { await self.run(opened.processor, replica) } }
        case .stop(let shard):
            guard let processor = replica.directory[shard] else { return self.tell(.stopped(shard: shard)) }
            processor.close()
        case .drop(let shards):
            // Leases are given up a little before they end.
            let silence = self.sinceAnswer(replica.clock).flatMap { $0 > self.timing.lease / 2 ? $0 : nil }
            replica.logger.warning(
                "shards lost",
                metadata: [
                    "count": "\(shards.count)",
                    "reason": silence.map { "the store has not answered for \($0.components.seconds) s" }
                        ?? "others have them",
                ])
            for shard in shards { replica.directory[shard]?.abandon() }
        case .release(let held):
            group.addTask { await self.release(held, replica) }
        case .leave:
            group.addTask { await self.leave(replica) }
        case .finish:
            self.mailbox.close()
        }
    }

    private func beat(isDraining: Bool, _ replica: Replica) async {
        let member = MemberRecord(
            name: replica.member, address: self.configuration.address, weight: self.configuration.weight,
            isDraining: isDraining, version: self.configuration.version)
        let sentAt = replica.clock.elapsed()
        do {
            let table = try await replica.store.heartbeat(member, lease: self.configuration.lease)
            if let owner = table.member(member.name), owner.address != member.address {
                replica.logger.warning(
                    "another scheduler has our name: give one of them another",
                    metadata: ["member": "\(member.name)", "address": "\(owner.address)"])
                return self.tell(.nameTaken)
            }
            await replica.committer.advance(to: table.sequence)
            self.tell(.heartbeatAnswered(table, sentAt: sentAt))
            try await replica.refreshCatalog()
        } catch {
            replica.logger.warning("heartbeat failed", metadata: ["reason": "\(error)"])
            self.tell(.heartbeatFailed)
        }
    }

    private func look(_ replica: Replica) async {
        do {
            self.tell(.leasesSeen(try await replica.store.leases()))
        } catch {
            self.tell(.leasesUnseen)
        }
    }

    private func claim(_ shards: [Int], _ replica: Replica) async {
        do {
            self.tell(.claimAnswered(asked: shards, try await replica.committer.claim(shards)))
        } catch {
            replica.logger.warning("claim of shards failed", metadata: ["reason": "\(error)"])
            self.tell(.claimFailed(asked: shards))
        }
    }

    private func release(_ held: [HeldShard], _ replica: Replica) async {
        do {
            try await replica.store.release(held, member: replica.member)
        } catch {
            replica.logger.warning("release of shards failed", metadata: ["reason": "\(error)"])
        }
        self.tell(.releaseEnded(held.map(\.shard)))
    }

    private func leave(_ replica: Replica) async {
        do {
            try await replica.store.leave(replica.member)
        } catch {
            // The leases end by themselves.
            replica.logger.warning("leaving failed", metadata: ["reason": "\(error)"])
        }
        self.tell(.left)
    }

    // MARK: Shards

    private func load(_ opened: [OpenedShard], _ replica: Replica) async {
        await replica.load(opened)
        replica.logger.info("shards taken", metadata: ["count": "\(opened.count)"])
        self.readiness.succeed()
    }

    private func run(_ processor: ShardProcessor, _ replica: Replica) async {
        await processor.run()
        await replica.close(processor)
        processor.ended.succeed()
        if !processor.isAbandoned { self.tell(.stopped(shard: processor.shard)) }
    }
}
