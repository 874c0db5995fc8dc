import OrderedCollections

extension NodeStatus {
    /// What a person sets on a suspend node that waits.
    package struct SuspendValues: Hashable, Sendable {
        package var phase: NodePhase?
        package var message: String?
        package var outputParameters: StringMap = [:]

        package init(phase: NodePhase? = nil, message: String? = nil, outputParameters: StringMap = [:]) {
            self.phase = phase
            self.message = message
            self.outputParameters = outputParameters
        }
    }

    /// Lets a suspend node succeed.
    ///
    /// Outputs that nobody supplied take their defaults.
    ///
    /// - Parameter by: who did it, for the message; empty where nobody is known.
    /// - Throws: `OperationError`, where an output has neither been supplied nor has a default.
    package mutating func resume(by note: String, now: Timestamp) throws(OperationError) {
        for (index, parameter) in (self.outputs?.parameters ?? []).enumerated() {
            guard let source = parameter.valueFrom, source.supplied != nil else { continue }
            guard let value = source.defaultValue else {
                throw OperationError(
                    "raw output parameter '\(parameter.name)' has not been set and does not have a default value")
            }
            self.outputs?.parameters[index].value = value
            self.outputs?.parameters[index].valueFrom = nil
        }
        self.phase = .succeeded
        let message = [self.message ?? "", note].filter { !$0.isEmpty }.joined(separator: "; ")
        self.message = message.isEmpty ? nil : message
        self.finishedAt = now
    }

    /// Sets phase, message or outputs of a suspend node.
    ///
    /// - Returns: the parameters that got a value, some of which may have a global name.
    /// - Throws: `OperationError`, where the node does not wait for such an output.
    package mutating func set(_ values: SuspendValues, now: Timestamp) throws(OperationError) -> [Parameter] {
        var given: [Parameter] = []
        if !values.outputParameters.isEmpty, self.outputs == nil {
            throw OperationError("cannot set output parameters because node is not expecting any raw parameters")
        }
        for (name, value) in values.outputParameters {
            guard let index = self.outputs?.parameters.firstIndex(where: { $0.name == name }) else {
                throw OperationError("node is not expecting output parameter '\(name)'")
            }
            guard self.outputs?.parameters[index].valueFrom?.supplied != nil else {
                throw OperationError(
                    "cannot set output parameter '\(name)' because it does not use valueFrom.raw or it was already set")
            }
            self.outputs?.parameters[index].value = value
            self.outputs?.parameters[index].valueFrom = nil
            if let parameter = self.outputs?.parameters[index] { given.append(parameter) }
        }
        if let phase = values.phase {
            self.phase = phase
            if phase.isFulfilled { self.finishedAt = now }
        }
        if let message = values.message, !message.isEmpty { self.message = message }
        return given
    }
}
