import Expressions
import JSON
import Model
import OrderedCollections

// The workflow as a whole: its beginning, hooks, exit handler and end.
extension WorkflowMachine {
    mutating func begin() {
        guard self.workflow.status.phase == .unknown || self.workflow.status.phase == .pending else { return }
        // The submission is repeated: it waits for its locks already.
        guard self.lockClaims[LockClaim.workflowItself] == nil else { return }
        do throws(EngineFailure) {
            try self.prepare()
        } catch {
            let isArgument = error.description.hasPrefix("failed to set global parameters")
            self.endWorkflow(isArgument ? .failed : .error, error.description)
            return
        }
        do throws(EngineFailure) {
            if try self.awaitWorkflowLocks() { return self.setWorkflowPhase(.pending) }
        } catch {
            self.endWorkflow(.failed, "Failed to acquire the synchronization lock. \(error)")
            return
        }
        self.run()
    }

    /// Begins with the tree.
    mutating func run() {
        self.workflow.status.message = nil
        self.setWorkflowPhase(.running)
        self.workflow.metadata.annotations[WorkflowKeys.podNameFormat] = "v2"
        if let seconds = self.spec.activeDeadlineSeconds {
            self.decisions.append(.startTimer(.workflowDeadline, at: self.now + GoDuration(seconds: Int64(seconds))))
        }
        self.mayTriggerWorkflowHooks = true
        // After a retry what stayed is taken over before anything new begins.
        self.takeover = self.entries.isEmpty ? .none : .again
        self.request(.entry)
        self.settle()
        self.endTakeover()
    }

    /// Makes the spec that runs, its variables and the workflow's labels.
    private mutating func prepare() throws(EngineFailure) {
        try self.adoptTemplateSpec()
        try self.setGlobals()
        self.keepReadArguments()
        try self.addMetadata()
        try self.replaceTags()
        self.setRuntimeGlobals()
    }

    mutating func setWorkflowPhase(_ phase: WorkflowPhase) {
        self.workflow.status.phase = phase
        if self.workflow.status.startedAt == nil, phase != .pending { self.workflow.status.startedAt = self.now }
        self.workflow.metadata.labels[WorkflowKeys.phase] = phase.rawValue
        self.workflow.metadata.labels[WorkflowKeys.completed] = phase.isCompleted ? "true" : "false"
        self.setRuntimeGlobals()
        self.isWorkflowChanged = true
        switch phase {
        case .running: self.emit("WorkflowRunning", "Workflow Running", .normal)
        case .succeeded: self.emit("WorkflowSucceeded", "Workflow completed", .normal)
        case .failed, .error: self.emit("WorkflowFailed", self.workflow.status.message ?? "", .warning)
        case .unknown, .pending: break
        }
    }

    private mutating func emit(_ reason: String, _ message: String, _ type: Decision.EventType) {
        self.decisions.append(.emitEvent(reason: reason, message: message, type: type, nodeID: nil))
    }

    mutating func beginEntry() {
        let call = Call(
            name: self.workflow.metadata.name, reference: TemplateLibrary.Reference(template: self.spec.entrypoint),
            scope: self.library.localScope, arguments: self.spec.arguments, boundary: -1, up: -1,
            link: NodeLink(role: .entry))
        let node = self.invoke(call)
        self.mayTriggerWorkflowHooks = true
        if self.entries[node].failure != nil, !self.finished.all.contains(node) { self.finished.append(node) }
    }

    /// Ends the workflow where the tree has come to an error of the engine's own: nothing more begins then.
    mutating func endAfterFailure() -> Bool {
        let entry = self.entryIndex
        guard entry >= 0, self.workflow.status.phase == .running, let failure = self.entries[entry].failure else {
            return false
        }
        self.endWorkflow(.error, "error in entry template execution: \(failure)")
        return true
    }

    /// Goes on with the workflow where nothing is left to do in the tree.
    ///
    /// Answers whether it did anything.
    mutating func conclude() -> Bool {
        let entry = self.entryIndex
        guard entry >= 0, self.workflow.status.phase == .running else { return false }
        self.setRuntimeGlobals(phase: self.entries[entry].row.status.phase)
        if self.mayTriggerWorkflowHooks {
            self.mayTriggerWorkflowHooks = false
            if self.triggerWorkflowHooks() { return true }
        }
        guard !self.isSuspended, self.openWorkflowHooks == 0, self.entries[entry].row.status.phase.isFulfilled else {
            return false
        }
        let exitName = NodeNames.exitHandler(of: self.workflow.metadata.name)
        if let hook = resolvedExitHook(onExit: self.spec.onExit, hooks: self.spec.hooks, self.spec.arguments) {
            if let node = self.indexByName[exitName], self.exitState == .running {
                guard self.entries[node].row.status.phase.isFulfilled else { return false }
                self.endWorkflow(entry: entry, exit: node)
                return true
            }
            if self.exitState == .running { return false }
            if self.indexByName[exitName] != nil || self.shouldExecute(isExit: true) {
                if let expression = hook.expression, !expression.isEmpty, !self.workflowCondition(expression) {
                    self.endWorkflow(entry: entry, exit: nil)
                    return true
                }
                self.exitState = .running
                self.globals["workflow.failures"] = .string(goQuoted(self.failures()))
                self.request(.workflowExit)
                return true
            }
        }
        self.endWorkflow(entry: entry, exit: nil)
        return true
    }

    mutating func beginWorkflowExit() {
        guard let hook = resolvedExitHook(onExit: self.spec.onExit, hooks: self.spec.hooks, self.spec.arguments) else {
            return
        }
        let call = Call(
            name: NodeNames.exitHandler(of: self.workflow.metadata.name),
            reference: TemplateLibrary.Reference(template: hook.template, templateRef: hook.templateRef),
            scope: self.library.localScope, arguments: hook.arguments, boundary: -1, up: -1,
            link: NodeLink(role: .workflowExit), isExit: true, flag: NodeFlag(hooked: true))
        let node = self.invoke(call)
        if let failure = self.entries[node].failure {
            self.endWorkflow(.error, "error in exit template execution : \(failure)")
        }
    }

    /// Begins the hooks of the workflow whose condition holds, and takes over those that have begun.
    ///
    /// Answers whether there were any.
    @discardableResult
    mutating func triggerWorkflowHooks(onlyKnown: Bool = false) -> Bool {
        var hasTriggered = false
        for (name, hook) in self.spec.hooks where name != exitHookName && !self.startedWorkflowHooks.contains(name) {
            let nodeName = NodeNames.hook(name, of: self.workflow.metadata.name)
            if self.indexByName[nodeName] == nil {
                guard !onlyKnown, let expression = hook.expression, self.workflowCondition(expression) else { continue }
            }
            self.startedWorkflowHooks.insert(name)
            self.openWorkflowHooks += 1
            hasTriggered = true
            self.request(.workflowHook(name))
        }
        return hasTriggered
    }

    private func workflowCondition(_ expression: String) -> Bool {
        do throws(ExpressionFailure) {
            return try Expression.condition(expression, Scope(self.globals).environment(), self.context)
        } catch {
            return false
        }
    }

    mutating func beginWorkflowHook(_ name: String) {
        guard let hook = self.spec.hooks[name] else { return }
        let nodeName = NodeNames.hook(name, of: self.workflow.metadata.name)
        let isNew = self.indexByName[nodeName] == nil
        let call = Call(
            name: nodeName,
            reference: TemplateLibrary.Reference(template: hook.template, templateRef: hook.templateRef),
            scope: self.library.localScope, arguments: hook.arguments, boundary: -1, up: -1,
            link: NodeLink(role: .workflowHook, hook: name), flag: NodeFlag(hooked: true))
        let node = self.invoke(call)
        if isNew, self.entryIndex >= 0 { self.attach(node, to: self.entryIndex) }
    }

    /// What the nodes came to, as `workflow.failures` tells it.
    private func failures() -> String {
        var list: [String] = []
        for entry in self.entries where entry.row.status.phase.isFailedOrError {
            let status = entry.row.status
            let template = status.calledTemplate
            var object = JSONObject()
            object["displayName"] = .string(status.displayName)
            object["message"] = .string(status.message ?? "")
            object["templateName"] = .string(template)
            object["phase"] = .string(status.phase.rawValue)
            object["podName"] = .string(self.podName(of: status.name, template))
            object["finishedAt"] = status.finishedAt.map { .string($0.description) } ?? .null
            list.append(JSONValue.object(object).text)
        }
        return list.isEmpty ? "null" : "[" + list.joined(separator: ",") + "]"
    }

    private mutating func endWorkflow(entry: Int, exit: Int?) {
        let status = self.entries[entry].row.status
        if let exit, self.entries[exit].row.status.phase.isFailedOrError, !status.phase.isFailedOrError {
            let own = self.entries[exit].row.status
            self.endWorkflow(own.phase == .failed ? .failed : .error, own.message)
            return
        }
        let message =
            status.phase.isFailedOrError && self.isShuttingDown
            ? "Stopped with strategy '\(self.workflow.spec.shutdown ?? "")'" : status.message
        switch status.phase {
        case .failed: self.endWorkflow(.failed, message)
        case .error: self.endWorkflow(.error, message)
        case .pending, .running, .succeeded, .skipped, .omitted: self.endWorkflow(.succeeded, nil)
        }
    }

    mutating func endWorkflow(_ phase: WorkflowPhase, _ message: String?) {
        guard !self.workflow.status.phase.isCompleted else { return }
        self.exitState = .concluded
        self.workflow.status.message = message.flatMap { $0.isEmpty ? nil : $0 }
        let hadBegun = self.workflow.status.phase != .unknown
        self.setWorkflowPhase(phase)
        self.workflow.status.finishedAt = self.now
        self.setCondition("PodRunning", "False")
        self.setCondition("Completed", "True")
        self.stopEverything(phase)
        self.giveBackLocks(of: LockClaim.workflowItself)
        self.workflow.status.synchronization = nil
        if hadBegun, self.spec.activeDeadlineSeconds != nil { self.decisions.append(.cancelTimer(.workflowDeadline)) }
        self.decisions.append(.complete)
    }

    /// A workflow that has ended leaves no node behind that could still change.
    private mutating func stopEverything(_ phase: WorkflowPhase) {
        for index in self.entries.indices where !self.entries[index].row.status.phase.isFulfilled {
            let message = phase == .error && index == self.entryIndex ? "Workflow operation error" : "workflow ended"
            if self.entries[index].row.status.type == .pod { self.stopPod(index) }
            self.setPhase(index, phase == .error ? .error : .failed, message: message)
        }
        self.finished.removeAll()
        self.phaseChanges.removeAll()
        self.failedFast.removeAll()
        self.waiting.removeAll()
        self.deferred.removeAll()
    }

    mutating func setCondition(_ type: String, _ status: String, message: String? = nil) {
        if let index = self.workflow.status.conditions.firstIndex(where: { $0.type == type }) {
            let condition = self.workflow.status.conditions[index]
            guard condition.status != status || condition.message != message else { return }
            self.workflow.status.conditions[index].status = status
            self.workflow.status.conditions[index].message = message
        } else {
            self.workflow.status.conditions.append(Condition(type: type, status: status, message: message))
        }
        self.isWorkflowChanged = true
    }
}
