import Expressions
import JSON
import Model
import OrderedCollections

// Pods: launched by a decision, ended by a report.
extension WorkflowMachine {
    mutating func openPod(_ call: Call, _ bound: BoundTemplate, _ existing: Int?, deadline: Timestamp?) -> Int {
        let node = existing ?? self.makeNode(call, type: .pod, phase: .pending)
        self.entries[node].template = bound.compiled
        self.entries[node].declared = bound.template.outputs
        self.tell(bound.template.inputs, of: node)
        if existing == nil {
            self.entries[node].row.attempt = self.firstAttempt
        } else if self.entries[node].row.status.startedAt == nil {
            self.entries[node].row.status.startedAt = self.now
            self.touch(node)
        }
        if !self.shouldExecute(isExit: call.isExit) {
            self.setPhase(
                node, .failed, message: "workflow shutdown with strategy: \(self.workflow.spec.shutdown ?? "")")
            return node
        }
        if let end = self.workflowDeadline, self.now >= end, !call.isExit {
            self.setPhase(node, .failed, message: "Step exceeded its deadline")
            return node
        }
        do throws(EngineFailure) {
            let launch = try self.launch(node, bound, deadline: deadline)
            self.decisions.append(.startPod(launch))
            try self.startPendingTimer(node, bound.template)
        } catch {
            self.setFailure(node, error.description)
        }
        return node
    }

    mutating func startPendingTimer(_ node: Int, _ template: Template) throws(EngineFailure) {
        let start = self.entries[node].row.status.startedAt ?? self.now
        var end: Timestamp?
        for text in [template.timeout, template.pendingTimeout] {
            guard let text, !text.isEmpty else { continue }
            guard let span = GoDuration(secondsOrDuration: text) else {
                throw EngineFailure("invalid timeout format unable to parse \(text) as a duration")
            }
            end = min(end ?? start + span, start + span)
        }
        if let end { self.decisions.append(.startTimer(.nodeDeadline(self.entries[node].row.status.id), at: end)) }
    }

    private func launch(_ node: Int, _ bound: BoundTemplate, deadline: Timestamp?) throws(EngineFailure) -> PodLaunch {
        let row = self.entries[node].row
        let template = bound.template
        var launch = PodLaunch()
        launch.identity = PodIdentity(
            workflowUID: self.workflow.metadata.uid, nodeID: row.status.id, attempt: row.attempt)
        launch.namespace = self.workflow.metadata.namespace
        launch.workflowName = self.workflow.metadata.name
        launch.podName = self.podName(of: row.status.name, template.name)
        launch.nodeName = row.status.name
        launch.templateName = template.name
        if let script = template.script {
            launch.container = script.container
            launch.source = script.source
        } else {
            launch.container = template.container ?? Container()
        }
        launch.container.name = "main"
        try self.patch(&launch.container, template)
        launch.volumes = self.spec.volumes + template.volumes
        launch.podSecurityContext = template.securityContext ?? self.spec.securityContext
        launch.clusterFields = self.clusterFields(template)
        launch.inputArtifacts = template.inputs.artifacts.filter { $0.location.hasLocationOrKey }
        launch.outputArtifacts = self.outputArtifacts(row.status.name, template)
        launch.outputParameters = template.outputs.parameters.compactMap { parameter in
            parameter.valueFrom?.path.map {
                ParameterOutput(name: parameter.name, path: $0, defaultValue: parameter.valueFrom?.defaultValue)
            }
        }
        launch.logKey = self.logKey(row.status.name, template)
        launch.wantsResult = self.wantsResult(node)
        launch.deadline = try self.deadline(of: row.status, template, deadline)
        launch.nodeSelector = template.nodeSelector.isEmpty ? self.spec.nodeSelector : template.nodeSelector
        launch.labels = template.metadata.labels
        launch.labels[WorkflowKeys.workflow] = self.workflow.metadata.name
        launch.labels[WorkflowKeys.completed] = "false"
        launch.annotations = template.metadata.annotations
        launch.annotations[WorkflowKeys.nodeName] = row.status.name
        launch.annotations[WorkflowKeys.nodeID] = row.status.id
        if let trace = self.workflow.metadata.annotations[WorkflowKeys.traceID] {
            launch.annotations[WorkflowKeys.traceID] = trace
            launch.annotations[WorkflowKeys.spanID] = TraceContext.spanID(
                node: row.status.id, attempt: launch.identity.attempt)
        }
        return launch
    }

    private func clusterFields(_ template: Template) -> [String] {
        let fields: [(name: String, isSet: Bool)] = [
            ("affinity", template.affinity != nil || self.spec.affinity != nil),
            ("tolerations", !template.tolerations.isEmpty || !self.spec.tolerations.isEmpty),
            ("hostAliases", !template.hostAliases.isEmpty || !self.spec.hostAliases.isEmpty),
        ]
        return fields.filter(\.isSet).map(\.name)
    }

    private func deadline(
        of status: NodeStatus, _ template: Template, _ given: Timestamp?
    ) throws(EngineFailure) -> Timestamp? {
        var ends: [Timestamp] = given.map { [$0] } ?? []
        let start = status.startedAt ?? self.now
        if let seconds = template.activeDeadlineSeconds {
            guard let number = seconds.integerValue else {
                throw EngineFailure("strconv.ParseInt: parsing \(goQuoted(seconds.text)): invalid syntax")
            }
            ends.append(start + GoDuration(seconds: Int64(number)))
        }
        if let text = template.timeout, let span = GoDuration(secondsOrDuration: text) { ends.append(start + span) }
        return ends.min()
    }

    /// What `podSpecPatch` says of the main container: its environment, command, arguments and resources.
    private func patch(_ container: inout Container, _ template: Template) throws(EngineFailure) {
        for text in [self.spec.podSpecPatch, template.podSpecPatch] {
            guard let text, !text.isEmpty else { continue }
            guard let change = try PodSpecPatch(text, readYAML: self.readYAML).mainContainer else { continue }
            do throws(DecodingFailure) {
                container = try Container(
                    json: TemplateLibrary.merged(change, over: container.json(.compact)), at: DecodingPlace())
            } catch {
                throw EngineFailure("Error occurred during strategic merge patch: \(error)")
            }
        }
    }

    /// Whether something refers to the node's standard output.
    private func wantsResult(_ node: Int) -> Bool {
        var place = node
        while self.entries[place].link.role == .attempt { place = self.entries[place].link.parent }
        let link = self.entries[place].link
        guard link.role == .site || link.role == .hook || link.role == .exitHook, self.entries[place].boundary >= 0,
            let template = self.entries[self.entries[place].boundary].template
        else { return false }
        guard link.role == .site else { return false }
        return template.resultNames.contains(template.sites[link.site].step.name)
    }

    mutating func take(_ report: PodReport) {
        guard report.identity.workflowUID == self.workflow.metadata.uid,
            let node = self.indexByID[report.identity.nodeID], self.entries[node].row.status.type == .pod,
            self.entries[node].row.attempt == report.identity.attempt,
            !self.entries[node].row.status.phase.isFulfilled
        else { return }
        self.operationCount += 1
        if let host = report.hostNodeName, self.entries[node].row.status.hostNodeName != host {
            self.entries[node].row.status.hostNodeName = host
            self.touch(node)
        }
        for warning in report.warnings {
            self.decisions.append(
                .emitEvent(
                    reason: "WorkflowNodeWarning", message: warning, type: .warning, nodeID: report.identity.nodeID))
        }
        if !report.ignoredFields.isEmpty { self.warnOfIgnored(report.ignoredFields, node) }
        if let progress = report.progress { self.takeProgress(progress, node) }
        guard report.phase.isFulfilled else {
            if report.phase == .running, self.entries[node].row.status.phase == .pending {
                self.setPhase(node, .running, message: "")
                self.setCondition("PodRunning", "True")
            } else if let message = report.message, self.entries[node].row.status.message != message {
                self.entries[node].row.status.message = message
                self.touch(node)
            }
            return
        }
        self.finishPod(node, report)
    }

    /// Names in one condition whatever was passed over in any of the workflow's pods.
    private mutating func warnOfIgnored(_ fields: [String], _ node: Int) {
        let beginning = "the pods' backend ignores: "
        let message = self.workflow.status.conditions.first { $0.type == "SpecWarning" }?.message ?? ""
        var named = message.dropFirst(beginning.count).split(separator: ", ").map(String.init)
        let added = fields.filter { !named.contains($0) }
        guard !added.isEmpty else { return }
        named += added
        self.setCondition("SpecWarning", "True", message: beginning + named.joined(separator: ", "))
        self.decisions.append(
            .emitEvent(
                reason: "SpecWarning", message: beginning + added.joined(separator: ", "), type: .warning,
                nodeID: self.entries[node].row.status.id))
    }

    private mutating func finishPod(_ node: Int, _ report: PodReport) {
        let outputs = self.outputs(of: node, report)
        self.entries[node].row.status.outputs = outputs
        self.entries[node].row.status.finishedAt = report.finishedAt ?? self.now
        if !report.resourcesDuration.isEmpty { self.addResources(node, report.resourcesDuration) }
        if let outputs { self.publishGlobals(outputs) }
        let phase: NodePhase = report.phase == .omitted || report.phase == .skipped ? .succeeded : report.phase
        self.setPhase(node, phase, message: report.message ?? "")
        if self.activePods == 0 { self.setCondition("PodRunning", "False") }
    }

    private mutating func addResources(_ node: Int, _ amounts: IntMap) {
        var place = node
        while place >= 0 {
            for (name, amount) in amounts {
                let sum = self.entries[place].row.status.resourcesDuration[name] ?? 0
                self.entries[place].row.status.resourcesDuration[name] = sum.addingClamped(amount)
            }
            self.touch(place, isSmall: place != node)
            place = self.entries[place].up
        }
        for (name, amount) in amounts {
            let sum = self.workflow.status.resourcesDuration[name] ?? 0
            self.workflow.status.resourcesDuration[name] = sum.addingClamped(amount)
        }
        self.isWorkflowChanged = true
    }

    private mutating func takeProgress(_ text: String, _ node: Int) {
        let parts = text.split(separator: "/")
        guard parts.count == 2, let done = Int(parts[0]), let total = Int(parts[1]), done >= 0, total >= done,
            total <= Self.maximumProgress
        else { return }
        self.addProgress(node, done: done - self.entries[node].done, total: total - self.entries[node].total)
    }

    /// How far one pod may count: those of a million add up to no more than can be told.
    private static let maximumProgress = 1 << 40

    mutating func stopPod(_ node: Int) {
        let row = self.entries[node].row
        self.decisions.append(
            .stopPod(
                PodIdentity(workflowUID: self.workflow.metadata.uid, nodeID: row.status.id, attempt: row.attempt),
                graceSeconds: Self.graceSeconds))
    }

    /// Between SIGTERM and SIGKILL.
    static let graceSeconds = 30
}

/// A patch of the pod's spec, of which this version follows what concerns the main container.
struct PodSpecPatch {
    let document: JSONValue

    /// Reads JSON, and YAML by the reader that is given.
    init(_ text: String, readYAML: (@Sendable (String) -> JSONValue?)?) throws(EngineFailure) {
        let document: JSONValue?
        do throws(JSONSyntaxError) {
            document = try JSONValue.parse(text)
        } catch {
            document = readYAML?(text)
        }
        guard let document, document.objectValue != nil else {
            throw EngineFailure(
                "podSpecPatch is no object in JSON or YAML: write it like "
                    + "{\"containers\":[{\"name\":\"main\",\"env\":[{\"name\":\"A\",\"value\":\"b\"}]}]}; found "
                    + goQuoted(text))
        }
        self.document = document
    }

    var mainContainer: JSONValue? {
        self.document["containers"]?.arrayValue?.first { $0["name"] == "main" }
    }
}
