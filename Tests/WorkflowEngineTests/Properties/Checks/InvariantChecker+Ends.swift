import JSON
import Model
import OrderedCollections
import WorkflowEngine

// Ends: what must be there once something is over.
extension InvariantChecker {
    /// A steps or DAG node that succeeded has done all that it is written to do.
    func checkWhole(_ row: NodeRow) throws {
        guard let frame = self.frame(row), row.status.type == .steps || row.status.type == .dag else { return }
        guard row.status.phase == .succeeded else { return try self.checkFailure(frame) }
        for site in frame.written.sites.values {
            let items = self.items(of: site, in: frame).filter { $0.status.phase != .omitted }
            let nodes = items.isEmpty ? [self.node(of: site, in: frame)].compactMap { $0 } : items
            guard !nodes.isEmpty else {
                throw Violation(.wholeness, "\(frame.name) succeeded without \(site.step.name)")
            }
            // A loop that has other items than before it began again still has the nodes of those.
            let own = items.filter { !self.stayed.contains($0.status.id) }
            if site.isLoop, !items.isEmpty, let expected = self.items(of: site, frame)?.count,
                items.count < expected || own.count > expected
            {
                throw Violation(
                    .wholeness, "\(site.step.name) of \(frame.name) ran for \(items.count) of \(expected) items")
            }
            for node in nodes {
                if site.group != nil, node.status.phase.isFailedOrError, !self.isTolerated(node.status.phase, site) {
                    throw Violation(.wholeness, "\(frame.name) succeeded although \(node.status.name) failed")
                }
                try self.checkHooks(of: node, site)
            }
        }
    }

    /// Steps do not fail because of a failure that they go on after.
    private func checkFailure(_ frame: Frame) throws {
        guard frame.row.status.message?.hasPrefix("child '") == true,
            let id = frame.row.status.message?.split(separator: "'").dropFirst().first,
            let child = self.rows[String(id)], let site = self.site(of: child)?.site
        else { return }
        if self.isTolerated(child.status.phase, site) {
            throw Violation(.wholeness, "\(frame.name) failed because of \(child.status.name), after which it goes on")
        }
    }

    private func checkHooks(of node: NodeRow, _ site: WrittenTemplate.Site) throws {
        let phase = node.status.phase
        guard phase == .succeeded || phase.isFailedOrError else { return }
        let told = self.speaker(for: node).phase.rawValue
        if let hook = site.exitHook(self.workflow.spec.arguments), self.shutdown != "Terminate" {
            let isDue = hook.expression.map { $0.hasSuffix("'\(told)'") } ?? true
            // One that a retry brought along and nobody called is no handler that ran.
            let handler = self.row(named: "\(node.status.name).onExit").flatMap {
                $0.status.phase == .omitted ? nil : $0
            }
            // One that ran before a retry stays, whatever its node comes to now.
            guard isDue == (handler != nil) || handler.map({ self.stayed.contains($0.status.id) }) ?? false else {
                throw Violation(.hooks, "\(node.status.name) has \(isDue ? "no" : "an") exit handler")
            }
        }
        guard let hook = site.step.hooks["seen"], let expression = hook.expression else { return }
        if expression.hasSuffix("'\(told)'"), self.row(named: "\(node.status.name).hooks.seen") == nil {
            throw Violation(.hooks, "the hook of \(node.status.name) did not run")
        }
    }

    /// What must hold once a workflow says that it is complete.
    mutating func checkEnd(_ stored: Workflow) throws {
        let phase = stored.status.phase
        guard phase.isCompleted else { throw Violation(.completion, "complete, but \(phase.rawValue)") }
        for row in self.rows.values.sorted(by: { $0.status.id < $1.status.id }) {
            guard row.status.phase.isFulfilled else {
                throw Violation(.completion, "complete, but \(row.status.name) is \(row.status.phase.rawValue)")
            }
            for child in row.status.children where self.rows[child] == nil {
                throw Violation(.completion, "\(row.status.name) has the child \(child), which is no node")
            }
        }
        if phase == .succeeded { try self.checkWorkflowHooks() }
        self.noteKinds(ofWhole: stored)
    }

    private func checkWorkflowHooks() throws {
        let spec = self.workflow.spec
        let name = self.workflow.metadata.name
        if self.row(named: name)?.status.phase.isFailedOrError == true {
            throw Violation(.completion, "succeeded, although its first node did not")
        }
        if let hook = writtenExitHook(spec.onExit, spec.hooks, spec.arguments), self.shutdown != "Terminate" {
            let isDue = hook.expression == nil
            guard isDue == (self.row(named: "\(name).onExit") != nil) else {
                throw Violation(.hooks, "the workflow has \(isDue ? "no" : "an") exit handler")
            }
        }
        // One for the time before may have missed it.
        if spec.hooks["seen"]?.expression?.hasSuffix("'Succeeded'") == true,
            self.row(named: "\(name).hooks.seen") == nil
        {
            throw Violation(.hooks, "the workflow's hook did not run")
        }
    }

    /// A retry does again what failed and what came after it, and nothing else.
    func checkRemoved(by plan: RetryPlan, chosen: String?) throws {
        var again: Set<String> = []
        if let row = chosen.flatMap({ self.rows[$0] }) { again.insert((self.retry(of: row) ?? row).status.id) }
        for row in self.rows.values where row.status.phase.isFailedOrError && !row.status.type.isComposite {
            again.insert(row.status.id)
        }
        var open = Array(again)
        while let id = open.popLast() {
            for child in self.rows[id]?.status.children ?? [] where again.insert(child).inserted { open.append(child) }
        }
        let exit = "\(self.workflow.metadata.name).onExit"
        for row in self.rows.values where row.status.type == .pod && row.status.phase == .succeeded {
            if plan.removed.contains(row.status.id), !again.contains(row.status.id), !row.status.name.hasPrefix(exit) {
                throw Violation(.beginningAgain, "\(row.status.name) has succeeded and is to run again")
            }
        }
    }
}

extension NodeType {
    fileprivate var isComposite: Bool {
        switch self {
        case .steps, .stepGroup, .dag, .taskGroup, .retry, .skipped: true
        case .pod, .container, .suspend, .http, .plugin: false
        }
    }
}
