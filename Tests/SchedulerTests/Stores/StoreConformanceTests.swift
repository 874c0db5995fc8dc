import Scheduler
import TestSupport
import Testing

/// Which store a conformance test runs on.
enum Backend: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case memory, sqlite, postgres, faultyWithoutFaults, faultyPostgresWithoutFaults

    var testDescription: String { self.rawValue }

    func with<Value: Sendable>(_ body: @escaping @Sendable (any WorkflowStore) async throws -> Value) async throws
        -> Value
    {
        switch self {
        case .memory: return try await body(MemoryStore())
        case .faultyWithoutFaults: return try await body(FaultyStore(MemoryStore()))
        case .postgres: return try await PostgresStore.with(body)
        case .faultyPostgresWithoutFaults: return try await PostgresStore.with { try await body(FaultyStore($0)) }
        case .sqlite:
            return try await TemporaryDirectory.with { directory in
                let store = try await SQLiteStore(folder: directory.path)
                let value = try await body(store)
                await store.close()
                return value
            }
        }
    }
}

@Suite("WorkflowStore", .timeLimit(.minutes(5)))
struct StoreConformanceTests {
    @Test(
        "a newer claim of a shard fences the older, and the changes of other shards are written all the same",
        arguments: Backend.allCases)
    func epochsFence(_ backend: Backend) async throws {
        try await backend.with { store in
            let first = try await store.epochs([3, 4])
            let second = try await store.epochs([3])
            #expect(second[0] > first[0])
            let outcomes = try await store.commit([
                Self.creation("old", shard: 3, epoch: first[0], sequence: 1),
                Self.creation("new", shard: 4, epoch: first[1], sequence: 2),
            ])
            #expect(outcomes == [.fenced(epoch: second[0]), .committed])
            #expect(try await store.workflow(namespace: "argo", name: "old") == nil)
            #expect(try await store.workflow(namespace: "argo", name: "new")?.uid == "uid-new")
        }
    }

    @Test("a shard passes from owner to owner: whoever claimed last writes", arguments: Backend.allCases)
    func twoWriters(_ backend: Backend) async throws {
        try await backend.with { store in
            let one = try await store.claims([0], member: "one")[0].epoch
            #expect(try await store.commit([Self.creation("a", epoch: one, sequence: 1)]) == [.committed])
            try await store.release([HeldShard(shard: 0, epoch: one)], member: "one")
            let two = try await store.claims([0], member: "two")[0]
            #expect(two.sequence == 1)
            #expect(
                try await store.commit([Self.creation("b", epoch: one, sequence: 2)]) == [.fenced(epoch: two.epoch)])
            #expect(try await store.commit([Self.creation("b", epoch: two.epoch, sequence: 2)]) == [.committed])
            let loaded = try await store.load([0])
            #expect(loaded.workflows.map(\.name.name).sorted() == ["a", "b"])
            try await store.leave("two")
            guard case .fenced = try await store.commit([Self.creation("c", epoch: two.epoch, sequence: 3)])[0] else {
                Issue.record("a member that has left has written")
                return
            }
        }
    }

    @Test("what is committed is read back whole, and only rows that changed are replaced", arguments: Backend.allCases)
    func rowsComeBack(_ backend: Backend) async throws {
        try await backend.with { store in
            let epoch = try await store.epochs([0])[0]
            var change = Self.creation("w", epoch: epoch, sequence: 5)
            change.workflows[0].nodes = [Self.node(0, "Pending"), Self.node(1, "Pending"), Self.node(2, "Pending")]
            change.outboxAdded = [OutboxRecord(number: 1, uid: "uid-w", kind: .startPod, payload: "{}")]
            _ = try await store.commit([change])
            var update = ShardChange(shard: 0, epoch: epoch)
            var workflow = WorkflowChange(.modified, uid: "uid-w", name: WorkflowName(namespace: "argo", name: "w"))
            workflow.nodes = [Self.node(1, "Running é \u{1F426}")]
            workflow.removedNodes = [2]
            workflow.sequence = 9
            update.workflows = [workflow]
            update.outboxAdded = [OutboxRecord(number: 2, uid: "uid-w", kind: .stopPod, payload: "{\"a\":1}")]
            update.outboxRemoved = [1]
            update.sequence = 9
            _ = try await store.commit([update])
            let stored = try #require(try await store.workflow(uid: "uid-w"))
            #expect(stored.sequence == 9)
            #expect(stored.head.metadata == "{\"name\":\"w\"}")
            #expect(stored.spec == "{\"entrypoint\":\"main\"}")
            #expect(
                stored.nodes
                    == [Self.node(0, "Pending", runner: ""), Self.node(1, "Running é \u{1F426}", runner: "")])
            let contents = try await store.load([0])
            #expect(contents.workflows == [stored])
            #expect(contents.outbox[0]?.map(\.number) == [2])
            #expect(contents.outbox[0]?.first?.kind == .stopPod)
            #expect(try await store.claims([0])[0].sequence == 9)
        }
    }

    @Test("which runner has a pod is kept until another is named", arguments: Backend.allCases)
    func placements(_ backend: Backend) async throws {
        try await backend.with { store in
            let epoch = try await store.epochs([0])[0]
            func runners() async throws -> [String?] { try await store.load([0]).workflows[0].nodes.map(\.runner) }
            var change = Self.creation("w", epoch: epoch, sequence: 1)
            change.workflows[0].nodes = [
                Self.node(0, "Pending"), Self.node(1, "Pending", runner: "a"), Self.node(2, "Pending", runner: ""),
            ]
            _ = try await store.commit([change])
            #expect(try await runners() == ["", "a", ""])
            var placed = ShardChange(shard: 0, epoch: epoch)
            placed.placements = [
                PlacementRecord(uid: "uid-w", ordinal: 2, runner: "b"),
                PlacementRecord(uid: "uid-w", ordinal: 9, runner: "nobody's"),
            ]
            #expect(!placed.isEmpty)
            _ = try await store.commit([placed])
            #expect(try await runners() == ["", "a", "b"])
            #expect(try await store.workflow(uid: "uid-w")?.sequence == 1)
            var update = ShardChange(shard: 0, epoch: epoch)
            var workflow = WorkflowChange(.modified, uid: "uid-w", name: WorkflowName(namespace: "argo", name: "w"))
            workflow.nodes = [
                Self.node(0, "Running"), Self.node(1, "Running"), Self.node(2, "Pending", runner: ""),
            ]
            workflow.sequence = 2
            update.workflows = [workflow]
            _ = try await store.commit([update])
            #expect(try await runners() == ["", "a", ""])
            placed.epoch = epoch - 1
            _ = try await store.commit([placed])
            #expect(try await runners() == ["", "a", ""])
        }
    }

    @Test(
        "a workflow that has ended is not loaded, but found by name, by uid and in lists", arguments: Backend.allCases)
    func endedWorkflowsStay(_ backend: Backend) async throws {
        try await backend.with { store in
            let epoch = try await store.epochs([0])[0]
            _ = try await store.commit([
                Self.creation("w", epoch: epoch, sequence: 1) { head in
                    head.isActive = false
                    head.finishedAt = 70
                    head.expiresAt = 100
                }
            ])
            #expect(try await store.load([0]).workflows.isEmpty)
            let name = WorkflowName(namespace: "argo", name: "w")
            #expect(try await store.uids(of: [name, WorkflowName(namespace: "b", name: "w")]) == [name: "uid-w"])
            #expect(try await store.nextExpiry(in: .all) == 100)
            #expect(try await store.expired(before: 99, in: .all, limit: 10).isEmpty)
            #expect(try await store.expired(before: 100, in: .all, limit: 10) == [name])
        }
    }

    @Test("a list is filtered, newest first, and its pages join without gap or repeat", arguments: Backend.allCases)
    func listsPage(_ backend: Backend) async throws {
        try await backend.with { store in
            let epoch = try await store.epochs([0])[0]
            for number in 0..<10 {
                var change = Self.creation("w\(number)", epoch: epoch, sequence: Int64(number + 1)) { head in
                    head.createdAt = Int64(number / 3)
                    head.phase = number % 2 == 0 ? "Running" : "Succeeded"
                }
                change.workflows[0].labels = [Label("app", number % 2 == 0 ? "even" : "odd"), Label("n", "\(number)")]
                _ = try await store.commit([change])
            }
            let all = try await store.workflows(WorkflowFilter())
            #expect(all.items.count == 10)
            #expect(all.items.map(\.head.createdAt) == all.items.map(\.head.createdAt).sorted(by: >))
            #expect(all.cursor[0] == 10)
            var filter = WorkflowFilter()
            filter.limit = 3
            var paged: [String] = []
            var remaining: [Int] = []
            while true {
                let page = try await store.workflows(filter)
                paged += page.items.map(\.uid)
                remaining.append(page.remaining)
                guard page.remaining > 0, let last = page.items.last else { break }
                filter.after = WorkflowFilter.Position(createdAt: last.head.createdAt, uid: last.uid)
            }
            #expect(paged == all.items.map(\.uid))
            #expect(remaining == [7, 4, 1, 0])
        }
    }

    @Test("every kind of requirement selects what it says", arguments: Backend.allCases)
    func requirementsSelect(_ backend: Backend) async throws {
        try await backend.with { store in
            let epoch = try await store.epochs([0])[0]
            for (number, labels) in [["app": "x", "n": "3"], ["app": "y"], [:], ["n": "12"]].enumerated() {
                var change = Self.creation("w-\(number)", epoch: epoch, sequence: Int64(number + 1)) {
                    $0.createdAt = Int64(10 * number)
                    $0.finishedAt = number == 3 ? nil : Int64(10 * number + 5)
                }
                change.workflows[0].labels = labels.map { Label($0.key, $0.value) }
                _ = try await store.commit([change])
            }
            func names(_ change: (inout WorkflowFilter) -> Void) async throws -> String {
                var filter = WorkflowFilter()
                change(&filter)
                return try await store.workflows(filter).items.map { String($0.name.name.suffix(1)) }.sorted().joined()
            }
            #expect(try await names { $0.labels = [.isIn("app", ["x", "z"])] } == "0")
            #expect(try await names { $0.labels = [.isNotIn("app", ["x"])] } == "123")
            #expect(try await names { $0.labels = [.exists("app")] } == "01")
            #expect(try await names { $0.labels = [.isAbsent("app")] } == "23")
            #expect(try await names { $0.labels = [.isGreater("n", than: 3)] } == "3")
            #expect(try await names { $0.labels = [.isLess("n", than: 12)] } == "0")
            #expect(try await names { $0.labels = [.exists("app"), .exists("n")] } == "0")
            #expect(try await names { $0.names = [.equals("w-1")] } == "1")
            #expect(try await names { $0.names = [.differs("w-1")] } == "023")
            #expect(try await names { $0.names = [.hasPrefix("w-")] } == "0123")
            #expect(try await names { $0.names = [.contains("-2")] } == "2")
            #expect(try await names { $0.names = [.contains("%")] } == "")
            #expect(try await names { $0.namespace = "other" } == "")
            #expect(try await names { $0.createdAfter = 10 } == "23")
            #expect(try await names { $0.finishedBefore = 20 } == "01")
            #expect(try await names { $0.phase = "Nope" } == "")
            #expect(try await names { $0.uid = "uid-w-2" } == "2")
        }
    }

    @Test(
        "changes after a number come in order, deletions too, and a deleted name is free again",
        arguments: Backend.allCases)
    func changesAfter(_ backend: Backend) async throws {
        try await backend.with { store in
            let epoch = try await store.epochs([0])[0]
            for number in 1...4 {
                _ = try await store.commit([Self.creation("w\(number)", epoch: epoch, sequence: Int64(number))])
            }
            var deletion = ShardChange(shard: 0, epoch: epoch)
            var gone = WorkflowChange(.deleted, uid: "uid-w2", name: WorkflowName(namespace: "argo", name: "w2"))
            gone.head = WorkflowHead()
            gone.sequence = 5
            deletion.workflows = [gone]
            deletion.sequence = 5
            _ = try await store.commit([deletion])
            let changes = try await store.changes(after: ShardCursor(1), in: .all, WorkflowFilter())
            #expect(changes.changed.map(\.sequence) == [3, 4])
            #expect(changes.deleted.map(\.sequence) == [5])
            #expect(changes.deleted.first?.uid == "uid-w2")
            #expect(changes.oldestTombstone == 0)
            #expect(try await store.deletions(after: ShardCursor(4), in: .all) == changes.deleted)
            for (number, shard) in [(5, 0), (4, 1)] as [(Int64, Int)] {
                #expect(try await store.deletions(after: ShardCursor(number), in: ShardSet([shard])).isEmpty)
            }
            #expect(try await store.workflow(uid: "uid-w2") == nil)
            var again = Self.creation("w2", epoch: epoch, sequence: 6)
            again.workflows[0].uid = "uid-again"
            #expect(try await store.commit([again]) == [.committed])
        }
    }

    @Test("objects and events are written, replaced, deleted and read in order", arguments: Backend.allCases)
    func objectsAndEvents(_ backend: Backend) async throws {
        try await backend.with { store in
            let epoch = try await store.epochs([7])[0]
            var change = ShardChange(shard: 7, epoch: epoch)
            change.objects = ["b", "a"].map {
                ObjectChange(kind: "ConfigMap", namespace: "argo", name: $0, object: "{\"n\":1}")
            }
            change.events = (1...3).map { EventRecord(namespace: "argo", uid: "u", at: 10, event: "{\"e\":\($0)}") }
            var counter: Int64 = 100
            change.number(from: &counter)
            #expect(counter == 105)
            _ = try await store.commit([change])
            #expect(try await store.objects(kind: "ConfigMap", namespace: "argo").map(\.name) == ["a", "b"])
            #expect(try await store.objects(kind: "CronWorkflow", namespace: nil).isEmpty)
            #expect(
                try await store.events(namespace: "argo", after: 0, limit: 2).map(\.event) == [
                    "{\"e\":1}", "{\"e\":2}",
                ])
            #expect(try await store.events(namespace: "other", after: 0, limit: 9).isEmpty)
            var update = ShardChange(shard: 7, epoch: epoch)
            update.objects = [
                ObjectChange(kind: "ConfigMap", namespace: "argo", name: "a", object: "{\"n\":2}"),
                ObjectChange(kind: "ConfigMap", namespace: "argo", name: "b", object: nil),
            ]
            update.number(from: &counter)
            _ = try await store.commit([update])
            let left = try await store.objects(kind: nil, namespace: nil)
            #expect(left.map(\.object) == ["{\"n\":2}"])
            #expect(left.first?.sequence == 106)
        }
    }

    @Test(
        "a name that exists makes the whole transaction fail, and nothing of it is written", arguments: Backend.allCases
    )
    func conflictsUndoEverything(_ backend: Backend) async throws {
        try await backend.with { store in
            let epoch = try await store.epochs([0, 1])[0]
            _ = try await store.commit([Self.creation("w", epoch: epoch, sequence: 1)])
            var clash = Self.creation("w", epoch: epoch, sequence: 3)
            clash.workflows[0].uid = "uid-other"
            let error = await #expect(throws: StoreError.self) {
                try await store.commit([Self.creation("x", shard: 1, epoch: epoch, sequence: 2), clash])
            }
            #expect(error?.code == .conflict)
            #expect(try await store.workflow(namespace: "argo", name: "x") == nil)
        }
    }

    // MARK: Making changes

    static func creation(
        _ name: String, shard: Int = 0, epoch: Int64, sequence: Int64, _ edit: (inout WorkflowHead) -> Void = { _ in }
    ) -> ShardChange {
        var change = ShardChange(shard: shard, epoch: epoch)
        var workflow = WorkflowChange(.created, uid: "uid-\(name)", name: WorkflowName(namespace: "argo", name: name))
        var head = WorkflowHead()
        head.phase = "Running"
        head.metadata = "{\"name\":\"\(name)\"}"
        edit(&head)
        workflow.head = head
        workflow.spec = "{\"entrypoint\":\"main\"}"
        workflow.labels = []
        workflow.sequence = sequence
        change.workflows = [workflow]
        change.sequence = sequence
        return change
    }

    static func node(_ ordinal: Int, _ phase: String, runner: String? = nil) -> NodeRecord {
        NodeRecord(ordinal: ordinal, attempt: 0, status: "{\"phase\":\"\(phase)\"}", memory: "{}", runner: runner)
    }
}
