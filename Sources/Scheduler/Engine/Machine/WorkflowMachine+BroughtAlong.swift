import JSON
import Model
import OrderedCollections

// Nodes that a retry or a resubmission brought along: what was called before need not be called again.
extension WorkflowMachine {
    /// Whether a node that has not ended is brought along, and its call has not come.
    func isBroughtAlong(_ node: Int) -> Bool { self.entries[node].row.isBroughtAlong }

    /// Whether a node is still to be made, or to be made part of the machine.
    func isNew(_ name: String) -> Bool {
        self.indexByName[name].map { self.entries[$0].link.role == .none } ?? true
    }

    /// Whether a node that is there already has not been made part of the tree, neither by a call nor before a crash.
    func isUnconnected(_ node: Int) -> Bool {
        self.entries[node].link.role == .none && (self.takeover != .asTold || self.isBroughtAlong(node))
    }

    /// Gives a node that was there already its place in the tree, which its row does not hold: its call has come.
    mutating func place(_ node: Int, link: NodeLink, boundary: Int, up: Int, isExit: Bool) {
        self.entries[node].link = link
        self.entries[node].boundary = boundary
        self.entries[node].up = up
        self.entries[node].isExit = isExit
        self.clearBroughtAlong(node)
    }

    /// A node that was brought along has been called, or has ended without.
    mutating func clearBroughtAlong(_ node: Int) {
        guard self.isBroughtAlong(node) else { return }
        self.entries[node].row.isBroughtAlong = false
        self.touch(node)
    }

    /// A node that was brought along turns out not to run.
    mutating func withdraw(_ node: Int, _ phase: NodePhase, _ message: String) {
        self.setPhase(node, phase, message: message)
        self.entries[node].row.status.type = .skipped
    }

    /// Ends what was brought along within a node that has ended without calling it.
    mutating func omitBroughtAlong(within node: Int) {
        var members = self.broughtAlong.removeValue(forKey: self.entries[node].row.status.id) ?? []
        if self.entries[node].row.status.type == .retry {
            // Attempts belong to the node around their retried node.
            members += self.entries[node].row.status.children.compactMap { self.indexByID[$0] }.filter {
                self.entries[$0].row.status.nodeFlag?.retried == true
            }
        }
        for member in members where self.isBroughtAlong(member) {
            let parented = self.parented ?? Set(self.entries.lazy.flatMap(\.row.status.children))
            self.parented = parented
            // What it followed may be gone: it must still be found from the root.
            if !parented.contains(self.entries[member].row.status.id) { self.attach(member, to: node) }
            self.setPhase(member, .omitted, message: "omitted: it is not called any more")
        }
    }
}

extension NodeRow {
    /// Whether a retry or a resubmission brought the node along, and nothing has called it since.
    var isBroughtAlong: Bool {
        get { self.memory["broughtAlong"] != nil }
        set { self.memory["broughtAlong"] = newValue ? true : nil }
    }
}
