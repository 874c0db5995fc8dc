import PostgreSQL

/// Leases, timed by the database's clock.
extension PostgresStore {
    /// Where members and leases that change are told.
    private static let channel = "apus_leases"
    private static let tell = PostgresStatement("SELECT pg_notify('\(channel)', '')")

    package func heartbeat(_ member: MemberRecord, lease: Duration) async throws(StoreError) -> LeaseTable {
        let heartbeat = PostgresStatement(
            Self.beat,
            [
                .text(member.name), .text(member.role.rawValue), .text(member.address), .integer(member.weight),
                .boolean(member.isDraining), .integer(Int64(lease / .microseconds(1))), .text(member.version),
            ], isKept: true)
        return try await self.lease { connection throws(PostgresError) in
            let results = try await connection.run([heartbeat] + Self.table, isCancellable: false)
            return Self.leases(members: results[1], shards: results[2])
        }
    }

    /// The lease is longer from now on; whoever listens is told where the member is new, or says something new.
    private static let beat = """
        WITH known AS (
            SELECT 1 FROM members WHERE name = $1 AND role = $2 AND address = $3 AND weight = $4 AND draining = $5
                AND version = $7 AND lease_until > clock_timestamp()
        ), beat AS (
            INSERT INTO members (name, role, address, weight, draining, lease_until, version)
            VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6 * interval '1 microsecond', $7)
            ON CONFLICT (name) DO UPDATE SET role = excluded.role, address = excluded.address,
                weight = excluded.weight, draining = excluded.draining, lease_until = excluded.lease_until,
                version = excluded.version
                WHERE members.address = excluded.address OR members.lease_until <= clock_timestamp()
        )
        SELECT pg_notify('\(channel)', '') WHERE NOT EXISTS (SELECT 1 FROM known)
        """

    package func leases() async throws(StoreError) -> LeaseTable {
        try await self.lease { connection throws(PostgresError) in
            let results = try await connection.run(Self.table)
            return Self.leases(members: results[0], shards: results[1])
        }
    }

    private static let table = [
        PostgresStatement(
            """
            SELECT name, role, address, weight, draining, version FROM members
            WHERE lease_until > clock_timestamp() ORDER BY name
            """, isKept: true),
        PostgresStatement("SELECT shard, owner, epoch, sequence FROM shards", isKept: true),
    ]

    private static func leases(members: PostgresResult, shards: PostgresResult) -> LeaseTable {
        var table = LeaseTable()
        for row in 0..<members.count {
            guard let role = MemberRecord.Role(rawValue: members.text(row, 1)) else { continue }
            table.members.append(
                MemberRecord(
                    name: members.text(row, 0), role: role, address: members.text(row, 2),
                    weight: Int(members.integer(row, 3)), isDraining: members.integer(row, 4) != 0,
                    version: members.text(row, 5)))
        }
        for row in 0..<shards.count {
            let shard = Int(shards.integer(row, 0))
            guard table.leases.indices.contains(shard) else { continue }
            let owner = shards.isNull(row, 1) ? nil : shards.text(row, 1)
            table.leases[shard] = LeaseTable.Lease(owner: owner, epoch: shards.integer(row, 2))
            table.sequence = max(table.sequence, shards.integer(row, 3))
        }
        return table
    }

    // MARK: Claims

    /// How long a claim waits for a commit that is under way, before the server is told to end that.
    ///
    /// Commits take milliseconds. One that does not end belongs to a member that was paused in the middle of it.
    private static let claimPatienceMilliseconds = 1_000

    package func claim(_ shards: [Int], member: String) async throws(StoreError) -> [ShardClaim] {
        let statements = [
            PostgresStatement("BEGIN"), PostgresStatement("SET LOCAL lock_timeout = \(Self.claimPatienceMilliseconds)"),
            PostgresStatement(Self.take, [.integers(shards.map { Int64($0) }), .text(member)], isKept: true),
            PostgresStatement("SELECT max(sequence) FROM shards"), Self.tell, PostgresStatement("COMMIT"),
        ]
        return try await self.lease { connection throws(PostgresError) in
            let results = try await Self.pushing(through: connection) { () throws(PostgresError) in
                try await connection.run(statements, isCancellable: false)
            }
            let sequence = results[3].integer(0, 0)
            let claims = (0..<results[2].count).map { row in
                ShardClaim(
                    shard: Int(results[2].integer(row, 0)), epoch: results[2].integer(row, 1), sequence: sequence)
            }
            // In the order in which they were asked for.
            let places = Dictionary(shards.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
            return claims.filter { places[$0.shard] != nil }.sorted { places[$0.shard] ?? 0 < places[$1.shard] ?? 0 }
        }
    }

    /// Whoever takes from a dead member ends all of its leases.
    private static let take = """
        WITH dead AS (
            SELECT DISTINCT s.owner FROM shards s WHERE s.shard = ANY ($1) AND s.owner <> $2 AND NOT EXISTS (
                SELECT 1 FROM members m WHERE m.name = s.owner AND m.lease_until > clock_timestamp())
        )
        UPDATE shards s SET owner = CASE WHEN s.shard = ANY ($1) THEN $2 END, epoch = s.epoch + 1
        WHERE EXISTS (SELECT 1 FROM members m WHERE m.name = $2 AND m.lease_until > clock_timestamp())
            AND ((s.shard = ANY ($1) AND (s.owner IS NULL OR s.owner = $2)) OR s.owner IN (SELECT owner FROM dead))
        RETURNING s.shard, s.epoch
        """

    /// Does `work` again once those who stand in its way have been ended.
    private static func pushing<Value>(
        through connection: PostgresConnection, _ work: () async throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        do throws(PostgresError) {
            return try await work()
        } catch {
            switch error.state {
            case "40P01": return try await work()
            case "55P03":
                _ = try await connection.run(Self.endStuckCommits, .integer(Self.claimPatienceMilliseconds))
                return try await work()
            default: throw error
            }
        }
    }

    /// Ends transactions that have held rows of shards for too long; their members look their outcomes up.
    private static let endStuckCommits = """
        SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a
        WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
            AND a.xact_start < clock_timestamp() - $1 * interval '1 millisecond'
            AND EXISTS (
                SELECT 1 FROM pg_locks l
                WHERE l.pid = a.pid AND l.relation = 'shards'::regclass AND l.mode = 'RowExclusiveLock' AND l.granted)
        """

    package func release(_ held: [HeldShard], member: String) async throws(StoreError) {
        let statement = PostgresStatement(
            Self.giveBack,
            [.integers(held.map { Int64($0.shard) }), .integers(held.map(\.epoch)), .text(member)], isKept: true)
        try await self.lease { connection throws(PostgresError) in
            _ = try await Self.pushing(through: connection) { () throws(PostgresError) in
                try await connection.run([statement, Self.tell], isCancellable: false)
            }
        }
    }

    private static let giveBack = """
        UPDATE shards s SET owner = NULL, epoch = s.epoch + 1 FROM unnest($1, $2) AS c (shard, epoch)
        WHERE s.shard = c.shard AND s.epoch = c.epoch AND s.owner = $3
        """

    package func leave(_ member: String) async throws(StoreError) {
        let statements = [
            PostgresStatement("DELETE FROM members WHERE name = $1", [.text(member)]),
            PostgresStatement(
                "UPDATE shards SET owner = NULL, epoch = epoch + 1 WHERE owner = $1", [.text(member)]), Self.tell,
        ]
        try await self.lease { connection throws(PostgresError) in
            _ = try await Self.pushing(through: connection) { () throws(PostgresError) in
                try await connection.run(statements, isCancellable: false)
            }
        }
    }

    // MARK: Listening

    package func leaseChanges() -> AsyncStream<Void> {
        let listener = PostgresListener(store: self, channel: Self.channel)
        return AsyncStream { await listener.next() }
    }
}

/// Listens on a connection of its own, which it makes anew when it is lost.
private actor PostgresListener {
    private static let pause = Duration.milliseconds(500)

    private let store: PostgresStore
    private let channel: String
    private var connection: PostgresConnection?
    private var notifications: AsyncStream<PostgresNotification>.Iterator?

    init(store: PostgresStore, channel: String) {
        self.store = store
        self.channel = channel
    }

    /// Returns when something may have changed, `nil` once nobody reads any more or the store is closed.
    func next() async -> Void? {
        while !Task.isCancelled, !self.store.hasClosed {
            if var notifications = self.notifications {
                let notification = await notifications.next(isolation: #isolation)
                self.notifications = notification == nil ? nil : notifications
                if notification != nil { return () }
            }
            // What was told while nobody listened is not told again: a new connection is news in itself.
            if await self.listen() { return () }
        }
        self.connection?.close()
        return nil
    }

    private func listen() async -> Bool {
        do {
            let connection = try await self.store.driver.connect(self.store.configuration)
            _ = try await connection.run("LISTEN \(self.channel)")
            self.connection = connection
            self.notifications = connection.notifications.makeAsyncIterator()
            return true
        } catch {
            // Nothing is lost: whoever reads looks at the leases at every heartbeat, too.
            do { try await Task.sleep(for: Self.pause) } catch { return false }
            return false
        }
    }
}
