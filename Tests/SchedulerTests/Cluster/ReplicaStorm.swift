import ActorTransport
import JSON
import Model
import OrderedCollections
import Synchronization
import TestSupport
import Testing

@testable import Scheduler

/// A seeded run of a cluster whose replicas join, leave, die and are paused while workflows run.
///
/// The faults and their moments come from the seed; what the tasks of the process do between is not decided by it.
enum ReplicaStorm {
    private static let names = ["a", "b", "c", "d", "e"]
    private static let workflows = 12
    private static let pods = 4
    private static let faults = 14
    /// So few that pods wait for room, and a shard is often lost between a decision and its launch.
    private static let podLimit = 2

    /// What is not as it should be, and how many changes of old epochs were refused.
    static func run(
        seed: UInt64, bug: WitnessStore.PlantedBug = .none
    ) async throws -> (witness: [String], fenced: Int) {
        let fenced = Mutex(0)
        let runner = FakeRunner(.wait)
        let witness = Mutex<[String]>([])
        let watcher = StormWatcher()
        try await ReplicaCluster.with(["a", "b", "c"], runner: runner, podLimit: Self.podLimit, bug: bug) { cluster in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Self.endPods(of: runner, seed: seed) }
                group.addTask { await watcher.run(cluster) }
                let creating = Mutex(true)
                group.addTask {
                    for number in 0..<Self.workflows {
                        try await cluster.create("w\(number)", pods: Self.pods, width: 2)
                        try await cluster.pass(.seconds(1))
                    }
                    creating.withLock { $0 = false }
                }
                try await Self.injure(cluster, seed: seed)
                while creating.withLock({ $0 }) { try await Pause.brief() }
                let isPatient = bug == .none
                for number in 0..<Self.workflows {
                    let phase = try await cluster.end(of: "w\(number)", within: .seconds(isPatient ? 300 : 60))
                    guard phase != "Succeeded" else { continue }
                    witness.withLock { $0.append("w\(number) is \(phase ?? "not over")") }
                    if !isPatient { break }
                }
                if bug == .none {
                    let names = Set((0..<Self.workflows).map { "w\($0)" })
                    let missed = try await watcher.waitForEnds(of: names, cluster)
                    if !missed.isEmpty { witness.withLock { $0.append("a watch never saw the end of \(missed)") } }
                    witness.withLock { $0 += watcher.repeats }
                }
                group.cancelAll()
            }
            fenced.withLock { $0 = cluster.store.fenced }
            let starts = runner.starts
            witness.withLock { witness in
                witness += cluster.store.violations
                witness += starts.filter { $0.value != 1 }.map { "\($0.key.nodeID) started \($0.value) times" }
                let expected = Self.workflows * Self.pods
                if starts.count != expected { witness.append("\(starts.count) pods instead of \(expected)") }
            }
        }
        return (witness.withLock { $0 }, fenced.withLock { $0 })
    }

    /// A replica is paused with commits under way, loses its shards, and comes back.
    static func zombie(bug: WitnessStore.PlantedBug = .none) async throws -> (witness: [String], fenced: Int) {
        let witness = Mutex<[String]>([])
        let fenced = Mutex(0)
        try await ReplicaCluster.with(["a", "b"], bug: bug) { cluster in
            try await cluster.settle()
            cluster.pause("a", entirely: false)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 { group.addTask { try await cluster.create("w\(number)", pods: 2, width: 2) } }
                while try await cluster.store.base.leases().leases.contains(where: { $0.owner == "a" }) {
                    try await Pause.brief()
                }
                try await cluster.resume("a")
                try await group.waitForAll()
            }
            for number in 0..<8 {
                let phase = try await cluster.end(of: "w\(number)", within: .seconds(60))
                if phase != "Succeeded" { witness.withLock { $0.append("w\(number) is \(phase ?? "not over")") } }
            }
            fenced.withLock { $0 = cluster.store.fenced }
            witness.withLock { witness in
                witness += cluster.store.violations
                witness += cluster.runner.starts.filter { $0.value != 1 }.map { "\($0.key.nodeID) started again" }
            }
        }
        return (witness.withLock { $0 }, fenced.withLock { $0 })
    }

    /// A replica dies while pods that it has decided on wait for room; another takes over.
    static func crash(bug: WitnessStore.PlantedBug = .none) async throws -> [String] {
        let runner = FakeRunner(.wait)
        let witness = Mutex<[String]>([])
        try await ReplicaCluster.with(["a"], runner: runner, podLimit: 1, bug: bug) { cluster in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<4 { try await cluster.create("w\(number)", pods: 3, width: 3) }
                while runner.running.isEmpty { try await Pause.brief() }
                try cluster.start("b")
                try await cluster.crash("a")
                group.addTask { try await Self.endPods(of: runner, seed: 1) }
                for number in 0..<4 {
                    let phase = try await cluster.end(of: "w\(number)", within: .seconds(60))
                    if phase != "Succeeded" { witness.withLock { $0.append("w\(number) is \(phase ?? "not over")") } }
                }
                group.cancelAll()
            }
            witness.withLock { witness in
                witness += cluster.store.violations
                witness += runner.starts.filter { $0.value != 1 }.map { "\($0.key.nodeID) started again" }
                if runner.starts.count != 12 { witness.append("\(runner.starts.count) pods instead of 12") }
            }
        }
        return witness.withLock { $0 }
    }

    /// Lets pods succeed in a random order, some virtual time after they were started.
    static func endPods(of runner: FakeRunner, seed: UInt64) async throws {
        var random = SplitMix64(seed: seed &+ 1_000)
        while !Task.isCancelled {
            try await Pause.brief()
            guard random.once(in: 3) else { continue }
            let running = runner.running.sorted { ($0.workflowUID, $0.nodeID) < ($1.workflowUID, $1.nodeID) }
            if !running.isEmpty { runner.end(random.pick(running), .succeeded) }
        }
    }

    static func injure(_ cluster: ReplicaCluster, seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<Self.faults {
            try await cluster.pass(.milliseconds(200 + random.below(1_500)))
            let there = cluster.names
            let name = random.pick(there)
            switch random.below(5) {
            case 0, 1:
                if there.count > 1 { try await cluster.crash(name) }
            case 2:
                if there.count > 1 { try await cluster.stop(name) }
            default:
                cluster.pause(name, entirely: random.below(3) == 0)
                try await cluster.pass(.milliseconds(500 + random.below(6_000)))
                try await cluster.resume(name)
            }
            let absent = Self.names.filter { !there.contains($0) }
            if cluster.names.count < 3, !absent.isEmpty { try cluster.start(random.pick(absent)) }
        }
    }
}

/// Watches through a storm, resuming wherever it breaks off.
private final class StormWatcher: Sendable {
    private struct State {
        var over: Set<String> = []
        var lastNodes: [String: Int] = [:]
        var repeats: [String] = []
    }

    private let state = Mutex(State())

    var repeats: [String] { self.state.withLock { $0.repeats } }

    func run(_ cluster: ReplicaCluster) async {
        var request = WatchRequest(namespace: "argo")
        while !Task.isCancelled {
            do {
                for try await event in try await cluster.client.watchWorkflows(request) {
                    request.resourceVersion = event.object.version
                    self.take(event)
                }
            } catch {
                do { try await Pause.brief() } catch { return }
            }
        }
    }

    private func take(_ event: WatchEvent) {
        let name = event.object.name
        // Nodes that have ended only become more: a document with fewer is one from before.
        let nodes = event.object["status"]?["nodes"]?.objectValue ?? [:]
        let ended = nodes.values.filter { $0["phase"] == "Succeeded" }.count
        self.state.withLock { state in
            if let last = state.lastNodes[name], ended < last {
                state.repeats.append("a watch went back in \(name): \(ended) nodes after \(last)")
            }
            state.lastNodes[name] = ended
            if event.object.isOver { state.over.insert(name) }
        }
    }

    /// The workflows of these whose end no watch has told of after a long virtual time.
    func waitForEnds(of names: Set<String>, _ cluster: ReplicaCluster) async throws -> [String] {
        let end = cluster.clock.elapsed() + .seconds(200)
        while cluster.clock.elapsed() < end {
            if names.subtracting(self.state.withLock { $0.over }).isEmpty { return [] }
            try await Pause.brief()
        }
        return names.subtracting(self.state.withLock { $0.over }).sorted()
    }
}
