import ActorTransport
import Model

/// A pod that waits for a runner, or is on its way to one.
package struct QueuedPod: Sendable {
    let launch: PodLaunch
    let needs: PodNeeds
    let shard: Int
    /// The epoch of the shard under which it was decided on.
    let epoch: Int64
    /// The outbox row that stands for the launch until a runner has it on record.
    let outboxNumber: Int64
    let priority: Int
    /// The runner that has it, durably once its turn is committed.
    var runner: String?
    /// Its place among those that wait, once it has waited.
    fileprivate(set) var arrival: Int?
    /// Whether the runner may have been asked for it before.
    var mayBeLaunched = false

    init(launch: PodLaunch, shard: Int, epoch: Int64, outboxNumber: Int64, priority: Int) {
        self.launch = launch
        self.needs = PodNeeds(launch)
        self.shard = shard
        self.epoch = epoch
        self.outboxNumber = outboxNumber
        self.priority = priority
    }

    var identity: PodIdentity { self.launch.identity }
    var workflow: WorkflowName {
        WorkflowName(namespace: self.launch.namespace, name: self.launch.workflowName)
    }
}

/// Pods that wait for room at a runner: higher priority first, and in the order of arrival among equals.
///
/// Pods that ask for the same wait in one lane: where its first finds no room, nor do the others.
struct PodQueue {
    struct Lane: Hashable {
        var priority: Int
        var needs: PodNeeds
    }

    private struct Line {
        var pods: [Int: QueuedPod] = [:]
        var first = 0
    }

    private var lanes: [Lane: Line] = [:]
    private var places: [PodIdentity: (lane: Lane, arrival: Int)] = [:]
    private var nextArrival = 0

    var isEmpty: Bool { self.places.isEmpty }
    var count: Int { self.places.count }

    /// Adds a pod.
    ///
    /// One that waits already keeps its place, and one that comes back takes the place it had.
    mutating func add(_ pod: QueuedPod) {
        guard self.places[pod.identity] == nil else { return }
        var pod = pod
        let lane = Lane(priority: pod.priority, needs: pod.needs)
        let arrival = pod.arrival ?? self.nextArrival
        if pod.arrival == nil { self.nextArrival += 1 }
        pod.arrival = arrival
        self.places[pod.identity] = (lane, arrival)
        self.lanes[lane, default: Line(first: arrival)].pods[arrival] = pod
        if let first = self.lanes[lane]?.first, arrival < first { self.lanes[lane]?.first = arrival }
    }

    /// The lane whose first pod is next, among those that are not left out.
    func nextLane(without left: Set<Lane>) -> Lane? {
        self.lanes.filter { !left.contains($0.key) }
            .min { ($1.key.priority, $0.value.first) < ($0.key.priority, $1.value.first) }?.key
    }

    /// Takes the first pod of a lane.
    mutating func takeFirst(of lane: Lane) -> QueuedPod? {
        guard let line = self.lanes[lane], let pod = line.pods[line.first] else { return nil }
        return self.remove(pod.identity)
    }

    mutating func remove(_ identity: PodIdentity) -> QueuedPod? {
        guard let (lane, arrival) = self.places.removeValue(forKey: identity) else { return nil }
        let pod = self.lanes[lane]?.pods.removeValue(forKey: arrival)
        guard let line = self.lanes[lane], !line.pods.isEmpty else {
            self.lanes[lane] = nil
            return pod
        }
        // Each place is passed once.
        var first = line.first
        while line.pods[first] == nil { first += 1 }
        self.lanes[lane]?.first = first
        return pod
    }

    mutating func removeAll(where isMeant: (QueuedPod) -> Bool) {
        for line in self.lanes.values {
            for pod in line.pods.values where isMeant(pod) { _ = self.remove(pod.identity) }
        }
    }

    /// Takes every pod of a lane, in order.
    mutating func takeAll(of lane: Lane) -> [QueuedPod] {
        guard let line = self.lanes.removeValue(forKey: lane) else { return [] }
        let pods = line.pods.sorted { $0.key < $1.key }.map(\.value)
        for pod in pods { self.places[pod.identity] = nil }
        return pods
    }
}
