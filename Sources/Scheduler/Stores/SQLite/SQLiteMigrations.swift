/// The schema, as the numbered steps that made it.
///
/// A step is never edited once it was released.
enum SQLiteMigrations {
    /// "Apus" in ASCII: marks our files.
    static let applicationID: Int64 = 0x4170_7573

    static let steps = [step1, step2, step3]

    /// Brings the database to this program's schema.
    ///
    /// - Throws: `StoreError` with `newerSchema` where a newer program wrote the file.
    static func apply(to connection: SQLiteConnection, path: String) throws(StoreError) {
        let version = Int(try connection.integer("PRAGMA user_version") ?? 0)
        let application = try connection.integer("PRAGMA application_id") ?? 0
        guard version == 0 || application == self.applicationID else {
            throw StoreError(.corrupt, "\(path) is a database of another program: choose another data folder")
        }
        guard version <= self.steps.count else {
            throw StoreError(
                .newerSchema,
                "\(path) has schema \(version), this program knows up to \(self.steps.count): use the newer program")
        }
        for number in version..<self.steps.count {
            try connection.transaction { () throws(StoreError) in
                try connection.execute(self.steps[number])
                try connection.execute("PRAGMA user_version = \(number + 1)")
                try connection.execute("PRAGMA application_id = \(self.applicationID)")
            }
        }
    }

    private static let step1 = """
        CREATE TABLE shards (
            shard INTEGER PRIMARY KEY, owner TEXT NOT NULL, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE workflows (
            uid TEXT PRIMARY KEY, shard INTEGER NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
            phase TEXT NOT NULL, created_at INTEGER NOT NULL, finished_at INTEGER, expires_at INTEGER,
            active INTEGER NOT NULL, archived INTEGER NOT NULL, sequence INTEGER NOT NULL,
            metadata TEXT NOT NULL, status TEXT NOT NULL,
            UNIQUE (namespace, name)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX workflows_active ON workflows (shard) WHERE active = 1;
        CREATE INDEX workflows_newest ON workflows (created_at DESC, uid);
        CREATE INDEX workflows_sequence ON workflows (sequence);
        CREATE INDEX workflows_expiry ON workflows (expires_at) WHERE expires_at IS NOT NULL;

        CREATE TABLE specs (uid TEXT PRIMARY KEY, spec TEXT NOT NULL) STRICT, WITHOUT ROWID;

        CREATE TABLE labels (
            uid TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (uid, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX labels_value ON labels (key, value, uid);

        CREATE TABLE nodes (
            uid TEXT NOT NULL, ordinal INTEGER NOT NULL, attempt INTEGER NOT NULL,
            status TEXT NOT NULL, memory TEXT NOT NULL, PRIMARY KEY (uid, ordinal)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE outbox (
            shard INTEGER NOT NULL, number INTEGER NOT NULL, uid TEXT NOT NULL, kind TEXT NOT NULL,
            payload TEXT NOT NULL, PRIMARY KEY (shard, number)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE events (
            sequence INTEGER PRIMARY KEY, namespace TEXT NOT NULL, uid TEXT NOT NULL, at INTEGER NOT NULL,
            event TEXT NOT NULL
        ) STRICT;
        CREATE INDEX events_uid ON events (uid);
        CREATE INDEX events_at ON events (at);

        CREATE TABLE tombstones (
            sequence INTEGER PRIMARY KEY, namespace TEXT NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL,
            metadata TEXT NOT NULL
        ) STRICT;

        CREATE TABLE objects (
            kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, shard INTEGER NOT NULL,
            sequence INTEGER NOT NULL, object TEXT NOT NULL, PRIMARY KEY (kind, namespace, name)
        ) STRICT, WITHOUT ROWID;
        """

    /// Nobody looks for events by workflow, and every one of them had to be entered.
    private static let step2 = "DROP INDEX events_uid"

    /// Which runner has the pod of each node: until then there was one, of this name.
    private static let step3 = """
        ALTER TABLE nodes ADD COLUMN runner TEXT;
        UPDATE nodes SET runner = 'runner-0';
        """
}
