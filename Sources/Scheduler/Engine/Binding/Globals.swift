import Expressions
import JSON
import Model
import OrderedCollections

// The workflow's own variables, and the spec that runs.
extension WorkflowMachine {
    /// Takes over the spec of the workflow template that the workflow names.
    mutating func adoptTemplateSpec() throws(EngineFailure) {
        guard let reference = self.workflow.spec.workflowTemplateRef else {
            self.spec = self.workflow.spec
            return
        }
        if self.workflow.status.storedWorkflowTemplateSpec == nil {
            let namespace = self.workflow.metadata.namespace
            let object =
                reference.clusterScope
                ? self.catalog.clusterWorkflowTemplates[reference.name]
                : self.catalog.workflowTemplates["\(namespace)/\(reference.name)"]
            guard let object else {
                let kind = reference.clusterScope ? "clusterworkflowtemplates" : "workflowtemplates"
                throw EngineFailure("\(kind).argoproj.io \(goQuoted(reference.name)) not found")
            }
            let merged = TemplateLibrary.merged(self.workflow.spec.json(.compact), over: object.spec.json(.compact))
            do throws(DecodingFailure) {
                self.workflow.status.storedWorkflowTemplateSpec = try WorkflowSpec(json: merged, at: DecodingPlace())
            } catch {
                throw EngineFailure(error.description)
            }
        }
        self.spec = self.workflow.status.storedWorkflowTemplateSpec ?? self.workflow.spec
        self.library = TemplateLibrary(spec: self.spec, localScope: "local/")
        let key =
            reference.clusterScope
            ? WorkflowKeys.clusterWorkflowTemplate : WorkflowKeys.workflowTemplate
        self.workflow.metadata.labels[key] = reference.name
    }

    mutating func setGlobals() throws(EngineFailure) {
        let metadata = self.workflow.metadata
        var all: [String: Value] = [:]
        func set(_ name: String, _ text: String) { all[name] = .string(text) }
        set("workflow.name", metadata.name)
        set("workflow.namespace", metadata.namespace)
        set("workflow.mainEntrypoint", self.spec.entrypoint ?? "")
        set("workflow.serviceAccountName", self.spec.serviceAccountName ?? "")
        set("workflow.uid", metadata.uid)
        if let priority = self.spec.priority { set("workflow.priority", String(priority)) }
        if let time = metadata.annotations[WorkflowKeys.scheduledTime] {
            set("workflow.scheduledTime", time)
        }
        if let time = metadata.creationTimestamp {
            set("workflow.creationTimestamp", time.description)
            set("workflow.creationTimestamp.RFC3339", time.description)
            for (mark, layout) in creationTimeLayouts {
                let instant = Instant(seconds: Int(time.seconds))
                set("workflow.creationTimestamp.\(mark)", instant.formatted(layout))
            }
            set("workflow.creationTimestamp.s", String(time.seconds))
        }
        let parameters = JSONValue.array(self.spec.arguments.parameters.map { $0.json(.compact) }).text
        let text = self.spec.arguments.parameters.isEmpty ? "null" : parameters
        set("workflow.parameters", text)
        set("workflow.parameters.json", text)
        for parameter in self.spec.arguments.parameters {
            set("workflow.parameters.\(parameter.name)", try self.value(ofArgument: parameter))
        }
        for parameter in self.workflow.status.outputs?.parameters ?? [] {
            if let value = parameter.value { set("workflow.outputs.parameters.\(parameter.name)", value) }
        }
        self.addLabels(to: &all)
        self.globals = all
    }

    private func addLabels(to all: inout [String: Value]) {
        let metadata = self.workflow.metadata
        for (kind, map) in [("labels", metadata.labels), ("annotations", metadata.annotations)] {
            let text = map.isEmpty ? "null" : goText(.object(map.mapValues { .string($0) }))
            all["workflow.\(kind)"] = .string(text)
            all["workflow.\(kind).json"] = .string(text)
        }
        let isNew = self.workflow.status.phase == .unknown
        let late = isNew ? Set(self.spec.workflowMetadata?.labelsFrom.keys ?? []) : []
        for (name, value) in metadata.labels where !late.contains(name) {
            all["workflow.labels.\(name)"] = .string(value)
        }
        for (name, value) in metadata.annotations { all["workflow.annotations.\(name)"] = .string(value) }
        // Once they were made, the metadata have what the spec asked for.
        guard isNew else { return }
        for (name, value) in self.spec.workflowMetadata?.labels ?? [:] where !late.contains(name) {
            all["workflow.labels.\(name)"] = .string(value)
        }
        for (name, value) in self.spec.workflowMetadata?.annotations ?? [:] {
            all["workflow.annotations.\(name)"] = .string(value)
        }
    }

    private func value(ofArgument parameter: Parameter) throws(EngineFailure) -> String {
        if let value = parameter.value { return value }
        guard let key = parameter.valueFrom?.configMapKeyRef else {
            throw EngineFailure(
                "failed to set global parameters: either value or valueFrom must be specified in order to set global "
                    + "parameter \(parameter.name)")
        }
        switch self.configMapValue(key.name, key.key) {
        case .success(let value): return value
        case .failure(let failure):
            if let fallback = parameter.valueFrom?.defaultValue { return fallback }
            throw EngineFailure(
                "failed to set global parameters: failed to set global parameter \(parameter.name) from configmap with "
                    + "name \(key.name) and key \(key.key): \(failure.description)")
        }
    }

    /// Keeps the values of arguments that were read from config maps: whatever becomes of those, the workflow goes on
    /// with the same values, also after a recovery.
    mutating func keepReadArguments() {
        var parameters = self.spec.arguments.parameters
        let read = parameters.indices.filter { parameters[$0].isReadFromConfigMap && parameters[$0].value == nil }
        guard !read.isEmpty else { return }
        for index in read {
            parameters[index].value = self.globals["workflow.parameters.\(parameters[index].name)"]?.stringValue
        }
        if self.workflow.status.storedWorkflowTemplateSpec != nil {
            self.workflow.status.storedWorkflowTemplateSpec?.arguments.parameters = parameters
        } else {
            self.workflow.spec.arguments.parameters = parameters
        }
    }

    /// Puts the workflow's variables into the spec that runs, but for templates, which have variables of their own.
    mutating func replaceTags() throws(EngineFailure) {
        let plain = TaggedObject(self.spec, except: ["templates", "templateDefaults"])
        let templates = self.spec.templates
        self.spec = try plain.replaced(in: Scope(self.globals), unresolved: .allowed, context: self.context)
        self.spec.templates = templates
    }

    /// Gives the workflow the labels and annotations that its spec asks for.
    mutating func addMetadata() throws(EngineFailure) {
        guard var metadata = self.spec.workflowMetadata else { return }
        metadata = try TaggedObject(metadata, except: ["labelsFrom"]).replaced(
            in: Scope(self.globals), unresolved: .allowed, context: self.context)
        for (name, value) in metadata.labels {
            self.workflow.metadata.labels[name] = value
            self.globals["workflow.labels.\(name)"] = .string(value)
        }
        // Only a retry counts retries.
        for (name, value) in metadata.annotations where name != WorkflowKeys.retries {
            self.workflow.metadata.annotations[name] = value
            self.globals["workflow.annotations.\(name)"] = .string(value)
        }
        for (name, source) in metadata.labelsFrom {
            let result: Value
            do throws(ExpressionError) {
                result = try Expression(source.expression).evaluate(
                    Scope(self.globals).environment(), self.context)
            } catch {
                throw EngineFailure(
                    "failed to evaluate label \(goQuoted(name)) expression \(goQuoted(source.expression)): \(error)")
            }
            guard let value = result.stringValue else {
                throw EngineFailure(
                    "failed to evaluate label \(goQuoted(name)) expression \(goQuoted(source.expression)) evaluted to "
                        + "\(result.goType) but must be a string")
            }
            self.workflow.metadata.labels[name] = value
            self.globals["workflow.labels.\(name)"] = .string(value)
        }
    }

    /// The variables that change while the workflow runs.
    mutating func setRuntimeGlobals(phase: NodePhase? = nil) {
        let text: String
        switch phase {
        case nil: text = self.workflow.status.phase.rawValue
        case .pending: text = "Pending"
        case .running: text = "Running"
        case .succeeded, .skipped, .omitted: text = "Succeeded"
        case .failed: text = "Failed"
        case .error: text = "Error"
        }
        self.globals["workflow.status"] = .string(text)
        let start = self.workflow.status.startedAt ?? self.now
        let end = self.workflow.status.finishedAt ?? self.now
        self.globals["workflow.duration"] = .string(formattedSeconds(end - start))
    }
}

/// Seconds with six decimals, as C's `%f`.
func formattedSeconds(_ span: GoDuration) -> String {
    let micros = max(0, span.nanoseconds / 1_000)
    let rest = String(micros % 1_000_000)
    return "\(micros / 1_000_000).\(String(repeating: "0", count: 6 - rest.count))\(rest)"
}

/// `workflow.creationTimestamp.<mark>`, by the marks of strftime.
private let creationTimeLayouts: [(String, String)] = [
    ("B", "January"), ("b", "Jan"), ("m", "01"), ("A", "Monday"), ("a", "Mon"), ("d", "02"), ("H", "15"), ("I", "03"),
    ("M", "04"), ("S", "05"), ("Y", "2006"), ("y", "06"), ("p", "PM"), ("Z", "MST"), ("z", "-0700"), ("L", ".000"),
]
