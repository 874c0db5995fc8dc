import Expressions
import JSON
import Model
import OrderedCollections

/// Stands in an argument for a reference to an output that is absent: such an argument counts as not given.
let absentArgument = "__apus_absent_output__"

// Inputs: arguments, defaults and config maps become values, and the template's tags are replaced.
extension WorkflowMachine {
    /// - Parameter told: the inputs that the node was told before a crash, which are taken as they are.
    mutating func bind(
        _ compiled: CompiledTemplate, _ call: Call, locals: [String: Value], told: Inputs?
    ) throws(EngineFailure) -> BoundTemplate {
        let outer = Scope(self.globals).adding(locals)
        var inputs: Inputs
        if let told {
            inputs = told
        } else {
            inputs = try self.inputs(of: compiled, call, outer)
            if compiled.inputs.hasTags || Self.haveTags(inputs) {
                inputs = try TaggedObject(inputs).replaced(in: outer, unresolved: .allowed, context: self.context)
            }
        }
        var locals = locals
        for parameter in inputs.parameters {
            if let value = parameter.value { locals["inputs.parameters.\(parameter.name)"] = .string(value) }
        }
        for artifact in inputs.artifacts {
            if let path = artifact.path { locals["inputs.artifacts.\(artifact.name).path"] = .string(path) }
        }
        for artifact in compiled.template.outputs.artifacts {
            if let path = artifact.path { locals["outputs.artifacts.\(artifact.name).path"] = .string(path) }
        }
        for parameter in compiled.template.outputs.parameters {
            if let path = parameter.valueFrom?.path {
                locals["outputs.parameters.\(parameter.name).path"] = .string(path)
            }
        }
        if compiled.readsAllInputs {
            locals["inputs.parameters"] = .string(JSONValue.array(inputs.parameters.map { $0.json(.compact) }).text)
        }
        let scope = Scope(self.globals).adding(locals)
        if Self.haveTags(inputs) {
            inputs = try TaggedObject(inputs).replaced(in: scope, unresolved: .allowed, context: self.context)
            for parameter in inputs.parameters {
                if let value = parameter.value { locals["inputs.parameters.\(parameter.name)"] = .string(value) }
            }
        }
        var template = try compiled.body.replaced(in: scope, unresolved: .allowed, context: self.context)
        template.inputs = inputs
        return BoundTemplate(compiled: compiled, template: template, locals: locals)
    }

    private static func haveTags(_ inputs: Inputs) -> Bool {
        inputs.parameters.contains { $0.value.map(hasTags) ?? false }
            || inputs.artifacts.contains { containsTags($0.json(.compact)) }
    }

    private func inputs(of compiled: CompiledTemplate, _ call: Call, _ scope: Scope) throws(EngineFailure) -> Inputs {
        var inputs = compiled.template.inputs
        for index in inputs.parameters.indices {
            try self.fill(&inputs.parameters[index], call.arguments, scope)
        }
        for index in inputs.artifacts.indices {
            let own = inputs.artifacts[index]
            let given = call.arguments.artifacts.first { $0.name == own.name }
            if !own.optional, !own.location.hasLocationOrKey {
                guard let given else { throw EngineFailure("inputs.artifacts.\(own.name) was not supplied") }
                guard given.location.hasLocationOrKey else {
                    throw EngineFailure("inputs.artifacts.\(own.name) missing location information")
                }
            }
            if var artifact = given {
                artifact.path = own.path
                artifact.mode = own.mode
                artifact.recurseMode = own.recurseMode
                inputs.artifacts[index] = artifact
            }
        }
        return inputs
    }

    private func fill(_ parameter: inout Parameter, _ arguments: Arguments, _ scope: Scope) throws(EngineFailure) {
        if parameter.value == nil { parameter.value = parameter.defaultValue }
        if let given = arguments.parameters.first(where: { $0.name == parameter.name }) {
            if given.value == absentArgument {
                guard parameter.value != nil || parameter.valueFrom != nil else {
                    throw EngineFailure(
                        "inputs.parameters.\(parameter.name): argument references an absent optional "
                            + "(skipped/omitted node output with no default)")
                }
            } else if let value = given.value {
                parameter.value = value
                parameter.valueFrom = nil
            } else {
                parameter.valueFrom = given.valueFrom
                parameter.value = nil
            }
        }
        guard let key = parameter.valueFrom?.configMapKeyRef else {
            guard parameter.value != nil else {
                throw EngineFailure("inputs.parameters.\(parameter.name) was not supplied")
            }
            return
        }
        let name = try self.replaced(key.name, scope, .refused)
        let entry = try self.replaced(key.key, scope, .refused)
        switch self.configMapValue(name, entry) {
        case .success(let value): parameter.value = value
        case .failure(let failure):
            guard let fallback = parameter.valueFrom?.defaultValue else {
                throw EngineFailure(
                    "unable to retrieve inputs.parameters.\(parameter.name) from ConfigMap: \(failure.description)")
            }
            parameter.value = fallback
        }
    }

    func configMapValue(_ name: String, _ key: String) -> Result<String, EngineFailure> {
        guard let data = self.catalog.parameterConfigMaps["\(self.workflow.metadata.namespace)/\(name)"] else {
            return .failure(
                EngineFailure(
                    "ConfigMap '\(name)' does not exist. Please make sure it has the label "
                        + "workflows.argoproj.io/configmap-type: Parameter to be detectable by the controller"))
        }
        guard let value = data[key] else {
            return .failure(EngineFailure("ConfigMap '\(name)' does not have the key '\(key)'"))
        }
        return .success(value)
    }

    func replaced(_ text: String, _ scope: Scope, _ policy: UnresolvedPolicy) throws(EngineFailure) -> String {
        guard hasTags(text) else { return text }
        do throws(TemplateError) {
            return try TemplateText.replaced(text, scope, policy, self.context)
        } catch {
            throw EngineFailure(error.description)
        }
    }
}

/// A document as Go's `json.Marshal` writes it.
func goText(_ json: JSONValue) -> String {
    var writer = GoJSONWriter()
    writer.write(json)
    return writer.text
}
