import Foundation
import IntegrationSupport
import JSON
import OrderedCollections
import TestSupport
import Testing

/// Members of a cluster crash, freeze, come back and lose each other, its database too, while it works.
@Suite("Faults", .timeLimit(.minutes(25)))
struct FaultTests {
    static let faultCount = Self.number("FAULTS") ?? 60
    static let partitionCount = Self.number("PARTITIONS") ?? 16
    static let workflowCount = Self.number("WORKFLOWS") ?? 60

    @Test("no workflow is lost, stuck, run twice or changed after its end, whoever crashes, freezes or restarts")
    func storm() async throws {
        try await Self.storm(count: Self.faultCount) { ProcessFaults(cluster: $0) }
    }

    @Test(
        "no workflow is lost, stuck, run twice or changed after its end, whoever is parted from whom",
        .enabled(if: LocalCluster.networksProblem == nil, "\(LocalCluster.networksProblem ?? "")"))
    func partitions() async throws {
        try await Self.storm(count: Self.partitionCount, hasNetworks: true) { Partitions(cluster: $0) }
    }

    @Test(
        "a scheduler that had lost its database owns its share again soon after it has it back",
        .enabled(if: LocalCluster.networksProblem == nil, "\(LocalCluster.networksProblem ?? "")"))
    func databaseFound() async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let cluster = try LocalCluster(
            folder: folder.url.appendingPathComponent("cluster"), schedulers: 2, gateways: 1, hasNetworks: true)
        do {
            try await Self.untilShardsAreOwned(1, by: "scheduler-0", cluster)
            let database = LocalCluster.database
            try cluster.cut(["scheduler-0>\(database)", "\(database)>scheduler-0"])
            try await Self.untilShardsAreOwned(256, by: "scheduler-1", cluster)
            // The kernel would send again what was lost after 6 s, 13 s and 25 s: this is 16 s after it was.
            try await Task.sleep(for: .seconds(12))
            try cluster.cut([])
            let found = ContinuousClock.now
            try await Self.untilShardsAreOwned(1, by: "scheduler-0", cluster)
            #expect(ContinuousClock.now - found < .seconds(8))
        } catch {
            try cluster.down()
            throw error
        }
        try cluster.down()
    }

    private static func untilShardsAreOwned(_ count: Int, by scheduler: String, _ cluster: LocalCluster) async throws {
        let url = try #require(cluster.metrics[scheduler]).replacing("/metrics", with: "")
        while true {
            let lines = try await RESTClient(url).send("GET", "/metrics").text.split(separator: "\n")
            let owned = lines.first { $0.hasPrefix("apus_shards_owned ") }?.split(separator: " ").last
            if let owned = owned.flatMap({ Int($0) }), owned >= count { return }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private static func storm(
        count: Int, hasNetworks: Bool = false, _ faults: (LocalCluster) -> some Faults
    ) async throws {
        let seed = ProcessInfo.processInfo.environment["SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0..<1 << 32)
        let folder = try TemporaryDirectory()
        let cluster = try LocalCluster(
            folder: folder.url.appendingPathComponent("cluster"), runners: 2, hasNetworks: hasNetworks)
        let witness = Witness(file: folder.url.appendingPathComponent("witness"), seconds: "1")
        var complaints: [String] = []
        do {
            complaints = try await FaultStorm(seed: seed, cluster: cluster, witness: witness)
                .run(faults(cluster), count: count, workflows: Self.workflowCount)
        } catch {
            complaints = ["\(error)"]
        }
        try cluster.down()
        for complaint in complaints { Issue.record("SEED=\(seed): \(complaint)") }
        if complaints.isEmpty { return folder.remove() }
        print("the files of the cluster stay in \(folder.url.path)")
    }

    @Test("a call whose scheduler hangs is answered by the one that takes over")
    func frozen() async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let cluster = try LocalCluster(folder: folder.url.appendingPathComponent("cluster"))
        do {
            let client = RESTClient(cluster.gateways[0])
            // Of each scheduler some.
            let names = (0..<12).map { "w\($0)" }
            for name in names { #expect(try await Self.submit(name, client).status == 200) }
            try cluster.signal(SIGSTOP, "scheduler-1")
            try await withThrowingTaskGroup { group in
                for name in names {
                    group.addTask {
                        let found = try await client.workflow(name).name
                        #expect(found == name)
                    }
                    group.addTask {
                        let answer = try await Self.submit("\(name)-2", client)
                        #expect(answer.status == 200, "\(answer.message)")
                    }
                }
                try await group.waitForAll()
            }
        } catch {
            try cluster.down()
            throw error
        }
        try cluster.signal(SIGCONT, "scheduler-1")
        try cluster.down()
    }

    private static func submit(_ name: String, _ client: RESTClient) async throws -> RESTClient.Answer {
        let workflow: JSONValue = [
            "metadata": ["name": .string(name)],
            "spec": ["entrypoint": "main", "templates": [["name": "main", "suspend": [:]]]],
        ]
        return try await client.send("POST", "/api/v1/workflows/default", ["workflow": workflow])
    }

    @Test("a workflow whose end changes, and an attempt that is launched twice, do not go unnoticed")
    func checkers() async throws {
        let observer = PhaseObserver([])
        await observer.note("w0", "Running")
        await observer.note("w0", "Failed")
        await observer.note("w0", "Failed")
        #expect(await observer.changes.isEmpty)
        await observer.note("w0", "Running")
        #expect(await observer.changes == ["w0 was Failed and is Running"])
        func complaint(_ lines: [String], _ phases: [String]) -> String? {
            let nodes = phases.enumerated().map { index, phase in
                ("n\(index)", JSONValue.object(["type": "Pod", "phase": .string(phase)]))
            }
            let workflow: JSONValue = ["status": ["nodes": .object(JSONObject(uniqueKeysWithValues: nodes))]]
            return Witness.complaint(lines, of: workflow, kind: 2)
        }
        let good = ["Failed", "Succeeded"]
        #expect(complaint(["w1 a", "w1 b"], good) == nil)
        #expect(complaint(["w1 a", "w1 b"], good + ["Error"]) == nil)
        #expect(complaint(["w1 a", "w1 a"], good) == "an attempt was launched twice")
        #expect(complaint(["w1 a", "w1 b"], ["Failed", "Failed"]) == "0 attempts of 1 succeeded")
        #expect(complaint(["w1 a"], good) == "1 of 2 attempts were launched")
        #expect(complaint(["w1 a", "w1 b", "w1 c"], good) == "3 attempts were launched, and 2 are known")
    }

    private static func number(_ variable: String) -> Int? {
        ProcessInfo.processInfo.environment[variable].flatMap(Int.init)
    }
}
