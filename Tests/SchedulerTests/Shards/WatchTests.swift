import ActorTransport
import JSON
import Model
import OrderedCollections
import TestSupport
import Testing

@testable import Scheduler

@Suite("Watches", .timeLimit(.minutes(5)))
struct WatchTests {
    @Test("watches that break off anywhere and resume see every workflow's end, in order, without gap")
    func resumableWatches() async throws {
        for seed in Seeds.draw(6) {
            var random = SplitMix64(seed: seed)
            let cuts = (0..<40).map { _ in 1 + random.below(7) }
            try await TestCluster.with(store: MemoryStore()) { cluster in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    let count = 12
                    group.addTask { try await Self.watchInPieces(cluster, ends: count, cuts: cuts, seed: seed) }
                    group.addTask { try await Self.watchInPieces(cluster, ends: count, cuts: [], seed: seed) }
                    for index in 0..<count {
                        _ = try await cluster.create("w\(index)", pods: 1 + index % 4, width: 1 + index % 2)
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    /// Watches until `ends` workflows are over, breaking off after as many events as `cuts` say.
    private static func watchInPieces(
        _ cluster: TestCluster, ends: Int, cuts: [Int], seed: UInt64
    ) async throws {
        var request = WatchRequest(namespace: "argo")
        var last = 0
        var over: Set<String> = []
        var added: Set<String> = []
        var cuts = cuts[...]
        while over.count < ends {
            var left = cuts.popFirst() ?? .max
            for try await event in try await cluster.client.watchWorkflows(request) {
                let version = Int(event.object.version) ?? -1
                #expect(version > last, "SEED=\(seed): versions go up: \(version) after \(last)")
                last = version
                request.resourceVersion = event.object.version
                if event.kind == .added {
                    #expect(added.insert(event.object.name).inserted, "SEED=\(seed): added twice")
                }
                if event.object.isOver { over.insert(event.object.name) }
                left -= 1
                if left <= 0 || over.count == ends { break }
            }
        }
    }

    @Test("a shard that could not be loaded at first is told to watchers once it could")
    func lateLoad() async throws {
        let store = FaultyStore(MemoryStore())
        store.failLoads(1)
        try await TestCluster.with(store: store) { cluster in
            var request = WatchRequest(namespace: "argo")
            request.fieldSelector = "metadata.name=w"
            let watch = try await cluster.client.watchWorkflows(request)
            while true {
                do {
                    _ = try await cluster.create("w")
                    break
                } catch let error as ServiceError where error.code == .unavailable {
                    try await Pause.brief()
                }
            }
            for try await event in watch where event.object.isOver { return }
            Issue.record("the watch ended")
        }
    }

    @Test("changes of two shards that have one number, by two owners, are both told, wherever a watch breaks off")
    func sameNumber() async throws {
        let store = MemoryStore()
        let hub = WatchHub()
        let number: Int64 = 5
        for claim in try await store.claims([1, 2]) {
            var change = ShardChange(shard: claim.shard, epoch: claim.epoch)
            var workflow = WorkflowChange(
                .created, uid: "uid-\(claim.shard)", name: WorkflowName(namespace: "argo", name: "w\(claim.shard)"))
            workflow.head = WorkflowHead()
            workflow.head?.metadata = "{}"
            workflow.head?.status = "{}"
            workflow.spec = "{}"
            workflow.sequence = number
            change.workflows = [workflow]
            change.sequence = number
            #expect(try await store.commit([change]) == [.committed])
            hub.own(claim.shard, from: number)
        }
        var streams = WatchedStreams(cursor: ShardCursor())
        let stream = streams.add(ShardSet([1, 2]))
        let watch = try await ShardWatch(
            .workflows, WatchRequest(namespace: "argo"), in: ShardSet([1, 2]), after: streams.cursor, store: store,
            hub: hub)
        var told: Set<Int> = []
        for _ in 0..<2 {
            let notice = try #require(try await watch.next())
            let isNew = streams.take(notice, from: stream)
            #expect(isNew)
            told.insert(notice.shard)
            // Whoever resumes from here has seen what was told, and nothing else.
            for shard in [1, 2] { #expect((streams.cursor[shard] >= number) == told.contains(shard)) }
        }
        hub.close()
        #expect(try await watch.next() == nil)
    }

    @Test("a scheduler that stops sends watches on to another one")
    func closedHub() throws {
        let hub = WatchHub()
        hub.close()
        let error = #expect(throws: ServiceError.self) {
            _ = try hub.watch(.workflows(WorkflowFilter()), in: ShardSet([7]))
        }
        #expect(error?.redirect == "")
    }

    @Test("a list and a watch from its version join without gap and without repeat")
    func listAndWatch() async throws {
        try await TestCluster.with(store: MemoryStore(), runner: FakeRunner(.wait)) { cluster in
            _ = try await cluster.create("before")
            let page = try await cluster.client.workflows(WorkflowQuery(namespace: "argo"))
            #expect(page.items.map(\.name) == ["before"])
            _ = try await cluster.create("after")
            try await cluster.client.deleteWorkflow(namespace: "argo", name: "before", force: true)
            var request = WatchRequest(namespace: "argo")
            request.resourceVersion = page.resourceVersion
            var seen: [String] = []
            for try await event in try await cluster.client.watchWorkflows(request) {
                seen.append("\(event.kind.rawValue) \(event.object.name)")
                if event.kind == .deleted { break }
            }
            #expect(seen.first == "MODIFIED after")
            #expect(seen.last == "DELETED before")
        }
    }

    @Test("selectors narrow a watch, and a version that is no number is refused")
    func selectors() async throws {
        try await TestCluster.with(store: MemoryStore()) { cluster in
            _ = try await cluster.create("x", labels: ["app": "x"])
            _ = try await cluster.create("y", labels: ["app": "y"])
            var request = WatchRequest(namespace: "argo")
            request.labelSelector = "app=y"
            for try await event in try await cluster.client.watchWorkflows(request) {
                #expect(event.object.name == "y")
                if event.object.isOver { break }
            }
            var broken = WatchRequest(namespace: "argo")
            broken.resourceVersion = "never"
            let error = await #expect(throws: ServiceError.self) { try await cluster.client.watchWorkflows(broken) }
            #expect(error?.code == .invalidArgument)
        }
    }

    @Test("what begins to match a selector is added, what no longer does is deleted with its whole document")
    func movingInAndOut() async throws {
        let runner = FakeRunner(.wait)
        try await TestCluster.with(store: MemoryStore(), runner: runner) { cluster in
            var request = WatchRequest(namespace: "argo")
            request.labelSelector = "workflows.argoproj.io/completed=true"
            let completed = StreamSource(try await cluster.client.watchWorkflows(request))
            request.labelSelector = "workflows.argoproj.io/completed!=true"
            let open = StreamSource(try await cluster.client.watchWorkflows(request))
            _ = try await cluster.create("moves")
            let first = try #require(try await open.next())
            #expect(first.kind == .added)
            while runner.running.isEmpty { try await Pause.brief() }
            for pod in runner.running { runner.end(pod, .succeeded) }
            let added = try #require(try await completed.next())
            #expect(added.kind == .added)
            #expect(added.object.name == "moves")
            var last: WatchEvent?
            while let event = try await open.next() {
                last = event
                if event.kind == .deleted { break }
            }
            #expect(last?.object.phase == "Succeeded")
            #expect(last?.object["spec"]?["entrypoint"] == "main")
            #expect(last?.object["status"]?["nodes"]?.objectValue?.isEmpty == false)

            // Who resumes from before is told the same.
            request.resourceVersion = first.object.version
            let resumed = StreamSource(try await cluster.client.watchWorkflows(request))
            #expect(try await resumed.next()?.kind == .deleted)

            try await cluster.client.deleteWorkflow(namespace: "argo", name: "moves", force: false)
            var gone: WatchEvent?
            while let event = try await completed.next() {
                gone = event
                if event.kind == .deleted { break }
            }
            #expect(gone?.object["spec"]?["entrypoint"] == "main")
            #expect(gone?.object["status"]?["nodes"] == last?.object["status"]?["nodes"])
            #expect(Int(gone?.object.version ?? "") ?? 0 > Int(last?.object.version ?? "") ?? 0)
        }
    }

    @Test("a running workflow that is deleted is told with its whole document")
    func deletedWhileRunning() async throws {
        let runner = FakeRunner(.wait)
        try await TestCluster.with(store: MemoryStore(), runner: runner) { cluster in
            let watch = StreamSource(try await cluster.client.watchWorkflows(WatchRequest(namespace: "argo")))
            _ = try await cluster.create("brief")
            while runner.running.isEmpty { try await Pause.brief() }
            try await cluster.client.deleteWorkflow(namespace: "argo", name: "brief", force: true)
            while let event = try await watch.next() {
                guard event.kind == .deleted else { continue }
                #expect(event.object["spec"]?["entrypoint"] == "main")
                #expect(event.object["status"]?["nodes"]?.objectValue?.isEmpty == false)
                #expect(event.object["metadata"]?["labels"]?["pods"] == "1")
                break
            }
        }
    }

    @Test("a watcher that does not read is ended with an error, and costs no more memory than its limit")
    func slowWatchers() async throws {
        let hub = WatchHub()
        hub.own(0, from: 0)
        let slow = try hub.watch(.events(namespace: nil), in: .all).tellings
        let quick = try hub.watch(.events(namespace: "other"), in: .all).tellings
        for number in 0...WatchHub.queueLimit {
            var change = ShardChange(shard: 0, epoch: 1)
            change.events = [EventRecord(namespace: "argo", uid: "u", at: Int64(number), event: "{}")]
            hub.publish([change], upTo: Int64(number))
        }
        var count = 0
        let error = await #expect(throws: ServiceError.self) {
            for try await _ in slow { count += 1 }
        }
        #expect(error?.code == .resourceExhausted)
        #expect(count == WatchHub.queueLimit)
        hub.close()
        for try await _ in quick { Issue.record("an event of another namespace") }
    }

    @Test("watchers that leave while changes are told hold nobody up")
    func leaving() async throws {
        let hub = WatchHub()
        hub.own(0, from: 0)
        var change = ShardChange(shard: 0, epoch: 1)
        change.events = [EventRecord(namespace: "default", uid: "u", at: 0, event: "{}")]
        for number in 1...2_000 {
            let events = try hub.watch(.events(namespace: nil), in: .all).tellings
            await withTaskGroup { group in
                group.addTask { do { for try await _ in events {} } catch { return } }
                group.addTask { [change] in hub.publish([change], upTo: Int64(number)) }
                await Task.yield()
                group.cancelAll()
            }
        }
    }

    @Test("events for people come with the object they are about")
    func peopleEvents() async throws {
        try await TestCluster.with(store: MemoryStore()) { cluster in
            _ = try await cluster.create("told")
            for try await event in try await cluster.client.watchEvents(WatchRequest(namespace: "argo")) {
                #expect(event["reason"] == "WorkflowRunning")
                #expect(event["involvedObject"]?["name"] == "told")
                break
            }
        }
    }
}
