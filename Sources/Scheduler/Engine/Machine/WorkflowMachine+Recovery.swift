import Expressions
import JSON
package import Model
import OrderedCollections

// Recovery: rows become a machine again.
extension WorkflowMachine {
    mutating func recover(_ rows: [NodeRow]) {
        self.firstAttempt = self.workflow.metadata.retries
        for row in rows { _ = self.load(row) }
        // What was brought along may begin only now: nobody has heard of it.
        let uncalled = Set(rows.indices.filter { self.isBroughtAlong($0) })
        let begun: (Int) -> Bool = { $0 < rows.count && !uncalled.contains($0) }
        switch self.workflow.status.phase {
        case .running: self.recoverTree(begun)
        case .pending: self.recoverWaiting(begun)
        case .unknown: break
        case .succeeded, .failed, .error: self.exitState = .concluded
        }
    }

    private mutating func recoverWaiting(_ begun: (Int) -> Bool) {
        self.recoverSpec()
        self.askAgainForWorkflowLocks()
        self.partDecisions(begun)
    }

    private mutating func recoverSpec() {
        do throws(EngineFailure) {
            try self.adoptTemplateSpec()
            try self.setGlobals()
            try self.replaceTags()
        } catch {
            // The catalog may lack what it had: the stored spec is the one that runs.
            self.spec = self.workflow.status.storedWorkflowTemplateSpec ?? self.workflow.spec
        }
        self.setRuntimeGlobals()
    }

    private mutating func recoverTree(_ begun: (Int) -> Bool) {
        self.recoverSpec()
        self.claimWorkflowLocks()
        self.mayTriggerWorkflowHooks = true
        self.takeover = .asTold
        self.request(.entry)
        // The hooks that run take places, which must be known before anything new begins.
        self.triggerWorkflowHooks(onlyKnown: true)
        let exitName = NodeNames.exitHandler(of: self.workflow.metadata.name)
        if self.indexByName[exitName] != nil {
            self.exitState = .running
            self.setRuntimeGlobals(phase: self.entryIndex >= 0 ? self.entries[self.entryIndex].row.status.phase : nil)
            self.request(.workflowExit)
        }
        self.settle()
        self.endTakeover()
        self.loadedChildren = [:]
        self.partDecisions(begun)
    }

    /// Takes in a row as it is stored.
    mutating func load(_ row: NodeRow) -> Int {
        let index = self.entries.count
        var entry = NodeEntry(row: row, link: NodeLink(), boundary: -1, up: -1)
        entry.isTold = true
        entry.isLoaded = true
        let parts = (row.status.progress ?? "").split(separator: "/")
        if parts.count == 2, let done = Int(parts[0]), let total = Int(parts[1]) {
            entry.done = done
            entry.total = total
        } else if row.status.type == .pod || row.status.type == .suspend {
            entry.total = 1
        }
        if row.status.type == .pod || row.status.type == .suspend {
            self.workflowDone += entry.done
            self.workflowTotal += entry.total
        }
        self.entries.append(entry)
        self.indexByName[row.status.name] = index
        self.indexByID[row.status.id] = index
        if row.isBroughtAlong, let boundary = row.status.boundaryID {
            self.broughtAlong[boundary, default: []].append(index)
        }
        return index
    }

    /// Parts what the recovery decided: what had been decided before is outstanding, the rest is new.
    private mutating func partDecisions(_ begun: (Int) -> Bool) {
        let decided = self.decisions
        self.decisions = []
        if let deadline = self.workflowDeadline {
            self.outstanding.decisions.append(.startTimer(.workflowDeadline, at: deadline))
        }
        for decision in decided {
            switch decision {
            case .startPod(let launch) where self.indexByID[launch.identity.nodeID].map(begun) ?? false:
                self.outstanding.pods.append(launch)
            case .startTimer(.nodeDeadline(let id), _), .startTimer(.suspendEnd(let id), _),
                .startTimer(.retryBackoff(let id), _):
                if self.indexByID[id].map(begun) ?? false {
                    self.outstanding.decisions.append(decision)
                } else {
                    self.decisions.append(decision)
                }
            case .requestLock(let request) where self.isStored(request.holder.nodeID):
                // Only the rows say that somebody waits: it is asked for again.
                self.outstanding.decisions.append(decision)
            case .startPod, .startTimer(.workflowDeadline, _), .stopPod, .cancelTimer, .requestLock, .releaseLock,
                .emitEvent, .complete:
                self.decisions.append(decision)
            }
        }
    }

    /// Whether a node has a row, or its id is that of the workflow itself.
    private func isStored(_ id: String) -> Bool { self.indexByID[id].map { self.entries[$0].isLoaded } ?? true }

    /// Why a node that has not ended will go on.
    package func waitingFor(nodeID id: String) -> WakeUp? {
        guard let node = self.indexByID[id], !self.entries[node].row.status.phase.isFulfilled else { return nil }
        if let wakeUp = self.lockWakeUp(of: node) { return wakeUp }
        let link = self.entries[node].link
        if link.role == .none {
            // Brought along by a retry: it goes on once the node around it, or before it, has come to it.
            return .node(self.entries[node].row.status.boundaryID ?? self.workflow.metadata.name)
        }
        if self.isSuspended, self.entries[node].row.status.type != .pod { return .person("the workflow is suspended") }
        switch self.entries[node].row.status.type {
        case .pod: return .pod(attempt: self.entries[node].row.attempt)
        case .suspend: return .person("resume, or the end of its duration")
        case .retry:
            guard let last = self.retries[node]?.attempts.last else { return .parallelism }
            let status = self.entries[last].row.status
            if status.phase.isFulfilled, let frame = self.failingFast(around: node) { return .node(frame) }
            return status.phase.isFulfilled ? .timer(.retryBackoff(id)) : .node(status.id)
        case .steps, .dag:
            if let open = self.openChild(of: node) { return .node(open) }
            return self.hasWaiting(node) ? .parallelism : nil
        case .stepGroup:
            let frame = link.parent
            guard frame >= 0, self.frames[frame]?.groupNodes.last == node else { return nil }
            return self.waitingFor(nodeID: self.entries[frame].row.status.id)
        case .taskGroup:
            if let frame = self.failingFast(around: node) { return .node(frame) }
            for child in self.frames[link.parent]?.sites[link.site].children ?? [] where child >= 0 {
                if !self.entries[child].row.status.phase.isFulfilled { return .node(self.entries[child].row.status.id) }
                if let hook = self.openHook(of: child) { return .node(hook) }
            }
            return self.hasWaiting(link.parent) ? .parallelism : nil
        case .container, .skipped, .http, .plugin: return nil
        }
    }

    /// The id of the steps or DAG node around a node, where that waits only for what runs in it to end.
    private func failingFast(around node: Int) -> String? {
        let boundary = self.entries[node].boundary
        guard boundary >= 0, let frame = self.frames[boundary], frame.failsFast, frame.unsuccessful > 0 else {
            return nil
        }
        return self.entries[boundary].row.status.id
    }

    private func hasWaiting(_ frame: Int) -> Bool {
        self.frames[frame]?.waiting.isEmpty == false || !self.waiting.isEmpty
    }

    /// The hooks of a node that have begun and not ended.
    func openHooks(of node: Int) -> [Int] {
        self.entries[node].row.status.children.compactMap { self.indexByID[$0] }.filter {
            let entry = self.entries[$0]
            return entry.row.status.nodeFlag?.hooked == true && entry.link.role != .none
                && !entry.row.status.phase.isFulfilled
        }
    }

    private func openHook(of node: Int) -> String? {
        self.openHooks(of: node).first.map { self.entries[$0].row.status.id }
    }

    private func openChild(of frame: Int) -> String? {
        guard let sites = self.frames[frame]?.sites else { return nil }
        for state in sites where !state.isDone {
            for node in state.children + [state.node] where node >= 0 {
                for open in self.openHooks(of: node) + [node] {
                    if let id = self.running(open) { return id }
                }
            }
        }
        return nil
    }

    /// The id of a node that has not ended, unless it waits itself for the template around it to fail fast.
    private func running(_ node: Int) -> String? {
        let status = self.entries[node].row.status
        guard !status.phase.isFulfilled else { return nil }
        if self.entries[node].isCounted || self.failingFast(around: node) == nil { return status.id }
        guard let attempt = self.retries[node]?.attempts.last, !self.entries[attempt].row.status.phase.isFulfilled
        else {
            return nil
        }
        return self.entries[attempt].row.status.id
    }
}

/// What will wake a node that has not ended.
package enum WakeUp: Hashable, Sendable {
    /// Its own pod.
    case pod(attempt: Int)
    /// Another node: a child, or what it depends on.
    case node(String)
    case timer(TimerID)
    /// A person, who may resume it.
    case person(String)
    /// A free place among those that parallelism allows.
    case parallelism
    /// A lock that others hold.
    case lock(LockName)
}
