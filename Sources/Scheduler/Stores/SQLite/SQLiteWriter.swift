/// Writes the rows of one shard's change, inside a transaction that somebody else began.
struct SQLiteWriter {
    let connection: SQLiteConnection

    func write(_ change: ShardChange) throws(StoreError) {
        for workflow in change.workflows { try self.write(workflow, shard: change.shard) }
        for row in change.outboxAdded {
            try self.connection.run(
                Self.addOutbox, .integer(change.shard), .integer(row.number), .text(row.uid), .text(row.kind.rawValue),
                .text(row.payload))
        }
        for number in change.outboxRemoved {
            try self.connection.run(Self.removeOutbox, .integer(change.shard), .integer(number))
        }
        for row in change.placements {
            try self.connection.run(Self.place, .text(row.uid), .integer(row.ordinal), .text(row.runner))
        }
        for event in change.events {
            try self.connection.run(
                Self.addEvent, .integer(event.sequence), .text(event.namespace), .text(event.uid), .integer(event.at),
                .text(event.event))
        }
        if let last = change.events.last {
            try self.connection.run(Self.forgetEvents, .integer(last.at - SQLiteStore.eventLifetime))
        }
        for object in change.objects { try self.write(object, shard: change.shard) }
        try self.connection.run(Self.setSequence, .integer(change.shard), .integer(change.sequence))
    }

    private static let addOutbox =
        "INSERT OR REPLACE INTO outbox (shard, number, uid, kind, payload) VALUES (?1, ?2, ?3, ?4, ?5)"
    private static let removeOutbox = "DELETE FROM outbox WHERE shard = ?1 AND number = ?2"
    private static let place = "UPDATE nodes SET runner = ?3 WHERE uid = ?1 AND ordinal = ?2"
    private static let addEvent =
        "INSERT INTO events (sequence, namespace, uid, at, event) VALUES (?1, ?2, ?3, ?4, ?5)"
    private static let forgetEvents = "DELETE FROM events WHERE at < ?1"
    private static let setSequence = "UPDATE shards SET sequence = max(sequence, ?2) WHERE shard = ?1"

    // MARK: Workflows

    private func write(_ change: WorkflowChange, shard: Int) throws(StoreError) {
        guard change.kind != .deleted else { return try self.delete(change) }
        if let head = change.head {
            try self.write(head, of: change, shard: shard)
        } else {
            try self.connection.run(Self.touchWorkflow, .text(change.uid), .integer(change.sequence))
        }
        if let spec = change.spec { try self.connection.run(Self.setSpec, .text(change.uid), .text(spec)) }
        if let labels = change.labels {
            try self.connection.run(Self.removeLabels, .text(change.uid))
            for label in labels {
                try self.connection.run(Self.addLabel, .text(change.uid), .text(label.key), .text(label.value))
            }
        }
        for ordinal in change.removedNodes {
            try self.connection.run(Self.removeNode, .text(change.uid), .integer(ordinal))
        }
        for node in change.nodes {
            try self.connection.run(
                Self.setNode, .text(change.uid), .integer(node.ordinal), .integer(node.attempt), .text(node.status),
                .text(node.memory), .optional(node.runner))
        }
    }

    private func write(_ head: WorkflowHead, of change: WorkflowChange, shard: Int) throws(StoreError) {
        if change.kind == .created {
            try self.connection.run(
                Self.addWorkflow, .text(change.uid), .text(head.phase), .integer(head.createdAt),
                .optional(head.finishedAt), .optional(head.expiresAt), .integer(head.isActive ? 1 : 0),
                .integer(head.isArchived ? 1 : 0), .integer(change.sequence), .text(head.metadata), .text(head.status),
                .integer(shard), .text(change.name.namespace), .text(change.name.name))
        } else {
            try self.connection.run(
                Self.setWorkflow, .text(change.uid), .text(head.phase), .integer(head.createdAt),
                .optional(head.finishedAt), .optional(head.expiresAt), .integer(head.isActive ? 1 : 0),
                .integer(head.isArchived ? 1 : 0), .integer(change.sequence), .text(head.metadata), .text(head.status))
        }
    }

    private static let addWorkflow = """
        INSERT INTO workflows (uid, phase, created_at, finished_at, expires_at, active, archived, sequence, metadata,
            status, shard, namespace, name)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        """
    private static let setWorkflow = """
        UPDATE workflows SET phase = ?2, created_at = ?3, finished_at = ?4, expires_at = ?5, active = ?6,
            archived = ?7, sequence = ?8, metadata = ?9, status = ?10
        WHERE uid = ?1
        """
    private static let touchWorkflow = "UPDATE workflows SET sequence = ?2 WHERE uid = ?1"
    private static let setSpec = "INSERT OR REPLACE INTO specs (uid, spec) VALUES (?1, ?2)"
    private static let removeLabels = "DELETE FROM labels WHERE uid = ?1"
    private static let addLabel = "INSERT INTO labels (uid, key, value) VALUES (?1, ?2, ?3)"
    private static let removeNode = "DELETE FROM nodes WHERE uid = ?1 AND ordinal = ?2"
    private static let setNode = """
        INSERT INTO nodes (uid, ordinal, attempt, status, memory, runner)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (uid, ordinal)
        DO UPDATE SET attempt = ?3, status = ?4, memory = ?5, runner = coalesce(?6, runner)
        """

    private func delete(_ change: WorkflowChange) throws(StoreError) {
        try self.connection.run(
            Self.addTombstone, .integer(change.sequence), .text(change.name.namespace), .text(change.name.name),
            .text(change.uid), .text(change.head?.metadata ?? "{}"))
        try self.connection.run(Self.forgetTombstones, .integer(SQLiteStore.tombstoneLimit))
        for statement in Self.deleteRows { try self.connection.run(statement, .text(change.uid)) }
    }

    private static let addTombstone = """
        INSERT INTO tombstones (sequence, namespace, name, uid, metadata) VALUES (?1, ?2, ?3, ?4, ?5)
        """
    private static let forgetTombstones = """
        DELETE FROM tombstones
        WHERE sequence <= (SELECT sequence FROM tombstones ORDER BY sequence DESC LIMIT 1 OFFSET ?1)
        """
    private static let deleteRows = [
        "DELETE FROM nodes WHERE uid = ?1",
        "DELETE FROM labels WHERE uid = ?1",
        "DELETE FROM specs WHERE uid = ?1",
        "DELETE FROM workflows WHERE uid = ?1",
    ]

    // MARK: Objects

    private func write(_ object: ObjectChange, shard: Int) throws(StoreError) {
        guard let content = object.object else {
            return try self.connection.run(
                Self.removeObject, .text(object.kind), .text(object.namespace), .text(object.name))
        }
        try self.connection.run(
            Self.setObject, .text(object.kind), .text(object.namespace), .text(object.name), .integer(shard),
            .integer(object.sequence), .text(content))
    }

    private static let removeObject = "DELETE FROM objects WHERE kind = ?1 AND namespace = ?2 AND name = ?3"
    private static let setObject = """
        INSERT INTO objects (kind, namespace, name, shard, sequence, object) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (kind, namespace, name) DO UPDATE SET sequence = ?5, object = ?6
        """
}
