import Expressions
import JSON
import Model

// DAGs: a task begins when what it depends on has ended.
extension WorkflowMachine {
    mutating func openTasks(_ frame: Int) {
        guard let template = self.entries[frame].template, let locals = self.frames[frame]?.locals else { return }
        var needed = template.needed
        self.frames[frame]?.targets = template.targets
        if let target = template.template.dag?.target, hasTags(target) {
            do throws(EngineFailure) {
                let text = try self.replaced(target, Scope(self.globals).adding(locals), .refused)
                let aims = template.aims(text)
                needed = aims.needed
                self.frames[frame]?.targets = aims.targets
            } catch {
                self.setFailure(frame, error.description)
                return
            }
        }
        self.frames[frame]?.needed = needed
        self.frames[frame]?.open = needed.count { $0 }
        if self.frames[frame]?.open == 0 {
            self.dagEnded(frame)
            return
        }
        for site in template.sites where needed[site.index] && site.dependencies.isEmpty {
            self.decide(frame, site.index)
        }
    }

    /// All that the task depends on has ended: it runs, or is omitted.
    private mutating func decide(_ frame: Int, _ site: Int) {
        guard let place = self.entries[frame].template?.sites[site], self.frames[frame]?.isClosed == false,
            self.frames[frame]?.sites[site].isDecided == false
        else { return }
        self.frames[frame]?.sites[site].isDecided = true
        self.operationCount += 1
        if let failure = place.dependsFailure {
            self.skip(frame, site, .error, failure)
            return
        }
        let index = self.indexByName[self.nodeName(frame: frame, site: site, item: -1)]
        let known = index.map { self.entries[$0].row.status }
        if let known, known.type == .skipped {
            // That it does not run was decided before a recovery: its items must not begin either.
            self.skip(frame, site, known.phase, known.message ?? "")
            return
        }
        if let depends = place.depends, index.map({ self.isBroughtAlong($0) }) ?? true,
            !depends.evaluate({ task, result in self.holds(result, of: task, frame) })
        {
            self.skip(frame, site, .omitted, "omitted: depends condition not met")
            return
        }
        do throws(EngineFailure) {
            try self.resolveSite(frame, site)
            self.beginResolvedSite(frame, site)
        } catch {
            self.skip(frame, site, .error, error.description)
        }
    }

    private func holds(_ result: TaskResult, of task: String, _ frame: Int) -> Bool {
        guard let site = self.entries[frame].template?.siteIndex[task], let node = self.frames[frame]?.sites[site].node,
            node >= 0
        else { return false }
        let phase = self.entries[node].row.status.phase
        switch result {
        case .succeeded: return phase == .succeeded
        case .failed: return phase == .failed
        case .errored: return phase == .error
        case .skipped: return phase == .skipped
        case .omitted: return phase == .omitted
        case .daemoned: return false
        case .anySucceeded: return self.items(frame, site).contains { $0 == .succeeded }
        case .allFailed:
            let phases = self.items(frame, site)
            return !phases.isEmpty && phases.allSatisfy { $0 == .failed }
        }
    }

    private func items(_ frame: Int, _ site: Int) -> [NodePhase] {
        (self.frames[frame]?.sites[site].children ?? []).filter { $0 >= 0 }.map { self.entries[$0].row.status.phase }
    }

    mutating func openTaskGroup(_ frame: Int, _ site: Int) {
        guard let template = self.entries[frame].template else { return }
        let place = template.sites[site]
        let name = self.nodeName(frame: frame, site: site, item: -1)
        let call = Call(
            name: name,
            reference: TemplateLibrary.Reference(template: place.step.template, templateRef: place.step.templateRef),
            scope: template.scope, arguments: Arguments(), boundary: frame, up: frame,
            link: NodeLink(role: .site, parent: frame, site: site), isExit: self.frames[frame]?.isExit ?? false,
            flag: NodeFlag())
        let node: Int
        if let known = self.indexByName[name] {
            node = known
            let isUnconnected = self.isUnconnected(node)
            self.place(node, link: call.link, boundary: frame, up: frame, isExit: call.isExit)
            self.resume(node)
            self.notePhaseChange(node)
            if isUnconnected { self.connect(node, frame, site) }
        } else {
            node = self.makeNode(call, type: .taskGroup, phase: .running)
            self.connect(node, frame, site)
        }
        self.frames[frame]?.sites[site].node = node
    }

    /// Whether a task group, which may have ended before a retry, holds items that go on.
    func hasOpenItems(_ node: Int) -> Bool {
        let link = self.entries[node].link
        guard self.entries[node].row.status.type == .taskGroup else { return false }
        return self.frames[link.parent]?.sites[link.site].remaining ?? 0 > 0
    }

    /// All items of a task's loop have ended.
    mutating func closeTaskGroup(_ frame: Int, _ site: Int) {
        guard let group = self.frames[frame]?.sites[site].node else { return }
        var phase = NodePhase.succeeded
        for child in self.frames[frame]?.sites[site].children ?? [] where child >= 0 {
            let own = self.entries[child].row.status.phase
            if own.isFailedOrError { phase = own }
        }
        if self.entries[group].row.status.phase.isFulfilled {
            self.finished.append(group)
        } else {
            self.setPhase(group, phase)
        }
    }

    /// Makes a task's node the child of the exits of what it depends on.
    mutating func connect(_ node: Int, _ frame: Int, _ site: Int) {
        guard let dependencies = self.entries[frame].template?.sites[site].dependencies, !dependencies.isEmpty else {
            self.attach(node, to: frame)
            return
        }
        var seen: Set<Int> = []
        for dependency in dependencies {
            guard let other = self.frames[frame]?.sites[dependency].node, other >= 0 else { continue }
            for parent in self.outboundNodes(of: other) where seen.insert(parent).inserted {
                self.attach(node, to: parent)
            }
        }
        // None of them has exits: a node without parents could not be found from the root.
        if seen.isEmpty { self.attach(node, to: frame) }
    }

    /// A task has ended, hooks and all: what depends on it counts down.
    mutating func taskEnded(_ frame: Int, _ site: Int) {
        guard let template = self.entries[frame].template else { return }
        if let node = self.frames[frame]?.sites[site].node, node >= 0,
            let outputs = self.entries[node].row.status.outputs
        {
            self.publishGlobals(outputs)
        }
        for dependant in template.sites[site].dependants where self.frames[frame]?.needed[dependant] == true {
            self.frames[frame]?.sites[dependant].missing -= 1
            self.operationCount += 1
            if self.frames[frame]?.sites[dependant].missing == 0 { self.decide(frame, dependant) }
        }
        guard self.frames[frame]?.needed[site] == true else { return }
        self.frames[frame]?.open -= 1
        if self.frames[frame]?.open == 0 { self.dagEnded(frame) }
    }

    private mutating func dagEnded(_ frame: Int) {
        var exits: [Int] = []
        for target in self.frames[frame]?.targets ?? [] {
            guard let node = self.frames[frame]?.sites[target].node, node >= 0 else { continue }
            exits.append(contentsOf: self.outboundNodes(of: node))
        }
        self.setOutbound(frame, exits)
        if let failure = self.frames[frame]?.failure {
            self.setPhase(frame, .error, message: failure)
            return
        }
        let phase = self.isShuttingDown && self.frames[frame]?.isExit == false ? .failed : self.outcome(of: frame)
        if phase == .succeeded {
            self.frameSucceeded(frame)
        } else {
            self.setPhase(frame, phase)
        }
    }

    /// The outcome of the targets.
    ///
    /// A task that did not run passes on what its dependencies came to.
    private func outcome(of frame: Int) -> NodePhase {
        guard let template = self.entries[frame].template else { return .error }
        var memory = Array(repeating: NodePhase?.none, count: template.sites.count)
        let failsFast = template.template.dag?.failFast ?? true
        var result = NodePhase.succeeded
        for target in self.frames[frame]?.targets ?? [] {
            let phase = self.branchPhase(frame, template, target, &memory)
            guard phase.isFailedOrError, !template.sites[target].toleratesFailure(phase) else { continue }
            result = phase
            if failsFast { break }
        }
        return result
    }

    private func branchPhase(
        _ frame: Int, _ template: CompiledTemplate, _ start: Int, _ memory: inout [NodePhase?]
    ) -> NodePhase {
        // Depth first without recursion: chains of tasks are long.
        var open = [start]
        while let site = open.last {
            if memory[site] != nil {
                open.removeLast()
                continue
            }
            let node = self.frames[frame]?.sites[site].node ?? -1
            let own = node >= 0 ? self.entries[node].row.status.phase : .omitted
            if own == .succeeded || own.isFailedOrError {
                memory[site] = own
                continue
            }
            let unknown = template.sites[site].dependencies.filter { memory[$0] == nil }
            if !unknown.isEmpty {
                open.append(contentsOf: unknown)
                continue
            }
            let inherited = template.sites[site].dependencies.compactMap { memory[$0] }
            memory[site] = inherited.first(where: \.isFailedOrError) ?? .succeeded
        }
        return memory[start] ?? .succeeded
    }
}
