import Expressions
import JSON
package import Model
import OrderedCollections

// Recovery: rows become a machine again.
extension WorkflowMachine {
    mutating func recover(_ rows: [NodeRow]) {
        self.firstAttempt = Int(self.workflow.metadata.annotations[Self.retryCountAnnotation] ?? "0") ?? 0
        for row in rows { self.load(row) }
        switch self.workflow.status.phase {
        case .running: self.recoverTree(known: rows.count)
        case .pending: self.recoverWaiting(known: rows.count)
        case .unknown: break
        case .succeeded, .failed, .error: self.exitState = .concluded
        }
    }

    /// The locks that a workflow waits for are asked for again, from the first: those that it has are granted at once.
    private mutating func recoverWaiting(known: Int) {
        self.recoverSpec()
        // Where nothing is limited any more, it is granted what nobody counts.
        let names = self.knownWorkflowLocks
        self.ask(for: names.isEmpty ? [.parallelism(namespace: nil)] : names)
        self.partDecisions(known: known)
    }

    private mutating func recoverSpec() {
        do throws(EngineFailure) {
            try self.adoptTemplateSpec()
            try self.setGlobals()
            let plain = TaggedObject(self.spec, except: ["templates", "templateDefaults"])
            let templates = self.spec.templates
            self.spec = try plain.replaced(in: Scope(self.globals), unresolved: .allowed, context: self.context)
            self.spec.templates = templates
        } catch {
            // The catalog may lack what it had: the stored spec is the one that runs.
            self.spec = self.workflow.status.storedWorkflowTemplateSpec ?? self.workflow.spec
        }
        self.setRuntimeGlobals()
    }

    private mutating func recoverTree(known: Int) {
        self.recoverSpec()
        self.claimWorkflowLocks()
        self.mayTriggerWorkflowHooks = true
        self.isRecovering = true
        self.request(.entry)
        let exitName = NodeNames.exitHandler(of: self.workflow.metadata.name)
        if self.indexByName[exitName] != nil {
            self.exitState = .running
            self.setRuntimeGlobals(phase: self.entryIndex >= 0 ? self.entries[self.entryIndex].row.status.phase : nil)
            self.request(.workflowExit)
        }
        self.settle()
        self.isRecovering = false
        self.recoveredChildren = [:]
        self.partDecisions(known: known)
    }

    private mutating func load(_ row: NodeRow) {
        let index = self.entries.count
        var entry = NodeEntry(row: row, link: NodeLink(), boundary: -1, up: -1)
        entry.isTold = true
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
    }

    /// Parts what the recovery decided: what had been decided before is outstanding, the rest is new.
    private mutating func partDecisions(known: Int) {
        let decided = self.decisions
        self.decisions = []
        if let deadline = self.workflowDeadline {
            self.outstanding.append(.startTimer(.workflowDeadline, at: deadline))
        }
        for decision in decided {
            let node: String?
            switch decision {
            case .startPod(let launch): node = launch.identity.nodeID
            case .startTimer(.nodeDeadline(let id), _), .startTimer(.suspendEnd(let id), _),
                .startTimer(.retryBackoff(let id), _):
                node = id
            case .requestLock:
                // Only the rows say that somebody waits: it is asked for again.
                self.outstanding.append(decision)
                continue
            case .startTimer(.workflowDeadline, _), .stopPod, .cancelTimer, .releaseLock, .emitEvent, .complete:
                node = nil
            }
            if let node, let index = self.indexByID[node], index < known {
                self.outstanding.append(decision)
            } else {
                self.decisions.append(decision)
            }
        }
    }

    /// Why a node that has not ended will go on.
    package func waitingFor(nodeID id: String) -> WakeUp? {
        guard let node = self.indexByID[id], !self.entries[node].row.status.phase.isFulfilled else { return nil }
        if let wakeUp = self.lockWakeUp(of: node) { return wakeUp }
        if self.isSuspended, self.entries[node].row.status.type != .pod { return .person("the workflow is suspended") }
        switch self.entries[node].row.status.type {
        case .pod: return .pod(attempt: self.entries[node].row.attempt)
        case .suspend: return .person("resume, or the end of its duration")
        case .retry:
            guard let last = self.retries[node]?.attempts.last else { return .parallelism }
            let status = self.entries[last].row.status
            return status.phase.isFulfilled ? .timer(.retryBackoff(id)) : .node(status.id)
        case .steps, .dag:
            if let open = self.openChild(of: node) { return .node(open) }
            return self.hasWaiting(node) ? .parallelism : nil
        case .stepGroup:
            let frame = self.entries[node].link.parent
            guard frame >= 0, self.frames[frame]?.groupNodes.last == node else { return nil }
            return self.waitingFor(nodeID: self.entries[frame].row.status.id)
        case .taskGroup:
            let link = self.entries[node].link
            for child in self.frames[link.parent]?.sites[link.site].children ?? [] where child >= 0 {
                if !self.entries[child].row.status.phase.isFulfilled { return .node(self.entries[child].row.status.id) }
                if let hook = self.openHook(of: child) { return .node(hook) }
            }
            return self.hasWaiting(link.parent) ? .parallelism : nil
        case .container, .skipped, .http, .plugin: return nil
        }
    }

    private func hasWaiting(_ frame: Int) -> Bool {
        self.frames[frame]?.waiting.isEmpty == false || !self.waiting.isEmpty
    }

    private func openHook(of node: Int) -> String? {
        for id in self.entries[node].row.status.children {
            guard let child = self.indexByID[id], self.entries[child].row.status.nodeFlag?.hooked == true,
                !self.entries[child].row.status.phase.isFulfilled
            else { continue }
            return id
        }
        return nil
    }

    private func openChild(of frame: Int) -> String? {
        guard let sites = self.frames[frame]?.sites else { return nil }
        for state in sites where !state.isDone {
            for node in state.children + [state.node] where node >= 0 {
                if !self.entries[node].row.status.phase.isFulfilled { return self.entries[node].row.status.id }
                if let hook = self.openHook(of: node) { return hook }
            }
        }
        return nil
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
