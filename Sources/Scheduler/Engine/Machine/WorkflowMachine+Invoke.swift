import Expressions
import JSON
import Model
import OrderedCollections

// Invocations: a template becomes a node.
extension WorkflowMachine {
    /// Asks for something to begin: now, or as soon as suspension and parallelism allow.
    mutating func request(_ waiting: Waiting) {
        if !self.isTakingOver || !self.isUnderway(self.name(of: waiting)) {
            // What is there is taken over first: the places it takes must be known before anything new begins.
            if self.isTakingOver || self.isSuspended || self.isFull || !self.waiting.isEmpty {
                self.waiting.append(waiting)
                return
            }
            guard self.mayBegin(waiting) else { return }
        }
        guard self.nesting < Self.maximumNesting else {
            self.deferred.append(waiting)
            return
        }
        self.perform(waiting)
    }

    /// Whether the boundary lets one more node in; where not, it keeps what waits, or drops it if it fails fast.
    mutating func mayBegin(_ waiting: Waiting) -> Bool {
        // It was stopped while its next attempt waited.
        if case .attempt(let retry) = waiting, self.entries[retry].row.status.phase.isFulfilled { return false }
        let boundary = self.boundary(of: waiting)
        guard boundary >= 0, let active = self.frames[boundary]?.active else { return true }
        if self.frames[boundary]?.isClosed == true {
            switch waiting {
            case .site, .locked: return false
            case .entry, .attempt, .hook, .exitHook, .workflowHook, .workflowExit: break
            }
        }
        if self.frames[boundary]?.failsFast == true, (self.frames[boundary]?.unsuccessful ?? 0) > 0 {
            if active == 0 { self.failedFast.append(boundary) }
            return false
        }
        if let limit = self.frames[boundary]?.limit, active >= limit {
            self.frames[boundary]?.waiting.append(waiting)
            return false
        }
        return true
    }

    /// The steps or DAG node whose places count; -1 where none do.
    func boundary(of waiting: Waiting) -> Int {
        switch waiting {
        case .site(let frame, _, _): frame
        case .attempt(let retry): self.entries[retry].boundary
        case .hook(let owner, _), .exitHook(let owner): self.entries[owner].boundary
        case .locked(let node): self.entries[node].boundary
        case .entry, .workflowHook, .workflowExit: -1
        }
    }

    /// Whether a node is there already and goes on.
    ///
    /// Pods that a resubmission brings along have never run: they wait for a place like new ones.
    func isUnderway(_ name: String) -> Bool {
        guard let node = self.indexByName[name] else { return false }
        return self.entries[node].row.status.type != .pod || !self.isBroughtAlong(node)
    }

    private func name(of waiting: Waiting) -> String {
        switch waiting {
        case .entry: return self.workflow.metadata.name
        case .site(let frame, let site, let item): return self.nodeName(frame: frame, site: site, item: item)
        case .attempt(let retry):
            let count = self.retries[retry]?.attempts.count ?? 0
            return NodeNames.attempt(count, of: self.entries[retry].row.status.name)
        case .hook(let owner, let hook): return NodeNames.hook(hook, of: self.entries[owner].row.status.name)
        case .exitHook(let owner): return NodeNames.exitHandler(of: self.entries[owner].row.status.name)
        case .workflowHook(let hook): return NodeNames.hook(hook, of: self.workflow.metadata.name)
        case .workflowExit: return NodeNames.exitHandler(of: self.workflow.metadata.name)
        case .locked(let node): return self.entries[node].row.status.name
        }
    }

    mutating func perform(_ waiting: Waiting) {
        self.nesting += 1
        defer { self.nesting -= 1 }
        switch waiting {
        case .entry: self.beginEntry()
        case .site(let frame, let site, let item): self.beginSite(frame: frame, site: site, item: item)
        case .attempt(let retry): self.beginAttempt(of: retry)
        case .hook(let owner, let name): self.beginHook(name, of: owner)
        case .exitHook(let owner): self.beginExitHook(of: owner)
        case .workflowHook(let name): self.beginWorkflowHook(name)
        case .workflowExit: self.beginWorkflowExit()
        case .locked(let node): self.beginLocked(node)
        }
    }

    /// Makes, or takes over, the node of an invocation.
    mutating func invoke(_ call: Call) -> Int {
        let existing = self.indexByName[call.name]
        let told = existing.flatMap { self.toldInputs(of: $0) }
        if let existing { self.takeOver(existing, call) }
        if let existing, self.entries[existing].row.status.phase.isFulfilled { return existing }
        guard call.depth < Self.maximumDepth else {
            return self.failed(
                call, existing,
                "Maximum recursion depth exceeded. See https://argo-workflows.readthedocs.io/en/latest/scaling/"
                    + "#maximum-recursion-depth", isTold: false)
        }
        do throws(EngineFailure) {
            let compiled = try self.resolve(call.reference, scope: call.scope)
            let strategy = compiled.template.retryStrategy ?? self.spec.retryStrategy
            var locals = call.locals
            if compiled.isPod, strategy == nil {
                locals["pod.name"] = .string(self.podName(of: call.name, compiled.template.name))
            }
            locals["node.name"] = .string(call.name)
            let bound = try self.bind(compiled, call, locals: locals, told: told)
            if let waiting = try self.awaitLocks(call, bound, existing) { return waiting }
            return self.openBound(call, bound, existing)
        } catch {
            return self.failed(call, existing, error.description, isTold: true)
        }
    }

    /// What a node was called with before a crash.
    private func toldInputs(of node: Int) -> Inputs? {
        self.takeover == .asTold && !self.isBroughtAlong(node) ? self.entries[node].row.status.inputs : nil
    }

    /// The retry node around the kind's own node, where there is to be one, or that node itself.
    mutating func openBound(_ call: Call, _ bound: BoundTemplate, _ existing: Int?) -> Int {
        guard let strategy = self.retryStrategy(of: bound) else { return self.open(call, bound, existing) }
        return self.openRetry(call, bound, strategy, existing)
    }

    func retryStrategy(of bound: BoundTemplate) -> RetryStrategy? {
        guard !bound.compiled.kind.isUnsupported else { return nil }
        return bound.template.retryStrategy ?? bound.compiled.template.retryStrategy ?? self.spec.retryStrategy
    }

    /// The kind's own node of an invocation.
    mutating func open(_ call: Call, _ bound: BoundTemplate, _ existing: Int?, deadline: Timestamp? = nil) -> Int {
        switch bound.compiled.kind {
        case .container, .script: return self.openPod(call, bound, existing, deadline: deadline)
        case .steps: return self.openFrame(call, bound, existing, type: .steps)
        case .dag: return self.openFrame(call, bound, existing, type: .dag)
        case .suspend: return self.openSuspend(call, bound, existing)
        case .unsupported(let feature):
            let message =
                "template '\(bound.template.name)' uses '\(feature)', which this version of Apus does not run yet"
            let type: NodeType = feature == "http" ? .http : feature == "plugin" ? .plugin : .pod
            if let existing {
                self.setPhase(existing, .error, message: message)
                return existing
            }
            return self.makeNode(call, type: type, phase: .error, message: message)
        case .unknown:
            return self.failed(call, existing, "template '\(bound.template.name)' type is unknown", isTold: true)
        }
    }

    /// A node that could not become what it should.
    private mutating func failed(_ call: Call, _ existing: Int?, _ message: String, isTold: Bool) -> Int {
        let text = isTold ? self.told(message, call.name, call.link) : message
        let index = existing ?? self.makeNode(call, type: .skipped, phase: .error, message: text)
        if existing != nil { self.setPhase(index, .error, message: text) }
        if isTold {
            self.entries[index].failure = message
            self.entries[index].row.memory["failure"] = .string(message)
        }
        return index
    }

    /// In a DAG an error of the engine's own names its task.
    func told(_ failure: String, _ name: String, _ link: NodeLink) -> String {
        guard link.role == .site, self.entries[link.parent].template?.kind == .dag else { return failure }
        return "task '\(name)' errored: \(failure)"
    }

    /// A recovered node's place in the tree, which its row does not hold.
    mutating func takeOver(_ index: Int, _ call: Call) {
        guard self.entries[index].link.role == .none else { return }
        self.place(index, link: call.link, boundary: call.boundary, up: call.up, isExit: call.isExit)
        if self.entries[index].row.status.phase.isFulfilled {
            if self.entries[index].row.status.phase.isFailedOrError, call.boundary >= 0,
                [.pod, .steps, .dag].contains(self.entries[index].row.status.type)
            {
                self.noteEnded(index, in: call.boundary)
            }
            self.entries[index].failure = self.entries[index].row.memory["failure"]?.stringValue
            self.finished.append(index)
        } else {
            if self.entries[index].row.status.synchronizationStatus == nil { self.count(index, isActive: true) }
            // Its hooks may have begun already.
            self.notePhaseChange(index)
        }
    }

    mutating func resolve(
        _ reference: TemplateLibrary.Reference, scope: String
    ) throws(EngineFailure) -> CompiledTemplate {
        let before = self.workflow.status.storedTemplates.count
        let result = try self.library.resolve(
            reference, scope: scope, catalog: self.catalog, namespace: self.workflow.metadata.namespace,
            stored: &self.workflow.status.storedTemplates)
        if self.workflow.status.storedTemplates.count != before { self.isWorkflowChanged = true }
        return result
    }

    func podName(of node: String, _ template: String) -> String {
        NodeNames.podName(of: node, template: template, workflow: self.workflow.metadata.name)
    }

    /// What expressions may know of the world: the time of the event, and a seed of the workflow's own.
    var context: ExpressionContext {
        let seed = self.workflow.metadata.uid.utf8.reduce(UInt64(14_695_981_039_346_656_037)) {
            ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        return ExpressionContext(
            now: Instant(seconds: Int(self.now.seconds), nanoseconds: Int(self.now.nanoseconds % 1_000_000_000)),
            seed: seed &+ UInt64(truncatingIfNeeded: self.operationCount))
    }
}

extension CompiledTemplate.Kind {
    var isUnsupported: Bool {
        switch self {
        case .unsupported, .unknown: true
        case .container, .script, .steps, .dag, .suspend: false
        }
    }
}
