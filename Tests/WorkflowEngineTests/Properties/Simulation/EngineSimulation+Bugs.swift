import JSON
import Model
import OrderedCollections
import WorkflowEngine

// What planted bugs do to rows and decisions.
extension EngineSimulation {
    /// Whether the bug shows now: most do once.
    private mutating func shows(_ bug: PlantedBug, when isFit: Bool = true) -> Bool {
        guard self.bug == bug, isFit, !self.bugHasShown else { return false }
        self.bugHasShown = true
        return true
    }

    mutating func distorted(_ turn: Turn) -> Turn {
        guard self.bug != nil else { return turn }
        var turn = turn
        self.distort(decisions: &turn)
        self.distort(rows: &turn)
        return turn
    }

    private mutating func distort(decisions turn: inout Turn) {
        if let start = turn.decisions.firstIndex(where: { if case .startPod = $0 { true } else { false } }) {
            if self.shows(.startsTwice) { turn.decisions.append(turn.decisions[start]) }
            if case .startPod(var launch) = turn.decisions[start], self.shows(.startsUnderAnotherAttempt) {
                launch.identity.attempt += 1
                turn.decisions.append(.startPod(launch))
            }
            if self.shows(.losesAStart) { turn.decisions.remove(at: start) }
        }
        if let timer = turn.decisions.firstIndex(where: { if case .startTimer = $0 { true } else { false } }),
            self.shows(.losesATimer)
        {
            turn.decisions.remove(at: timer)
        }
        if let back = turn.decisions.firstIndex(where: { if case .releaseLock = $0 { true } else { false } }) {
            if self.shows(.givesALockBackTwice) { turn.decisions.append(turn.decisions[back]) }
            if self.shows(.keepsALock) { turn.decisions.remove(at: back) }
        }
        let held = self.machine.releases.first {
            self.homes.holders(of: $0.lock).contains($0.holder) && !$0.holder.nodeID.isEmpty
                && self.rows[$0.holder.nodeID]?.status.synchronizationStatus == nil
        }
        if let held, self.shows(.givesALockBackEarly) { turn.decisions.append(.releaseLock(held)) }
        if self.bug == .neverCompletes {
            turn.decisions.removeAll { if case .complete = $0 { true } else { false } }
        }
        if self.shows(.completesEarly, when: self.machine.workflow.status.phase == .running) {
            turn.decisions.append(.complete)
        }
    }

    private mutating func distort(rows turn: inout Turn) {
        if let done = turn.changedNodes.firstIndex(where: { $0.status.type == .pod && $0.status.phase == .succeeded }) {
            if self.shows(.losesARow) { turn.changedNodes.remove(at: done) }
            if self.shows(.forgetsOutputs) { turn.changedNodes[done].status.outputs = nil }
        }
        if var old = self.rows.values.first(where: { $0.status.phase == .succeeded }),
            self.shows(.changesATerminalPhase)
        {
            old.status.phase = .failed
            turn.changedNodes.append(old)
        }
        if var handler = turn.changedNodes.first(where: { $0.status.name.hasSuffix(".onExit") }),
            self.shows(.runsAnExitHandlerTwice)
        {
            handler.status.id += "0"
            turn.changedNodes.append(handler)
        }
        if let last = turn.changedNodes.first(where: { $0.status.message?.hasPrefix("Maximum recursion") ?? false }),
            self.shows(.exceedsDepth)
        {
            var inner = last
            inner.status.name += ".deeper"
            inner.status.id += "0"
            inner.status.boundaryID = last.status.id
            turn.changedNodes.append(inner)
        }
        if self.bug == .reversesAggregates { self.reverseLists(in: &turn) }
        if self.bug == .differsFromRunToRun {
            for index in turn.changedNodes.indices {
                turn.changedNodes[index].status.message = "\(UInt64.random(in: 0...UInt64.max))"
            }
        }
    }

    private func reverseLists(in turn: inout Turn) {
        for row in turn.changedNodes.indices {
            for index in turn.changedNodes[row].status.inputs?.parameters.indices ?? 0..<0 {
                guard let text = turn.changedNodes[row].status.inputs?.parameters[index].value,
                    let list = JSONValue.list(text)
                else { continue }
                turn.changedNodes[row].status.inputs?.parameters[index].value = JSONValue.array(list.reversed()).text
            }
        }
    }

    mutating func distort(recovered rows: inout [NodeRow]) {
        guard self.shows(.losesANodeAtRecovery, when: rows.count > 2) else { return }
        rows.removeAll { $0.status.phase == .running && $0.status.type == .pod }
    }

    mutating func distort(retried rows: inout [NodeRow]) {
        if self.bug == .repeatsFinishedNodesAtRetry {
            rows.removeAll { $0.status.type == .pod && $0.status.phase == .succeeded }
        }
        if self.bug == .keepsFailedNodesAtRetry {
            let kept = Set(rows.map(\.status.id))
            rows += self.rows.values.filter { $0.status.type == .pod && !kept.contains($0.status.id) }
        }
    }
}
