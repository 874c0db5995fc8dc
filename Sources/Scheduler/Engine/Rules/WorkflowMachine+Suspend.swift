import Expressions
import JSON
import Model
import OrderedCollections

// Suspend nodes, and the suspension of the workflow.
extension WorkflowMachine {
    mutating func openSuspend(_ call: Call, _ bound: BoundTemplate, _ existing: Int?) -> Int {
        let node = existing ?? self.makeNode(call, type: .suspend, phase: .running)
        self.entries[node].template = bound.compiled
        if existing == nil {
            if !bound.template.inputs.isEmpty {
                self.entries[node].row.status.inputs = Self.withOptions(bound.template.inputs)
            }
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
            self.release(node, .succeeded, message: nil)
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

    /// Ends a suspend node, outputs that nobody supplied by their defaults.
    private mutating func release(_ node: Int, _ phase: NodePhase, message: String?) {
        var outputs = self.entries[node].row.status.outputs
        for (index, parameter) in (outputs?.parameters ?? []).enumerated() where parameter.valueFrom?.supplied != nil {
            guard let value = parameter.valueFrom?.defaultValue else {
                if phase != .succeeded { continue }
                self.setFailure(
                    node, "raw output parameter '\(parameter.name)' has not been set and does not have a default value")
                return
            }
            outputs?.parameters[index].value = value
            outputs?.parameters[index].valueFrom = nil
        }
        self.entries[node].row.status.outputs = outputs
        if let outputs { self.publishGlobals(outputs) }
        self.setPhase(node, phase, message: message)
        self.decisions.append(.cancelTimer(.suspendEnd(self.entries[node].row.status.id)))
    }

    mutating func suspend() {
        guard !self.workflow.status.phase.isCompleted else { return }
        self.workflow.spec.suspend = true
        self.isWorkflowChanged = true
    }

    mutating func resume(selector: String?, by person: String?) {
        let text = person.map { "Resumed by: \($0)" } ?? ""
        guard let selector, !selector.isEmpty else {
            if self.workflow.spec.suspend == true {
                self.workflow.spec.suspend = nil
                self.isWorkflowChanged = true
            }
            self.releaseAll(selector: nil, .succeeded, text)
            return
        }
        self.releaseAll(selector: selector, .succeeded, text)
    }

    /// Ends the suspend nodes that a selector matches.
    private mutating func releaseAll(selector: String?, _ phase: NodePhase, _ text: String) {
        guard let matches = Self.matcher(selector) else { return }
        for node in self.entries.indices where self.isWaitingForPerson(node) && matches(self.entries[node].row.status) {
            let old = self.entries[node].row.status.message ?? ""
            let message = text.isEmpty ? old : old.isEmpty || selector != nil ? text : "\(old); \(text)"
            self.release(node, phase, message: message)
        }
    }

    private static func matcher(_ selector: String?) -> ((NodeStatus) -> Bool)? {
        guard let selector, !selector.isEmpty else { return { _ in true } }
        do throws(OperationError) {
            let fields = try FieldSelector(selector)
            return { fields.matches($0) }
        } catch {
            return nil
        }
    }

    mutating func stop(message: String?, selector: String?) {
        guard let selector, !selector.isEmpty else {
            self.shutDown("Stop")
            return
        }
        guard let matches = Self.matcher(selector) else { return }
        for node in self.entries.indices where self.isWaitingForPerson(node) && matches(self.entries[node].row.status) {
            self.setPhase(node, .failed, message: message)
        }
    }

    /// Gives suspend nodes what a person says of them.
    mutating func set(_ request: NodeSetRequest) {
        guard let matches = Self.matcher(request.selector) else { return }
        for node in self.entries.indices where self.isWaitingForPerson(node) && matches(self.entries[node].row.status) {
            var outputs = self.entries[node].row.status.outputs
            for (name, value) in request.outputParameters {
                guard let index = outputs?.parameters.firstIndex(where: { $0.name == name }),
                    outputs?.parameters[index].valueFrom?.supplied != nil
                else { continue }
                outputs?.parameters[index].value = value
                outputs?.parameters[index].valueFrom = nil
            }
            self.entries[node].row.status.outputs = outputs
            if let message = request.message, !message.isEmpty { self.entries[node].row.status.message = message }
            self.touch(node)
            if let phase = request.phase {
                if let outputs { self.publishGlobals(outputs) }
                self.setPhase(node, phase)
            }
        }
    }
}
