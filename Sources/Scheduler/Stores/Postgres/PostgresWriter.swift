import PostgreSQL

/// Turns the changes of shards into statements: one for each kind of row, with the rows as arrays.
///
/// A statement for a hundred rows costs the server little more than one for one row.
struct PostgresWriter {
    private(set) var statements: [PostgresStatement] = []
    private var rows = ChangedRows()
    private let forgetsEvents: Bool

    /// - Parameter forgetsEvents: whether events that are too old are deleted along with it.
    init(_ changes: [ShardChange], forgetsEvents: Bool) {
        self.forgetsEvents = forgetsEvents
        for change in changes { self.add(change) }
        self.flush()
    }

    private mutating func add(_ change: ShardChange) {
        for workflow in change.workflows {
            // A statement must not meet a row twice.
            if self.rows.uids.contains(workflow.uid) { self.flush() }
            self.rows.add(workflow, shard: change.shard)
        }
        for object in change.objects {
            if self.rows.objectKeys.contains("\(object.kind)/\(object.namespace)/\(object.name)") { self.flush() }
            self.rows.add(object, shard: change.shard)
        }
        for row in change.outboxAdded { self.rows.outbox.add(row, shard: change.shard) }
        for number in change.outboxRemoved {
            self.rows.outboxRemoved.shards.append(Int64(change.shard))
            self.rows.outboxRemoved.numbers.append(number)
        }
        for row in change.placements {
            self.rows.placements.uids.append(row.uid)
            self.rows.placements.ordinals.append(Int64(row.ordinal))
            self.rows.placements.runners.append(row.runner)
        }
        for event in change.events { self.rows.events.add(event, shard: change.shard) }
    }

    private mutating func flush() {
        let rows = self.rows
        self.rows = ChangedRows()
        // What is deleted goes first: its name may be taken again by what is created.
        self.add(rows.deleted)
        self.add(Self.addWorkflows, rows.created.isEmpty, rows.created.arrays)
        self.add(Self.setWorkflows, rows.modified.isEmpty, rows.modified.arrays)
        self.add(
            Self.touchWorkflows, rows.touched.uids.isEmpty,
            [.texts(rows.touched.uids), .integers(rows.touched.sequences)])
        self.add(Self.setSpecs, rows.specs.uids.isEmpty, [.texts(rows.specs.uids), .texts(rows.specs.specs)])
        self.add(Self.removeLabels, rows.labelled.isEmpty, [.texts(rows.labelled)])
        self.add(
            Self.addLabels, rows.labels.uids.isEmpty,
            [.texts(rows.labels.uids), .texts(rows.labels.keys), .texts(rows.labels.values)])
        self.add(
            Self.removeNodes, rows.nodesRemoved.uids.isEmpty,
            [.texts(rows.nodesRemoved.uids), .integers(rows.nodesRemoved.ordinals)])
        self.add(Self.setNodes, rows.nodes.isEmpty, rows.nodes.arrays)
        self.add(
            Self.place, rows.placements.uids.isEmpty,
            [
                .texts(rows.placements.uids), .integers(rows.placements.ordinals), .texts(rows.placements.runners),
            ])
        self.add(Self.addOutbox, rows.outbox.isEmpty, rows.outbox.arrays)
        self.add(
            Self.removeOutbox, rows.outboxRemoved.shards.isEmpty,
            [.integers(rows.outboxRemoved.shards), .integers(rows.outboxRemoved.numbers)])
        self.add(Self.addEvents, rows.events.isEmpty, rows.events.arrays)
        if self.forgetsEvents, let last = rows.events.latest {
            self.statements.append(Self.kept(Self.forgetEvents, [.integer(last - PostgresStore.eventLifetime)]))
        }
        self.add(Self.setObjects, rows.objects.isEmpty, rows.objects.arrays)
        self.add(
            Self.removeObjects, rows.objectsRemoved.isEmpty,
            [
                .texts(rows.objectsRemoved.kinds), .texts(rows.objectsRemoved.namespaces),
                .texts(rows.objectsRemoved.names),
            ])
        if !rows.objects.isEmpty || !rows.objectsRemoved.isEmpty {
            self.statements.append(Self.kept(Self.countObjects, []))
        }
    }

    private mutating func add(_ sql: String, _ isEmpty: Bool, _ values: [PostgresValue]) {
        if !isEmpty { self.statements.append(Self.kept(sql, values)) }
    }

    private mutating func add(_ deleted: ChangedRows.Deleted) {
        guard !deleted.uids.isEmpty else { return }
        self.statements.append(Self.kept(Self.addTombstones, deleted.arrays))
        self.statements.append(Self.kept(Self.forgetTombstones, [.integer(PostgresStore.tombstoneLimit)]))
        for sql in Self.deleteRows { self.statements.append(Self.kept(sql, [.texts(deleted.uids)])) }
    }

    private static func kept(_ sql: String, _ values: [PostgresValue]) -> PostgresStatement {
        PostgresStatement(sql, values, isKept: true)
    }

    // MARK: Statements

    private static let addTombstones = """
        INSERT INTO tombstones (sequence, shard, namespace, name, uid, metadata)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6)
        """
    private static let forgetTombstones = """
        DELETE FROM tombstones
        WHERE sequence <= (SELECT sequence FROM tombstones ORDER BY sequence DESC LIMIT 1 OFFSET $1)
        """
    private static let deleteRows = ["nodes", "labels", "specs", "workflows"].map {
        "DELETE FROM \($0) WHERE uid = ANY ($1)"
    }
    private static let addWorkflows = """
        INSERT INTO workflows (uid, phase, created_at, finished_at, expires_at, active, archived, sequence, metadata,
            status, shard, namespace, name)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """
    private static let setWorkflows = """
        UPDATE workflows w SET phase = c.phase, created_at = c.created_at, finished_at = c.finished_at,
            expires_at = c.expires_at, active = c.active, archived = c.archived, sequence = c.sequence,
            metadata = c.metadata, status = c.status
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS c (uid, phase, created_at, finished_at, expires_at,
            active, archived, sequence, metadata, status)
        WHERE w.uid = c.uid
        """
    private static let touchWorkflows = """
        UPDATE workflows w SET sequence = c.sequence FROM unnest($1, $2) AS c (uid, sequence) WHERE w.uid = c.uid
        """
    private static let setSpecs = """
        INSERT INTO specs (uid, spec) SELECT * FROM unnest($1, $2) ON CONFLICT (uid) DO UPDATE SET spec = excluded.spec
        """
    private static let removeLabels = "DELETE FROM labels WHERE uid = ANY ($1)"
    private static let addLabels = "INSERT INTO labels (uid, key, value) SELECT * FROM unnest($1, $2, $3)"
    private static let removeNodes = """
        DELETE FROM nodes n USING unnest($1, $2) AS c (uid, ordinal) WHERE n.uid = c.uid AND n.ordinal = c.ordinal
        """
    private static let setNodes = """
        INSERT INTO nodes AS n (uid, ordinal, attempt, status, memory, runner)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6)
        ON CONFLICT (uid, ordinal)
        DO UPDATE SET attempt = excluded.attempt, status = excluded.status, memory = excluded.memory,
            runner = coalesce(excluded.runner, n.runner)
        """
    private static let place = """
        UPDATE nodes n SET runner = c.runner FROM unnest($1, $2, $3) AS c (uid, ordinal, runner)
        WHERE n.uid = c.uid AND n.ordinal = c.ordinal
        """
    private static let addOutbox = """
        INSERT INTO outbox (shard, number, uid, kind, payload) SELECT * FROM unnest($1, $2, $3, $4, $5)
        ON CONFLICT (shard, number) DO UPDATE SET uid = excluded.uid, kind = excluded.kind, payload = excluded.payload
        """
    private static let removeOutbox = """
        DELETE FROM outbox o USING unnest($1, $2) AS c (shard, number) WHERE o.shard = c.shard AND o.number = c.number
        """
    private static let addEvents = """
        INSERT INTO events (sequence, shard, namespace, uid, at, event) SELECT * FROM unnest($1, $2, $3, $4, $5, $6)
        """
    private static let forgetEvents = "DELETE FROM events WHERE at < $1"
    private static let setObjects = """
        INSERT INTO objects (kind, namespace, name, shard, sequence, object)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6)
        ON CONFLICT (kind, namespace, name) DO UPDATE SET sequence = excluded.sequence, object = excluded.object
        """
    private static let removeObjects = """
        DELETE FROM objects o USING unnest($1, $2, $3) AS c (kind, namespace, name)
        WHERE o.kind = c.kind AND o.namespace = c.namespace AND o.name = c.name
        """
    private static let countObjects = "UPDATE apus SET objects_version = objects_version + 1"
}
