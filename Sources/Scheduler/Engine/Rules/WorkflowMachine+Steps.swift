import Expressions
import JSON
import Model

// Steps: groups one after the other.
extension WorkflowMachine {
    /// Makes or takes over a steps or DAG node, and begins what it holds.
    mutating func openFrame(_ call: Call, _ bound: BoundTemplate, _ existing: Int?, type: NodeType) -> Int {
        let node = existing ?? self.makeNode(call, type: type, phase: .running)
        if existing != nil { self.resume(node) }
        self.tell(bound.template.inputs, of: node)
        self.entries[node].template = bound.compiled
        var states = Array(repeating: SiteState(), count: bound.compiled.sites.count)
        for site in bound.compiled.sites { states[site.index].missing = site.dependencies.count }
        self.frames[node] = Frame(
            template: bound.compiled, locals: bound.locals, inputs: bound.template.inputs,
            outputs: bound.template.outputs, isExit: call.isExit, depth: call.depth, sites: states,
            limit: bound.template.parallelism, failsFast: bound.template.failFast ?? false)
        if type == .steps {
            self.openGroup(node, 0)
        } else {
            self.openTasks(node)
        }
        return node
    }

    private mutating func openGroup(_ frame: Int, _ group: Int) {
        guard let template = self.entries[frame].template, group < template.groups.count else {
            self.stepsEnded(frame)
            return
        }
        let name = NodeNames.stepGroup(group, of: self.entries[frame].row.status.name)
        let node: Int
        if let known = self.indexByName[name] {
            node = known
            let isUnconnected = self.isUnconnected(node)
            self.place(
                node, link: NodeLink(role: .group, parent: frame), boundary: frame, up: frame,
                isExit: self.frames[frame]?.isExit ?? false)
            self.resume(node)
            if isUnconnected { self.connect(group: node, frame, group) }
        } else {
            let call = Call(
                name: name, reference: TemplateLibrary.Reference(), scope: template.scope, arguments: Arguments(),
                boundary: frame, up: frame, link: NodeLink(role: .group, parent: frame),
                isExit: self.frames[frame]?.isExit ?? false, flag: NodeFlag())
            node = self.makeNode(call, type: .stepGroup, phase: .running)
            self.connect(group: node, frame, group)
        }
        self.frames[frame]?.group = group
        self.frames[frame]?.groupNodes.append(node)
        let range = template.groups[group]
        self.frames[frame]?.open = range.count
        do throws(EngineFailure) {
            for site in range { try self.resolveSite(frame, site) }
        } catch {
            self.closeGroup(
                frame, .error, Self.isOfCondition(error) ? error.description : "failed to resolve references: \(error)")
            return
        }
        if range.isEmpty { self.groupEnded(frame) }
        for site in range { self.beginResolvedSite(frame, site) }
    }

    /// Loops have messages of their own.
    private static func isOfCondition(_ failure: EngineFailure) -> Bool {
        failure.description.hasPrefix("withParam") || failure.description.hasPrefix("withSequence")
            || failure.description.hasPrefix("neither end")
    }

    /// A step group follows the exits of the group before it.
    private mutating func connect(group node: Int, _ frame: Int, _ group: Int) {
        guard group > 0, let previous = self.frames[frame]?.groupNodes.last else {
            self.attach(node, to: frame)
            return
        }
        // Where nothing in the group has exits, as in an empty one, the group itself goes before.
        let exits = self.exits(ofGroup: previous)
        for parent in exits.isEmpty ? [previous] : exits { self.attach(node, to: parent) }
    }

    /// All steps of the current group have ended.
    mutating func groupEnded(_ frame: Int) {
        guard self.frames[frame]?.isClosed == false else { return }
        if let failure = self.frames[frame]?.failure {
            self.closeGroup(frame, .error, failure)
            return
        }
        guard let template = self.entries[frame].template, let group = self.frames[frame]?.group,
            let groupNode = self.frames[frame]?.groupNodes.last
        else { return }
        // The children in their order: the first that failed names the group's failure.
        for site in template.groups[group] {
            let place = template.sites[site]
            let nodes = place.isLoop ? self.frames[frame]?.sites[site].children ?? [] : []
            for node in nodes.isEmpty ? [self.frames[frame]?.sites[site].node ?? -1] : nodes where node >= 0 {
                let status = self.entries[node].row.status
                if status.phase.isFailedOrError, !place.toleratesFailure(status.phase) {
                    self.closeGroup(frame, .failed, "child '\(status.id)' failed")
                    return
                }
            }
        }
        self.setPhase(groupNode, .succeeded)
        self.openGroup(frame, group + 1)
    }

    /// A group failed, and its steps node with it.
    mutating func closeGroup(_ frame: Int, _ phase: NodePhase, _ message: String) {
        guard let groupNode = self.frames[frame]?.groupNodes.last else { return }
        self.setPhase(groupNode, phase, message: message)
        self.frames[frame]?.isClosed = true
        self.setOutbound(frame, self.exits(ofGroup: groupNode))
        self.setPhase(frame, .failed, message: message)
    }

    private func exits(ofGroup node: Int) -> [Int] {
        self.entries[node].row.status.children.flatMap { id in
            self.indexByID[id].map { self.outboundNodes(of: $0) } ?? []
        }
    }

    private mutating func stepsEnded(_ frame: Int) {
        if let last = self.frames[frame]?.groupNodes.last { self.setOutbound(frame, self.exits(ofGroup: last)) }
        self.frameSucceeded(frame)
    }

    /// Takes a frame's outputs from its sites, and ends it.
    mutating func frameSucceeded(_ frame: Int) {
        do throws(EngineFailure) {
            if let outputs = try self.outputs(ofFrame: frame) {
                self.entries[frame].row.status.outputs = outputs
                self.touch(frame)
                self.publishGlobals(outputs)
            }
            self.setPhase(frame, .succeeded)
        } catch {
            self.setFailure(frame, error.description)
        }
    }

    /// What was there is taken over: templates that fail fast may have nothing left to wait for.
    mutating func endTakeover() {
        guard self.isTakingOver else { return }
        self.takeover = .none
        let failed = self.frames.filter { $0.value.failsFast && $0.value.unsuccessful > 0 && $0.value.active == 0 }
        guard !failed.isEmpty else { return }
        for node in failed.keys.sorted() { self.failedFast.append(node) }
        self.settle()
    }

    /// One of the template's own nodes failed and `failFast` is set: nothing more begins, and when all have ended so
    /// does the template.
    mutating func failFast(_ frame: Int) {
        guard !self.entries[frame].row.status.phase.isFulfilled, self.frames[frame]?.active == 0 else { return }
        let message = "template has failed or errored children and failFast enabled"
        self.frames[frame]?.isClosed = true
        self.endWaitingForLocks(in: frame, message)
        self.abandonSites(of: frame, message)
        if let group = self.frames[frame]?.groupNodes.last { self.setPhase(group, .failed, message: message) }
        self.setPhase(frame, .failed, message: message)
    }

    /// Ends what takes no place within the template, and would wait for nothing any more: groups of tasks, suspend
    /// nodes, retries between two attempts.
    private mutating func abandonSites(of frame: Int, _ message: String) {
        for state in self.frames[frame]?.sites ?? [] {
            let nodes = (state.children + [state.node]).filter { $0 >= 0 }
            for node in nodes + nodes.flatMap({ self.openHooks(of: $0) }) {
                let status = self.entries[node].row.status
                guard !status.phase.isFulfilled else { continue }
                if status.type == .suspend { self.decisions.append(.cancelTimer(.suspendEnd(status.id))) }
                if status.type == .retry { self.decisions.append(.cancelTimer(.retryBackoff(status.id))) }
                self.setPhase(node, .failed, message: message)
            }
        }
    }
}

extension Inputs {
    var isEmpty: Bool { self.parameters.isEmpty && self.artifacts.isEmpty }
}
