import PostgreSQL
import Synchronization

/// Writes transactions through one connection, each of them once.
///
/// Every transaction notes its number in the row of this writer, under the session that the connection was given when
/// it was made. A new connection begins a new session: from then on nothing of an older one takes effect any more, and
/// the row says which transaction was the last that did.
final class PostgresCommitter: Sendable {
    /// A commit that was asked for and not yet answered.
    private struct Pending {
        /// What becomes of its changes when the transaction that was sent last takes effect.
        var outcomes: [CommitOutcome]
        /// Whether a later session has found that it did.
        var isConfirmed = false
    }

    private struct State {
        /// The connection in use, and the session that it was given.
        var session: (connection: PostgresConnection, number: Int64)?
        var lastNumber: Int64 = 0
        var pending: [Int64: Pending] = [:]
        var eventsForgotten: ContinuousClock.Instant?
    }

    private static let eventPause = Duration.seconds(60)
    /// How often a transaction is begun anew because shards move on, or others are in its way.
    private static let attemptLimit = 20

    private let pool: PostgresPool
    private let patience: Duration
    private let writer = Int64.random(in: .min ... .max)
    private let state = Mutex(State())

    /// - Parameter pool: of one connection, which is used for nothing else.
    init(pool: PostgresPool, patience: Duration) {
        self.pool = pool
        self.patience = patience
    }

    func close() async { await self.pool.close() }

    /// Writes what is of the present epochs, and says for each change what became of it.
    func commit(_ changes: [ShardChange]) async throws(PostgresError) -> [CommitOutcome] {
        let number = self.state.withLock { state in
            state.lastNumber += 1
            state.pending[state.lastNumber] = Pending(outcomes: changes.map { _ in .committed })
            return state.lastNumber
        }
        defer { self.state.withLock { _ = $0.pending.removeValue(forKey: number) } }
        return try await self.pool.with(patience: self.patience) { connection throws(PostgresError) in
            try await self.commit(changes, number: number, through: connection)
        }
    }

    private func commit(
        _ changes: [ShardChange], number: Int64, through connection: PostgresConnection
    ) async throws(PostgresError) -> [CommitOutcome] {
        let session = try await self.session(of: connection)
        for _ in 0..<Self.attemptLimit {
            guard let pending = self.state.withLock({ $0.pending[number] }) else { break }
            if pending.isConfirmed { return pending.outcomes }
            let present = zip(changes, pending.outcomes).filter { $0.1 == .committed }.map(\.0)
            guard !present.isEmpty else { return pending.outcomes }
            do throws(PostgresError) {
                _ = try await connection.run(
                    self.transaction(present, number: number, session: session), isCancellable: false)
                return pending.outcomes
            } catch {
                if error.constraint == "commits_fenced" {
                    try await self.leaveOutFenced(changes, number: number, through: connection)
                } else if !Self.passing.contains(error.state ?? "") {
                    throw error
                }
            }
        }
        throw PostgresError(.timeout, "others were in the way of a commit \(Self.attemptLimit) times")
    }

    /// A deadlock, and a conflict of transactions: the same may succeed at once.
    private static let passing: Set = ["40P01", "40001"]

    // MARK: Sessions

    private func session(of connection: PostgresConnection) async throws(PostgresError) -> Int64 {
        let known = self.state.withLock { $0.session }
        if let known, known.connection === connection { return known.number }
        // What the server still does for the lost connection would hold this one up.
        let old = PostgresValue.integer(known.map { Int($0.connection.processID) } ?? 0)
        let results = try await connection.run(
            [
                PostgresStatement(Self.endOldProcess, [old]),
                PostgresStatement(Self.beginSession, [.integer(self.writer)]),
                PostgresStatement(Self.forgetWriters, [.integer(self.writer)]),
            ], isCancellable: false)
        let (session, last) = (results[1].integer(0, 0), results[1].integer(0, 1))
        self.state.withLock { state in
            state.session = (connection, session)
            state.pending[last]?.isConfirmed = true
        }
        return session
    }

    private static let endOldProcess = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE pid = $1 AND usename = current_user AND datname = current_database() AND pid <> pg_backend_pid()
        """
    private static let beginSession = """
        INSERT INTO commits (writer, session, number, fenced) VALUES ($1, 1, 0, 0)
        ON CONFLICT (writer) DO UPDATE SET session = commits.session + 1 RETURNING session, number
        """
    /// Writers that are long gone: nobody asks for their outcomes any more.
    private static let forgetWriters = "DELETE FROM commits WHERE at < now() - interval '7 days' AND writer <> $1"

    // MARK: Fencing

    private func transaction(_ changes: [ShardChange], number: Int64, session: Int64) -> [PostgresStatement] {
        let forgetsEvents = self.state.withLock { state in
            if let last = state.eventsForgotten, .now - last < Self.eventPause { return false }
            state.eventsForgotten = .now
            return true
        }
        // A shard may have several changes; one that comes with two epochs has lost one of them.
        var sequences: [HeldShard: Int64] = [:]
        for change in changes {
            sequences[HeldShard(shard: change.shard, epoch: change.epoch), default: 0].raise(to: change.sequence)
        }
        let held = sequences.sorted { $0.key.shard < $1.key.shard }
        let fence = PostgresStatement(
            Self.fence,
            [
                .integers(held.map { Int64($0.key.shard) }), .integers(held.map(\.key.epoch)),
                .integers(held.map(\.value)), .integer(self.writer), .integer(session), .integer(number),
                .integer(held.count),
            ], isKept: true)
        return [Self.begin, fence] + PostgresWriter(changes, forgetsEvents: forgetsEvents).statements + [Self.end]
    }

    private static let begin = PostgresStatement("BEGIN", isKept: true)
    private static let end = PostgresStatement("COMMIT", isKept: true)

    /// Locks the shards, as long as they have these epochs, and notes the transaction's number: where a shard has moved
    /// on, or the session was replaced, the row's constraint is broken.
    private static let fence = """
        WITH held AS (
            UPDATE shards s SET sequence = greatest(s.sequence, c.sequence)
            FROM unnest($1, $2, $3) AS c (shard, epoch, sequence) WHERE s.shard = c.shard AND s.epoch = c.epoch
            RETURNING 1
        )
        INSERT INTO commits (writer, session, number, fenced)
        SELECT $4, $5, $6, $7 - (SELECT count(*) FROM held)
        ON CONFLICT (writer) DO UPDATE SET number = excluded.number, at = now(),
            fenced = excluded.fenced + abs(commits.session - excluded.session)
        """

    /// Looks up which shards have moved on.
    private func leaveOutFenced(
        _ changes: [ShardChange], number: Int64, through connection: PostgresConnection
    ) async throws(PostgresError) {
        let rows = try await connection.run("SELECT shard, epoch FROM shards")
        var epochs: [Int: Int64] = [:]
        for row in 0..<rows.count { epochs[Int(rows.integer(row, 0))] = rows.integer(row, 1) }
        let isAnyFenced = self.state.withLock { state in
            var isAnyFenced = false
            for (index, change) in changes.enumerated() where epochs[change.shard] != change.epoch {
                state.pending[number]?.outcomes[index] = .fenced(epoch: epochs[change.shard] ?? 0)
                isAnyFenced = true
            }
            return isAnyFenced
        }
        guard !isAnyFenced else { return }
        // Then it is the session that was replaced: the next connection begins one.
        throw PostgresError(.connectionLost, "another connection has taken over")
    }
}

extension Int64 {
    fileprivate mutating func raise(to other: Int64) { self = Swift.max(self, other) }
}
