import ActorTransport
import PostgreSQL

/// The schema, as the numbered steps that made it.
///
/// A step is never edited once it was released. Members that start together take turns under an advisory lock.
enum PostgresMigrations {
    enum Outcome: Sendable {
        case current
        /// A newer program made it.
        case newer(version: Int)
        /// It belongs to an installation with another number of shards.
        case otherShardCount(Int)
    }

    /// "Apus" in ASCII.
    private static let lock: Int64 = 0x4170_7573
    static let steps = [step1, step2, step3]

    /// Brings the database to this program's schema, or says why not.
    static func apply(through connection: PostgresConnection) async throws(PostgresError) -> Outcome {
        _ = try await connection.run("SELECT pg_advisory_lock($1)", .integer(self.lock))
        do throws(PostgresError) {
            let outcome = try await self.applyMissing(through: connection)
            _ = try await connection.run("SELECT pg_advisory_unlock($1)", .integer(self.lock))
            return outcome
        } catch {
            // The lock goes with the connection.
            connection.close()
            throw error
        }
    }

    private static func applyMissing(through connection: PostgresConnection) async throws(PostgresError) -> Outcome {
        var version = 0
        if try await connection.run("SELECT to_regclass('apus') IS NOT NULL").integer(0, 0) != 0 {
            let row = try await connection.run("SELECT schema_version, shard_count FROM apus")
            guard row.count == 1 else { throw PostgresError(.refused, "table apus has \(row.count) rows, not 1") }
            version = Int(row.integer(0, 0))
            guard version <= self.steps.count else { return .newer(version: version) }
            guard row.integer(0, 1) == ShardMap.shardCount else { return .otherShardCount(Int(row.integer(0, 1))) }
        }
        for number in version..<self.steps.count {
            let statements = self.steps[number].map { PostgresStatement($0) }
            let note = PostgresStatement("UPDATE apus SET schema_version = $1", [.integer(number + 1)])
            _ = try await connection.run(statements + [note], isCancellable: false)
        }
        return .current
    }

    /// Text is compared by its bytes, as every other store does.
    ///
    /// Documents are text: nothing looks into them, they come
    /// back as they were written, and people can read them.
    private static let step1 = [
        """
        CREATE TABLE apus (schema_version bigint NOT NULL, shard_count bigint NOT NULL, objects_version bigint NOT NULL)
        """,
        "INSERT INTO apus VALUES (1, \(ShardMap.shardCount), 0)",
        """
        CREATE TABLE members (
            name text COLLATE "C" PRIMARY KEY, role text NOT NULL, address text NOT NULL, weight bigint NOT NULL,
            draining boolean NOT NULL, lease_until timestamptz NOT NULL
        )
        """,
        // Each commit updates the rows of its shards: room beside them keeps that within a page.
        """
        CREATE TABLE shards (
            shard bigint PRIMARY KEY, owner text COLLATE "C", epoch bigint NOT NULL, sequence bigint NOT NULL
        ) WITH (fillfactor = 50)
        """,
        "INSERT INTO shards SELECT shard, NULL, 0, 0 FROM generate_series(0, \(ShardMap.shardCount - 1)) AS shard",
        // The last commit of each writer. A commit of a session that has been replaced, or of a shard whose epoch has
        // moved on, breaks the constraint and is undone with all that it wrote.
        """
        CREATE TABLE commits (
            writer bigint PRIMARY KEY, session bigint NOT NULL, number bigint NOT NULL, fenced bigint NOT NULL,
            at timestamptz NOT NULL DEFAULT now(), CONSTRAINT commits_fenced CHECK (fenced = 0)
        ) WITH (fillfactor = 50)
        """,
        """
        CREATE TABLE workflows (
            uid text COLLATE "C" PRIMARY KEY, shard bigint NOT NULL, namespace text COLLATE "C" NOT NULL,
            name text COLLATE "C" NOT NULL, phase text COLLATE "C" NOT NULL, created_at bigint NOT NULL,
            finished_at bigint, expires_at bigint, active boolean NOT NULL, archived boolean NOT NULL,
            sequence bigint NOT NULL, metadata text NOT NULL, status text NOT NULL,
            CONSTRAINT workflows_name UNIQUE (namespace, name)
        )
        """,
        "CREATE INDEX workflows_active ON workflows (shard) WHERE active",
        "CREATE INDEX workflows_newest ON workflows (created_at DESC, uid)",
        "CREATE INDEX workflows_sequence ON workflows (sequence)",
        "CREATE INDEX workflows_expiry ON workflows (expires_at) WHERE expires_at IS NOT NULL",
        "CREATE TABLE specs (uid text COLLATE \"C\" PRIMARY KEY, spec text NOT NULL)",
        """
        CREATE TABLE labels (
            uid text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL, value text COLLATE "C" NOT NULL,
            PRIMARY KEY (uid, key)
        )
        """,
        "CREATE INDEX labels_value ON labels (key, value, uid)",
        """
        CREATE TABLE nodes (
            uid text COLLATE "C" NOT NULL, ordinal bigint NOT NULL, attempt bigint NOT NULL, status text NOT NULL,
            memory text NOT NULL, PRIMARY KEY (uid, ordinal)
        )
        """,
        """
        CREATE TABLE outbox (
            shard bigint NOT NULL, number bigint NOT NULL, uid text COLLATE "C" NOT NULL, kind text NOT NULL,
            payload text NOT NULL, PRIMARY KEY (shard, number)
        )
        """,
        """
        CREATE TABLE events (
            sequence bigint NOT NULL, shard bigint NOT NULL, namespace text COLLATE "C" NOT NULL, uid text NOT NULL,
            at bigint NOT NULL, event text NOT NULL, PRIMARY KEY (sequence, shard)
        )
        """,
        "CREATE INDEX events_at ON events (at)",
        """
        CREATE TABLE tombstones (
            sequence bigint NOT NULL, shard bigint NOT NULL, namespace text NOT NULL, name text NOT NULL,
            uid text NOT NULL, metadata text NOT NULL, PRIMARY KEY (sequence, shard)
        )
        """,
        """
        CREATE TABLE objects (
            kind text COLLATE "C" NOT NULL, namespace text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL,
            shard bigint NOT NULL, sequence bigint NOT NULL, object text NOT NULL, PRIMARY KEY (kind, namespace, name)
        )
        """,
    ]

    /// Which runner has the pod of each node: until then there was one, of this name.
    private static let step2 = ["ALTER TABLE nodes ADD COLUMN runner text", "UPDATE nodes SET runner = 'runner-0'"]

    /// What each member runs.
    private static let step3 = ["ALTER TABLE members ADD COLUMN version text NOT NULL DEFAULT ''"]
}
