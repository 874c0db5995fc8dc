import Glibc
import Synchronization

/// The embedded store: one SQLite file in a data folder that this process owns alone.
///
/// One connection writes, a few read; in WAL mode neither waits for the other. A commit is on disk when it returns
/// (`synchronous=FULL`, read back after it was set).
package final class SQLiteStore: WorkflowStore {
    private static let readerCount = 3
    /// How many deletions are remembered for watchers that resume.
    static let tombstoneLimit: Int64 = 10_000
    /// Seconds after which an event for people is forgotten, as in Kubernetes.
    static let eventLifetime: Int64 = 3_600

    let writer: SQLiteLane
    private let readers: [SQLiteLane]
    private let nextReader = Atomic<Int>(0)
    private let ownership: DataFolderLock?
    /// Who has announced itself.
    let members = Mutex<[String: MemberRecord]>([:])
    private let objectChanges = Atomic<Int64>(0)

    /// Opens the store in `folder`, which is made where it does not exist, and brings it to the present schema.
    package convenience init(folder: String) async throws(StoreError) {
        let ownership = try DataFolderLock(folder: folder)
        let path = "\(folder)/apus.db"
        // What SQLite adds beside the database gets the database's rights.
        try DataFolderLock.makePrivate(path, in: folder)
        for file in ["\(path)-wal", "\(path)-shm"] where access(file, F_OK) == 0 {
            try DataFolderLock.makePrivate(file, in: folder)
        }
        try await self.init(path: path, ownership: ownership)
    }

    /// Opens a second store on the same file, for tests of fencing: nothing guards the folder.
    package convenience init(sharing path: String) async throws(StoreError) {
        try await self.init(path: path, ownership: nil)
    }

    private init(path: String, ownership: DataFolderLock?) async throws(StoreError) {
        self.ownership = ownership
        self.writer = SQLiteLane("apus.store.writer", try SQLiteConnection(path: path, access: .readWrite))
        try await self.writer.run { connection throws(StoreError) in
            try SQLiteStore.configure(connection, path: path)
            try SQLiteMigrations.apply(to: connection, path: path)
        }
        var readers: [SQLiteLane] = []
        for number in 0..<SQLiteStore.readerCount {
            let connection = try SQLiteConnection(path: path, access: .readOnly)
            try connection.execute("PRAGMA cache_size = -4000; PRAGMA mmap_size = 268435456")
            readers.append(SQLiteLane("apus.store.reader.\(number)", connection))
        }
        self.readers = readers
    }

    private static func configure(_ connection: SQLiteConnection, path: String) throws(StoreError) {
        try connection.execute("PRAGMA journal_mode = WAL")
        try connection.execute("PRAGMA synchronous = FULL")
        try connection.execute(
            "PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 4000; PRAGMA temp_store = MEMORY")
        // Some builds and wrappers lower this silently; then a commit would be acknowledged before it is on disk.
        let synchronous = try connection.integer("PRAGMA synchronous")
        guard synchronous == 2 else {
            throw StoreError(
                .failed, "\(path): synchronous is \(synchronous ?? -1), not 2 (FULL): commits would not be durable")
        }
    }

    package func close() async {
        for reader in self.readers { await reader.close() }
        await self.writer.close()
        self.ownership?.release()
    }

    /// Bounds the size of the file.
    ///
    /// Beyond it a commit fails as on a full disk.
    package func limitPages(to count: Int) async throws(StoreError) {
        try await self.writer.run { connection throws(StoreError) in
            _ = try connection.integer("PRAGMA max_page_count = \(count)")
        }
    }

    // MARK: Writing

    package func commit(_ changes: [ShardChange]) async throws(StoreError) -> [CommitOutcome] {
        let outcomes = try await self.writer.run { connection throws(StoreError) in
            try connection.transaction { () throws(StoreError) in
                var outcomes: [CommitOutcome] = []
                for change in changes {
                    let epoch = try connection.integer(SQLiteStore.shardEpoch, .integer(change.shard)) ?? 0
                    guard epoch == change.epoch else {
                        outcomes.append(.fenced(epoch: epoch))
                        continue
                    }
                    try SQLiteWriter(connection: connection).write(change)
                    outcomes.append(.committed)
                }
                return outcomes
            }
        }
        if changes.contains(where: { !$0.objects.isEmpty }) { self.objectChanges.add(1, ordering: .relaxed) }
        return outcomes
    }

    private static let shardEpoch = "SELECT epoch FROM shards WHERE shard = ?1"

    // MARK: Reading

    func read<Value: Sendable>(
        _ work: @escaping @Sendable (SQLiteReader) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let number = self.nextReader.wrappingAdd(1, ordering: .relaxed).oldValue
        let reader = self.readers[Int(UInt(bitPattern: number) % UInt(self.readers.count))]
        return try await reader.run { connection throws(StoreError) in
            // One transaction, so that all of its statements see the same moment.
            try connection.execute("BEGIN")
            do throws(StoreError) {
                let value = try work(SQLiteReader(connection: connection))
                try connection.execute("COMMIT")
                return value
            } catch {
                connection.rollback()
                throw error
            }
        }
    }

    package func load(_ shards: [Int]) async throws(StoreError) -> ShardContents {
        try await self.read { reader throws(StoreError) in try reader.load(shards) }
    }

    package func workflow(namespace: String, name: String) async throws(StoreError) -> StoredWorkflow? {
        try await self.read { reader throws(StoreError) in try reader.workflow(namespace: namespace, name: name) }
    }

    package func workflow(uid: String) async throws(StoreError) -> StoredWorkflow? {
        try await self.read { reader throws(StoreError) in try reader.workflow(uid: uid) }
    }

    package func uids(of names: [WorkflowName]) async throws(StoreError) -> [WorkflowName: String] {
        try await self.read { reader throws(StoreError) in try reader.uids(of: names) }
    }

    package func workflows(_ filter: WorkflowFilter) async throws(StoreError) -> StoredWorkflowPage {
        try await self.read { reader throws(StoreError) in try reader.workflows(filter) }
    }

    package func changes(
        after cursor: ShardCursor, in shards: ShardSet, _ filter: WorkflowFilter
    ) async throws(StoreError) -> StoredChanges {
        try await self.read { reader throws(StoreError) in try reader.changes(after: cursor, in: shards, filter) }
    }

    package func deletions(after cursor: ShardCursor, in shards: ShardSet) async throws(StoreError) -> [Tombstone] {
        try await self.read { reader throws(StoreError) in try reader.deletions(after: cursor, in: shards) }
    }

    package func expired(
        before seconds: Int64, in shards: ShardSet, limit: Int
    ) async throws(StoreError) -> [WorkflowName] {
        try await self.read { reader throws(StoreError) in try reader.expired(before: seconds, limit: limit) }
    }

    package func nextExpiry(in shards: ShardSet) async throws(StoreError) -> Int64? {
        try await self.read { reader throws(StoreError) in try reader.nextExpiry() }
    }

    package func objectsVersion() async throws(StoreError) -> Int64 { self.objectChanges.load(ordering: .relaxed) }

    package func objects(kind: String?, namespace: String?) async throws(StoreError) -> [StoredObject] {
        try await self.read { reader throws(StoreError) in try reader.objects(kind: kind, namespace: namespace) }
    }

    package func events(
        namespace: String?, after sequence: Int64, limit: Int
    ) async throws(StoreError) -> [EventRecord] {
        try await self.read { reader throws(StoreError) in
            try reader.events(namespace: namespace, after: sequence, limit: limit)
        }
    }
}
