import Model

/// Pods that wait for a runner: higher priority first, and in the order of arrival among equals.
struct PodQueue {
    private struct Place: Hashable, Comparable {
        var priority: Int
        var arrival: Int

        static func < (left: Place, right: Place) -> Bool {
            (-left.priority, left.arrival) < (-right.priority, right.arrival)
        }
    }

    /// A queue for each priority in use; there are few.
    private var lanes: [Int: [Int: QueuedPod]] = [:]
    private var firstArrival: [Int: Int] = [:]
    private var places: [PodIdentity: Place] = [:]
    private var nextArrival = 0

    var count: Int { self.places.count }

    /// Adds a pod.
    ///
    /// One that waits already keeps its place.
    mutating func add(_ pod: QueuedPod) {
        guard self.places[pod.launch.identity] == nil else { return }
        let place = Place(priority: pod.priority, arrival: self.nextArrival)
        self.nextArrival += 1
        self.places[pod.launch.identity] = place
        self.lanes[pod.priority, default: [:]][place.arrival] = pod
        if self.firstArrival[pod.priority] == nil { self.firstArrival[pod.priority] = place.arrival }
    }

    /// Takes the first pods out, up to `limit`.
    mutating func take(_ limit: Int) -> [QueuedPod] {
        var taken: [QueuedPod] = []
        for priority in self.lanes.keys.sorted(by: >) where taken.count < limit {
            var arrival = self.firstArrival[priority] ?? 0
            while taken.count < limit, let lane = self.lanes[priority], !lane.isEmpty {
                if let pod = self.lanes[priority]?.removeValue(forKey: arrival) {
                    self.places[pod.launch.identity] = nil
                    taken.append(pod)
                }
                arrival += 1
            }
            self.firstArrival[priority] = arrival
            if self.lanes[priority]?.isEmpty == true {
                self.lanes[priority] = nil
                self.firstArrival[priority] = nil
            }
        }
        return taken
    }

    mutating func remove(_ identity: PodIdentity) -> QueuedPod? {
        guard let place = self.places.removeValue(forKey: identity) else { return nil }
        defer {
            if self.lanes[place.priority]?.isEmpty == true {
                self.lanes[place.priority] = nil
                self.firstArrival[place.priority] = nil
            }
        }
        return self.lanes[place.priority]?.removeValue(forKey: place.arrival)
    }

    mutating func removeAll(where isMeant: (QueuedPod) -> Bool) {
        for lane in self.lanes.values {
            for pod in lane.values where isMeant(pod) { _ = self.remove(pod.launch.identity) }
        }
    }
}
