import JSON
import Model

/// What a template is called with while it is validated.
enum SuppliedArguments {
    /// Every input gets a placeholder: the template is looked at on its own.
    case anything
    case these(Arguments)
}

extension ValidationPass {
    /// Gives a template its arguments, and puts them, the workflow's own values and `local` ones in place of tags.
    mutating func substituted(
        _ template: Template, _ arguments: SuppliedArguments, local: [String: String]
    ) throws(ValidationIssue) -> Template {
        var supplied = template
        supplied.inputs = try self.inputs(of: template, arguments)
        var values = self.globals.merging(local) { global, _ in global }
        let outer = TagScanner.replace(in: supplied.json(.compact), values)
        for parameter in supplied.inputs.parameters {
            guard let value = parameter.value else { continue }
            values["inputs.parameters.\(parameter.name)"] = TagScanner.replace(in: value, values)
        }
        values["inputs.parameters"] = self.placeholders.next()
        self.addPaths(of: supplied, to: &values)
        let inner = TagScanner.replace(in: outer, values)
        do {
            return try Template(json: inner, at: DecodingPlace())
        } catch {
            throw ValidationIssue("\(error)")
        }
    }

    private func addPaths(of template: Template, to values: inout [String: String]) {
        for artifact in template.inputs.artifacts {
            if let path = artifact.path { values["inputs.artifacts.\(artifact.name).path"] = path }
        }
        for artifact in template.outputs.artifacts {
            if let path = artifact.path { values["outputs.artifacts.\(artifact.name).path"] = path }
        }
        for parameter in template.outputs.parameters {
            if let path = parameter.valueFrom?.path { values["outputs.parameters.\(parameter.name).path"] = path }
        }
    }

    /// The inputs with the values that arguments or defaults give them.
    mutating func inputs(
        of template: Template, _ arguments: SuppliedArguments
    ) throws(ValidationIssue) -> Inputs {
        var inputs = template.inputs
        for index in inputs.parameters.indices {
            try self.supply(&inputs.parameters[index], arguments)
        }
        for (index, input) in inputs.artifacts.enumerated() {
            let argument: Artifact?
            switch arguments {
            case .anything: argument = Artifact(name: input.name)
            case .these(let given): argument = given.artifacts.first { $0.name == input.name }
            }
            guard var argument else {
                if !input.optional && !input.location.hasLocationOrKey {
                    throw ValidationIssue("inputs.artifacts.\(input.name) was not supplied")
                }
                continue
            }
            argument.path = input.path
            argument.mode = input.mode
            argument.recurseMode = input.recurseMode
            inputs.artifacts[index] = argument
        }
        return inputs
    }

    private mutating func supply(
        _ input: inout Parameter, _ arguments: SuppliedArguments
    ) throws(ValidationIssue) {
        if input.value == nil { input.value = input.defaultValue }
        switch arguments {
        case .anything:
            input.value = self.placeholders.next()
            input.valueFrom = nil
        case .these(let given):
            guard let argument = given.parameters.first(where: { $0.name == input.name }) else { break }
            input.value = argument.value
            input.valueFrom = argument.value == nil ? argument.valueFrom : nil
        }
        if input.valueFrom?.configMapKeyRef == nil, input.value == nil {
            throw ValidationIssue("inputs.parameters.\(input.name) was not supplied")
        }
    }
}
