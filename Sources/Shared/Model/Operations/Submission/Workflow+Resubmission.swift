import OrderedCollections

extension Workflow {
    /// A new workflow of this one's spec.
    ///
    /// It carries over labels and annotations, but not those that say who made the old one and how it ended. With
    /// `isMemoized` it keeps what has succeeded: pods become skipped nodes with the old outputs, and everything else is
    /// pending, except what did not run and attempts that later ones have replaced.
    ///
    /// - Throws: `OperationError`, where a memoized workflow has not failed, or a parameter cannot be read.
    package func resubmission(
        isMemoized: Bool = false, parameters: [String] = [], now: Timestamp,
        using random: inout some RandomNumberGenerator
    ) throws(OperationError) -> Workflow {
        var copy = Workflow()
        copy.kind = self.kind
        copy.apiVersion = self.apiVersion
        copy.metadata.namespace = self.metadata.namespace
        let prefix = self.metadata.generateName ?? "\(self.metadata.name)-"
        copy.metadata.generateName = prefix
        if isMemoized {
            guard self.status.phase == .failed || self.status.phase == .error else {
                throw OperationError("workflow must be Failed/Error to resubmit in memoized mode")
            }
            // The nodes are named after the workflow, so its name is needed now.
            copy.metadata.name = GeneratedNames.name(prefix: prefix, using: &random)
        }
        copy.spec = self.spec
        copy.spec.forgetEnd()
        copy.spec.forgetReadArguments()
        let dropped =
            WorkflowKeys.creators + [
                WorkflowKeys.phase, WorkflowKeys.completed, WorkflowKeys.archivingStatus,
            ]
        for (key, value) in self.metadata.labels where !dropped.contains(key) { copy.metadata.labels[key] = value }
        copy.metadata.labels[WorkflowKeys.previousWorkflow] = self.metadata.name
        copy.metadata.annotations = self.metadata.annotations
        copy.metadata.annotations[WorkflowKeys.traceID] = nil
        // It counts its own retries.
        copy.metadata.annotations[WorkflowKeys.retries] = nil
        copy.metadata.ownerReferences = self.metadata.ownerReferences
        try copy.overrideParameters(parameters)
        guard isMemoized else { return copy }
        copy.status.storedTemplates = self.status.storedTemplates
        copy.status.conditions = [Condition(type: "Completed", status: "False")]
        copy.status.nodes = self.memoizedNodes(for: copy.metadata.name, now: now)
        return copy
    }

    private func memoizedNodes(
        for name: String, now: Timestamp
    ) -> OrderedDictionary<String, NodeStatus> {
        var succeeded = SucceededDescendants(nodes: self.status.nodes)
        let hooks = self.nodesOfHooks
        let superseded = SupersededAttempts(among: self.status.nodes, except: hooks)
        func renamed(_ nodeName: String) -> String {
            nodeName.hasPrefix(self.metadata.name) ? name + nodeName.dropFirst(self.metadata.name.count) : nodeName
        }
        func identifier(_ old: String) -> String {
            NodeNames.id(of: renamed(self.status.nodes[old]?.name ?? ""), workflow: name)
        }
        // Attempts that were replaced stay whole: what followed a hook in them is found through it alone.
        var dropped = hooks.subtracting(superseded.composites)
        for node in self.status.nodes.values
        where node.type == .skipped && !superseded.composites.contains(node.id) && !succeeded.exist(of: node.id) {
            dropped.insert(node.id)
        }
        // What an earlier resubmission brought along in what is skipped now.
        for node in self.status.nodes.values where node.boundaryID.map(dropped.contains) ?? false {
            dropped.insert(node.id)
        }
        func kept(_ ids: [String]) -> [String] { ids.filter { !dropped.contains($0) }.map { identifier($0) } }
        var nodes: OrderedDictionary<String, NodeStatus> = [:]
        for node in self.status.nodes.values where !dropped.contains(node.id) {
            var copy = node
            copy.name = renamed(node.name)
            copy.id = NodeNames.id(of: copy.name, workflow: name)
            copy.boundaryID = node.boundaryID.map { identifier($0) }
            copy.children = kept(node.children)
            copy.outboundNodes = kept(node.outboundNodes)
            let isSuperseded = superseded.pods.contains(node.id) || superseded.composites.contains(node.id)
            if isSuperseded || node.type == .skipped {
                nodes[copy.id] = copy
                continue
            }
            let hasFailed = node.phase.isFailedOrError || node.wasLeftOut
            copy.startedAt = hasFailed && node.type == .pod ? nil : now
            copy.finishedAt = copy.startedAt
            if !hasFailed, node.type == .pod {
                copy.phase = .skipped
                copy.type = .skipped
                copy.message = "original pod: \(node.id)"
            } else {
                copy.phase = .pending
                copy.message = nil
            }
            nodes[copy.id] = copy
        }
        return nodes
    }

    /// Hooks and exit handlers, with what lies within them: they belong to the run that is over.
    private var nodesOfHooks: Set<String> {
        let exit = NodeNames.exitHandler(of: self.metadata.name)
        var found: Set<String> = []
        for node in self.status.nodes.values
        where node.nodeFlag?.hooked == true || node.name.hasPrefix(exit) || node.boundaryID.map(found.contains) ?? false
        { found.insert(node.id) }
        return found
    }
}

extension WorkflowSpec {
    /// Forgets that somebody stopped or terminated the workflow.
    mutating func forgetEnd() {
        if self.activeDeadlineSeconds == 0 { self.activeDeadlineSeconds = nil }
        self.shutdown = nil
    }
}

/// Whether anything below a node has succeeded, remembered by node.
struct SucceededDescendants {
    private let nodes: OrderedDictionary<String, NodeStatus>
    /// Nodes that do not count, because they are done again.
    private let reset: Set<String>
    private var known: [String: Bool] = [:]

    init(nodes: OrderedDictionary<String, NodeStatus>, reset: Set<String> = []) {
        self.nodes = nodes
        self.reset = reset
    }

    mutating func exist(of id: String) -> Bool {
        // A walk with a stack of its own: chains of nodes may be very long.
        var path = [(id: id, next: 0)]
        var onPath: Set<String> = [id]
        while let current = path.last {
            let children = self.nodes[current.id]?.children ?? []
            guard self.known[current.id] == nil, current.next < children.count else {
                let hasSucceeded = self.known[current.id] ?? false
                self.known[current.id] = hasSucceeded
                path.removeLast()
                onPath.remove(current.id)
                if hasSucceeded, let parent = path.last { self.known[parent.id] = true }
                continue
            }
            path[path.count - 1].next += 1
            let child = children[current.next]
            if self.known[child] == true || self.counts(child) {
                self.known[current.id] = true
            } else if self.known[child] == nil, onPath.insert(child).inserted {
                path.append((id: child, next: 0))
            }
        }
        return self.known[id] ?? false
    }

    private func counts(_ id: String) -> Bool {
        !self.reset.contains(id) && self.nodes[id]?.phase == .succeeded
    }
}

extension WorkflowSpec {
    /// Has arguments that come from config maps read again.
    fileprivate mutating func forgetReadArguments() {
        for index in self.arguments.parameters.indices where self.arguments.parameters[index].isReadFromConfigMap {
            self.arguments.parameters[index].value = nil
        }
    }
}

extension Parameter {
    /// Whether a config map says its value.
    package var isReadFromConfigMap: Bool { self.valueFrom?.configMapKeyRef != nil }
}
