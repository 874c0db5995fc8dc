import OrderedCollections

/// The attempts at retried nodes that later attempts have replaced, with all that lies within them: they are history.
struct SupersededAttempts {
    /// Attempts that ran in one pod.
    private(set) var pods: Set<String> = []
    /// Attempts that called others, and what they called.
    private(set) var composites: Set<String> = []

    /// - Parameter ignored: retried nodes that do not count.
    init(among nodes: OrderedDictionary<String, NodeStatus>, except ignored: Set<String> = []) {
        for node in nodes.values where node.type == .retry && !ignored.contains(node.id) {
            let attempts = node.children.compactMap { nodes[$0] }.filter { $0.nodeFlag?.retried == true }
            for attempt in attempts.dropLast() {
                if attempt.type == .pod { self.pods.insert(attempt.id) } else { self.addTree(of: attempt.id, nodes) }
            }
        }
    }

    private mutating func addTree(of id: String, _ nodes: OrderedDictionary<String, NodeStatus>) {
        var open = [id]
        while let next = open.popLast() {
            guard self.composites.insert(next).inserted else { continue }
            open += nodes[next]?.children ?? []
        }
    }
}
