import ActorTransport
import JSON
import Model
import OrderedCollections
import Scheduler
import TestSupport
import Testing

/// The process dies at a commit, before or after it took effect; then it starts again on the same records and with the
/// same runner.
@Suite("Crashes", .serialized, .timeLimit(.minutes(5)))
struct CrashTests {
    private static let workflows = 3

    @Test("whichever commit the process dies at, nothing acknowledged is lost and no pod is started twice")
    func everyCommitPoint() async throws {
        // More faults than a run has commits: the last ones never strike, which must do no harm either.
        for fault in [FaultyStore.Fault.before, .after] {
            for number in 1...14 {
                let witness = try await Self.crash(at: number, fault)
                #expect(witness.isEmpty, "fault \(fault) at commit \(number): \(witness)")
            }
        }
    }

    @Test("a pod that was decided on but not launched starts after a restart; without its outbox row it would not")
    func plantedBug() async throws {
        #expect(try await Self.podsStarted(forgettingOutbox: false) == 3)
        // Planted: an effect that is performed without a record.
        #expect(try await Self.podsStarted(forgettingOutbox: true) == 2)
    }

    /// Dies right after the commit that decides on a third pod; says how many pods a second process has started by
    /// then.
    private static func podsStarted(forgettingOutbox: Bool) async throws -> Int {
        let records = MemoryStore()
        let runner = FakeRunner(.wait)
        let dying = FaultyStore(records)
        try await TestCluster.with(store: dying, runner: runner) { cluster in
            _ = try await cluster.create("w", pods: 4, width: 2)
            while runner.running.count < 2 { try await Pause.brief() }
            dying.fail(1, .after, andDie: true)
            let pod = try #require(runner.running.first)
            runner.end(pod, .succeeded)
            while !dying.isDead { try await Pause.brief() }
        }
        if forgettingOutbox { try await Self.forgetOutbox(of: records) }
        return try await TestCluster.with(store: FaultyStore(records), runner: runner) { cluster in
            while runner.starts.count < 3 {
                if try await cluster.get("w").isOver { break }
                try await Pause.brief()
            }
            return runner.starts.count
        }
    }

    @Test("a retry whose wait ended while no scheduler ran begins once one does")
    func retryDueMeanwhile() async throws {
        let records = MemoryStore()
        let runner = FakeRunner(.wait)
        let start: Int64 = 1_767_225_600
        let workflow: JSONValue = [
            "metadata": ["name": "w", "namespace": "argo"],
            "spec": [
                "entrypoint": "main",
                "templates": [
                    [
                        "name": "main", "retryStrategy": ["limit": "1", "backoff": ["duration": "60"]],
                        "container": ["image": "i", "command": ["true"]],
                    ]
                ],
            ],
        ]
        let clock = ManualClock(seconds: start)
        try await TestCluster.with(store: records, runner: runner, clock: clock, machines: .workflowMachines) {
            cluster in
            _ = try await cluster.client.createWorkflow(CreateWorkflow(namespace: "argo", workflow: workflow))
            while runner.running.isEmpty { try await Pause.brief() }
            runner.end(try #require(runner.running.first), .failed)
            while clock.nextWake != Timestamp(seconds: start + 60) { try await Pause.brief() }
        }
        let later = ManualClock(seconds: start + 3_600)
        try await TestCluster.with(store: records, runner: runner, clock: later, machines: .workflowMachines) { _ in
            while runner.starts.count < 2 { try await Pause.brief() }
        }
    }

    @Test("a commit that fails while the process lives on is answered as such, and the shard recovers by itself")
    func faultsWithoutDeath() async throws {
        for fault in [FaultyStore.Fault.before, .after] {
            for number in 1...12 {
                let store = FaultyStore(MemoryStore())
                let runner = FakeRunner(.succeedAtOnce)
                try await TestCluster.with(store: store, runner: runner) { cluster in
                    store.fail(number, fault)
                    for index in 0..<Self.workflows { try await Self.createUntilAcknowledged("w\(index)", cluster) }
                    for index in 0..<Self.workflows {
                        #expect(try await cluster.waitForEnd("w\(index)").phase == "Succeeded")
                    }
                }
                #expect(runner.starts.values.allSatisfy { $0 == 1 }, "fault \(fault) at commit \(number)")
                #expect(runner.starts.count == 4 * Self.workflows)
            }
        }
    }

    @Test("a shard recovers from a commit of unknown outcome though the time of day stands still")
    func recoveryByElapsedTime() async throws {
        let store = FaultyStore(MemoryStore())
        let runner = FakeRunner(.wait)
        try await TestCluster.with(store: store, runner: runner, clock: ManualClock()) { cluster in
            store.fail(1, .after)
            await #expect(throws: ServiceError.self) { try await cluster.create("w") }
            while runner.running.isEmpty { try await Pause.brief() }
        }
    }

    @Test("a pod whose workflow was terminated is stopped though the process dies before the runner is told")
    func decidedStop() async throws {
        let records = MemoryStore()
        let dying = FaultyStore(records)
        let runner = FakeRunner(.wait)
        try await TestCluster.with(store: dying, runner: runner) { cluster in
            _ = try await cluster.create("w")
            while runner.running.isEmpty { try await Pause.brief() }
            dying.fail(1, .after, andDie: true)
            await #expect(throws: ServiceError.self) {
                try await cluster.client.act(WorkflowAction(namespace: "argo", name: "w", verb: .terminate))
            }
        }
        let pods = runner.running
        #expect(pods.count == 1 && runner.stopped.isEmpty)
        try await TestCluster.with(store: FaultyStore(records), runner: runner) { _ in
            while runner.stopped.isEmpty { try await Pause.brief() }
        }
        #expect(Set(runner.stopped) == pods)
    }

    @Test("pods that the runner lost all record of end with an error, not never")
    func lostPods() async throws {
        let records = MemoryStore()
        let runner = FakeRunner(.wait)
        try await TestCluster.with(store: records, runner: runner) { cluster in
            _ = try await cluster.create("w", pods: 2, width: 2)
            while runner.running.count < 2 { try await Pause.brief() }
            // That the launches are acknowledged is durable with a commit of the shard; otherwise they begin anew.
            while try await Self.outbox(of: records).values.joined().contains(where: { $0.kind == .startPod }) {
                for verb in [WorkflowAction.Verb.suspend, .resume] {
                    _ = try await cluster.client.act(WorkflowAction(namespace: "argo", name: "w", verb: verb))
                }
            }
        }
        runner.forgetEverything()
        try await TestCluster.with(store: records, runner: runner) { cluster in
            let ended = try await cluster.waitForEnd("w")
            #expect(ended.phase == "Failed")
        }
    }

    // MARK: One crash

    /// Runs workflows until the store dies, starts again, and says what is not as it should be.
    private static func crash(
        at number: Int, _ fault: FaultyStore.Fault
    ) async throws -> [String] {
        let records = MemoryStore()
        let runner = FakeRunner(.succeedAtOnce)
        let dying = FaultyStore(records)
        let acknowledged = try await TestCluster.with(store: dying, runner: runner) { cluster in
            dying.fail(number, fault, andDie: true)
            var acknowledged: [String] = []
            for index in 0..<Self.workflows {
                do {
                    _ = try await cluster.create("w\(index)", pods: 4, width: 2)
                    acknowledged.append("w\(index)")
                } catch {
                    #expect(dying.isDead)
                }
            }
            for name in acknowledged { try await cluster.waitForEnd(name, unless: { dying.isDead }) }
            return acknowledged
        }
        return try await TestCluster.with(store: FaultyStore(records), runner: runner) { cluster in
            var witness: [String] = []
            for name in acknowledged {
                do {
                    let phase = try await cluster.settledPhase(name)
                    if phase != "Succeeded" { witness.append("\(name) is \(phase)") }
                } catch {
                    witness.append("\(name): \(error)")
                }
            }
            for (pod, starts) in runner.starts where starts != 1 {
                witness.append("\(pod.nodeID) started \(starts) times")
            }
            return witness
        }
    }

    private static func outbox(of store: MemoryStore) async throws -> [Int: [OutboxRecord]] {
        try await store.load(Array(0..<ShardMap.shardCount)).outbox
    }

    private static func forgetOutbox(of store: MemoryStore) async throws {
        let claims = try await store.claims(Array(0..<ShardMap.shardCount), member: "test")
        let outbox = try await Self.outbox(of: store)
        let changes = claims.map { claim in
            var change = ShardChange(shard: claim.shard, epoch: claim.epoch)
            change.outboxRemoved = (outbox[claim.shard] ?? []).map(\.number)
            change.sequence = claim.sequence
            return change
        }
        _ = try await store.commit(changes)
    }

    private static func createUntilAcknowledged(_ name: String, _ cluster: TestCluster) async throws {
        let workflow = try TestCluster.workflow(name, pods: 4, width: 2).withUID("uid-\(name)")
        while true {
            do {
                _ = try await cluster.client.createWorkflow(CreateWorkflow(namespace: "argo", workflow: workflow))
                return
            } catch {
                guard error.code == .unavailable else { throw error }
                // The outcome is unknown: the same call again is safe, because it carries the uid.
                try await Pause.brief()
            }
        }
    }
}

extension TestCluster {
    func waitForEnd(_ name: String, unless isHopeless: () -> Bool) async throws {
        while !isHopeless() {
            do {
                if try await self.client.workflow(namespace: "argo", name: name, uid: nil).isOver { return }
            } catch {
                guard error.code == .unavailable else { throw error }
            }
            try await Pause.brief()
        }
    }

    /// The phase of a workflow once it ends, or as it is when nothing is left that could change it.
    func settledPhase(_ name: String) async throws -> String {
        for _ in 0..<4_000 {
            let document = try await self.get(name)
            if document.isOver { return document.phase }
            try await Pause.brief()
        }
        return "\(try await self.get(name).phase), for good"
    }
}

extension JSONValue {
    func withUID(_ uid: String) -> JSONValue {
        var members = self.objectValue ?? [:]
        var metadata = members["metadata"]?.objectValue ?? [:]
        metadata["uid"] = .string(uid)
        members["metadata"] = .object(metadata)
        return .object(members)
    }
}
