import Expressions
import JSON
import Model

// Ends of nodes, and the hooks that follow them.
extension WorkflowMachine {
    /// Tells a node's end to whom it concerns.
    mutating func nodeFinished(_ node: Int) {
        let link = self.entries[node].link
        switch link.role {
        case .none, .group: break
        case .entry: self.mayTriggerWorkflowHooks = true
        case .site: self.siteNodeFinished(node)
        case .attempt: self.attemptFinished(node, of: link.parent)
        case .hook:
            self.entries[link.parent].openHooks -= 1
            self.siteNodeFinished(link.parent)
        case .exitHook: self.siteNodeEnded(link.parent)
        case .workflowHook: self.openWorkflowHooks -= 1
        case .workflowExit: break
        }
    }

    /// Evaluates the hooks of nodes whose phase has changed.
    mutating func drainPhaseChanges() {
        guard !self.isSuspended || self.isTakingOver else { return }
        while let node = self.phaseChanges.popFirst() { self.triggerHooks(of: node) }
    }

    private mutating func triggerHooks(of node: Int) {
        let link = self.entries[node].link
        guard link.role == .site, let place = self.entries[link.parent].template?.sites[link.site] else { return }
        for (name, hook) in place.hooks where !self.entries[node].startedHooks.contains(name) {
            let hookName = NodeNames.hook(name, of: self.entries[node].row.status.name)
            if self.indexByName[hookName] == nil {
                guard self.conditionHolds(hook.expression, hookName, node, place) else { continue }
            }
            self.entries[node].startedHooks.append(name)
            self.entries[node].openHooks += 1
            self.request(.hook(owner: node, name: name))
        }
    }

    private mutating func conditionHolds(_ expression: String?, _ hookName: String, _ node: Int, _ place: Site) -> Bool
    {
        let link = self.entries[node].link
        guard let expression, !expression.isEmpty else {
            self.hookFailed("Expression required for hook \(hookName)", link)
            return false
        }
        do throws(ExpressionFailure) {
            let scope = self.hookScope(node, place, expression: expression)
            return try Expression.condition(expression, scope.environment(), self.context)
        } catch {
            self.hookFailed(error.description, link)
            return false
        }
    }

    private mutating func hookFailed(_ message: String, _ link: NodeLink) {
        if self.frames[link.parent]?.failure == nil { self.frames[link.parent]?.failure = message }
    }

    /// The variables of a hook: those of the site, and the node's own.
    private func hookScope(_ node: Int, _ place: Site, expression: String?) -> Scope {
        let link = self.entries[node].link
        var scope = self.scope(of: link.parent, mentions: place.mentions)
        let prefix = self.entries[link.parent].template?.kind == .dag ? "tasks" : "steps"
        let name =
            link.item >= 0 && prefix == "steps"
            ? String(self.entries[node].row.status.displayName) : place.step.name
        let own = self.texts(ofNode: node, prefix: "\(prefix).\(name)")
        scope = scope.adding(own)
        if name != place.step.name {
            scope = scope.adding(self.texts(ofNode: node, prefix: "\(prefix).\(place.step.name)"))
        }
        return scope
    }

    private mutating func siteNodeFinished(_ node: Int) {
        self.triggerHooks(of: node)
        let phase = self.entries[node].row.status.phase
        guard phase.isFulfilled, self.entries[node].openHooks == 0, !self.hasOpenItems(node) else { return }
        let link = self.entries[node].link
        guard phase == .succeeded || phase.isFailedOrError,
            let place = self.entries[link.parent].template?.sites[link.site],
            let hook = place.exitHook(self.spec.arguments), self.shouldExecute(isExit: true),
            !self.entries[node].startedHooks.contains(exitHookName)
        else {
            if !self.entries[node].startedHooks.contains(exitHookName) { self.siteNodeEnded(node) }
            return
        }
        self.entries[node].startedHooks.append(exitHookName)
        if let expression = hook.expression, !expression.isEmpty {
            let hookName = NodeNames.exitHandler(of: self.entries[node].row.status.name)
            guard self.conditionHolds(expression, hookName, node, place) else {
                self.siteNodeEnded(node)
                return
            }
        }
        self.request(.exitHook(owner: node))
    }

    mutating func beginHook(_ name: String, of owner: Int) {
        let link = self.entries[owner].link
        guard let place = self.entries[link.parent].template?.sites[link.site],
            let hook = place.hooks.first(where: { $0.name == name })?.hook
        else { return }
        let nodeName = NodeNames.hook(name, of: self.entries[owner].row.status.name)
        self.runHook(
            hook, nodeName, owner, place, NodeLink(role: .hook, parent: owner, hook: name),
            isExit: self.entries[owner].isExit)
    }

    mutating func beginExitHook(of owner: Int) {
        let link = self.entries[owner].link
        guard let place = self.entries[link.parent].template?.sites[link.site],
            let hook = place.exitHook(self.spec.arguments)
        else { return }
        let nodeName = NodeNames.exitHandler(of: self.entries[owner].row.status.name)
        self.runHook(hook, nodeName, owner, place, NodeLink(role: .exitHook, parent: owner), isExit: true)
    }

    private mutating func runHook(
        _ hook: LifecycleHook, _ name: String, _ owner: Int, _ place: Site, _ link: NodeLink, isExit: Bool
    ) {
        let frame = self.entries[owner].link.parent
        var call = Call(
            name: name, reference: TemplateLibrary.Reference(template: hook.template, templateRef: hook.templateRef),
            scope: self.entries[frame].template?.scope ?? "", arguments: hook.arguments, boundary: frame, up: frame,
            link: link, isExit: isExit, flag: NodeFlag(hooked: true),
            depth: (self.frames[frame]?.depth ?? 0) + 1)
        call.locals["steps.name"] = .string("")
        let isNew = self.indexByName[name] == nil
        do throws(EngineFailure) {
            call.arguments = try self.resolved(hook.arguments, owner, place, frame)
            let node = self.invoke(call)
            if isNew { self.attach(node, to: owner) }
        } catch {
            let node = self.makeNode(call, type: .skipped, phase: .error, message: error.description)
            if isNew { self.attach(node, to: owner) }
        }
    }

    private func resolved(
        _ arguments: Arguments, _ owner: Int, _ place: Site, _ frame: Int
    ) throws(EngineFailure) -> Arguments {
        guard !arguments.parameters.isEmpty || !arguments.artifacts.isEmpty else { return arguments }
        let scope = self.hookScope(owner, place, expression: nil)
        var marked = arguments
        for index in marked.parameters.indices
        where marked.parameters[index].value.map(scope.isAbsentReference) ?? false {
            marked.parameters[index].value = absentArgument
        }
        var result = try TaggedObject(marked).replaced(in: scope, unresolved: .allowed, context: self.context)
        var artifacts: [Artifact] = []
        for artifact in result.artifacts {
            if let found = try self.resolved(artifact, frame: frame, scope, owner: owner) { artifacts.append(found) }
        }
        result.artifacts = artifacts
        return result
    }
}
