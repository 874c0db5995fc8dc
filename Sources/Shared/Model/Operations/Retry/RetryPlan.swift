import JSON
import OrderedCollections

/// What a retry of a workflow changes: which of its nodes are done again, begin again around them, or stay.
///
/// Nodes that failed are removed with all that came after them, and the nodes on the way to them run again: pods start
/// anew, and suspend nodes ask again for all that they asked for. So do those that an earlier retry brought along and
/// that were not called any more. With `restartSuccessful` the nodes that a selector names are removed as well. Exit
/// handlers are always removed.
package struct RetryPlan: Sendable {
    /// The workflow as it begins again, with its nodes.
    package private(set) var workflow: Workflow
    /// Nodes that are gone: what they stand for is done again.
    package private(set) var removed: Set<String> = []
    /// Nodes that run again, because something within them does.
    package private(set) var reset: Set<String> = []
    /// The names of the pods of removed nodes.
    package private(set) var removedPods: [String] = []

    /// - Parameter workflow: a workflow that has ended, with all of its nodes in `status.nodes`.
    /// - Parameter parameters: `NAME=VALUE`, in place of the workflow's arguments.
    /// - Throws: `OperationError`, where the workflow is in no phase to be retried, or an option cannot be read.
    package init(
        of workflow: Workflow, restartSuccessful: Bool = false, nodeFieldSelector: String = "",
        parameters: [String] = [], now: Timestamp
    ) throws(OperationError) {
        switch workflow.status.phase {
        case .failed, .error: break
        case .succeeded:
            guard restartSuccessful, !nodeFieldSelector.isEmpty else {
                throw OperationError(
                    "To retry a succeeded workflow, set the options restartSuccessful and nodeFieldSelector")
            }
        case .unknown, .pending, .running:
            throw OperationError("Cannot retry a workflow in phase \(workflow.status.phase.rawValue)")
        }
        self.workflow = workflow
        try self.workflow.beginAgain(parameters: parameters, now: now)
        let nodes = workflow.status.nodes
        // One that was terminated while it waited for its locks has done nothing: it begins anew.
        if nodes.isEmpty { return }
        let tree = try RetryTree(workflow)
        let chosen =
            restartSuccessful && !nodeFieldSelector.isEmpty
            ? try Self.chosen(by: nodeFieldSelector, among: nodes) : []
        // Only the last attempt at a call goes on.
        let superseded = SupersededAttempts(among: nodes).composites
        let again = chosen.union(Self.failed(among: nodes, chosen: chosen)).subtracting(superseded)
        for id in tree.sorted where again.contains(id) && !self.removed.contains(id) {
            let path = try tree.path(to: id)
            self.reset.formUnion(path.reset)
            self.removed.formUnion(path.removed)
        }
        if again.isEmpty { self.resetFailed(tree, nodes, except: superseded) }
        self.takeUp(tree, nodes, except: superseded)
        if !parameters.isEmpty {
            // Loops and groups are expanded again, with the new values.
            for id in self.reset where !self.removed.contains(id) {
                guard let type = nodes[id]?.type, type == .taskGroup || type == .stepGroup else { continue }
                self.removed.formUnion(tree.descendants(of: id))
            }
        }
        let exit = NodeNames.exitHandler(of: workflow.metadata.name)
        for node in nodes.values where node.name.hasPrefix(exit) { self.removed.insert(node.id) }
        self.reset.subtract(self.removed)
        self.finish(nodes, now: now)
    }

    private static func chosen(
        by selector: String, among nodes: OrderedDictionary<String, NodeStatus>
    ) throws(OperationError) -> Set<String> {
        let selector = try FieldSelector(selector)
        let retried = Self.retryNodes(among: nodes)
        // An attempt is done again by its retried node, which has ended as well.
        return Set(nodes.values.filter { selector.matches($0) }.map { retried[$0.id] ?? $0.id })
    }

    /// The retried nodes of attempts.
    private static func retryNodes(among nodes: OrderedDictionary<String, NodeStatus>) -> [String: String] {
        var found: [String: String] = [:]
        for node in nodes.values where node.type == .retry {
            for child in node.children where nodes[child]?.nodeFlag?.retried == true { found[child] = node.id }
        }
        return found
    }

    /// Nodes whose own work failed, except those that something succeeded after: their failure was allowed.
    private static func failed(
        among nodes: OrderedDictionary<String, NodeStatus>, chosen: Set<String>
    ) -> Set<String> {
        let retried = Self.retryNodes(among: nodes)
        // Those with an attempt that a resubmission kept, as it had succeeded.
        let kept = Set(
            nodes.values.lazy.filter { $0.type == .skipped && $0.phase == .skipped }.compactMap { retried[$0.id] })
        var succeeded = SucceededDescendants(nodes: nodes, reset: chosen)
        var failed: Set<String> = []
        for node in nodes.values where node.phase.isFailedOrError && node.type != .skipped && !node.type.enclosesOthers
        {
            if let owner = retried[node.id], kept.contains(owner) { continue }
            if !succeeded.exist(of: retried[node.id] ?? node.id) { failed.insert(node.id) }
        }
        return failed
    }

    /// Whether what is right around a node runs again.
    private func runsAgain(around node: NodeStatus) -> Bool {
        node.id == self.workflow.metadata.name || self.reset.contains(node.boundaryID ?? self.workflow.metadata.name)
    }

    /// Where nothing of its own failed, as in a workflow that was stopped while it waited for a lock, what encloses
    /// others runs again if it failed.
    private mutating func resetFailed(
        _ tree: RetryTree, _ nodes: OrderedDictionary<String, NodeStatus>, except superseded: Set<String>
    ) {
        for id in tree.sorted where !superseded.contains(id) {
            guard let node = nodes[id], node.phase.isFailedOrError, self.runsAgain(around: node) else { continue }
            if node.type.enclosesOthers { self.reset.insert(id) }
        }
    }

    /// What was left out runs again where the node around it does.
    private mutating func takeUp(
        _ tree: RetryTree, _ nodes: OrderedDictionary<String, NodeStatus>, except superseded: Set<String>
    ) {
        for id in tree.sorted where !self.removed.contains(id) && !superseded.contains(id) {
            guard let node = nodes[id], node.wasLeftOut, self.runsAgain(around: node) else { continue }
            if node.type.enclosesOthers {
                self.reset.insert(id)
            } else {
                self.removed.insert(id)
                self.removed.formUnion(tree.descendants(of: id))
            }
        }
    }

    private mutating func finish(_ nodes: OrderedDictionary<String, NodeStatus>, now: Timestamp) {
        var kept: OrderedDictionary<String, NodeStatus> = [:]
        for node in nodes.values {
            guard !self.removed.contains(node.id) else {
                guard node.type == .pod else { continue }
                self.removedPods.append(
                    NodeNames.podName(
                        of: node.name, template: node.calledTemplate, workflow: self.workflow.metadata.name))
                continue
            }
            var node = node
            if self.reset.contains(node.id) { node.beginAgain(now: now) }
            node.children.removeAll { self.removed.contains($0) }
            node.outboundNodes.removeAll { self.removed.contains($0) }
            kept[node.id] = node
        }
        self.workflow.status.nodes = kept
    }
}

extension Workflow {
    /// Forgets how the workflow ended.
    fileprivate mutating func beginAgain(parameters: [String], now: Timestamp) throws(OperationError) {
        self.metadata.labels[WorkflowKeys.completed] = nil
        self.metadata.labels[WorkflowKeys.archivingStatus] = nil
        let running = Condition(type: "Completed", status: "False")
        if let index = self.status.conditions.firstIndex(where: { $0.type == "Completed" }) {
            self.status.conditions[index] = running
        } else {
            self.status.conditions.append(running)
        }
        self.status.phase = .unknown
        self.status.message = nil
        self.status.startedAt = now
        self.status.finishedAt = nil
        self.status.persistentVolumeClaims = []
        self.status.storedWorkflowTemplateSpec?.shutdown = nil
        self.spec.forgetEnd()
        try self.overrideParameters(parameters)
    }
}

extension NodeType {
    /// Whether such a node does nothing of its own.
    fileprivate var enclosesOthers: Bool {
        switch self {
        case .steps, .stepGroup, .dag, .taskGroup, .retry: true
        case .pod, .container, .suspend, .http, .plugin, .skipped: false
        }
    }
}

extension NodeStatus {
    /// Whether a retry or a resubmission brought the node along, and it was not called any more.
    var wasLeftOut: Bool { self.phase == .omitted && self.type != .skipped }

    /// Forgets how the node ended.
    ///
    /// A skipped node stays skipped.
    fileprivate mutating func beginAgain(now: Timestamp) {
        if self.phase != .skipped { self.phase = .running }
        self.message = nil
        self.startedAt = now
        self.finishedAt = nil
    }
}
