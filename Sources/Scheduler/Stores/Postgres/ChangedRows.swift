import PostgreSQL

/// The rows that a transaction writes, as columns.
struct ChangedRows {
    /// Workflows with all that their own row holds.
    struct Heads {
        private var uids: [String] = []
        private var phases: [String] = []
        private var created: [Int64] = []
        private var finished: [Int64?] = []
        private var expiring: [Int64?] = []
        private var active: [Bool] = []
        private var archived: [Bool] = []
        private var sequences: [Int64] = []
        private var metadata: [String] = []
        private var statuses: [String] = []

        var isEmpty: Bool { self.uids.isEmpty }
        var arrays: [PostgresValue] {
            [
                .texts(self.uids), .texts(self.phases), .integers(self.created), .integers(self.finished),
                .integers(self.expiring), .booleans(self.active), .booleans(self.archived), .integers(self.sequences),
                .texts(self.metadata), .texts(self.statuses),
            ]
        }

        mutating func add(_ head: WorkflowHead, of change: WorkflowChange) {
            self.uids.append(change.uid)
            self.phases.append(head.phase)
            self.created.append(head.createdAt)
            self.finished.append(head.finishedAt)
            self.expiring.append(head.expiresAt)
            self.active.append(head.isActive)
            self.archived.append(head.isArchived)
            self.sequences.append(change.sequence)
            self.metadata.append(head.metadata)
            self.statuses.append(head.status)
        }
    }

    /// Workflows that are new: beside their heads, what never changes.
    struct Created {
        private var heads = Heads()
        private var shards: [Int64] = []
        private var namespaces: [String] = []
        private var names: [String] = []

        var isEmpty: Bool { self.heads.isEmpty }
        var arrays: [PostgresValue] {
            self.heads.arrays + [.integers(self.shards), .texts(self.namespaces), .texts(self.names)]
        }

        mutating func add(_ head: WorkflowHead, of change: WorkflowChange, shard: Int) {
            self.heads.add(head, of: change)
            self.shards.append(Int64(shard))
            self.namespaces.append(change.name.namespace)
            self.names.append(change.name.name)
        }
    }

    struct Deleted {
        private(set) var uids: [String] = []
        private var sequences: [Int64] = []
        private var shards: [Int64] = []
        private var namespaces: [String] = []
        private var names: [String] = []
        private var metadata: [String] = []

        var arrays: [PostgresValue] {
            [
                .integers(self.sequences), .integers(self.shards), .texts(self.namespaces), .texts(self.names),
                .texts(self.uids), .texts(self.metadata),
            ]
        }

        mutating func add(_ change: WorkflowChange, shard: Int) {
            self.uids.append(change.uid)
            self.sequences.append(change.sequence)
            self.shards.append(Int64(shard))
            self.namespaces.append(change.name.namespace)
            self.names.append(change.name.name)
            self.metadata.append(change.head?.metadata ?? "{}")
        }
    }

    struct Nodes {
        private var uids: [String] = []
        private var ordinals: [Int64] = []
        private var attempts: [Int64] = []
        private var statuses: [String] = []
        private var memories: [String] = []
        private var runners: [String?] = []

        var isEmpty: Bool { self.uids.isEmpty }
        var arrays: [PostgresValue] {
            [
                .texts(self.uids), .integers(self.ordinals), .integers(self.attempts), .texts(self.statuses),
                .texts(self.memories), .texts(self.runners),
            ]
        }

        mutating func add(_ node: NodeRecord, of uid: String) {
            self.uids.append(uid)
            self.ordinals.append(Int64(node.ordinal))
            self.attempts.append(Int64(node.attempt))
            self.statuses.append(node.status)
            self.memories.append(node.memory)
            self.runners.append(node.runner)
        }
    }

    struct Outbox {
        private var shards: [Int64] = []
        private var numbers: [Int64] = []
        private var uids: [String] = []
        private var kinds: [String] = []
        private var payloads: [String] = []

        var isEmpty: Bool { self.shards.isEmpty }
        var arrays: [PostgresValue] {
            [
                .integers(self.shards), .integers(self.numbers), .texts(self.uids), .texts(self.kinds),
                .texts(self.payloads),
            ]
        }

        mutating func add(_ row: OutboxRecord, shard: Int) {
            self.shards.append(Int64(shard))
            self.numbers.append(row.number)
            self.uids.append(row.uid)
            self.kinds.append(row.kind.rawValue)
            self.payloads.append(row.payload)
        }
    }

    struct Events {
        private var sequences: [Int64] = []
        private var shards: [Int64] = []
        private var namespaces: [String] = []
        private var uids: [String] = []
        private var times: [Int64] = []
        private var events: [String] = []

        var isEmpty: Bool { self.sequences.isEmpty }
        var latest: Int64? { self.times.max() }
        var arrays: [PostgresValue] {
            [
                .integers(self.sequences), .integers(self.shards), .texts(self.namespaces), .texts(self.uids),
                .integers(self.times), .texts(self.events),
            ]
        }

        mutating func add(_ event: EventRecord, shard: Int) {
            self.sequences.append(event.sequence)
            self.shards.append(Int64(shard))
            self.namespaces.append(event.namespace)
            self.uids.append(event.uid)
            self.times.append(event.at)
            self.events.append(event.event)
        }
    }

    struct Objects {
        private(set) var kinds: [String] = []
        private(set) var namespaces: [String] = []
        private(set) var names: [String] = []
        private var shards: [Int64] = []
        private var sequences: [Int64] = []
        private var contents: [String?] = []

        var isEmpty: Bool { self.kinds.isEmpty }
        var arrays: [PostgresValue] {
            [
                .texts(self.kinds), .texts(self.namespaces), .texts(self.names), .integers(self.shards),
                .integers(self.sequences), .texts(self.contents),
            ]
        }

        mutating func add(_ object: ObjectChange, shard: Int) {
            self.kinds.append(object.kind)
            self.namespaces.append(object.namespace)
            self.names.append(object.name)
            self.shards.append(Int64(shard))
            self.sequences.append(object.sequence)
            self.contents.append(object.object)
        }
    }

    /// Workflows and objects that are in it: each once.
    private(set) var uids: Set<String> = []
    private(set) var objectKeys: Set<String> = []
    private(set) var created = Created()
    private(set) var modified = Heads()
    private(set) var touched: (uids: [String], sequences: [Int64]) = ([], [])
    private(set) var deleted = Deleted()
    private(set) var specs: (uids: [String], specs: [String]) = ([], [])
    /// Workflows whose labels are written anew.
    private(set) var labelled: [String] = []
    private(set) var labels: (uids: [String], keys: [String], values: [String]) = ([], [], [])
    private(set) var nodes = Nodes()
    private(set) var nodesRemoved: (uids: [String], ordinals: [Int64]) = ([], [])
    var outbox = Outbox()
    var placements: (uids: [String], ordinals: [Int64], runners: [String]) = ([], [], [])
    var outboxRemoved: (shards: [Int64], numbers: [Int64]) = ([], [])
    var events = Events()
    private(set) var objects = Objects()
    private(set) var objectsRemoved = Objects()

    mutating func add(_ change: WorkflowChange, shard: Int) {
        self.uids.insert(change.uid)
        switch (change.kind, change.head) {
        case (.deleted, _): return self.deleted.add(change, shard: shard)
        case (.created, let head?): self.created.add(head, of: change, shard: shard)
        case (.modified, let head?): self.modified.add(head, of: change)
        case (.created, nil), (.modified, nil):
            self.touched.uids.append(change.uid)
            self.touched.sequences.append(change.sequence)
        }
        if let spec = change.spec {
            self.specs.uids.append(change.uid)
            self.specs.specs.append(spec)
        }
        if let labels = change.labels {
            self.labelled.append(change.uid)
            for label in labels {
                self.labels.uids.append(change.uid)
                self.labels.keys.append(label.key)
                self.labels.values.append(label.value)
            }
        }
        for ordinal in change.removedNodes {
            self.nodesRemoved.uids.append(change.uid)
            self.nodesRemoved.ordinals.append(Int64(ordinal))
        }
        for node in change.nodes { self.nodes.add(node, of: change.uid) }
    }

    mutating func add(_ object: ObjectChange, shard: Int) {
        self.objectKeys.insert("\(object.kind)/\(object.namespace)/\(object.name)")
        if object.object == nil {
            self.objectsRemoved.add(object, shard: shard)
        } else {
            self.objects.add(object, shard: shard)
        }
    }
}
