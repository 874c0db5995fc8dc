import TestSupport
import Testing

@testable import Scheduler

/// Replicas' lease machines against the leases of one store, under a virtual clock and seeded faults.
struct LeaseSimulation {
    /// Bugs that the checks must find.
    enum PlantedBug: CaseIterable {
        case none, neverDropsByTime, ignoresTables, claimsFromTheLiving, releasesBeforeStopped
    }

    static let lease = Duration.seconds(3)
    static let step = Duration.milliseconds(50)

    struct Faults {
        var loss = 0
        var longestDelayMilliseconds = 40
        var crashes = 0
        var pauses = 0
        var joins = 0
        var storeClockJumps = 0
    }

    private enum Operation {
        case heartbeat(isDraining: Bool, sentAt: Duration)
        case look
        case claim([Int])
        case release([HeldShard])
        case leave
        case stop(Int)
    }

    private struct Pending {
        var replica: Int
        var operation: Operation
        var atStore: Duration
        var answer: Duration
        var isLost: Bool
        var outcome: LeaseStateMachine.Event?
        var isDone = false
    }

    struct Replica {
        var name: String
        var machine: LeaseStateMachine
        var running: [Int: Int64] = [:]
        var isAlive = true
        var pausedUntil: Duration = .zero
        var nextTick: Duration = .zero
    }

    private var random: SplitMix64
    private let bug: PlantedBug
    private(set) var now: Duration = .zero
    private var storeOffset: Duration = .zero
    private var ledger = LeaseLedger()
    private(set) var replicas: [Replica] = []
    private var pending: [Pending] = []
    private var nextName = 0
    /// Who was given each epoch of each shard.
    private var grants: [HeldShard: String] = [:]
    private(set) var violations: [String] = []
    private(set) var handOvers = 0
    private var storeClockIsSteady = true
    /// Somebody has begun to work on a shard, or has come back.
    private var mustCheck = false

    init(seed: UInt64, replicas: Int, bug: PlantedBug = .none) {
        self.random = SplitMix64(seed: seed)
        self.bug = bug
        for _ in 0..<replicas { self.join() }
    }

    mutating func join() {
        let name = "r\(self.nextName)"
        self.nextName += 1
        self.start(name)
    }

    private mutating func start(_ name: String) {
        var timing = LeaseStateMachine.Timing(lease: Self.lease)
        if self.bug == .neverDropsByTime { timing.margin = .seconds(-1_000_000) }
        self.replicas.append(Replica(name: name, machine: LeaseStateMachine(member: name, timing: timing)))
    }

    mutating func shutDown(_ index: Int) { self.feed(index, .shutDown) }
    mutating func setDraining(_ index: Int, _ isDraining: Bool) { self.feed(index, .drainingSet(isDraining)) }

    // MARK: Running

    mutating func run(for duration: Duration, _ faults: Faults) {
        let end = self.now + duration
        while self.now < end {
            self.now += Self.step
            self.mustCheck = self.replicas.contains {
                $0.pausedUntil > self.now - Self.step && $0.pausedUntil <= self.now
            }
            self.injure(faults)
            self.deliver(faults)
            for index in self.replicas.indices where self.works(index) {
                guard self.replicas[index].nextTick <= self.now else { continue }
                self.replicas[index].nextTick = self.now + LeaseStateMachine.Timing(lease: Self.lease).tick
                self.feed(index, .ticked(now: self.now), faults)
            }
            if self.mustCheck { self.check() }
        }
    }

    private func works(_ index: Int) -> Bool {
        self.replicas[index].isAlive && self.replicas[index].pausedUntil <= self.now
    }

    private mutating func injure(_ faults: Faults) {
        func happens(_ perMinute: Int, _ random: inout SplitMix64) -> Bool {
            random.below(60_000 / 50) < perMinute
        }
        if happens(faults.crashes, &self.random), let index = self.replicas.indices.randomElement(using: &self.random),
            self.replicas[index].isAlive
        {
            self.replicas[index].isAlive = false
            self.replicas[index].running = [:]
            // It comes back at once, later under another name, or not at all.
            if self.random.below(2) == 0 { self.start(self.replicas[index].name) } else { self.join() }
        }
        if happens(faults.pauses, &self.random), let index = self.replicas.indices.randomElement(using: &self.random) {
            self.replicas[index].pausedUntil = self.now + .milliseconds(500 + self.random.below(8_000))
        }
        if happens(faults.joins, &self.random), self.replicas.filter(\.isAlive).count < 6 { self.join() }
        if happens(faults.storeClockJumps, &self.random) {
            self.storeOffset += .seconds(self.random.below(2) == 0 ? 3_600 : -3_600)
            self.storeClockIsSteady = false
        }
    }

    // MARK: Machines

    private mutating func feed(_ index: Int, _ event: LeaseStateMachine.Event, _ faults: Faults = Faults()) {
        var decisions = self.replicas[index].machine.apply(.ticked(now: self.now))
        if case .ticked = event {} else { decisions += self.replicas[index].machine.apply(event) }
        for decision in decisions { self.perform(decision, index, faults) }
    }

    private mutating func perform(_ decision: LeaseStateMachine.Decision, _ index: Int, _ faults: Faults) {
        switch decision {
        case .heartbeat(let isDraining): self.send(.heartbeat(isDraining: isDraining, sentAt: self.now), index, faults)
        case .look: self.send(.look, index, faults)
        case .claim(let shards): self.send(.claim(shards), index, faults)
        case .release(let held):
            self.send(.release(held), index, faults)
        case .leave: self.send(.leave, index, faults)
        case .stop(let shard):
            self.handOvers += 1
            if self.bug == .releasesBeforeStopped {
                // The machine is told at once, although the shard's work goes on.
                self.feed(index, .stopped(shard: shard), faults)
            } else {
                self.send(.stop(shard), index, faults)
            }
        case .start(let claims):
            self.mustCheck = true
            for claim in claims { self.replicas[index].running[claim.shard] = claim.epoch }
        case .drop(let shards):
            for shard in shards { self.replicas[index].running[shard] = nil }
        case .finish:
            self.replicas[index].isAlive = false
            if !self.replicas[index].running.isEmpty { self.violations.append("left with shards") }
        }
    }

    private mutating func send(_ operation: Operation, _ index: Int, _ faults: Faults) {
        let there = self.now + .milliseconds(self.random.below(1 + faults.longestDelayMilliseconds))
        let back = there + .milliseconds(self.random.below(1 + faults.longestDelayMilliseconds))
        var isLost = self.random.below(100) < faults.loss
        if case .stop = operation { isLost = false }
        if case .leave = operation { isLost = false }
        // A request that is lost reached the store or not.
        let reaches = !isLost || self.random.below(2) == 0
        self.pending.append(
            Pending(
                replica: index, operation: operation, atStore: reaches ? there : .seconds(1_000_000_000),
                answer: back, isLost: isLost, outcome: nil))
    }

    // MARK: The store

    private mutating func deliver(_ faults: Faults) {
        let order = self.pending.indices.filter { !self.pending[$0].isDone && self.pending[$0].atStore <= self.now }
            .sorted { self.pending[$0].atStore < self.pending[$1].atStore }
        for index in order where self.pending[index].outcome == nil {
            self.pending[index].outcome = self.execute(self.pending[index])
        }
        for index in self.pending.indices
        where !self.pending[index].isDone && self.pending[index].answer <= self.now
            && self.works(self.pending[index].replica)
        {
            let pending = self.pending[index]
            self.pending[index].isDone = true
            self.answer(pending, faults)
        }
        self.pending.removeAll { $0.isDone || !self.replicas[$0.replica].isAlive && $0.outcome != nil }
    }

    private mutating func execute(_ pending: Pending) -> LeaseStateMachine.Event {
        let now = self.now + self.storeOffset
        let name = self.replicas[pending.replica].name
        switch pending.operation {
        case .heartbeat(let isDraining, let sentAt):
            self.ledger.heartbeat(MemberRecord(name: name, isDraining: isDraining), lease: Self.lease, now: now)
            return .heartbeatAnswered(self.table(now), sentAt: sentAt)
        case .look: return .leasesSeen(self.table(now))
        case .claim(let shards):
            if self.bug == .claimsFromTheLiving {
                for shard in shards {
                    guard let owner = self.ledger.leases[shard].owner else { continue }
                    self.ledger.release(
                        [HeldShard(shard: shard, epoch: self.ledger.leases[shard].epoch)], member: owner)
                }
            }
            let claimed = self.ledger.claim(shards, member: name, now: now)
            for claim in claimed where self.grants.updateValue(name, forKey: claim) != nil {
                self.violations.append("epoch \(claim.epoch) of shard \(claim.shard) was granted twice")
            }
            return .claimAnswered(
                asked: shards, claimed.map { ShardClaim(shard: $0.shard, epoch: $0.epoch, sequence: 0) })
        case .release(let held):
            self.ledger.release(held, member: name)
            return .releaseEnded(held.map(\.shard))
        case .leave:
            self.ledger.leave(name)
            return .left
        case .stop(let shard): return .stopped(shard: shard)
        }
    }

    private func table(_ now: Duration) -> LeaseTable {
        var table = self.ledger.table(sequence: 0, now: now)
        if self.bug == .ignoresTables { table.leases = table.leases.map { _ in LeaseTable.Lease() } }
        return table
    }

    private mutating func answer(_ pending: Pending, _ faults: Faults) {
        if case .stop(let shard) = pending.operation { self.replicas[pending.replica].running[shard] = nil }
        guard pending.isLost else {
            if let outcome = pending.outcome { self.feed(pending.replica, outcome, faults) }
            return
        }
        switch pending.operation {
        case .heartbeat: self.feed(pending.replica, .heartbeatFailed, faults)
        case .look: self.feed(pending.replica, .leasesUnseen, faults)
        case .claim(let shards): self.feed(pending.replica, .claimFailed(asked: shards), faults)
        case .release(let held): self.feed(pending.replica, .releaseEnded(held.map(\.shard)), faults)
        case .leave: self.feed(pending.replica, .left, faults)
        case .stop: break
        }
    }

    // MARK: Checks

    private mutating func check() {
        var owners: [Int: (name: String, epoch: Int64)] = [:]
        for replica in self.replicas where replica.isAlive && replica.pausedUntil <= self.now {
            for (shard, epoch) in replica.running {
                if self.grants[HeldShard(shard: shard, epoch: epoch)] != replica.name {
                    self.violations.append("\(replica.name) works on shard \(shard) without a grant")
                }
                guard let other = owners.updateValue((replica.name, epoch), forKey: shard) else { continue }
                // Fencing keeps the older one from writing; without a fault of the clock nobody even tries.
                if other.epoch == epoch || self.storeClockIsSteady {
                    self.violations.append(
                        "\(other.name) and \(replica.name) both work on shard \(shard) at \(self.now)")
                }
            }
        }
    }

    /// What is not as it should be once everything is quiet.
    func unsettled() -> [String] {
        let living = self.replicas.filter(\.isAlive)
        let members = self.ledger.table(sequence: 0, now: self.now + self.storeOffset).members
        let placement = ShardPlacement(members: members)
        var unsettled: [String] = []
        for (shard, owner) in placement.owners.enumerated() {
            let holders = living.filter { $0.running[shard] != nil }.map(\.name)
            if holders != [owner].compactMap({ $0 }) {
                unsettled.append("shard \(shard) is with \(holders) instead of \(owner ?? "nobody")")
            }
        }
        for replica in living where Set(replica.running.keys) != Set(replica.machine.held.keys) {
            unsettled.append("\(replica.name) works on other shards than it holds")
        }
        return unsettled
    }
}
