import OrderedCollections

/// A workflow's nodes with their parents, to find what must begin again when a node is done again.
struct RetryTree {
    private let nodes: OrderedDictionary<String, NodeStatus>
    private var parents: [String: String] = [:]
    private let root: String
    /// Every node below the root, each after the first of its parents.
    ///
    /// Exit handlers are not among them.
    private(set) var sorted: [String] = []

    init(_ workflow: Workflow) throws(OperationError) {
        self.nodes = workflow.status.nodes
        self.root = workflow.metadata.name
        // A node with several parents belongs to the one whose id comes last, so that the outcome is always the same.
        for id in self.nodes.keys.sorted() {
            for child in self.nodes[id]?.children ?? [] {
                guard self.nodes[child] != nil else { throw OperationError("couldn't obtain child \(child)") }
                self.parents[child] = id
            }
        }
        let exit = NodeNames.exitHandler(of: self.root)
        for node in self.nodes.values where self.parents[node.id] == nil {
            guard node.name == self.root || node.name.hasPrefix(exit) else {
                throw OperationError("couldn't find parent node for \(node.id)")
            }
        }
        guard self.nodes[self.root] != nil else {
            throw OperationError("couldn't find root node of workflow \(self.root)")
        }
        self.sorted = [self.root] + self.reachable(from: self.root)
    }

    func descendants(of id: String) -> Set<String> { Set(self.reachable(from: id)) }

    private func reachable(from id: String) -> [String] {
        var found: [String] = []
        var seen: Set<String> = [id]
        var next = 0
        var current = id
        while true {
            for child in self.nodes[current]?.children ?? [] where seen.insert(child).inserted { found.append(child) }
            guard next < found.count else { return found }
            current = found[next]
            next += 1
        }
    }

    /// What must begin again, and what must go, for a node to be done again.
    func path(to id: String) throws(OperationError) -> (reset: Set<String>, removed: Set<String>) {
        var removed = self.descendants(of: id)
        removed.insert(id)
        guard id != self.root else { return ([], removed) }
        var reset: Set<String> = []
        var current: String? = id
        while let place = current, let node = self.nodes[place] {
            switch node.type {
            case .dag, .taskGroup, .stepGroup, .steps:
                reset.insert(place)
                current = try self.resetBoundaries(of: place, &reset)
            case .container:
                // A container runs in a pod, which is started as a whole.
                let pod = try self.resetUp(from: place, to: { $0.type == .pod }, &reset)
                removed.insert(pod)
                removed.formUnion(self.descendants(of: pod))
                current = pod
            case .retry:
                if node.phase.isFailedOrError { reset.insert(place) }
                current = self.parents[place]
            case .pod, .skipped, .suspend, .http, .plugin:
                current = self.parents[place]
            }
        }
        return (reset, removed)
    }

    /// Resets the groups and retry nodes right above a node, then the node that encloses it, and so on outwards.
    private func resetBoundaries(of id: String, _ reset: inout Set<String>) throws(OperationError) -> String? {
        var current = id
        while true {
            if let parent = self.parents[current], self.nodes[parent]?.type == .retry {
                reset.insert(parent)
                current = parent
            }
            if let parent = self.parents[current],
                self.nodes[parent]?.type == .stepGroup || self.nodes[parent]?.type == .taskGroup
            {
                reset.insert(parent)
            }
            guard let boundary = self.nodes[current]?.boundaryID else { return self.parents[current] }
            current = try self.resetUp(from: current, to: { $0.id == boundary }, &reset)
        }
    }

    private func resetUp(
        from id: String, to matches: (NodeStatus) -> Bool, _ reset: inout Set<String>
    ) throws(OperationError) -> String {
        var current: String? = id
        while let place = current, let node = self.nodes[place] {
            if matches(node) {
                reset.insert(place)
                return place
            }
            current = self.parents[place]
        }
        throw OperationError("was seeking node but ran out of nodes to explore")
    }
}
