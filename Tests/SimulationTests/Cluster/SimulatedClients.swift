import ActorTransport
import JSON
import Model
import OrderedCollections

@testable import Scheduler

/// Those who use the cluster: they submit, ask, resume, stop and watch, and remember what they were told.
// SAFETY: see `Simulation`.
final class SimulatedClients: @unchecked Sendable {
    private let cluster: SimulatedCluster
    let client: ClusterClient
    private var tasks: [Task<Void, Never>] = []
    /// Workflows whose creation was acknowledged.
    private(set) var acknowledged: Set<String> = []
    /// The last number of ended nodes that the watch told of each workflow.
    private var seenNodes: [String: Int] = [:]
    /// The phases of the ended workflows that the watch has told of.
    private(set) var seenEnds: [String: String] = [:]
    /// Workflows whose deletion was acknowledged.
    private var gone: Set<String> = []
    private var cursor: ShardCursor?
    private(set) var events = 0

    init(_ cluster: SimulatedCluster) {
        self.cluster = cluster
        self.client = cluster.clusterClient(on: cluster.client)
    }

    var simulation: Simulation { self.cluster.simulation }
    var host: SimulatedHost { self.cluster.client }
    var witness: StoreWitness { self.cluster.store.witness }

    /// Phases that nothing follows.
    private static let ends: Set = ["Succeeded", "Failed", "Error"]

    /// Whether somebody who watches knows that a workflow has come to its end.
    func isDone(_ item: Workload.Item) -> Bool {
        let end = self.seenEnds[item.name]
        switch item.kind {
        case .retry: return end == item.expected
        // One that was deleted before the watch began is told to nobody.
        case .delete: return end == item.expected || self.gone.contains(item.name) && self.seenNodes[item.name] == nil
        default: return end != nil
        }
    }

    func end() { for task in self.tasks { task.cancel() } }

    // MARK: Submitting

    func submit(_ item: Workload.Item, after delay: Duration) {
        self.begin(item.name) {
            try await self.host.sleep(for: delay)
            try await self.create(item)
            switch item.kind {
            case .hold: try await self.act(.resume, on: item)
            case .stop: try await self.act(.stop, on: item)
            case .terminate: try await self.act(.terminate, on: item)
            case .delete: try await self.delete(item)
            case .retry: try await self.retry(item)
            case .suspend: try await self.suspend(item)
            default: break
            }
        }
    }

    /// Begins what somebody does; nobody may be told of an error.
    func begin(_ name: String, _ body: @escaping @Sendable () async throws -> Void) {
        self.tasks.append(
            self.host.spawn {
                do {
                    try await body()
                } catch is CancellationError {
                    return
                } catch {
                    self.witness.accuse("\(name): a client was told \(error)")
                }
            })
    }

    private func create(_ item: Workload.Item) async throws {
        let request = CreateWorkflow(namespace: "argo", workflow: try Workload.document(of: item))
        try await self.repeating {
            _ = try await self.client.createWorkflow(request)
        }
        self.acknowledged.insert(item.name)
        self.simulation.note("acknowledged \(item.name)")
    }

    /// Does something to a workflow once it has come so far that it makes sense.
    private func act(_ verb: WorkflowAction.Verb, on item: Workload.Item) async throws {
        try await self.untilActive(item, type: verb == .resume ? "Suspend" : "Pod")
        try await self.call(verb, on: item)
    }

    /// Waits until a node of this type runs, or none ever will.
    private func untilActive(_ item: Workload.Item, type: String) async throws {
        while true {
            let status = try await self.document(of: item)["status"]
            if Self.ends.contains(status?["phase"]?.stringValue ?? "") { return }
            let nodes = (status?["nodes"]?.objectValue ?? [:]).values
            if nodes.contains(where: { $0["phase"] == "Running" && $0["type"]?.stringValue == type }) { return }
            try await self.host.sleep(for: .milliseconds(400))
        }
    }

    private func document(of item: Workload.Item) async throws -> JSONValue {
        var document = JSONValue.null
        try await self.repeating {
            document = try await self.client.workflow(namespace: "argo", name: item.name, uid: nil)
        }
        return document
    }

    private func call(_ verb: WorkflowAction.Verb, on item: Workload.Item) async throws {
        try await self.repeating {
            do {
                _ = try await self.client.act(WorkflowAction(namespace: "argo", name: item.name, verb: verb))
            } catch let error as ServiceError where [.failedPrecondition, .invalidArgument].contains(error.code) {
                // It was done by the call before, of which nobody told, or comes too late.
                return
            }
        }
        self.simulation.note("\(verb.rawValue) of \(item.name) acknowledged")
    }

    /// Retries a workflow whenever it has failed, until it succeeds.
    private func retry(_ item: Workload.Item) async throws {
        while true {
            let phase = try await self.document(of: item)["status"]?["phase"]?.stringValue ?? ""
            if phase == "Succeeded" { return }
            if Self.ends.contains(phase) {
                self.witness.retried.insert(item.uid)
                try await self.call(.retry, on: item)
            }
            try await self.host.sleep(for: .milliseconds(400))
        }
    }

    private func delete(_ item: Workload.Item) async throws {
        try await self.untilActive(item, type: "Pod")
        try await self.repeating {
            do {
                try await self.client.deleteWorkflow(namespace: "argo", name: item.name, force: false)
            } catch let error as ServiceError where error.code == .notFound {
                return
            }
        }
        self.gone.insert(item.name)
        self.simulation.note("deletion of \(item.name) acknowledged")
    }

    /// Holds a whole workflow for a while.
    private func suspend(_ item: Workload.Item) async throws {
        try await self.call(.suspend, on: item)
        try await self.host.sleep(for: .milliseconds(1_500))
        try await self.call(.resume, on: item)
    }

    /// Repeats what may not have been done: every call may run twice.
    func repeating(_ call: () async throws -> Void) async throws {
        while true {
            do {
                return try await call()
            } catch let error as ServiceError where error.code == .unavailable {
                try await self.host.sleep(for: .milliseconds(300))
            }
        }
    }

    // MARK: Watching

    /// Watches until the end, resuming wherever the watch breaks off.
    func watch() {
        self.tasks.append(
            self.host.spawn {
                var request = WatchRequest(namespace: "argo")
                while !Task.isCancelled {
                    do {
                        for try await event in try await self.client.watchWorkflows(request) {
                            request.resourceVersion = event.object["metadata"]?["resourceVersion"]?.stringValue
                            self.take(event)
                        }
                    } catch {
                        self.simulation.note("watch broke off: \(error)")
                    }
                    do { try await self.host.sleep(for: .milliseconds(250)) } catch { return }
                }
            })
    }

    private func take(_ event: WatchEvent) {
        self.events += 1
        let document = event.object
        let name = document["metadata"]?["name"]?.stringValue ?? ""
        self.checkOrder(document["metadata"]?["resourceVersion"]?.stringValue ?? "", name)
        guard event.kind != .deleted else {
            self.seenEnds[name] = Workload.Item.deleted
            return
        }
        let isRetried = self.witness.retried.contains(document["metadata"]?["uid"]?.stringValue ?? "")
        let nodes = (document["status"]?["nodes"]?.objectValue ?? [:]).values
        let ended = nodes.filter { Self.ends.contains($0["phase"]?.stringValue ?? "") }
        if let last = self.seenNodes[name], ended.count < last, !isRetried {
            self.witness.accuse("a watch went back in \(name): \(ended.count) ended nodes after \(last)")
        }
        self.seenNodes[name] = ended.count
        for node in ended where node["type"] == "Pod" && node["phase"] == "Succeeded" {
            if node["outputs"]?["exitCode"] == nil {
                self.witness.accuse("a watch told of \(node["name"]?.stringValue ?? "") without its outputs")
            }
        }
        let phase = document["status"]?["phase"]?.stringValue ?? ""
        guard Self.ends.contains(phase) else {
            if let end = self.seenEnds[name], !isRetried {
                self.witness.accuse("a watch told of \(name) \(phase) after \(end)")
            }
            return
        }
        if let end = self.seenEnds[name], end != phase, !isRetried {
            self.witness.accuse("a watch told that \(name) is \(end), then \(phase)")
        }
        self.seenEnds[name] = phase
    }

    /// Each event carries a place, and places only go on.
    private func checkOrder(_ version: String, _ name: String) {
        guard let cursor = ShardCursor(text: version) else {
            return self.witness.accuse("a watch told of \(name) at \"\(version)\", which is no place")
        }
        defer { self.cursor = cursor }
        guard let last = self.cursor else { return }
        for shard in 0..<ShardMap.shardCount where cursor[shard] < last[shard] {
            return self.witness.accuse("a watch went back from \(last.text) to \(version) in shard \(shard)")
        }
    }
}
