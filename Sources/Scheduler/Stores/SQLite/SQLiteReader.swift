import ActorTransport

/// Reads records, inside a transaction that somebody else began.
struct SQLiteReader {
    let connection: SQLiteConnection

    private static let columns = """
        w.uid, w.shard, w.namespace, w.name, w.phase, w.created_at, w.finished_at, w.expires_at, w.active, w.archived,
        w.sequence, w.metadata, w.status, s.spec
        """

    // MARK: Workflows

    func load(_ shards: [Int]) throws(StoreError) -> ShardContents {
        var contents = ShardContents()
        let wanted = Set(shards)
        let statement = try self.connection.statement(Self.activeWorkflows)
        while try statement.step() {
            guard wanted.contains(Int(statement.integer(1))) else { continue }
            contents.workflows.append(self.workflow(statement))
        }
        statement.reset()
        for index in contents.workflows.indices {
            contents.workflows[index].nodes = try self.nodes(of: contents.workflows[index].uid)
        }
        let outbox = try self.connection.statement(Self.outbox)
        while try outbox.step() {
            let shard = Int(outbox.integer(0))
            guard wanted.contains(shard), let kind = OutboxRecord.Kind(rawValue: outbox.text(3)) else { continue }
            contents.outbox[shard, default: []].append(
                OutboxRecord(number: outbox.integer(1), uid: outbox.text(2), kind: kind, payload: outbox.text(4)))
        }
        outbox.reset()
        return contents
    }

    private static let activeWorkflows = """
        SELECT \(columns) FROM workflows w JOIN specs s ON s.uid = w.uid WHERE w.active = 1
        ORDER BY w.shard, w.created_at, w.uid
        """
    private static let outbox = "SELECT shard, number, uid, kind, payload FROM outbox ORDER BY shard, number"

    func workflow(namespace: String, name: String) throws(StoreError) -> StoredWorkflow? {
        try self.one(Self.workflowByName, [.text(namespace), .text(name)])
    }

    func workflow(uid: String) throws(StoreError) -> StoredWorkflow? {
        try self.one(Self.workflowByUID, [.text(uid)])
    }

    private func one(_ sql: String, _ values: [SQLiteValue]) throws(StoreError) -> StoredWorkflow? {
        let statement = try self.connection.statement(sql)
        try statement.bind(values)
        guard try statement.step() else { return nil }
        var found = self.workflow(statement)
        statement.reset()
        found.nodes = try self.nodes(of: found.uid)
        return found
    }

    private static let workflowByName = """
        SELECT \(columns) FROM workflows w JOIN specs s ON s.uid = w.uid WHERE w.namespace = ?1 AND w.name = ?2
        """
    private static let workflowByUID = """
        SELECT \(columns) FROM workflows w JOIN specs s ON s.uid = w.uid WHERE w.uid = ?1
        """

    func uids(of names: [WorkflowName]) throws(StoreError) -> [WorkflowName: String] {
        var found: [WorkflowName: String] = [:]
        for name in names {
            let statement = try self.connection.statement(Self.uidByName)
            try statement.bind([.text(name.namespace), .text(name.name)])
            if try statement.step() { found[name] = statement.text(0) }
            statement.reset()
        }
        return found
    }

    private static let uidByName = "SELECT uid FROM workflows WHERE namespace = ?1 AND name = ?2"

    private func workflow(_ row: SQLiteStatement) -> StoredWorkflow {
        var head = WorkflowHead()
        head.phase = row.text(4)
        head.createdAt = row.integer(5)
        head.finishedAt = row.optionalInteger(6)
        head.expiresAt = row.optionalInteger(7)
        head.isActive = row.integer(8) != 0
        head.isArchived = row.integer(9) != 0
        head.metadata = row.text(11)
        head.status = row.text(12)
        return StoredWorkflow(
            uid: row.text(0), shard: Int(row.integer(1)),
            name: WorkflowName(namespace: row.text(2), name: row.text(3)), head: head, spec: row.text(13),
            sequence: row.integer(10))
    }

    private func nodes(of uid: String) throws(StoreError) -> [NodeRecord] {
        let statement = try self.connection.statement(Self.nodesByUID)
        try statement.bind([.text(uid)])
        var nodes: [NodeRecord] = []
        while try statement.step() {
            nodes.append(
                NodeRecord(
                    ordinal: Int(statement.integer(0)), attempt: Int(statement.integer(1)), status: statement.text(2),
                    memory: statement.text(3), runner: statement.text(4)))
        }
        statement.reset()
        return nodes
    }

    private static let nodesByUID = """
        SELECT ordinal, attempt, status, memory, runner FROM nodes WHERE uid = ?1 ORDER BY ordinal
        """

    // MARK: Shards

    func leases() throws(StoreError) -> LeaseTable {
        var table = LeaseTable()
        for row in try self.shards() {
            table.leases[row.shard] = LeaseTable.Lease(owner: row.owner, epoch: row.epoch)
            table.sequence = max(table.sequence, row.sequence)
        }
        return table
    }

    private func shards() throws(StoreError) -> [(shard: Int, owner: String?, epoch: Int64, sequence: Int64)] {
        var rows: [(shard: Int, owner: String?, epoch: Int64, sequence: Int64)] = []
        let statement = try self.connection.statement(Self.allShards)
        while try statement.step() {
            let owner = statement.text(1)
            rows.append(
                (Int(statement.integer(0)), owner.isEmpty ? nil : owner, statement.integer(2), statement.integer(3)))
        }
        statement.reset()
        return rows
    }

    private static let allShards = "SELECT shard, owner, epoch, sequence FROM shards"

    // MARK: Lists

    func workflows(_ filter: WorkflowFilter) throws(StoreError) -> StoredWorkflowPage {
        var page = StoredWorkflowPage()
        page.cursor = ShardCursor(snapshot: try self.shards().map { ($0.shard, $0.owner, $0.sequence) })
        var condition = SQLCondition(filter)
        if let after = filter.after { condition.add(after: after) }
        var limit = ""
        if let count = filter.limit { limit = " LIMIT \(count)" }
        page.items = try self.select(condition, order: "w.created_at DESC, w.uid\(limit)", filter)
        if let count = filter.limit, page.items.count == count {
            let statement = try self.connection.statement(
                "SELECT count(*) FROM workflows w WHERE \(condition.text)")
            try statement.bind(condition.values)
            if try statement.step() { page.remaining = max(0, Int(statement.integer(0)) - page.items.count) }
            statement.reset()
        }
        return page
    }

    static let highestSequence = "SELECT max(sequence) FROM shards"

    func changes(
        after cursor: ShardCursor, in shards: ShardSet, _ filter: WorkflowFilter
    ) throws(StoreError) -> StoredChanges {
        var changes = StoredChanges()
        let sequence = cursor.lowest(of: shards)
        var condition = SQLCondition(filter)
        condition.add("w.sequence > ?", .integer(sequence))
        changes.changed = try self.select(condition, order: "w.sequence", filter)
            .filter { shards.contains($0.shard) && $0.sequence > cursor[$0.shard] }
        // Deletions are forgotten only beyond the limit: then the oldest that is left says from when on all are known.
        let count = try self.connection.integer("SELECT count(*) FROM tombstones") ?? 0
        if count >= SQLiteStore.tombstoneLimit {
            changes.oldestTombstone = try self.connection.integer("SELECT min(sequence) FROM tombstones") ?? 0
        }
        changes.deleted = try self.deletions(after: cursor, in: shards)
        return changes
    }

    func deletions(after cursor: ShardCursor, in shards: ShardSet) throws(StoreError) -> [Tombstone] {
        let statement = try self.connection.statement(Self.tombstones)
        try statement.bind([.integer(cursor.lowest(of: shards))])
        var deletions: [Tombstone] = []
        while try statement.step() {
            let name = WorkflowName(namespace: statement.text(1), name: statement.text(2))
            let shard = ShardMap.shard(ofWorkflow: name.name, in: name.namespace)
            guard shards.contains(shard), statement.integer(0) > cursor[shard] else { continue }
            deletions.append(
                Tombstone(
                    shard: shard, sequence: statement.integer(0), name: name, uid: statement.text(3),
                    metadata: statement.text(4)))
        }
        statement.reset()
        return deletions
    }

    private static let tombstones = """
        SELECT sequence, namespace, name, uid, metadata FROM tombstones WHERE sequence > ?1 ORDER BY sequence
        """

    private func select(
        _ condition: SQLCondition, order: String, _ filter: WorkflowFilter
    ) throws(StoreError) -> [StoredWorkflow] {
        let statement = try self.connection.statement(
            """
            SELECT \(Self.columns) FROM workflows w JOIN specs s ON s.uid = w.uid WHERE \(condition.text)
            ORDER BY \(order)
            """)
        try statement.bind(condition.values)
        var items: [StoredWorkflow] = []
        while try statement.step() { items.append(self.workflow(statement)) }
        statement.reset()
        guard !filter.withoutNodes else { return items }
        for index in items.indices { items[index].nodes = try self.nodes(of: items[index].uid) }
        return items
    }

    // MARK: Expiry, objects, events

    func expired(before seconds: Int64, limit: Int) throws(StoreError) -> [WorkflowName] {
        let statement = try self.connection.statement(Self.expiredWorkflows)
        try statement.bind([.integer(seconds), .integer(limit)])
        var names: [WorkflowName] = []
        while try statement.step() {
            names.append(WorkflowName(namespace: statement.text(0), name: statement.text(1)))
        }
        statement.reset()
        return names
    }

    private static let expiredWorkflows = """
        SELECT namespace, name FROM workflows WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2
        """

    func nextExpiry() throws(StoreError) -> Int64? {
        try self.connection.integer("SELECT min(expires_at) FROM workflows WHERE expires_at IS NOT NULL")
    }

    func objects(kind: String?, namespace: String?) throws(StoreError) -> [StoredObject] {
        let statement = try self.connection.statement(Self.allObjects)
        try statement.bind([kind.map { .text($0) } ?? .null, namespace.map { .text($0) } ?? .null])
        var objects: [StoredObject] = []
        while try statement.step() {
            objects.append(
                StoredObject(
                    kind: statement.text(0), namespace: statement.text(1), name: statement.text(2),
                    sequence: statement.integer(3), object: statement.text(4)))
        }
        statement.reset()
        return objects
    }

    private static let allObjects = """
        SELECT kind, namespace, name, sequence, object FROM objects
        WHERE (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR namespace = ?2) ORDER BY kind, namespace, name
        """

    func events(namespace: String?, after sequence: Int64, limit: Int) throws(StoreError) -> [EventRecord] {
        let statement = try self.connection.statement(Self.eventsAfter)
        try statement.bind([.integer(sequence), namespace.map { .text($0) } ?? .null, .integer(limit)])
        var events: [EventRecord] = []
        while try statement.step() {
            var event = EventRecord(
                namespace: statement.text(1), uid: statement.text(2), at: statement.integer(3), event: statement.text(4)
            )
            event.sequence = statement.integer(0)
            events.append(event)
        }
        statement.reset()
        return events
    }

    private static let eventsAfter = """
        SELECT sequence, namespace, uid, at, event FROM events
        WHERE sequence > ?1 AND (?2 IS NULL OR namespace = ?2) ORDER BY sequence LIMIT ?3
        """
}
