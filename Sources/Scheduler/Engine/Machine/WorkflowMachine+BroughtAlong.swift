import Model

// Nodes that a retry or a resubmission brought along: what was called before need not be called again.
extension WorkflowMachine {
    /// Whether a resubmission brought a node along, and nothing of it has begun since.
    func hasNotBegun(_ node: Int) -> Bool {
        let status = self.entries[node].row.status
        return status.phase == .pending && (status.type != .pod || status.startedAt == nil)
    }

    /// Whether a node that has not ended is brought along, and its call has not come.
    func isBroughtAlong(_ node: Int) -> Bool {
        self.isUnconnected(node) && !self.entries[node].row.status.phase.isFulfilled
    }

    /// Whether a node is still to be made, or to be made part of the machine.
    func isNew(_ name: String) -> Bool {
        self.indexByName[name].map { self.entries[$0].link.role == .none } ?? true
    }

    /// Whether a node that is there already has not been made part of the tree, neither by a call nor before a crash.
    func isUnconnected(_ node: Int) -> Bool {
        self.entries[node].link.role == .none && (self.takeover != .asTold || self.hasNotBegun(node))
    }

    /// A node that was brought along turns out not to run.
    mutating func withdraw(_ node: Int, _ phase: NodePhase, _ message: String) {
        self.setPhase(node, phase, message: message)
        self.entries[node].row.status.type = .skipped
        self.omitBroughtAlong(within: node)
    }

    /// Ends what was brought along within a steps or DAG node that has ended without calling it.
    mutating func omitBroughtAlong(within node: Int) {
        guard let members = self.broughtAlong.removeValue(forKey: self.entries[node].row.status.id) else { return }
        for member in members where self.isBroughtAlong(member) {
            let parented = self.parented ?? Set(self.entries.lazy.flatMap(\.row.status.children))
            self.parented = parented
            // What it followed may be gone: it must still be found from the root.
            if !parented.contains(self.entries[member].row.status.id) { self.attach(member, to: node) }
            self.setPhase(member, .omitted, message: "omitted: it is not called any more")
        }
    }
}
