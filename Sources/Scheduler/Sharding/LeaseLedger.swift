import ActorTransport

/// The leases of a store that keeps them in memory: the rules of `ShardLeases`, with the time as an input.
struct LeaseLedger: Sendable {
    private struct Session {
        var record: MemberRecord
        /// The member lives before this moment of the store's clock.
        var end: Duration
    }

    private var sessions: [String: Session] = [:]
    private(set) var leases = Array(repeating: LeaseTable.Lease(), count: ShardMap.shardCount)

    init() {}

    func epoch(of shard: Int) -> Int64 { self.leases[shard].epoch }

    mutating func heartbeat(_ member: MemberRecord, lease: Duration, now: Duration) {
        if let session = self.sessions[member.name], session.end > now, session.record.address != member.address {
            return
        }
        self.sessions[member.name] = Session(record: member, end: now + lease)
    }

    func table(sequence: Int64, now: Duration) -> LeaseTable {
        var table = LeaseTable()
        table.members = self.sessions.values.filter { $0.end > now }.map(\.record).sorted { $0.name < $1.name }
        table.leases = self.leases
        table.sequence = sequence
        return table
    }

    mutating func claim(_ shards: [Int], member: String, now: Duration) -> [HeldShard] {
        guard self.lives(member, at: now) else { return [] }
        var claimed: [HeldShard] = []
        for shard in shards {
            if let owner = self.leases[shard].owner, owner != member {
                guard !self.lives(owner, at: now) else { continue }
                self.endLeases(of: owner)
            }
            self.leases[shard].owner = member
            self.leases[shard].epoch += 1
            claimed.append(HeldShard(shard: shard, epoch: self.leases[shard].epoch))
        }
        return claimed
    }

    mutating func release(_ held: [HeldShard], member: String) {
        for held in held where self.leases[held.shard] == LeaseTable.Lease(owner: member, epoch: held.epoch) {
            self.end(held.shard)
        }
    }

    mutating func leave(_ member: String) {
        self.sessions[member] = nil
        self.endLeases(of: member)
    }

    private func lives(_ member: String, at now: Duration) -> Bool {
        self.sessions[member].map { $0.end > now } ?? false
    }

    private mutating func endLeases(of member: String) {
        for shard in self.leases.indices where self.leases[shard].owner == member { self.end(shard) }
    }

    private mutating func end(_ shard: Int) {
        self.leases[shard].owner = nil
        self.leases[shard].epoch += 1
    }
}
