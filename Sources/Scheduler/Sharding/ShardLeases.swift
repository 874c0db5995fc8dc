import ActorTransport

/// Who lives and who owns which shard: kept by the store and timed by the store's clock alone.
///
/// A member lives for as long as its last heartbeat said. All of its leases end with it: one lease of a member that is
/// taken away by force takes the others along, so that a member that was paused can write nothing before it has looked
/// again. Each lease has an epoch, which grows whenever the lease is granted or ends; `WorkflowStore.commit` refuses
/// changes of any other epoch than the present one.
package protocol ShardLeases: Sendable {
    /// Says that a member lives, for `lease` from now; its leases go on as long.
    ///
    /// While it lives, its name belongs to its address: a heartbeat from another changes nothing, and the table that it
    /// is answered with says where the owner of the name is.
    /// - Returns: Who lives and who owns what after that. A member that finds its shards with others has been dead.
    func heartbeat(_ member: MemberRecord, lease: Duration) async throws(StoreError) -> LeaseTable

    /// Who lives and who owns what at this moment.
    func leases() async throws(StoreError) -> LeaseTable

    /// Takes those of these shards that no other living member owns: free ones, those of the dead, and the member's
    /// own.
    ///
    /// A claim waits for commits of the old epoch that are under way, and fences those that come later. Where a shard
    /// of a dead member is among them, all of that member's leases end. A member that does not live is given none.
    /// - Returns: The shards that are the member's now. Asking twice is safe: the second answer has newer epochs.
    func claim(_ shards: [Int], member: String) async throws(StoreError) -> [ShardClaim]

    /// Ends leases of `member`, where they still have the epochs that are named.
    func release(_ held: [HeldShard], member: String) async throws(StoreError)

    /// Forgets a member and ends all of its leases.
    func leave(_ member: String) async throws(StoreError)

    /// Says when members or leases may have changed, so that nobody need wait for its next heartbeat to learn of it.
    ///
    /// A hint: it may come late, too often, or never. The stream ends with the task that reads it, or with the store.
    func leaseChanges() -> AsyncStream<Void>
}

/// A shard that was claimed.
package struct ShardClaim: Sendable, Hashable {
    package var shard: Int
    /// The fencing number of this ownership.
    package var epoch: Int64
    /// No change of any shard that was committed before the claim has a higher number.
    package var sequence: Int64

    package init(shard: Int, epoch: Int64, sequence: Int64) {
        self.shard = shard
        self.epoch = epoch
        self.sequence = sequence
    }
}

/// A shard that its owner names, with the epoch under which it owns it.
package struct HeldShard: Sendable, Hashable {
    package var shard: Int
    package var epoch: Int64

    package init(shard: Int, epoch: Int64) {
        self.shard = shard
        self.epoch = epoch
    }
}

/// A process that is part of the cluster, as it announces itself.
package struct MemberRecord: Sendable, Hashable {
    package enum Role: String, Sendable, CaseIterable { case scheduler, runner, gateway }

    package var name: String
    package var role: Role
    /// Where its actors are reached; empty where the name is enough.
    package var address: String
    /// How large its share of the shards is, compared with others.
    package var weight: Int
    /// It gives its shards away and takes no more.
    package var isDraining: Bool
    /// What it runs.
    package var version: String

    package init(
        name: String, role: Role = .scheduler, address: String = "", weight: Int = 1, isDraining: Bool = false,
        version: String = ""
    ) {
        self.version = version
        self.name = name
        self.role = role
        self.address = address
        self.weight = weight
        self.isDraining = isDraining
    }
}

/// Who lives and who owns what, at one moment of the store.
package struct LeaseTable: Sendable, Hashable {
    package struct Lease: Sendable, Hashable {
        /// Who owns the shard, if anybody.
        ///
        /// It may be dead: then it is not among the members.
        package var owner: String?
        package var epoch: Int64

        package init(owner: String? = nil, epoch: Int64 = 0) {
            self.owner = owner
            self.epoch = epoch
        }
    }

    /// Members that live, by name.
    package var members: [MemberRecord] = []
    /// The lease of each shard.
    package var leases = Array(repeating: Lease(), count: ShardMap.shardCount)
    /// The highest number that a committed change of any shard has.
    package var sequence: Int64 = 0
    /// How long the leases last where that is not what was asked for: a store that one process owns alone takes none
    /// away.
    package var lease: Duration?

    package init() {}

    package func member(_ name: String) -> MemberRecord? { self.members.first { $0.name == name } }

    /// The owner of a shard, where it lives.
    package func livingOwner(of shard: Int) -> String? {
        guard let owner = self.leases[shard].owner, self.member(owner) != nil else { return nil }
        return owner
    }
}
