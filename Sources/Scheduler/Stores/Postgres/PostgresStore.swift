package import PostgreSQL
import Synchronization

/// The store that schedulers share: a PostgreSQL database.
///
/// Commits go through one connection, reads through others, leases through others yet: none waits for another. What is
/// asked of the server is waited for a while when the server is away, and done again where that is safe; a commit that
/// was on its way when its connection was lost is looked up by its number, so that it is never done twice.
package final class PostgresStore: WorkflowStore {
    /// How many deletions are remembered for watchers that resume.
    static let tombstoneLimit: Int64 = 10_000
    /// Seconds after which an event for people is forgotten, as in Kubernetes.
    static let eventLifetime: Int64 = 3_600
    private static let readerCount = 4
    private static let leaseConnectionCount = 2
    /// How long a server that is away is waited for.
    package static let patience = Duration.seconds(10)
    /// Heartbeats must not be waited for when it is too late for them.
    private static let leasePatience = Duration.seconds(2)

    let driver: PostgresDriver
    let configuration: PostgresConfiguration
    private let patience: Duration
    private let committer: PostgresCommitter
    private let readers: PostgresPool
    private let leasing: PostgresPool
    private let isClosed = Atomic(false)

    /// Opens the store and brings the database to the present schema.
    ///
    /// - Parameter connection: a URI or `key=value` pairs, as libpq reads them.
    package convenience init(connection: String) async throws(StoreError) {
        try await self.init(PostgresConfiguration(connection: connection, applicationName: "apus"))
    }

    /// - Parameters:
    ///   - patience: how long a server that is away is waited for.
    ///   - openingPatience: how long it is waited for now, where that is another time.
    package init(
        _ configuration: PostgresConfiguration, patience: Duration = PostgresStore.patience,
        openingPatience: Duration? = nil
    ) async throws(StoreError) {
        let driver = PostgresDriver()
        var configuration = configuration
        configuration.preparation.append(Self.durability)
        self.patience = patience
        self.driver = driver
        self.configuration = configuration
        self.committer = PostgresCommitter(
            pool: PostgresPool(driver: driver, configuration: configuration, size: 1), patience: patience)
        self.readers = PostgresPool(driver: driver, configuration: configuration, size: Self.readerCount)
        self.leasing = PostgresPool(driver: driver, configuration: configuration, size: Self.leaseConnectionCount)
        do throws(StoreError) {
            try await self.migrate(patience: openingPatience ?? patience)
        } catch {
            await self.close()
            throw error
        }
    }

    /// What a commit answered is on disk, whatever the server is set to.
    private static let durability = PostgresStatement(
        """
        SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
        """)

    private func migrate(patience: Duration) async throws(StoreError) {
        let known = PostgresMigrations.steps.count
        let outcome = try await self.ask(self.readers, patience: patience) { connection throws(PostgresError) in
            try await PostgresMigrations.apply(through: connection)
        }
        switch outcome {
        case .current: return
        case .newer(let version):
            throw StoreError(
                .newerSchema,
                "the database has schema \(version), this program knows up to \(known): use the newer program")
        case .otherShardCount(let count):
            throw StoreError(
                .unsuitable, "the database belongs to an installation with \(count) shards: use a database of its own")
        }
    }

    package func close() async {
        self.isClosed.store(true, ordering: .relaxed)
        await self.readers.close()
        await self.leasing.close()
        await self.committer.close()
    }

    /// Whether the owner has closed it.
    var hasClosed: Bool { self.isClosed.load(ordering: .relaxed) }

    // MARK: Writing

    package func commit(_ changes: [ShardChange]) async throws(StoreError) -> [CommitOutcome] {
        do {
            return try await self.committer.commit(changes)
        } catch {
            throw StoreError(postgres: error)
        }
    }

    // MARK: Asking

    private func ask<Value: Sendable>(
        _ pool: PostgresPool, patience: Duration,
        _ work: @escaping @Sendable (PostgresConnection) async throws(PostgresError) -> Value
    ) async throws(StoreError) -> Value {
        do {
            return try await pool.with(patience: patience, work)
        } catch {
            throw StoreError(postgres: error)
        }
    }

    func lease<Value: Sendable>(
        _ work: @escaping @Sendable (PostgresConnection) async throws(PostgresError) -> Value
    ) async throws(StoreError) -> Value {
        try await self.ask(self.leasing, patience: Self.leasePatience, work)
    }

    private func read<Value: Sendable>(
        _ work: @escaping @Sendable (PostgresReader) async throws(PostgresError) -> Value
    ) async throws(StoreError) -> Value {
        try await self.ask(self.readers, patience: self.patience) { connection throws(PostgresError) in
            try await work(PostgresReader(connection: connection))
        }
    }

    package func load(_ shards: [Int]) async throws(StoreError) -> ShardContents {
        try await self.read { reader throws(PostgresError) in try await reader.load(shards) }
    }

    package func workflow(namespace: String, name: String) async throws(StoreError) -> StoredWorkflow? {
        try await self.read { reader throws(PostgresError) in
            try await reader.workflow(namespace: namespace, name: name)
        }
    }

    package func workflow(uid: String) async throws(StoreError) -> StoredWorkflow? {
        try await self.read { reader throws(PostgresError) in try await reader.workflow(uid: uid) }
    }

    package func uids(of names: [WorkflowName]) async throws(StoreError) -> [WorkflowName: String] {
        try await self.read { reader throws(PostgresError) in try await reader.uids(of: names) }
    }

    package func workflows(_ filter: WorkflowFilter) async throws(StoreError) -> StoredWorkflowPage {
        try await self.read { reader throws(PostgresError) in try await reader.workflows(filter) }
    }

    package func changes(
        after cursor: ShardCursor, in shards: ShardSet, _ filter: WorkflowFilter
    ) async throws(StoreError) -> StoredChanges {
        try await self.read { reader throws(PostgresError) in
            try await reader.changes(after: cursor, in: shards, filter)
        }
    }

    package func deletions(after cursor: ShardCursor, in shards: ShardSet) async throws(StoreError) -> [Tombstone] {
        try await self.read { reader throws(PostgresError) in try await reader.deletions(after: cursor, in: shards) }
    }

    package func expired(
        before seconds: Int64, in shards: ShardSet, limit: Int
    ) async throws(StoreError) -> [WorkflowName] {
        try await self.read { reader throws(PostgresError) in
            try await reader.expired(before: seconds, in: shards, limit: limit)
        }
    }

    package func nextExpiry(in shards: ShardSet) async throws(StoreError) -> Int64? {
        try await self.read { reader throws(PostgresError) in try await reader.nextExpiry(in: shards) }
    }

    package func objectsVersion() async throws(StoreError) -> Int64 {
        try await self.read { reader throws(PostgresError) in try await reader.objectsVersion() }
    }

    package func objects(kind: String?, namespace: String?) async throws(StoreError) -> [StoredObject] {
        try await self.read { reader throws(PostgresError) in
            try await reader.objects(kind: kind, namespace: namespace)
        }
    }

    package func events(
        namespace: String?, after sequence: Int64, limit: Int
    ) async throws(StoreError) -> [EventRecord] {
        try await self.read { reader throws(PostgresError) in
            try await reader.events(namespace: namespace, after: sequence, limit: limit)
        }
    }
}

extension StoreError {
    init(postgres error: PostgresError) {
        switch (error.code, error.state) {
        case (.invalidConfiguration, _):
            self.init(.unsuitable, "the address of PostgreSQL cannot be read: \(error)")
        case (.unsupportedVersion, _): self.init(.unsuitable, "\(error): use a newer PostgreSQL")
        case (.unreachable, _), (.connectionLost, _):
            self.init(.unavailable, "PostgreSQL cannot be reached: \(error)")
        case (.outcomeUnknown, _):
            self.init(.failed, "PostgreSQL was lost while a commit was on its way, its outcome is unknown: \(error)")
        case (.timeout, _):
            self.init(.unavailable, "PostgreSQL is too slow: \(error); look at its load and its locks")
        case (.cancelled, _): self.init(.failed, "\(error)")
        case (.closed, _): self.init(.closed, "the store is closed")
        case (.refused, "23505"): self.init(.conflict, "\(error)")
        case (.refused, "53100"):
            self.init(.full, "the disk of PostgreSQL is full: free some space; nothing acknowledged is lost (\(error))")
        case (.refused, "25006"):
            self.init(
                .unwritable,
                "PostgreSQL only reads: name the primary, or add target_session_attrs=read-write (\(error))")
        case (.refused, "42501"):
            self.init(.unwritable, "the database's user may not do this: grant it, or make it the owner (\(error))")
        case (.refused, "42P07"):
            self.init(.unsuitable, "the database has tables of another program: use a database of its own (\(error))")
        case (.refused, _): self.init(.failed, "PostgreSQL refused: \(error)")
        }
    }
}
