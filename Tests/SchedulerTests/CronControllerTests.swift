import ActorTransport
import JSON
import Model
import OrderedCollections
import Testing

@testable import Scheduler

@Suite("CronController", .timeLimit(.minutes(5)))
struct CronControllerTests {
    /// 2026-01-01T00:00:30Z.
    private static let start: Int64 = 1_767_225_630

    @Test("each tick makes exactly one workflow, also where the scheduler died before it knew")
    func oneWorkflowPerTick() async throws {
        let store = FaultyStore(MemoryStore())
        let clock = ManualClock(seconds: Self.start)
        try await TestCluster.with(store: store, clock: clock) { cluster in
            _ = try await Self.createCron("beat", in: cluster)
            try await Self.tick(clock, 1, cluster, until: 1)
            try await Self.tick(clock, 2, cluster, until: 2)
            // The workflow of the third tick exists, as if the process had died before the cron workflow was saved.
            _ = try await cluster.create(
                "beat-\(Self.time(of: 3))", labels: ["workflows.argoproj.io/cron-workflow": "beat"])
        }
        try await TestCluster.with(store: store, clock: clock) { cluster in
            try await Self.tick(clock, 3, cluster, until: 3)
            try await Self.tick(clock, 4, cluster, until: 4)
            let page = try await cluster.client.workflows(WorkflowQuery(namespace: "argo"))
            let expected = (1...4 as ClosedRange<Int64>).map { "beat-\(Self.time(of: $0))" }
            #expect(page.items.map(\.name).sorted() == expected)
        }
    }

    @Test("a suspended cron workflow makes nothing, and resumes with the next tick")
    func suspension() async throws {
        let clock = ManualClock(seconds: Self.start)
        try await TestCluster.with(store: MemoryStore(), clock: clock) { cluster in
            _ = try await Self.createCron("quiet", in: cluster)
            let suspended = try await cluster.client.setCronWorkflowSuspended(true, namespace: "argo", name: "quiet")
            #expect(suspended["spec"]?["suspend"] == true)
            clock.advance(to: Self.start + 200)
            let resumed = try await cluster.client.setCronWorkflowSuspended(false, namespace: "argo", name: "quiet")
            #expect(resumed["spec"]?["suspend"] != true)
            try await Self.tick(clock, 4, cluster, until: 1)
            let page = try await cluster.client.workflows(WorkflowQuery(namespace: "argo"))
            #expect(page.items.map(\.name) == ["quiet-\(Self.time(of: 4))"])
            let cron = try await Self.waitForCron("quiet", cluster) {
                $0["status"]?["lastScheduledTime"]?.stringValue != nil
            }
            #expect(cron["status"]?["phase"] == "Active")
        }
    }

    @Test("a cron workflow that is gone makes nothing any more")
    func deletion() async throws {
        let clock = ManualClock(seconds: Self.start)
        try await TestCluster.with(store: MemoryStore(), clock: clock) { cluster in
            _ = try await Self.createCron("brief", in: cluster)
            _ = try await Self.createCron("lasting", in: cluster)
            try await cluster.client.deleteObject(.cronWorkflow, namespace: "argo", name: "brief")
            try await Self.tick(clock, 1, cluster, until: 1)
            let page = try await cluster.client.workflows(WorkflowQuery(namespace: "argo"))
            #expect(page.items.map(\.name) == ["lasting-\(Self.time(of: 1))"])
        }
    }

    @Test("the workflows of a cron workflow go with it, those of another and those of nobody stay")
    func ownership() async throws {
        let clock = ManualClock(seconds: Self.start)
        let store = MemoryStore()
        try await TestCluster.with(store: store, clock: clock) { cluster in
            _ = try await Self.createCron("gone", in: cluster)
            try await Self.tick(clock, 1, cluster, until: 1)
            let stays = try await Self.createCron("stays", in: cluster)
            let uid = stays["metadata"]?["uid"]?.stringValue ?? ""
            for workflow in [
                try Self.child("kept", of: "stays", uid: uid),
                try TestCluster.workflow("own", pods: 1, width: 1, [WorkflowKeys.cronWorkflow: "gone"]),
            ] {
                _ = try await cluster.client.createWorkflow(CreateWorkflow(namespace: "argo", workflow: workflow))
                _ = try await cluster.waitForEnd(workflow.name)
            }
            #expect(try await Self.names(cluster) == ["gone-\(Self.time(of: 1))", "kept", "own"])
            try await cluster.client.deleteObject(.cronWorkflow, namespace: "argo", name: "gone")
            // One of the same name is another one, and owns nothing.
            _ = try await Self.createCron("gone", in: cluster)
            while try await Self.names(cluster) != ["kept", "own"] { try await Pause.brief() }
        }
    }

    @Test("workflows whose cron workflow went while nobody could look are gone after the next start")
    func orphansOfACrash() async throws {
        let clock = ManualClock(seconds: Self.start)
        let base = MemoryStore()
        let store = FaultyStore(base)
        let expected = ["gone-\(Self.time(of: 1))"]
        try await TestCluster.with(store: store, clock: clock) { cluster in
            _ = try await Self.createCron("gone", in: cluster)
            try await Self.tick(clock, 1, cluster, until: 1)
            #expect(try await Self.names(cluster) == expected)
        }
        let shard = ShardMap.shard(of: ObjectKey(.cronWorkflow, namespace: "argo", name: "gone"))
        _ = try await base.heartbeat(MemberRecord(name: "other", role: .scheduler, address: ""), lease: .seconds(1))
        let claim = try #require(try await base.claim([shard], member: "other").first)
        var change = ShardChange(shard: shard, epoch: claim.epoch)
        change.objects = [
            ObjectChange(kind: ObjectKind.cronWorkflow.rawValue, namespace: "argo", name: "gone", object: nil)
        ]
        #expect(try await base.commit([change]) == [.committed])
        try await base.leave("other")
        try await TestCluster.with(store: store, clock: clock) { cluster in
            while try await !Self.names(cluster).isEmpty { try await Pause.brief() }
        }
    }

    @Test("a workflow that is made when its cron workflow has gone goes too")
    func lateChild() async throws {
        let clock = ManualClock(seconds: Self.start)
        try await TestCluster.with(store: FaultyStore(MemoryStore()), clock: clock) { cluster in
            let own = try TestCluster.workflow("own", pods: 1, width: 1, [WorkflowKeys.cronWorkflow: "gone"])
            for workflow in [try Self.child("late", of: "gone", uid: "u-1"), own] {
                _ = try await cluster.client.createWorkflow(CreateWorkflow(namespace: "argo", workflow: workflow))
            }
            while try await Self.names(cluster) != ["own"] { try await Pause.brief() }
        }
    }

    @Test("workflows of a cron workflow that is gone go as soon as the store answers again")
    func deletionWhileNothingIsRead() async throws {
        let clock = ManualClock(seconds: Self.start)
        let store = FaultyStore(MemoryStore())
        try await TestCluster.with(store: store, clock: clock) { cluster in
            _ = try await Self.createCron("gone", in: cluster)
            try await Self.tick(clock, 1, cluster, until: 1)
            store.failsReads = true
            try await cluster.client.deleteObject(.cronWorkflow, namespace: "argo", name: "gone")
            while store.failedReads == 0 { try await Pause.brief() }
            store.failsReads = false
            while try await !Self.names(cluster).isEmpty { try await Pause.brief() }
        }
    }

    @Test("a cron workflow ticks, and goes with its workflows, though the store broke when it had been written")
    func brokenCommits() async throws {
        let clock = ManualClock(seconds: Self.start)
        let store = FaultyStore(MemoryStore())
        try await TestCluster.with(store: store, clock: clock) { cluster in
            store.loseOutcome { $0.name == "gone" && $0.object != nil }
            await #expect(throws: ServiceError.self) { _ = try await Self.createCron("gone", in: cluster) }
            try await Self.tick(clock, 1, cluster, until: 1)
            // What the tick has done may be written still.
            store.loseOutcome { $0.name == "gone" && $0.object == nil }
            await #expect(throws: ServiceError.self) {
                try await cluster.client.deleteObject(.cronWorkflow, namespace: "argo", name: "gone")
            }
            while try await !Self.names(cluster).isEmpty { try await Pause.brief() }
        }
    }

    private static func names(_ cluster: TestCluster) async throws -> [String] {
        try await cluster.client.workflows(WorkflowQuery(namespace: "argo")).items.map(\.name).sorted()
    }

    private static func child(_ name: String, of cron: String, uid: String) throws -> JSONValue {
        let owner: JSONValue = [
            "apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "name": .string(cron), "uid": .string(uid),
        ]
        let labels: StringMap = ["workflows.argoproj.io/cron-workflow": cron]
        var workflow = try TestCluster.workflow(name, pods: 1, width: 1, labels)
        workflow.setMetadata(["ownerReferences": [owner]])
        return workflow
    }

    // MARK: Ticks

    private static func time(of tick: Int64) -> Int64 { Self.start / 60 * 60 + 60 * tick }

    /// Moves the clock past a tick until as many workflows exist.
    private static func tick(
        _ clock: ManualClock, _ number: Int64, _ cluster: TestCluster, until count: Int
    ) async throws {
        // The controller must have seen the cron workflow before its tick comes, or it comes too late for it.
        while clock.nextWake != Timestamp(seconds: self.time(of: number)) { try await Pause.brief() }
        clock.advance(to: self.time(of: number))
        while true {
            let page = try await cluster.client.workflows(WorkflowQuery(namespace: "argo"))
            if page.items.count >= count, page.items.allSatisfy(\.isOver) { return }
            try await Pause.brief()
        }
    }

    private static func waitForCron(
        _ name: String, _ cluster: TestCluster, until isReached: (JSONValue) -> Bool
    ) async throws -> JSONValue {
        while true {
            let cron = try await cluster.client.object(.cronWorkflow, namespace: "argo", name: name)
            if isReached(cron) { return cron }
            try await Pause.brief()
        }
    }

    private static func createCron(_ name: String, in cluster: TestCluster) async throws -> JSONValue {
        let spec: JSONValue = [
            "schedules": ["* * * * *"], "startingDeadlineSeconds": 0, "successfulJobsHistoryLimit": 100,
            "workflowMetadata": ["labels": ["pods": "1"]],
            "workflowSpec": [
                "entrypoint": "main", "templates": [["name": "main", "container": ["image": "busybox"]]],
            ],
        ]
        return try await cluster.client.createObject(
            .cronWorkflow, namespace: "argo", object: ["metadata": ["name": .string(name)], "spec": spec])
    }
}
