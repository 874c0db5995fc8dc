import ActorTransport
import PostgreSQL

/// Reads records: each question is one round trip, and all of its statements see the same moment.
struct PostgresReader {
    let connection: PostgresConnection

    private static let columns = """
        w.uid, w.shard, w.namespace, w.name, w.phase, w.created_at, w.finished_at, w.expires_at, w.active, w.archived,
        w.sequence, w.metadata, w.status, s.spec
        """
    private static let begin = PostgresStatement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", isKept: true)
    private static let end = PostgresStatement("COMMIT", isKept: true)

    private func ask(_ statements: [PostgresStatement]) async throws(PostgresError) -> [PostgresResult] {
        guard statements.count > 1 else { return try await self.connection.run(statements) }
        let results = try await self.connection.run([Self.begin] + statements + [Self.end])
        return Array(results.dropFirst().dropLast())
    }

    private func ask(_ sql: String, _ values: PostgresValue...) async throws(PostgresError) -> PostgresResult {
        let results = try await self.connection.run([PostgresStatement(sql, values, isKept: true)])
        guard let result = results.first else { throw PostgresError(.refused, "no answer to: \(sql)") }
        return result
    }

    // MARK: Workflows

    func load(_ shards: [Int]) async throws(PostgresError) -> ShardContents {
        let wanted = [PostgresValue.integers(shards.map { Int64($0) })]
        let results = try await self.ask(
            [Self.activeWorkflows, Self.activeNodes, Self.outbox].map { PostgresStatement($0, wanted, isKept: true) })
        var contents = ShardContents()
        contents.workflows = Self.workflows(results[0], nodes: results[1])
        let outbox = results[2]
        for row in 0..<outbox.count {
            guard let kind = OutboxRecord.Kind(rawValue: outbox.text(row, 3)) else { continue }
            contents.outbox[Int(outbox.integer(row, 0)), default: []].append(
                OutboxRecord(
                    number: outbox.integer(row, 1), uid: outbox.text(row, 2), kind: kind, payload: outbox.text(row, 4)))
        }
        return contents
    }

    private static let activeWorkflows = """
        SELECT \(columns) FROM workflows w JOIN specs s ON s.uid = w.uid WHERE w.active AND w.shard = ANY ($1)
        ORDER BY w.shard, w.created_at, w.uid
        """
    private static let activeNodes = """
        SELECT n.uid, n.ordinal, n.attempt, n.status, n.memory, n.runner FROM nodes n JOIN workflows w ON w.uid = n.uid
        WHERE w.active AND w.shard = ANY ($1) ORDER BY n.uid, n.ordinal
        """
    private static let outbox = """
        SELECT shard, number, uid, kind, payload FROM outbox WHERE shard = ANY ($1) ORDER BY shard, number
        """

    func workflow(namespace: String, name: String) async throws(PostgresError) -> StoredWorkflow? {
        var filter = WorkflowFilter()
        filter.namespace = namespace
        filter.names = [.equals(name)]
        return try await self.select(PostgresCondition(filter), order: "w.uid", withoutNodes: false).first
    }

    func workflow(uid: String) async throws(PostgresError) -> StoredWorkflow? {
        var filter = WorkflowFilter()
        filter.uid = uid
        return try await self.select(PostgresCondition(filter), order: "w.uid", withoutNodes: false).first
    }

    func uids(of names: [WorkflowName]) async throws(PostgresError) -> [WorkflowName: String] {
        let result = try await self.ask(Self.uidsByName, .texts(names.map(\.namespace)), .texts(names.map(\.name)))
        var found: [WorkflowName: String] = [:]
        for row in 0..<result.count {
            found[WorkflowName(namespace: result.text(row, 0), name: result.text(row, 1))] = result.text(row, 2)
        }
        return found
    }

    private static let uidsByName = """
        SELECT w.namespace, w.name, w.uid FROM workflows w JOIN unnest($1, $2) AS c (namespace, name)
        ON w.namespace = c.namespace AND w.name = c.name
        """

    // MARK: Lists

    func workflows(_ filter: WorkflowFilter) async throws(PostgresError) -> StoredWorkflowPage {
        let all = PostgresCondition(filter)
        var rest = all
        if let after = filter.after { rest.add(after: after) }
        let limit = filter.limit.map { " LIMIT \($0)" } ?? ""
        var statements = [PostgresStatement(Self.shards, isKept: true)]
        statements += self.selection(rest, order: "w.created_at DESC, w.uid", limit: limit, filter.withoutNodes)
        if filter.limit != nil {
            statements.append(PostgresStatement("SELECT count(*) FROM workflows w WHERE \(rest.text)", rest.values))
        }
        let results = try await self.ask(statements)
        var page = StoredWorkflowPage()
        page.cursor = ShardCursor(
            snapshot: (0..<results[0].count).map { row in
                let owner = results[0].isNull(row, 1) ? nil : results[0].text(row, 1)
                return (Int(results[0].integer(row, 0)), owner, results[0].integer(row, 3))
            })
        page.items = Self.workflows(results[1], nodes: filter.withoutNodes ? nil : results[2])
        if filter.limit != nil, let count = results.last {
            page.remaining = max(0, Int(count.integer(0, 0)) - page.items.count)
        }
        return page
    }

    private static let shards = "SELECT shard, owner, epoch, sequence FROM shards ORDER BY shard"

    func changes(
        after cursor: ShardCursor, in shards: ShardSet, _ filter: WorkflowFilter
    ) async throws(PostgresError) -> StoredChanges {
        let members = shards.members
        let numbers = PostgresValue.integers(members.map { cursor[$0] })
        var condition = PostgresCondition(filter)
        // The lowest number is for the index; the rest says what is meant.
        condition.add("w.sequence > \(condition.bind(.integer(cursor.lowest(of: shards))))")
        let places = (condition.bind(.integers(members.map { Int64($0) })), condition.bind(numbers))
        condition.add(
            """
            EXISTS (SELECT 1 FROM unnest(\(places.0), \(places.1)) AS c (shard, number) \
            WHERE c.shard = w.shard AND w.sequence > c.number)
            """)
        let selection = self.selection(condition, order: "w.sequence, w.shard", limit: "", filter.withoutNodes)
        let results = try await self.ask(
            [
                Self.deletions(after: cursor, in: members),
                PostgresStatement(Self.oldestTombstone, [.integer(PostgresStore.tombstoneLimit)], isKept: true),
            ] + selection)
        var changes = StoredChanges()
        changes.deleted = Self.deletions(results[0])
        changes.oldestTombstone = results[1].integer(0, 0)
        changes.changed = Self.workflows(results[2], nodes: filter.withoutNodes ? nil : results[3])
        return changes
    }

    func deletions(after cursor: ShardCursor, in shards: ShardSet) async throws(PostgresError) -> [Tombstone] {
        Self.deletions(try await self.ask([Self.deletions(after: cursor, in: shards.members)])[0])
    }

    private static func deletions(after cursor: ShardCursor, in shards: [Int]) -> PostgresStatement {
        PostgresStatement(
            self.tombstones, [.integers(shards.map { Int64($0) }), .integers(shards.map { cursor[$0] })], isKept: true)
    }

    private static func deletions(_ result: PostgresResult) -> [Tombstone] {
        (0..<result.count).map { row in
            Tombstone(
                shard: Int(result.integer(row, 1)), sequence: result.integer(row, 0),
                name: WorkflowName(namespace: result.text(row, 2), name: result.text(row, 3)),
                uid: result.text(row, 4), metadata: result.text(row, 5))
        }
    }

    private static let tombstones = """
        SELECT t.sequence, t.shard, t.namespace, t.name, t.uid, t.metadata
        FROM tombstones t JOIN unnest($1, $2) AS c (shard, number) ON c.shard = t.shard AND t.sequence > c.number
        ORDER BY t.sequence, t.shard
        """
    /// Deletions are forgotten only beyond the limit: then the oldest that is left says from when on all are known.
    private static let oldestTombstone = """
        SELECT CASE WHEN count(*) >= $1 THEN coalesce(min(sequence), 0) ELSE 0 END FROM tombstones
        """

    /// A statement for workflows and, where they are asked for, one for their nodes.
    private func selection(
        _ condition: PostgresCondition, order: String, limit: String, _ withoutNodes: Bool
    ) -> [PostgresStatement] {
        let workflows = """
            SELECT \(Self.columns) FROM workflows w JOIN specs s ON s.uid = w.uid WHERE \(condition.text)
            ORDER BY \(order)\(limit)
            """
        if withoutNodes { return [PostgresStatement(workflows, condition.values)] }
        let nodes = """
            SELECT n.uid, n.ordinal, n.attempt, n.status, n.memory, n.runner FROM nodes n
            WHERE n.uid IN (SELECT w.uid FROM workflows w WHERE \(condition.text) ORDER BY \(order)\(limit))
            ORDER BY n.uid, n.ordinal
            """
        return [PostgresStatement(workflows, condition.values), PostgresStatement(nodes, condition.values)]
    }

    private func select(
        _ condition: PostgresCondition, order: String, withoutNodes: Bool
    ) async throws(PostgresError) -> [StoredWorkflow] {
        let results = try await self.ask(self.selection(condition, order: order, limit: "", withoutNodes))
        return Self.workflows(results[0], nodes: withoutNodes ? nil : results[1])
    }

    private static func workflows(_ rows: PostgresResult, nodes: PostgresResult?) -> [StoredWorkflow] {
        var found = (0..<rows.count).map { Self.workflow(rows, $0) }
        guard let nodes, nodes.count > 0 else { return found }
        var indices: [String: Int] = [:]
        for (index, workflow) in found.enumerated() { indices[workflow.uid] = index }
        for row in 0..<nodes.count {
            guard let index = indices[nodes.text(row, 0)] else { continue }
            found[index].nodes.append(
                NodeRecord(
                    ordinal: Int(nodes.integer(row, 1)), attempt: Int(nodes.integer(row, 2)),
                    status: nodes.text(row, 3), memory: nodes.text(row, 4),
                    runner: nodes.text(row, 5)))
        }
        return found
    }

    private static func workflow(_ rows: PostgresResult, _ row: Int) -> StoredWorkflow {
        var head = WorkflowHead()
        head.phase = rows.text(row, 4)
        head.createdAt = rows.integer(row, 5)
        head.finishedAt = rows.optionalInteger(row, 6)
        head.expiresAt = rows.optionalInteger(row, 7)
        head.isActive = rows.integer(row, 8) != 0
        head.isArchived = rows.integer(row, 9) != 0
        head.metadata = rows.text(row, 11)
        head.status = rows.text(row, 12)
        return StoredWorkflow(
            uid: rows.text(row, 0), shard: Int(rows.integer(row, 1)),
            name: WorkflowName(namespace: rows.text(row, 2), name: rows.text(row, 3)), head: head,
            spec: rows.text(row, 13), sequence: rows.integer(row, 10))
    }

    // MARK: Expiry, objects, events

    func expired(
        before seconds: Int64, in shards: ShardSet, limit: Int
    ) async throws(PostgresError) -> [WorkflowName] {
        let members = PostgresValue.integers(shards.members.map { Int64($0) })
        let result = try await self.ask(Self.expiredWorkflows, .integer(seconds), members, .integer(limit))
        return (0..<result.count).map { WorkflowName(namespace: result.text($0, 0), name: result.text($0, 1)) }
    }

    private static let expiredWorkflows = """
        SELECT namespace, name FROM workflows WHERE expires_at <= $1 AND shard = ANY ($2) ORDER BY expires_at LIMIT $3
        """

    func nextExpiry(in shards: ShardSet) async throws(PostgresError) -> Int64? {
        let members = PostgresValue.integers(shards.members.map { Int64($0) })
        return try await self.ask(Self.nextExpiry, members).optionalInteger(0, 0)
    }

    private static let nextExpiry = """
        SELECT min(expires_at) FROM workflows WHERE expires_at IS NOT NULL AND shard = ANY ($1)
        """

    func objectsVersion() async throws(PostgresError) -> Int64 {
        try await self.ask("SELECT objects_version FROM apus").integer(0, 0)
    }

    func objects(kind: String?, namespace: String?) async throws(PostgresError) -> [StoredObject] {
        let result = try await self.ask(Self.allObjects, .text(kind), .text(namespace))
        return (0..<result.count).map { row in
            StoredObject(
                kind: result.text(row, 0), namespace: result.text(row, 1), name: result.text(row, 2),
                sequence: result.integer(row, 3), object: result.text(row, 4))
        }
    }

    private static let allObjects = """
        SELECT kind, namespace, name, sequence, object FROM objects
        WHERE ($1 IS NULL OR kind = $1) AND ($2 IS NULL OR namespace = $2) ORDER BY kind, namespace, name
        """

    func events(
        namespace: String?, after sequence: Int64, limit: Int
    ) async throws(PostgresError) -> [EventRecord] {
        let result = try await self.ask(Self.eventsAfter, .integer(sequence), .text(namespace), .integer(limit))
        return (0..<result.count).map { row in
            var event = EventRecord(
                namespace: result.text(row, 1), uid: result.text(row, 2), at: result.integer(row, 3),
                event: result.text(row, 4))
            event.sequence = result.integer(row, 0)
            return event
        }
    }

    private static let eventsAfter = """
        SELECT sequence, namespace, uid, at, event FROM events
        WHERE sequence > $1 AND ($2 IS NULL OR namespace = $2) ORDER BY sequence, shard LIMIT $3
        """
}
