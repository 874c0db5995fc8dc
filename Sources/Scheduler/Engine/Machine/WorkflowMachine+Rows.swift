import Expressions
import JSON
import Model
import OrderedCollections

// Rows: how they are made, changed, linked and told.
extension WorkflowMachine {
    /// Makes a node.
    mutating func makeNode(
        _ call: Call, type: NodeType, phase: NodePhase, message: String? = nil
    ) -> Int {
        if let known = self.takeReserved(call.name, phase: phase) { return known }
        let boundaryName = call.boundary < 0 ? nil : self.entries[call.boundary].row.status.name
        var status = NodeStatus(
            id: self.freeID(for: call.name), name: call.name,
            displayName: NodeNames.displayName(of: call.name, boundary: boundaryName), type: type)
        status.templateName = call.reference.template
        status.templateRef = call.reference.templateRef
        status.templateScope = call.scope
        status.boundaryID = call.boundary < 0 ? nil : self.entries[call.boundary].row.status.id
        status.nodeFlag = call.flag
        status.startedAt = self.now
        status.message = message
        status.phase = phase.isFulfilled ? .pending : phase
        let index = self.entries.count
        var entry = NodeEntry(row: NodeRow(status: status), link: call.link, boundary: call.boundary, up: call.up)
        entry.isExit = call.isExit
        self.entries.append(entry)
        self.indexByName[call.name] = index
        self.indexByID[status.id] = index
        self.touch(index)
        if type == .pod || type == .suspend { self.addProgress(index, done: 0, total: 1) }
        self.count(index, isActive: true)
        if phase.isFulfilled { self.setPhase(index, phase, message: message) } else { self.notePhaseChange(index) }
        self.operationCount += 1
        return index
    }

    /// Argo's id of a node; where another name has the same hash, that of a longer name.
    private func freeID(for name: String) -> String {
        var text = name
        while true {
            let id = NodeNames.id(of: text, workflow: self.workflow.metadata.name)
            if self.indexByID[id] == nil { return id }
            text += "~"
        }
    }

    mutating func setPhase(_ index: Int, _ phase: NodePhase, message: String? = nil) {
        let old = self.entries[index].row.status.phase
        guard !old.isFulfilled else { return }
        if let message {
            let text = message.isEmpty ? nil : message
            if self.entries[index].row.status.message != text {
                self.entries[index].row.status.message = text
                self.touch(index)
            }
        }
        guard old != phase else { return }
        self.entries[index].row.status.phase = phase
        self.touch(index)
        self.operationCount += 1
        if phase.isFulfilled {
            self.clearBroughtAlong(index)
            if self.entries[index].row.status.finishedAt == nil { self.entries[index].row.status.finishedAt = self.now }
            let isWhole = phase == .succeeded || phase == .skipped || phase == .omitted
            let type = self.entries[index].row.status.type
            if type == .pod || type == .suspend, isWhole {
                self.addProgress(index, done: self.entries[index].total - self.entries[index].done, total: 0)
            }
            self.count(index, isActive: false)
            self.giveBackLocks(of: index)
            self.omitBroughtAlong(within: index)
            self.loadedChildren[index] = nil
            self.finished.append(index)
        }
        self.notePhaseChange(index)
        if index == self.entryIndex { self.mayTriggerWorkflowHooks = true }
        self.emitNodeEvent(index)
    }

    /// Tells what a node gets; one that was brought along may get something else now.
    mutating func tell(_ inputs: Inputs, of index: Int) {
        guard !inputs.isEmpty, self.entries[index].row.status.inputs != inputs else { return }
        self.entries[index].row.status.inputs = inputs
        self.touch(index)
    }

    /// A node that was brought along, and has not begun, begins.
    mutating func resume(_ index: Int) {
        if self.entries[index].row.status.phase == .pending { self.setPhase(index, .running) }
    }

    /// An error of the engine's own: the node fails, and what encloses it hears of it.
    mutating func setFailure(_ index: Int, _ failure: String) {
        self.entries[index].failure = failure
        self.entries[index].row.memory["failure"] = .string(failure)
        let text = self.told(failure, self.entries[index].row.status.name, self.entries[index].link)
        self.setPhase(index, .error, message: text)
    }

    var entryIndex: Int { self.indexByName[self.workflow.metadata.name] ?? -1 }

    /// The hooks of a step or task are looked at again.
    mutating func notePhaseChange(_ index: Int) {
        let link = self.entries[index].link
        guard link.role == .site, let template = self.entries[link.parent].template,
            !template.sites[link.site].hooks.isEmpty
        else { return }
        self.phaseChanges.append(index)
    }

    private mutating func emitNodeEvent(_ index: Int) {
        let status = self.entries[index].row.status
        guard status.phase == .running || status.phase == .succeeded || status.phase.isFailedOrError else { return }
        let detail = status.message.map { ": \($0)" } ?? ""
        self.decisions.append(
            .emitEvent(
                reason: "WorkflowNode\(status.phase.rawValue)",
                message: "\(status.phase.rawValue) node \(status.name)\(detail)",
                type: status.phase.isFailedOrError ? .warning : .normal, nodeID: status.id))
    }

    // MARK: Links

    /// Makes one node the child of another.
    mutating func attach(_ child: Int, to parent: Int) {
        let id = self.entries[child].row.status.id
        // Rows that were loaded may name the child already.
        if self.entries[parent].isTold, self.entries[parent].row.status.children.count < Self.bigRow {
            if self.entries[parent].row.status.children.contains(id) { return }
        } else if self.entries[parent].isLoaded {
            if self.loadedChildren[parent] == nil {
                self.loadedChildren[parent] = Set(self.entries[parent].row.status.children)
            }
            guard self.loadedChildren[parent]?.insert(id).inserted == true else { return }
        }
        self.entries[parent].row.status.children.append(id)
        self.touch(parent, isSmall: true)
        self.operationCount += 1
    }

    /// The exits of a node: what follows it becomes a child of these.
    func outboundNodes(of index: Int) -> [Int] {
        let status = self.entries[index].row.status
        switch status.type {
        case .skipped, .suspend, .http, .plugin, .pod, .stepGroup: return [index]
        case .container, .taskGroup:
            if status.children.isEmpty { return [index] }
            return status.children.flatMap { id in self.indexByID[id].map { self.outboundNodes(of: $0) } ?? [] }
        case .retry:
            guard let last = status.children.last, let child = self.indexByID[last] else { return [] }
            return [child]
        case .steps, .dag:
            return status.outboundNodes.flatMap { id in self.indexByID[id].map { self.outboundNodes(of: $0) } ?? [] }
        }
    }

    mutating func setOutbound(_ index: Int, _ nodes: [Int]) {
        let ids = nodes.map { self.entries[$0].row.status.id }
        guard self.entries[index].row.status.outboundNodes != ids else { return }
        self.entries[index].row.status.outboundNodes = ids
        self.touch(index)
    }

    // MARK: Counters

    /// Counts a node among the active ones of its workflow and of the template around it.
    mutating func count(_ index: Int, isActive: Bool) {
        guard self.entries[index].isCounted != isActive else { return }
        let type = self.entries[index].row.status.type
        guard type == .pod || type == .steps || type == .dag else { return }
        self.entries[index].isCounted = isActive
        let step = isActive ? 1 : -1
        if type == .pod { self.activePods += step }
        let boundary = self.entries[index].boundary
        guard boundary >= 0, self.frames[boundary] != nil else { return }
        self.frames[boundary]?.active += step
        guard !isActive else { return }
        self.noteEnded(index, in: boundary)
    }

    /// A node that counts has ended: fails the template around it fast, or lets the next in.
    mutating func noteEnded(_ index: Int, in boundary: Int) {
        if self.entries[index].row.status.phase.isFailedOrError { self.frames[boundary]?.unsuccessful += 1 }
        // Scalars only: a copy of the frame would make its arrays be copied at the next change.
        guard let failsFast = self.frames[boundary]?.failsFast, let active = self.frames[boundary]?.active else {
            return
        }
        if failsFast, (self.frames[boundary]?.unsuccessful ?? 0) > 0 {
            // Whether others run is known once all that is there is taken over.
            if active == 0, !self.isTakingOver { self.failedFast.append(boundary) }
            return
        }
        self.letIn(boundary)
    }

    /// Lets the next in that waits for a place within a template, if there is one.
    mutating func letIn(_ boundary: Int) {
        guard boundary >= 0, let limit = self.frames[boundary]?.limit, let active = self.frames[boundary]?.active,
            active < limit
        else { return }
        if let next = self.frames[boundary]?.waiting.popFirst() { self.waiting.append(next) }
    }

    mutating func addProgress(_ index: Int, done: Int, total: Int) {
        guard done != 0 || total != 0 else { return }
        var place = index
        while place >= 0 {
            self.entries[place].done += done
            self.entries[place].total += total
            self.touch(place, isSmall: place != index)
            place = self.entries[place].up
        }
        self.workflowDone += done
        self.workflowTotal += total
        self.isWorkflowChanged = true
    }

    // MARK: Telling

    mutating func touch(_ index: Int, isSmall: Bool = false) {
        if self.entries[index].change == .none { self.changed.append(index) }
        if isSmall {
            self.entries[index].smallChanges += 1
            if self.entries[index].change == .none { self.entries[index].change = .small }
        } else {
            self.entries[index].change = .whole
        }
    }

    mutating func takeTurn() -> Turn {
        var turn = Turn()
        self.changed.sort()
        turn.changedNodes.reserveCapacity(self.changed.count)
        for index in self.changed {
            let children = self.entries[index].row.status.children.count
            // A row of a hundred thousand children is not written anew for each of them.
            let isLate =
                self.entries[index].change == .small && children > Self.bigRow
                && self.entries[index].smallChanges * 16 < children
            self.entries[index].change = .none
            if isLate { continue }
            self.entries[index].smallChanges = 0
            self.entries[index].isTold = true
            if self.entries[index].total > 0 {
                self.entries[index].row.status.progress = "\(self.entries[index].done)/\(self.entries[index].total)"
            }
            turn.changedNodes.append(self.entries[index].row)
        }
        self.changed.removeAll(keepingCapacity: true)
        if self.isWorkflowChanged {
            self.workflow.status.progress = "\(self.workflowDone)/\(self.workflowTotal)"
            turn.workflowChanged = true
            self.isWorkflowChanged = false
        }
        turn.removedNodeIDs = self.removed
        self.removed = []
        turn.decisions = self.decisions
        self.decisions = []
        return turn
    }
}
