import Expressions
import JSON
import Model
import OrderedCollections

// Variables: what texts within a template may refer to. They are read off the rows when they are asked for.
extension WorkflowMachine {
    /// The variables of a steps or DAG node: the workflow's, the invocation's, and those of the siblings mentioned.
    ///
    /// - Parameter withArtifacts: whether artifacts are among them, which only expressions without braces may read.
    func scope(of frame: Int, mentions: Mentions, withArtifacts: Bool = false) -> Scope {
        guard let template = self.entries[frame].template, let locals = self.frames[frame]?.locals else {
            return Scope(self.globals)
        }
        var scope = Scope(self.globals).adding(locals)
        var siblings: [String: Value] = [:]
        if let names = mentions.names {
            for name in names {
                guard let site = template.siteIndex[name] else { continue }
                self.addVariables(of: site, frame, template, to: &siblings)
            }
        } else {
            for site in template.sites.indices { self.addVariables(of: site, frame, template, to: &siblings) }
        }
        if !withArtifacts {
            siblings = siblings.filter { if case .map = $0.value { false } else { true } }
        }
        if !siblings.isEmpty { scope = scope.adding(siblings) }
        return scope
    }

    private func addVariables(of site: Int, _ frame: Int, _ template: CompiledTemplate, to all: inout [String: Value]) {
        guard self.frames[frame]?.sites[site].isDone == true else { return }
        let prefix = "\(template.kind == .dag ? "tasks" : "steps").\(template.sites[site].step.name)"
        if template.sites[site].isLoop, let children = self.frames[frame]?.sites[site].children, !children.isEmpty {
            let holder =
                template.kind == .dag
                ? self.frames[frame]?.sites[site].node
                : self.frames[frame]?.groupNodes[
                    template.sites[site].group]
            if let holder, holder >= 0 {
                all.merge(self.variables(ofNode: holder, prefix: prefix)) { _, new in new }
            }
            all.merge(self.aggregates(of: children, prefix: prefix)) { _, new in new }
            return
        }
        guard let node = self.frames[frame]?.sites[site].node, node >= 0 else { return }
        all.merge(self.variables(ofNode: node, prefix: prefix)) { _, new in new }
        self.addAbsentOutputs(of: node, template.sites[site], template, prefix, to: &all)
    }

    /// What a node tells of itself; a retried node speaks by its last attempt.
    func variables(ofNode node: Int, prefix: String) -> [String: Value] {
        let status = self.speaker(for: node)
        var all: [String: Value] = [
            "\(prefix).id": .string(status.id), "\(prefix).status": .string(status.phase.rawValue),
        ]
        if let time = status.startedAt { all["\(prefix).startedAt"] = .string(time.description) }
        if let time = status.finishedAt { all["\(prefix).finishedAt"] = .string(time.description) }
        if let address = status.podIP { all["\(prefix).ip"] = .string(address) }
        if let host = status.hostNodeName { all["\(prefix).hostNodeName"] = .string(host) }
        guard let outputs = status.outputs else { return all }
        if let result = outputs.result { all["\(prefix).outputs.result"] = .string(result) }
        if let code = outputs.exitCode { all["\(prefix).exitCode"] = .string(code) }
        for parameter in outputs.parameters {
            if let value = parameter.value { all["\(prefix).outputs.parameters.\(parameter.name)"] = .string(value) }
        }
        for artifact in outputs.artifacts {
            all["\(prefix).outputs.artifacts.\(artifact.name)"] = Value(artifact.json(.compact))
        }
        return all
    }

    /// The same without artifacts.
    func texts(ofNode node: Int, prefix: String) -> [String: Value] {
        self.variables(ofNode: node, prefix: prefix).filter { if case .map = $0.value { false } else { true } }
    }

    private func speaker(for node: Int) -> NodeStatus {
        if let last = self.retries[node]?.attempts.last { return self.entries[last].row.status }
        let status = self.entries[node].row.status
        if status.type == .retry {
            for id in status.children.reversed() {
                if let child = self.indexByID[id], self.entries[child].row.status.nodeFlag?.retried == true {
                    return self.entries[child].row.status
                }
            }
        }
        return status
    }

    /// A node that did not run has the defaults of its declared outputs, or outputs that are absent.
    private func addAbsentOutputs(
        of node: Int, _ place: Site, _ template: CompiledTemplate, _ prefix: String, to all: inout [String: Value]
    ) {
        let status = self.entries[node].row.status
        guard status.outputs == nil, status.phase == .skipped || status.phase == .omitted else { return }
        var copy = self
        let reference = TemplateLibrary.Reference(
            template: place.step.template, templateRef: place.step.templateRef, inline: place.step.inline,
            inlineKey: "\(template.key)/\(place.index)", siteName: place.step.name)
        do throws(EngineFailure) {
            let called = try copy.resolve(reference, scope: template.scope)
            for parameter in called.template.outputs.parameters {
                let value = parameter.valueFrom?.defaultValue.map { Value.string($0) } ?? .null
                all["\(prefix).outputs.parameters.\(parameter.name)"] = value
            }
            if template.kind == .steps {
                for artifact in called.template.outputs.artifacts {
                    all["\(prefix).outputs.artifacts.\(artifact.name)"] = .map([:])
                }
            }
            if called.template.outputs.result != nil { all["\(prefix).outputs.result"] = .null }
        } catch {
            // A template that cannot be found has no outputs to be absent.
            return
        }
    }

    /// The outputs of a loop's items as lists.
    private func aggregates(of children: [Int], prefix: String) -> [String: Value] {
        var results: [JSONValue] = []
        var sets: [JSONValue] = []
        var lists: OrderedDictionary<String, [String]> = [:]
        for child in children where child >= 0 {
            let status = self.entries[child].row.status
            guard status.phase == .succeeded, let outputs = status.outputs else { continue }
            if !outputs.parameters.isEmpty {
                var set = JSONObject()
                for parameter in outputs.parameters {
                    set[parameter.name] = .string(parameter.value ?? "")
                    lists[parameter.name, default: []].append(parameter.value ?? "")
                }
                sets.append(.object(set))
            }
            if let result = outputs.result { results.append(Self.item(result)) }
        }
        var all: [String: Value] = [
            "\(prefix).outputs.result": .string(goText(.array(results))),
            "\(prefix).outputs.parameters": .string(goText(.array(sets))),
        ]
        for (name, values) in lists {
            all["\(prefix).outputs.parameters.\(name)"] = .string(goText(.array(Self.list(values))))
        }
        return all
    }

    /// A result as an item of a list: JSON where it is JSON, else a text.
    private static func item(_ text: String) -> JSONValue {
        do throws(JSONSyntaxError) {
            return try JSONValue.parse(text)
        } catch {
            return .string(text)
        }
    }

    /// Values that are all objects or lists are taken as such, else all are texts.
    private static func list(_ values: [String]) -> [JSONValue] {
        var parsed: [JSONValue] = []
        for value in values {
            let json = self.item(value)
            switch json {
            case .array, .object: parsed.append(json)
            case .null, .bool, .integer, .double, .string: return values.map { .string($0) }
            }
        }
        return parsed
    }

    /// The artifact that a reference such as `steps.a.outputs.artifacts.b` names.
    func artifact(_ reference: String, frame: Int, _ scope: Scope) -> Artifact? {
        var name = reference
        if name.hasPrefix("{{"), name.hasSuffix("}}") { name = String(name.dropFirst(2).dropLast(2)) }
        name = trimmedText(name)
        let inputs = "inputs.artifacts."
        if name.hasPrefix(inputs) {
            return self.frames[frame]?.inputs.artifacts.first { $0.name == name.dropFirst(inputs.count) }
        }
        let outputs = "workflow.outputs.artifacts."
        if name.hasPrefix(outputs) {
            return self.workflow.status.outputs?.artifacts.first { $0.name == name.dropFirst(outputs.count) }
        }
        return scope[name].flatMap(Self.artifact)
    }

    static func artifact(_ value: Value) -> Artifact? {
        guard case .map = value else { return nil }
        do throws(ValueFailure) {
            let json = try value.json()
            do throws(DecodingFailure) {
                return try Artifact(json: json, at: DecodingPlace())
            } catch {
                return nil
            }
        } catch {
            return nil
        }
    }

    /// An argument's artifact, `from` and `fromExpression` followed; `nil` where an optional one is not there.
    func resolved(
        _ artifact: Artifact, frame: Int, _ scope: Scope, owner: Int? = nil
    ) throws(EngineFailure) -> Artifact? {
        guard artifact.from != nil || artifact.fromExpression != nil else { return artifact }
        guard var found = try self.source(of: artifact, frame: frame, scope, owner: owner) else {
            if artifact.optional { return nil }
            throw EngineFailure(
                "unable to resolve references: Unable to resolve: \(artifact.from ?? artifact.fromExpression ?? "")")
        }
        found.name = artifact.name
        return found
    }

    /// Where the artifact comes from.
    func source(
        of artifact: Artifact, frame: Int, _ texts: Scope, owner: Int? = nil
    ) throws(EngineFailure) -> Artifact? {
        var found: Artifact?
        var scope = self.scope(of: frame, mentions: Mentions(of: artifact.json(.compact)), withArtifacts: true)
        if let owner, let template = self.entries[frame].template {
            let name = template.sites[self.entries[owner].link.site].step.name
            let prefix = "\(template.kind == .dag ? "tasks" : "steps").\(name)"
            scope = scope.adding(self.variables(ofNode: owner, prefix: prefix))
        }
        if let source = artifact.fromExpression, !source.isEmpty {
            do throws(ExpressionError) {
                var variables = scope.environment()
                if let inputs = self.frames[frame]?.inputs.artifacts, !inputs.isEmpty {
                    variables = scope.adding(
                        Dictionary(
                            inputs.map { ("inputs.artifacts.\($0.name)", Value($0.json(.compact))) },
                            uniquingKeysWith: { first, _ in first })
                    ).environment()
                }
                found = Self.artifact(try Expression(source).evaluate(variables, self.context))
            } catch {
                throw EngineFailure(error.description)
            }
        } else if let from = artifact.from {
            found = self.artifact(from, frame: frame, scope)
        }
        guard let path = artifact.subPath, !path.isEmpty, let key = found?.location.key else { return found }
        let subPath = try self.replaced(path, texts, .allowed)
        do throws(ArtifactLocation.KeyError) {
            try found?.location.setKey(key.hasSuffix("/") ? key + subPath : "\(key)/\(subPath)")
        } catch {
            throw EngineFailure(error.description)
        }
        return found
    }
}
