package import Model
import OrderedCollections

/// What a person's word makes of a suspend node that waits.
///
/// A word is followed as a whole or not at all: what cannot be done of one node is refused, and changes no other.
package struct SuspendChange: Hashable, Sendable {
    package var nodeID: String
    /// Nil where it stays.
    package var phase: NodePhase?
    /// Nil where it stays.
    package var message: String?
    package var outputs: Outputs?

    /// - Parameter event: what the person said; events of other kinds, and those of the whole workflow, change no node.
    /// - Parameter waiting: the workflow's suspend nodes that wait.
    /// - Throws: `OperationError`, in Argo's words.
    package static func all(
        of event: Event, among waiting: [NodeStatus]
    ) throws(OperationError) -> [SuspendChange] {
        switch event {
        case .resumed(let selector, let person):
            let text = person.map { "Resumed by: \($0)" }
            guard let selector, !selector.isEmpty else {
                var changes: [SuspendChange] = []
                for node in waiting { changes.append(try Self.resuming(node, text)) }
                return changes
            }
            var changes = try Self.all(
                of: NodeSetRequest(selector: selector, phase: .succeeded, message: text), among: waiting)
            for index in changes.indices { changes[index].outputs?.takeDefaults() }
            return changes
        case .stopped(let message, let selector):
            guard let selector, !selector.isEmpty else { return [] }
            return try Self.all(
                of: NodeSetRequest(selector: selector, phase: .failed, message: message), among: waiting)
        case .nodeSet(let request):
            guard !request.selector.isEmpty else {
                throw OperationError(
                    "'set' currently only targets suspend nodes, use a node field selector to target them")
            }
            return try Self.all(of: request, among: waiting)
        case .submitted, .podReported, .timerFired, .lockTold, .suspended, .terminated: return []
        }
    }

    /// A node that succeeds because the whole workflow is resumed.
    private static func resuming(_ node: NodeStatus, _ text: String?) throws(OperationError) -> SuspendChange {
        var outputs = node.outputs
        outputs?.takeDefaults()
        if let unset = outputs?.parameters.first(where: { $0.valueFrom?.supplied != nil }) {
            throw .unsetOutput(unset.name)
        }
        let message = [node.message, text].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "; ")
        return SuspendChange(
            nodeID: node.id, phase: .succeeded, message: message.isEmpty ? nil : message, outputs: outputs)
    }

    private static func all(
        of request: NodeSetRequest, among waiting: [NodeStatus]
    ) throws(OperationError) -> [SuspendChange] {
        let selector = try FieldSelector(request.selector)
        let message = request.message.flatMap { $0.isEmpty ? nil : $0 }
        var changes: [SuspendChange] = []
        for node in waiting where selector.matches(node) {
            var outputs = node.outputs
            try outputs.supply(request.outputParameters)
            changes.append(
                SuspendChange(nodeID: node.id, phase: request.phase, message: message, outputs: outputs))
        }
        guard !changes.isEmpty, request.phase != nil || message != nil || !request.outputParameters.isEmpty else {
            throw OperationError(
                "currently, set only targets suspend nodes: no suspend nodes matching nodeFieldSelector: "
                    + request.selector)
        }
        return changes
    }
}

extension OperationError {
    /// An output that a person was to supply, and that has no default to stand in for it.
    static func unsetOutput(_ name: String) -> OperationError {
        OperationError("raw output parameter '\(name)' has not been set and does not have a default value")
    }
}

extension Outputs {
    /// Outputs that nobody supplied take their defaults, where they have one.
    mutating func takeDefaults() {
        for (index, parameter) in self.parameters.enumerated() where parameter.valueFrom?.supplied != nil {
            guard let value = parameter.valueFrom?.defaultValue else { continue }
            self.parameters[index].value = value
            self.parameters[index].valueFrom = nil
        }
    }
}

extension Outputs? {
    /// Gives values to the outputs that wait for a person to supply them.
    fileprivate mutating func supply(_ values: StringMap) throws(OperationError) {
        guard !values.isEmpty else { return }
        guard var outputs = self else {
            throw OperationError("cannot set output parameters because node is not expecting any raw parameters")
        }
        for (name, value) in values {
            guard let index = outputs.parameters.firstIndex(where: { $0.name == name }) else {
                throw OperationError("node is not expecting output parameter '\(name)'")
            }
            guard outputs.parameters[index].valueFrom?.supplied != nil else {
                throw OperationError(
                    "cannot set output parameter '\(name)' because it does not use valueFrom.raw or it was already set")
            }
            outputs.parameters[index].value = value
            outputs.parameters[index].valueFrom = nil
        }
        self = outputs
    }
}
