import Expressions
import JSON
package import Model
import OrderedCollections

// Suspend nodes, and the suspension of the workflow.
extension WorkflowMachine {
    mutating func openSuspend(_ call: Call, _ bound: BoundTemplate, _ existing: Int?) -> Int {
        let node = existing ?? self.makeNode(call, type: .suspend, phase: .running)
        self.entries[node].template = bound.compiled
        self.tell(Self.withOptions(bound.template.inputs), of: node)
        if existing == nil {
            let supplied = bound.template.outputs.parameters.filter { $0.valueFrom?.supplied != nil }
            if !supplied.isEmpty {
                var outputs = Outputs()
                outputs.parameters = supplied.map { parameter in
                    var parameter = parameter
                    if parameter.valueFrom?.defaultValue == nil {
                        let input = bound.template.inputs.parameters.first { $0.name == parameter.name }
                        parameter.valueFrom?.defaultValue = input?.defaultValue
                    }
                    return parameter
                }
                self.entries[node].row.status.outputs = outputs
            }
        } else {
            self.setPhase(node, .running)
        }
        if !self.shouldExecute(isExit: call.isExit) {
            self.setPhase(node, .failed, message: "Stopped with strategy '\(self.workflow.spec.shutdown ?? "")'")
            return node
        }
        guard let text = bound.template.suspend?.duration, !text.isEmpty else { return node }
        guard let span = GoDuration(secondsOrDuration: text) else {
            self.setFailure(node, "unable to parse \(text) as a duration: time: invalid duration \(goQuoted(text))")
            return node
        }
        let end = (self.entries[node].row.status.startedAt ?? self.now) + span
        self.decisions.append(.startTimer(.suspendEnd(self.entries[node].row.status.id), at: end))
        return node
    }

    /// An input whose value is a parameter with an `enum` offers its options to people.
    private static func withOptions(_ inputs: Inputs) -> Inputs {
        var inputs = inputs
        for (index, parameter) in inputs.parameters.enumerated() {
            guard let value = parameter.value, value.utf8.first == UInt8(ascii: "{") else { continue }
            do throws(JSONSyntaxError) {
                guard let options = try JSONValue.parse(value)["enum"]?.arrayValue, let first = options.first else {
                    continue
                }
                inputs.parameters[index].enumeration = options.map(\.anyText)
                if parameter.defaultValue == nil { inputs.parameters[index].defaultValue = first.anyText }
            } catch {
                // A value that is no JSON is a plain value.
                continue
            }
        }
        return inputs
    }

    mutating func timerFired(_ timer: TimerID) {
        switch timer {
        case .workflowDeadline: self.deadlinePassed()
        case .nodeDeadline(let id):
            guard let node = self.indexByID[id], self.entries[node].row.status.phase == .pending else { return }
            self.stopPod(node)
            self.setPhase(node, .failed, message: "timeout")
        case .suspendEnd(let id):
            guard let node = self.indexByID[id], self.isWaitingForPerson(node) else { return }
            self.release(node)
        case .retryBackoff(let id):
            guard let node = self.indexByID[id], let attempt = self.retries[node]?.attempts.last,
                self.entries[attempt].row.status.phase.isFulfilled,
                !self.entries[node].row.status.phase.isFulfilled
            else { return }
            self.attemptFinished(attempt, of: node)
        }
    }

    private func isWaitingForPerson(_ node: Int) -> Bool {
        self.entries[node].row.status.type == .suspend && self.entries[node].row.status.phase == .running
    }

    /// Ends a suspend node whose duration is over, outputs that nobody supplied by their defaults.
    private mutating func release(_ node: Int) {
        var outputs = self.entries[node].row.status.outputs
        outputs?.takeDefaults()
        if let unset = outputs?.parameters.first(where: { $0.valueFrom?.supplied != nil }) {
            self.setFailure(node, OperationError.unsetOutput(unset.name).message)
            return
        }
        self.follow(
            SuspendChange(nodeID: self.entries[node].row.status.id, phase: .succeeded, outputs: outputs))
    }

    mutating func suspend() {
        guard !self.workflow.status.phase.isCompleted else { return }
        self.workflow.spec.suspend = true
        self.isWorkflowChanged = true
    }

    /// Whether what a person asks can be done.
    ///
    /// An event that is refused here changes nothing when it is applied.
    ///
    /// - Throws: `OperationError`, where an event speaks of suspend nodes that are not there, or that do not ask for
    ///   what it says.
    package func check(_ event: Event) throws(OperationError) { _ = try self.suspendChanges(of: event) }

    private func suspendChanges(of event: Event) throws(OperationError) -> [SuspendChange] {
        let waiting = self.entries.indices.filter { self.isWaitingForPerson($0) }
        return try SuspendChange.all(of: event, among: waiting.map { self.entries[$0].row.status })
    }

    /// Does what a person says of the whole workflow's suspension, or of suspend nodes.
    mutating func heed(_ event: Event) {
        let changes: [SuspendChange]
        do throws(OperationError) {
            changes = try self.suspendChanges(of: event)
        } catch {
            // Who asked was told by `check`.
            return
        }
        switch event {
        case .resumed(let selector, _):
            if selector?.isEmpty ?? true, self.workflow.spec.suspend == true {
                self.workflow.spec.suspend = nil
                self.isWorkflowChanged = true
            }
        case .stopped(_, let selector):
            if selector?.isEmpty ?? true { self.shutDown("Stop") }
        case .submitted, .podReported, .timerFired, .lockTold, .suspended, .terminated, .nodeSet: break
        }
        for change in changes { self.follow(change) }
    }

    private mutating func follow(_ change: SuspendChange) {
        guard let node = self.indexByID[change.nodeID] else { return }
        if self.entries[node].row.status.outputs != change.outputs {
            self.entries[node].row.status.outputs = change.outputs
            self.touch(node)
        }
        if let outputs = change.outputs { self.publishGlobals(outputs) }
        if let message = change.message, self.entries[node].row.status.message != message {
            self.entries[node].row.status.message = message
            self.touch(node)
        }
        guard let phase = change.phase else { return }
        self.setPhase(node, phase)
        self.decisions.append(.cancelTimer(.suspendEnd(change.nodeID)))
    }
}
