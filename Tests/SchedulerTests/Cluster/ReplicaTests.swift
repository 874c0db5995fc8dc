import ActorTransport
import JSON
import Model
import Scheduler
import TestSupport
import Testing

@Suite("Replicas", .serialized, .timeLimit(.minutes(5)))
struct ReplicaTests {
    @Test("three schedulers share the shards, and any of them leads to any workflow")
    func sharing() async throws {
        try await ReplicaCluster.with(["a", "b", "c"]) { cluster in
            try await cluster.settle()
            for number in 0..<30 { try await cluster.create("w\(number)", pods: 3, width: 2) }
            for number in 0..<30 { #expect(try await cluster.end(of: "w\(number)") == "Succeeded") }
            let view = try await cluster.client.cluster()
            #expect(
                view.members.map { "\($0.role) \($0.name)" } == [
                    "scheduler a", "scheduler b", "scheduler c", "runner runner",
                ])
            #expect(Set(view.owners) == ["a", "b", "c"])
            #expect(cluster.store.violations.isEmpty)
            #expect(cluster.runner.starts.values.allSatisfy { $0 == 1 })
        }
    }

    @Test("a scheduler that leaves gives its shards back at once, and no call fails")
    func leaving() async throws {
        try await ReplicaCluster.with(["a", "b"]) { cluster in
            try await cluster.settle()
            let before = cluster.clock.elapsed()
            try await cluster.stop("a")
            try await cluster.settle()
            // Nobody waited for a lease to run out.
            #expect(cluster.clock.elapsed() - before < ReplicaCluster.lease * 20)
            for number in 0..<10 {
                let workflow = try TestCluster.workflow("w\(number)").withUID("uid-w\(number)")
                _ = try await cluster.client.createWorkflow(CreateWorkflow(namespace: "argo", workflow: workflow))
            }
            #expect(cluster.store.violations.isEmpty)
        }
    }

    @Test("a scheduler that drains hands its shards over and takes them back when it is told to")
    func draining() async throws {
        try await ReplicaCluster.with(["a", "b"]) { cluster in
            try await cluster.settle()
            try await cluster.client.setDraining(true, member: "a")
            while try await cluster.store.base.leases().leases.contains(where: { $0.owner == "a" }) {
                try await Pause.brief()
            }
            try await cluster.settle()
            try await cluster.client.setDraining(false, member: "a")
            while try await !cluster.store.base.leases().leases.contains(where: { $0.owner == "a" }) {
                try await Pause.brief()
            }
            try await cluster.settle()
            #expect(cluster.store.violations.isEmpty)
        }
    }

    @Test("events for people are told once, of every scheduler's workflows, also after their shards have moved")
    func peopleEvents() async throws {
        try await ReplicaCluster.with(["a", "b", "c"]) { cluster in
            try await cluster.settle()
            var request = WatchRequest(namespace: "argo")
            request.fieldSelector = "reason=WorkflowRunning"
            // The watch is at the first, and outlives another.
            let first = cluster.client.shards.owner(of: 0)
            let left = try #require(cluster.names.first { $0 != first })
            let watch = StreamSource(try await cluster.client.watchEvents(request))
            var told: [JSONValue] = []
            for number in 0..<12 { try await cluster.create("w\(number)") }
            while told.count < 12 { told.append(try #require(try await watch.next())) }
            try await cluster.stop(left)
            try await cluster.settle()
            for number in 12..<24 { try await cluster.create("w\(number)") }
            while told.count < 24 { told.append(try #require(try await watch.next())) }
            #expect(Set(told.map { $0["involvedObject"]?["name"] }).count == 24)
            // A watch that goes on from any of them is told the others, through whomever.
            let place = Int.random(in: 0..<24)
            request.resourceVersion = told[place].version
            try await cluster.stop(first)
            let resumed = StreamSource(try await cluster.client.watchEvents(request))
            let rest = Set(told[(place + 1)...].map { $0["metadata"]?["name"] })
            var again: Set<JSONValue?> = []
            while again.count < rest.count { again.insert(try #require(try await resumed.next())["metadata"]?["name"]) }
            #expect(again == rest, "from event \(place)")
        }
    }

    @Test("a template that one scheduler stored is known to all at once")
    func templates() async throws {
        try await ReplicaCluster.with(["a", "b", "c"]) { cluster in
            try await cluster.settle()
            for number in 0..<12 {
                let template: JSONValue = [
                    "metadata": ["name": .string("t\(number)")],
                    "spec": [
                        "entrypoint": "main", "templates": [["name": "main", "container": ["image": "busybox"]]],
                    ],
                ]
                _ = try await cluster.client.createObject(.workflowTemplate, namespace: "argo", object: template)
                let workflow: JSONValue = [
                    "metadata": ["name": .string("of-\(number)"), "uid": .string("uid-\(number)")],
                    "spec": ["workflowTemplateRef": ["name": .string("t\(number)")]],
                ]
                _ = try await cluster.client.createWorkflow(CreateWorkflow(namespace: "argo", workflow: workflow))
            }
            let page = try await cluster.client.objects(.workflowTemplate, namespace: "argo", query: ObjectQuery())
            #expect(page.items.count == 12)
        }
    }

    @Test("what a scheduler was about to write when it was paused never lands, and the next owner answers for it")
    func zombie() async throws {
        let result = try await ReplicaStorm.zombie()
        #expect(result.witness.isEmpty, "\(result.witness)")
        #expect(result.fenced > 0)
    }

    @Test("one that was paused does not say of pods that others have started since that nobody wants them")
    func zombieAnswers() async throws {
        try await ReplicaCluster.with(["a", "b"]) { cluster in
            try await cluster.settle()
            let owned = try await cluster.store.base.leases().leases.firstIndex { $0.owner == "a" }
            let shard = try #require(owned)
            var report = PodReport()
            report.identity = PodIdentity(workflowUID: "of-b", nodeID: "n", attempt: 0)
            report.phase = .running
            let reports = [report]
            cluster.pause("a", entirely: false)
            while try await cluster.store.base.leases().livingOwner(of: shard) != "b" { try await Pause.brief() }
            // The owner may say so, once it has heard that it is.
            var unwanted: [PodIdentity]?
            while unwanted == nil {
                do {
                    unwanted = try await cluster.door(of: shard, on: "b").report(reports).unwanted
                } catch let error as ServiceError where error.redirect != nil {
                    try await Pause.brief()
                }
            }
            #expect(unwanted == reports.map(\.identity))
            // Not at once: it does not know yet that it has been away.
            let door = try cluster.door(of: shard, on: "a")
            async let answer = door.report(reports)
            try await cluster.pass(.seconds(1))
            try await cluster.resume("a")
            do {
                Issue.record("it has answered for the owner: \(try await answer)")
            } catch let error as ServiceError {
                #expect(error.redirect != nil, "\(error)")
            }
        }
    }

    @Test("pods that wait for room when their scheduler dies are started by the next one, once")
    func crash() async throws {
        let witness = try await ReplicaStorm.crash()
        #expect(witness.isEmpty, "\(witness)")
    }

    @Test("whoever joins, leaves, dies or comes back: workflows run to their end, and no pod is started twice")
    func storm() async throws {
        for seed in Seeds.draw(2) {
            let result = try await ReplicaStorm.run(seed: seed)
            #expect(result.witness.isEmpty, "SEED=\(seed): \(result.witness.prefix(5))")
        }
    }

    @Test("planted bugs are caught", arguments: WitnessStore.PlantedBug.allCases.filter { $0 != .none })
    func plantedBugs(_ bug: WitnessStore.PlantedBug) async throws {
        var caught = try await ReplicaStorm.zombie(bug: bug).witness
        if caught.isEmpty { caught = try await ReplicaStorm.crash(bug: bug) }
        for seed in Seeds.draw(4) where caught.isEmpty {
            caught = try await ReplicaStorm.run(seed: seed, bug: bug).witness
        }
        #expect(!caught.isEmpty)
    }

    @Test("each tick of a cron workflow makes one workflow, whoever dies in between")
    func cronTicks() async throws {
        try await ReplicaCluster.with(["a", "b", "c"]) { cluster in
            try await cluster.settle()
            let spec: JSONValue = [
                "schedules": ["* * * * *"], "startingDeadlineSeconds": 30, "successfulJobsHistoryLimit": 100,
                "workflowMetadata": ["labels": ["pods": "1"]],
                "workflowSpec": [
                    "entrypoint": "main", "templates": [["name": "main", "container": ["image": "busybox"]]],
                ],
            ]
            for name in ["x", "y", "z"] {
                _ = try await cluster.client.createObject(
                    .cronWorkflow, namespace: "argo", object: ["metadata": ["name": .string(name)], "spec": spec])
            }
            let began = cluster.clock.now().seconds / 60
            try await cluster.pass(.seconds(40))
            try await cluster.crash("b")
            try await cluster.pass(.seconds(60))
            try cluster.start("d")
            try await cluster.pass(.seconds(60))
            let ended = cluster.clock.now().seconds / 60
            var filter = WorkflowFilter()
            filter.withoutNodes = true
            let names = try await cluster.store.base.workflows(filter).items.map(\.name.name)
            #expect(Set(names).count == names.count)
            // The last tick may be on its way.
            for minute in began + 1..<ended {
                for name in ["x", "y", "z"] {
                    #expect(names.contains("\(name)-\(minute * 60)"), "tick \(minute - began) of \(name)")
                }
            }
            #expect(cluster.store.violations.isEmpty)
        }
    }
}
