import Expressions
import JSON
import Model
import OrderedCollections

// Outputs: what a pod reports, and what steps and DAG templates take from their sites.
extension WorkflowMachine {
    /// A pod's outputs: what the template declares, with the values and artifacts that were found.
    func outputs(of node: Int, _ report: PodReport) -> Outputs? {
        var outputs = Outputs()
        let declared = self.entries[node].declared ?? Outputs()
        let reported = report.outputs ?? Outputs()
        for parameter in declared.parameters {
            // A pod that ran lists what it should have made, also where it has not.
            let found = reported.parameters.first { $0.name == parameter.name }
            guard found?.value != nil || report.exitCode != nil else { continue }
            var own = parameter
            own.value = found?.value
            outputs.parameters.append(own)
        }
        for artifact in reported.artifacts {
            guard var own = declared.artifacts.first(where: { $0.name == artifact.name }) else {
                outputs.artifacts.append(artifact)
                continue
            }
            if artifact.location.hasLocationOrKey { own.location = artifact.location }
            if own.location.key == nil {
                let key = self.defaultKey(own, node: self.entries[node].row.status)
                own.location.s3 = S3Artifact()
                own.location.s3?.key = key
            }
            outputs.artifacts.append(own)
        }
        outputs.result = reported.result
        if let code = report.exitCode { outputs.exitCode = String(code) }
        let isEmpty =
            outputs.parameters.isEmpty && outputs.artifacts.isEmpty && outputs.result == nil && outputs.exitCode == nil
        return isEmpty ? nil : outputs
    }

    /// What a pod is to save, each under its key.
    func outputArtifacts(_ nodeName: String, _ template: Template) -> [Artifact] {
        var artifacts: [Artifact] = []
        for artifact in template.outputs.artifacts where artifact.path != nil {
            var own = artifact
            if own.location.key == nil {
                let key = self.defaultKey(own, nodeName: nodeName, template: template.name)
                own.location.s3 = S3Artifact()
                own.location.s3?.key = key
            }
            artifacts.append(own)
        }
        return artifacts
    }

    /// Where a pod's log is to be saved; `nil` where nobody asks for it.
    func logKey(_ nodeName: String, _ template: Template) -> String? {
        guard template.archiveLocation?.archiveLogs ?? self.spec.archiveLogs ?? false else { return nil }
        return "\(self.workflow.metadata.name)/\(self.podName(of: nodeName, template.name))/main.log"
    }

    private func defaultKey(_ artifact: Artifact, node: NodeStatus) -> String {
        let template =
            self.indexByID[node.id].flatMap { self.entries[$0].template?.template.name } ?? node.calledTemplate
        return self.defaultKey(artifact, nodeName: node.name, template: template)
    }

    private func defaultKey(_ artifact: Artifact, nodeName: String, template: String) -> String {
        let folder = "\(self.workflow.metadata.name)/\(self.podName(of: nodeName, template))"
        if artifact.archive?.none != nil {
            let file = artifact.path?.split(separator: "/").last.map { String($0) } ?? artifact.name
            return "\(folder)/\(file)"
        }
        return "\(folder)/\(artifact.name).\(artifact.archive?.zip != nil ? "zip" : "tgz")"
    }

    /// The outputs of a steps or DAG template, `nil` where it declares none.
    func outputs(ofFrame frame: Int) throws(EngineFailure) -> Outputs? {
        guard let declared = self.frames[frame]?.outputs, let template = self.entries[frame].template,
            !declared.parameters.isEmpty || !declared.artifacts.isEmpty || declared.result != nil
        else { return nil }
        let scope = self.scope(of: frame, mentions: template.outputMentions, withArtifacts: true)
        var outputs = Outputs()
        for parameter in declared.parameters {
            outputs.parameters.append(try self.output(parameter, scope))
        }
        for artifact in declared.artifacts {
            guard artifact.from != nil || artifact.fromExpression != nil else { continue }
            guard var found = try self.source(of: artifact, frame: frame, scope), found.location.hasLocationOrKey else {
                if artifact.optional { continue }
                throw EngineFailure(
                    "unable to resolve outputs from scope: Unable to resolve: "
                        + (artifact.from ?? artifact.fromExpression ?? ""))
            }
            found.name = artifact.name
            found.globalName = artifact.globalName
            outputs.artifacts.append(found)
        }
        return outputs
    }

    private func output(_ parameter: Parameter, _ scope: Scope) throws(EngineFailure) -> Parameter {
        guard let source = parameter.valueFrom else {
            throw EngineFailure("output parameters must have a valueFrom specified")
        }
        var value: String?
        var failure: EngineFailure?
        if let expression = source.expression, !expression.isEmpty {
            do throws(ExpressionError) {
                let result = try Expression(expression).evaluate(scope.environment(), self.context)
                value = result.isNull ? nil : Self.text(of: result)
                if result.isNull { failure = EngineFailure("failed to evaluate expression \(goQuoted(expression))") }
            } catch {
                failure = EngineFailure(error.description)
            }
        } else if let reference = source.parameter, !reference.isEmpty {
            var name = reference
            if name.hasPrefix("{{"), name.hasSuffix("}}") { name = String(name.dropFirst(2).dropLast(2)) }
            if name.hasPrefix("=") {
                value = try self.replaced(reference, scope, .refused)
            } else if let found = scope[trimmedText(name)] {
                value = found.stringValue
                if value == nil, source.defaultValue == nil {
                    failure = EngineFailure(
                        "output parameter \(goQuoted(parameter.name)): \(goQuoted(reference)) is an absent optional "
                            + "(skipped/omitted node output with no default)")
                }
            } else if !hasTags(reference), reference == trimmedText(name), !reference.contains(".") {
                value = reference
            } else {
                failure = EngineFailure("Unable to resolve: {{\(trimmedText(name))}}")
            }
        } else {
            value = ""
        }
        guard let text = value ?? source.defaultValue else {
            throw failure ?? EngineFailure("output parameter \(goQuoted(parameter.name)) has no value")
        }
        var output = parameter
        output.value = text
        output.valueFrom = nil
        return output
    }

    /// A result as a parameter's text.
    private static func text(of value: Value) -> String {
        switch value {
        case .string(let text): return text
        default:
            do throws(ValueFailure) {
                return try value.tagText()
            } catch {
                return value.formatted
            }
        }
    }

    /// Copies outputs with a `globalName` to the workflow.
    mutating func publishGlobals(_ outputs: Outputs) {
        for parameter in outputs.parameters {
            guard let name = parameter.globalName, !name.isEmpty, let value = parameter.value else { continue }
            self.globals["workflow.outputs.parameters.\(name)"] = .string(value)
            var all = self.workflow.status.outputs ?? Outputs()
            if let index = all.parameters.firstIndex(where: { $0.name == name }) {
                guard all.parameters[index].value != value else { continue }
                all.parameters[index].value = value
            } else {
                all.parameters.append(Parameter(name: name, value: value))
            }
            self.workflow.status.outputs = all
            self.isWorkflowChanged = true
        }
        for artifact in outputs.artifacts {
            guard let name = artifact.globalName, !name.isEmpty else { continue }
            var own = artifact
            own.name = name
            own.globalName = nil
            own.path = nil
            var all = self.workflow.status.outputs ?? Outputs()
            if let index = all.artifacts.firstIndex(where: { $0.name == name }) {
                guard all.artifacts[index] != own else { continue }
                all.artifacts[index] = own
            } else {
                all.artifacts.append(own)
            }
            self.workflow.status.outputs = all
            self.isWorkflowChanged = true
        }
    }
}
