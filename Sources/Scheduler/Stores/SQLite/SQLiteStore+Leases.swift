import ActorTransport
import Synchronization

/// Leases of a store that one process owns alone: nobody dies but with it, so nothing ends by time.
///
/// Whoever claims last owns; that is how a process fences what it had begun itself.
extension SQLiteStore {
    /// A process that stood still for a while has lost nothing, since nobody else may write.
    private static let endlessLease = Duration.seconds(1_000_000_000)

    package func heartbeat(_ member: MemberRecord, lease: Duration) async throws(StoreError) -> LeaseTable {
        self.members.withLock { $0[member.name] = member }
        var table = try await self.leases()
        table.lease = SQLiteStore.endlessLease
        return table
    }

    package func leases() async throws(StoreError) -> LeaseTable {
        var table = try await self.read { reader throws(StoreError) in try reader.leases() }
        table.members = self.members.withLock { $0.values.sorted { $0.name < $1.name } }
        return table
    }

    package func claim(_ shards: [Int], member: String) async throws(StoreError) -> [ShardClaim] {
        try await self.writer.run { connection throws(StoreError) in
            try connection.transaction { () throws(StoreError) in
                let sequence = try connection.integer(SQLiteReader.highestSequence) ?? 0
                var claims: [ShardClaim] = []
                for shard in shards {
                    let statement = try connection.statement(SQLiteStore.claimShard)
                    try statement.bind([.integer(shard), .text(member)])
                    guard try statement.step() else { throw StoreError(.failed, "shard \(shard) cannot be claimed") }
                    claims.append(ShardClaim(shard: shard, epoch: statement.integer(0), sequence: sequence))
                    try statement.finish()
                }
                return claims
            }
        }
    }

    private static let claimShard = """
        INSERT INTO shards (shard, owner, epoch, sequence) VALUES (?1, ?2, 1, 0)
        ON CONFLICT (shard) DO UPDATE SET owner = ?2, epoch = epoch + 1
        RETURNING epoch
        """

    package func release(_ held: [HeldShard], member: String) async throws(StoreError) {
        try await self.writer.run { connection throws(StoreError) in
            try connection.transaction { () throws(StoreError) in
                for held in held {
                    try connection.run(
                        SQLiteStore.releaseShard, .integer(held.shard), .integer(held.epoch), .text(member))
                }
            }
        }
    }

    private static let releaseShard = """
        UPDATE shards SET owner = '', epoch = epoch + 1 WHERE shard = ?1 AND epoch = ?2 AND owner = ?3
        """

    package func leave(_ member: String) async throws(StoreError) {
        self.members.withLock { $0[member] = nil }
        try await self.writer.run { connection throws(StoreError) in
            try connection.run(SQLiteStore.releaseAll, .text(member))
        }
    }

    private static let releaseAll = "UPDATE shards SET owner = '', epoch = epoch + 1 WHERE owner = ?1"

    /// Nobody else changes them.
    package func leaseChanges() -> AsyncStream<Void> { AsyncStream { $0.finish() } }
}
