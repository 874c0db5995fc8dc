import ActorTransport

/// What one replica does about its leases.
///
///                 claimAnswered                     placement moved          stopped
///     (others') ───────────────► held ───────────────────────► stopping ───────────────► releasing ──► (others')
///                                  │ fenced, taken by force, lease not renewed in time
///                                  └──────────────────────────► dropped at once, nothing more is written
///
/// The replica owns what it claimed and nothing else. Its lease ends, as far as it knows, one lease after it *sent* the
/// last heartbeat that was answered: by its own monotonic clock, which nobody sets, and earlier than by the store's.
/// Some time before that it drops every shard. The time of day plays no part anywhere.
///
/// Answers may come late, in any order, or not at all; epochs say which of two views is the newer.
package struct LeaseStateMachine: Sendable {
    package enum Event: Sendable {
        /// Time has passed; `now` is monotonic.
        case ticked(now: Duration)
        /// Leases may have changed.
        case hinted
        case heartbeatAnswered(LeaseTable, sentAt: Duration)
        case heartbeatFailed
        /// Another living member has the name: whatever the store knows under it belongs to that one.
        case nameTaken
        /// The present leases, read without a heartbeat.
        case leasesSeen(LeaseTable)
        case leasesUnseen
        case claimAnswered(asked: [Int], [ShardClaim])
        case claimFailed(asked: [Int])
        /// A shard was claimed anew by its own processor, to fence a commit of its own whose outcome is unknown.
        case reclaimed(ShardClaim)
        /// A commit was refused, or a claim anew was not granted: the shard is somebody else's by now.
        case fenced(shard: Int)
        /// Everything of a shard that is handed over is committed, and nothing more comes.
        case stopped(shard: Int)
        /// A release was answered, or failed: then a later table shows what is still ours.
        case releaseEnded([Int])
        /// Gives all shards away and takes none, or takes its share again.
        case drainingSet(Bool)
        /// Gives all shards away at once and leaves.
        case shutDown
        case left
    }

    package enum Decision: Sendable, Hashable {
        case heartbeat(isDraining: Bool)
        case look
        case claim([Int])
        /// Load these shards and work on them.
        case start([ShardClaim])
        /// Finish what is under way in a shard, then say `stopped`.
        case stop(Int)
        /// Forget these shards at once; whatever is under way is refused by the store.
        case drop([Int])
        case release([HeldShard])
        case leave
        /// There is nothing more to do.
        case finish
    }

    private enum Phase { case held, stopping, releasing }

    private struct Holding {
        var epoch: Int64
        var phase: Phase
    }

    package struct Timing: Sendable {
        /// How long a lease lasts that is not renewed.
        package var lease: Duration
        /// How long before the next heartbeat.
        package var interval: Duration
        /// How long before its end a lease that could not be renewed is given up.
        package var margin: Duration

        /// How often it wants to be told of the time; some ticks fit into the margin.
        package var tick: Duration

        package init(lease: Duration) {
            self.lease = lease
            self.interval = lease / 3
            self.margin = lease / 6
            self.tick = lease / 12
        }
    }

    /// How many shards are handed over at once while the cluster is rearranged.
    package static let handOverLimit = 1

    package let member: String
    private let timing: Timing
    private var holdings: [Int: Holding] = [:]
    private var claiming: Set<Int> = []
    private var table: LeaseTable?
    private var placement = ShardPlacement(members: [])
    private var now: Duration = .zero
    private var leaseEnd: Duration?
    private var nextHeartbeat: Duration = .zero
    private var isBeating = false
    private var isLooking = false
    private var mustLookAgain = false
    private var isDraining = false
    private var isLeaving = false
    private var hasLeft = false
    /// Whether the last heartbeat was not refused because the name is another's.
    private var hasName = true

    package init(member: String, timing: Timing) {
        self.member = member
        self.timing = timing
    }

    /// The shards that it works on, with their epochs.
    package var held: [Int: Int64] { self.holdings.mapValues(\.epoch) }

    /// Whether it has its lease and waits for no claim of its own.
    package var isSettled: Bool { self.leaseEnd != nil && self.claiming.isEmpty }

    /// Who owns a shard, as far as it knows.
    package func owner(of shard: Int) -> String? {
        guard self.holdings[shard] == nil else { return self.member }
        guard let owner = self.table?.livingOwner(of: shard), owner != self.member else {
            return self.placement.owners[shard]
        }
        return owner
    }

    // MARK: Events

    package mutating func apply(_ event: Event) -> [Decision] {
        guard !self.hasLeft else { return [] }
        switch event {
        case .ticked(let now): return self.tick(now)
        case .hinted: return self.look()
        case .heartbeatAnswered(let table, let sentAt):
            self.isBeating = false
            self.hasName = true
            self.leaseEnd = max(self.leaseEnd ?? .zero, sentAt + (table.lease ?? self.timing.lease))
            return self.take(table)
        case .heartbeatFailed:
            self.isBeating = false
            return []
        case .nameTaken:
            self.isBeating = false
            self.hasName = false
            return self.dropEverything()
        case .leasesSeen(let table):
            self.isLooking = false
            return self.take(table) + (self.mustLookAgain ? self.look() : [])
        case .leasesUnseen:
            // The next heartbeat brings them.
            self.isLooking = false
            return []
        case .claimAnswered(let asked, let claims):
            self.claiming.subtract(asked)
            return self.take(claims)
        case .claimFailed(let asked):
            // Whether the claim took effect is unknown: what is ours by the next table is claimed anew.
            self.claiming.subtract(asked)
            return []
        case .reclaimed(let claim):
            guard let epoch = self.holdings[claim.shard]?.epoch, epoch < claim.epoch else { return [] }
            self.holdings[claim.shard]?.epoch = claim.epoch
            return []
        case .fenced(let shard):
            guard self.holdings.removeValue(forKey: shard) != nil else { return [] }
            return [.drop([shard])] + self.look() + self.advanceLeaving()
        case .stopped(let shard):
            return self.release(shard)
        case .releaseEnded(let shards):
            for shard in shards where self.holdings[shard]?.phase == .releasing { self.holdings[shard] = nil }
            return self.handOver()
        case .drainingSet(let isDraining):
            guard self.isDraining != isDraining else { return [] }
            self.isDraining = isDraining
            self.nextHeartbeat = self.now
            return self.beat()
        case .shutDown:
            return self.leave()
        case .left:
            self.hasLeft = true
            return [.finish]
        }
    }

    // MARK: Time

    private mutating func tick(_ now: Duration) -> [Decision] {
        self.now = max(self.now, now)
        var decisions = self.dropWhatCannotBeHeld()
        decisions += self.beat()
        return decisions
    }

    private mutating func beat() -> [Decision] {
        guard !self.isBeating, !self.isLeaving, self.now >= self.nextHeartbeat else { return [] }
        self.isBeating = true
        self.nextHeartbeat = self.now + self.timing.interval
        return [.heartbeat(isDraining: self.isDraining)]
    }

    private mutating func dropWhatCannotBeHeld() -> [Decision] {
        guard let end = self.leaseEnd, self.now >= end - self.timing.margin else { return [] }
        return self.dropEverything()
    }

    private mutating func dropEverything() -> [Decision] {
        self.leaseEnd = nil
        guard !self.holdings.isEmpty else { return [] }
        let dropped = self.holdings.keys.sorted()
        self.holdings = [:]
        return [.drop(dropped)] + self.advanceLeaving()
    }

    private mutating func look() -> [Decision] {
        guard !self.isLeaving else { return [] }
        self.mustLookAgain = self.isLooking
        guard !self.isLooking else { return [] }
        self.isLooking = true
        return [.look]
    }

    // MARK: Leases

    private mutating func take(_ table: LeaseTable) -> [Decision] {
        if table.members != self.table?.members { self.placement = ShardPlacement(members: table.members) }
        self.table = table
        // A table that is older than the claim, or than one anew by the shard's own processor, says nothing.
        let lost = self.holdings.filter { shard, holding in
            table.leases[shard].epoch > holding.epoch && table.leases[shard].owner != self.member
        }
        for shard in lost.keys { self.holdings[shard] = nil }
        // Where the shard was given away, its new owner is only heard of before the answer to the release.
        let dropped = lost.filter { $0.value.phase != .releasing }.keys.sorted()
        var decisions: [Decision] = dropped.isEmpty ? [] : [.drop(dropped)]
        decisions += self.claimShare(table) + self.returnStrays(table) + self.handOver()
        return decisions + (lost.isEmpty ? [] : self.advanceLeaving())
    }

    private mutating func claimShare(_ table: LeaseTable) -> [Decision] {
        guard !self.isLeaving, self.leaseEnd.map({ self.now < $0 - self.timing.margin }) ?? false else { return [] }
        let wanted = self.placement.owners.indices.filter { shard in
            guard self.placement.owners[shard] == self.member else { return false }
            guard self.holdings[shard] == nil, !self.claiming.contains(shard) else { return false }
            return table.livingOwner(of: shard) ?? self.member == self.member
        }
        guard !wanted.isEmpty else { return [] }
        self.claiming.formUnion(wanted)
        return [.claim(wanted)]
    }

    /// Ends leases that the store still counts as ours, because a claim's answer or a release was lost.
    private func returnStrays(_ table: LeaseTable) -> [Decision] {
        guard !self.isLeaving, self.hasName else { return [] }
        let strays = table.leases.indices.filter { shard in
            table.leases[shard].owner == self.member && self.holdings[shard] == nil && !self.claiming.contains(shard)
                && self.placement.owners[shard] != self.member
        }
        return strays.isEmpty
            ? [] : [.release(strays.map { HeldShard(shard: $0, epoch: table.leases[$0].epoch) })]
    }

    private mutating func take(_ claims: [ShardClaim]) -> [Decision] {
        guard !claims.isEmpty else { return [] }
        // Too late: others take over when the lease has run out, and a shutdown ends it at once.
        guard !self.isLeaving, self.leaseEnd != nil else {
            return [.release(claims.map { HeldShard(shard: $0.shard, epoch: $0.epoch) })]
        }
        let new = claims.filter { self.holdings[$0.shard].map { $0.epoch } ?? -1 < $0.epoch }
        for claim in new { self.holdings[claim.shard] = Holding(epoch: claim.epoch, phase: .held) }
        return new.isEmpty ? [] : [.start(new)]
    }

    // MARK: Giving away

    private mutating func handOver() -> [Decision] {
        guard !self.isLeaving else { return [] }
        var moving = self.holdings.values.filter { $0.phase != .held }.count
        var decisions: [Decision] = []
        for shard in self.holdings.keys.sorted() where moving < LeaseStateMachine.handOverLimit {
            guard self.holdings[shard]?.phase == .held, let owner = self.placement.owners[shard], owner != self.member
            else { continue }
            self.holdings[shard]?.phase = .stopping
            decisions.append(.stop(shard))
            moving += 1
        }
        return decisions
    }

    private mutating func release(_ shard: Int) -> [Decision] {
        guard let holding = self.holdings[shard], holding.phase == .stopping else { return [] }
        guard !self.isLeaving else {
            self.holdings[shard] = nil
            return self.advanceLeaving()
        }
        self.holdings[shard]?.phase = .releasing
        return [.release([HeldShard(shard: shard, epoch: holding.epoch)])]
    }

    /// All shards stop at once; the last one takes the member's leases along.
    private mutating func leave() -> [Decision] {
        guard !self.isLeaving else { return [] }
        self.isLeaving = true
        var decisions: [Decision] = []
        for shard in self.holdings.keys.sorted() {
            switch self.holdings[shard]?.phase {
            case .held:
                self.holdings[shard]?.phase = .stopping
                decisions.append(.stop(shard))
            case .releasing: self.holdings[shard] = nil
            case .stopping, nil: break
            }
        }
        return decisions + self.advanceLeaving()
    }

    private mutating func advanceLeaving() -> [Decision] {
        guard self.isLeaving, self.holdings.isEmpty else { return [] }
        guard self.hasName else {
            self.hasLeft = true
            return [.finish]
        }
        return [.leave]
    }
}
