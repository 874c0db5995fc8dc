import Expressions
import JSON
import Model
import OrderedCollections

// Retries: a node that holds attempts, one after the other.
extension WorkflowMachine {
    mutating func openRetry(_ call: Call, _ bound: BoundTemplate, _ strategy: RetryStrategy, _ existing: Int?) -> Int {
        if let existing, self.entries[existing].row.status.type != .retry { return self.open(call, bound, existing) }
        let node = existing ?? self.makeNode(call, type: .retry, phase: .running)
        if existing != nil { self.resume(node) }
        self.tell(bound.template.inputs, of: node)
        self.entries[node].template = bound.compiled
        self.retries[node] = RetryFrame(call: call, bound: bound, strategy: strategy)
        if self.isTakingOver || self.indexByName[self.nextAttempt(of: node)] != nil {
            // Attempts that are there are taken over one after the other, whenever the node is come to.
            while self.isUnderway(self.nextAttempt(of: node)) { self.beginAttempt(of: node) }
            if self.retries[node]?.attempts.isEmpty == true || self.indexByName[self.nextAttempt(of: node)] != nil {
                self.request(.attempt(retry: node))
            }
            return node
        }
        self.beginAttempt(of: node)
        return node
    }

    /// The name of the attempt that comes next.
    private func nextAttempt(of retry: Int) -> String {
        NodeNames.attempt(self.retries[retry]?.attempts.count ?? 0, of: self.entries[retry].row.status.name)
    }

    mutating func beginAttempt(of retry: Int) {
        guard let frame = self.retries[retry] else { return }
        let number = frame.attempts.count
        let name = NodeNames.attempt(number, of: frame.call.name)
        let isNew = self.indexByName[name] == nil
        var call = frame.call
        call.name = name
        call.up = retry
        call.link = NodeLink(role: .attempt, parent: retry, item: number)
        call.flag = NodeFlag(hooked: frame.call.flag?.hooked ?? false, retried: true)
        if isNew, self.entries[retry].row.status.message != nil {
            self.entries[retry].row.status.message = nil
            self.touch(retry)
        }
        let node: Int
        do throws(EngineFailure) {
            let bound = try self.boundAttempt(frame, number, name)
            if let known = self.indexByName[name] {
                node = self.adoptAttempt(known, call, bound, frame.executionDeadline)
            } else {
                node = self.open(call, bound, nil, deadline: frame.executionDeadline)
            }
        } catch {
            node = self.makeNode(call, type: .skipped, phase: .error, message: error.description)
        }
        self.retries[retry]?.attempts.append(node)
        if isNew { self.attach(node, to: retry) }
    }

    private mutating func adoptAttempt(
        _ known: Int, _ call: Call, _ bound: BoundTemplate, _ deadline: Timestamp?
    ) -> Int {
        self.place(known, link: call.link, boundary: call.boundary, up: call.up, isExit: call.isExit)
        guard !self.entries[known].row.status.phase.isFulfilled else {
            self.finished.append(known)
            return known
        }
        self.count(known, isActive: true)
        return self.open(call, bound, known, deadline: deadline)
    }

    /// The template of an attempt: `retries`, `lastRetry.*` and the pod's name are known only now.
    private func boundAttempt(_ frame: RetryFrame, _ number: Int, _ name: String) throws(EngineFailure) -> BoundTemplate
    {
        var locals: [String: Value] = ["retries": .string(String(number))]
        let last = frame.attempts.last.map { self.entries[$0].row.status }
        locals["lastRetry.exitCode"] = .string(last?.outputs?.exitCode ?? "0")
        locals["lastRetry.status"] = .string(last?.phase.rawValue ?? "")
        locals["lastRetry.duration"] = .string(last.map(Self.seconds) ?? "0")
        locals["lastRetry.message"] = .string(last?.message ?? "")
        let compiled = frame.bound.compiled
        if compiled.isPod { locals["pod.name"] = .string(self.podName(of: name, compiled.template.name)) }
        let all = frame.bound.locals.merging(locals) { _, own in own }
        let body = TaggedObject(frame.bound.template, except: ["name", "inputs", "steps", "dag", "retryStrategy"])
        var bound = BoundTemplate(compiled: compiled, template: frame.bound.template, locals: all)
        if body.hasTags {
            bound.template = try body.replaced(
                in: Scope(self.globals).adding(all), unresolved: .allowed, context: self.context)
        }
        return bound
    }

    static func seconds(_ status: NodeStatus) -> String {
        guard let start = status.startedAt, let end = status.finishedAt else { return "0" }
        let seconds = (end - start).seconds
        return seconds == seconds.rounded() ? String(Int(seconds)) : goFloat(seconds, exponentFrom: 21)
    }

    mutating func attemptFinished(_ attempt: Int, of retry: Int) {
        guard self.retries[retry]?.attempts.last == attempt, !self.entries[retry].row.status.phase.isFulfilled,
            // One that was brought along is asked for already.
            self.indexByName[self.nextAttempt(of: retry)] == nil
        else { return }
        let status = self.entries[attempt].row.status
        if !status.phase.isFailedOrError {
            self.endRetry(retry, .succeeded, nil, status.outputs)
            return
        }
        do throws(EngineFailure) {
            switch try self.verdict(on: retry, status) {
            case .end(let message): self.endRetry(retry, status.phase, message, status.outputs)
            case .now: self.request(.attempt(retry: retry))
            case .later(let time, let span):
                self.setPhase(retry, .running, message: "Backoff for \(HumanDuration.full(span))")
                self.decisions.append(.startTimer(.retryBackoff(self.entries[retry].row.status.id), at: time))
            }
        } catch {
            self.setFailure(retry, error.description)
        }
    }

    private mutating func endRetry(_ retry: Int, _ phase: NodePhase, _ message: String?, _ outputs: Outputs?) {
        self.entries[retry].row.status.outputs = outputs
        self.setPhase(retry, phase, message: message ?? "")
        self.touch(retry)
    }

    private enum Verdict {
        case end(message: String?)
        case now
        case later(Timestamp, GoDuration)
    }

    private mutating func verdict(on retry: Int, _ last: NodeStatus) throws(EngineFailure) -> Verdict {
        guard let frame = self.retries[retry] else { return .end(message: nil) }
        let strategy = frame.strategy
        if self.isShuttingDown {
            return .end(message: "Stopped with strategy '\(self.workflow.spec.shutdown ?? "")'")
        }
        if let deadline = self.workflowDeadline, self.now >= deadline, !self.entries[retry].isExit {
            return .end(message: "retry exceeded workflow deadline \(deadline)")
        }
        let count = frame.attempts.count
        let wait = try self.wait(frame, last)
        switch wait {
        case .end(let message): return .end(message: message)
        case .now, .later: break
        }
        switch strategy.retryPolicy ?? (strategy.expression == nil ? "OnFailure" : "Always") {
        case "Always": break
        case "OnFailure": if last.phase == .error { return .end(message: last.message) }
        case "OnError": if last.phase == .failed { return .end(message: last.message) }
        case "OnTransientError": if !Self.isTransient(last.message ?? "") { return .end(message: last.message) }
        case let policy: throw EngineFailure("\(policy) is not a valid RetryPolicy")
        }
        if let limit = strategy.limit {
            guard let number = limit.integerValue else {
                throw EngineFailure("strconv.ParseInt: parsing \(goQuoted(limit.text)): invalid syntax")
            }
            if count > number { return .end(message: "No more retries left") }
        }
        if let expression = strategy.expression, !expression.isEmpty {
            let scope = Scope(texts: [
                "retries": String(count - 1), "lastRetry.exitCode": last.outputs?.exitCode ?? "-1",
                "lastRetry.status": last.phase.rawValue, "lastRetry.duration": Self.seconds(last),
                "lastRetry.message": last.message ?? "",
            ])
            do throws(ExpressionFailure) {
                guard try Expression.condition(expression, scope.environment(), self.context) else {
                    return .end(message: "retryStrategy.expression evaluated to false")
                }
            } catch {
                throw EngineFailure(error.description)
            }
        }
        if case .later(let time, let span) = wait, self.now < time { return .later(time, span) }
        return .now
    }

    /// How long to wait before the next attempt.
    private mutating func wait(_ frame: RetryFrame, _ last: NodeStatus) throws(EngineFailure) -> Verdict {
        guard let backoff = frame.strategy.backoff else { return .now }
        func duration(_ text: String) throws(EngineFailure) -> GoDuration {
            guard let value = GoDuration(secondsOrDuration: text) else {
                throw EngineFailure("unable to parse \(text) as a duration: time: invalid duration \(goQuoted(text))")
            }
            return value
        }
        var deadline: Timestamp?
        if let text = backoff.maxDuration, !text.isEmpty, let first = frame.attempts.first {
            let end = (self.entries[first].row.status.startedAt ?? self.now) + (try duration(text))
            if self.now > end { return .end(message: "Max duration limit exceeded") }
            deadline = end
            if let retry = self.indexByName[frame.call.name] { self.retries[retry]?.executionDeadline = end }
        }
        guard let text = backoff.duration, !text.isEmpty else {
            throw EngineFailure("no base duration specified for retryStrategy")
        }
        let base = try duration(text)
        var span = base
        if let factor = backoff.factor?.integerValue, factor > 0 {
            var nanoseconds = Double(base.nanoseconds)
            for _ in 1..<max(1, frame.attempts.count) where abs(nanoseconds) < 9e18 { nanoseconds *= Double(factor) }
            span = GoDuration(nanoseconds: Int64(Int(clamped: nanoseconds)))
        }
        if let text = backoff.cap, !text.isEmpty { span = min(span, try duration(text)) }
        let time = (last.finishedAt ?? self.now) + span
        if let deadline, time > deadline { return .end(message: "Backoff would exceed max duration limit") }
        return .later(time, span)
    }

    /// Whether a message tells of a failure that may pass by itself.
    static func isTransient(_ message: String) -> Bool {
        [
            "connection refused", "connection reset", "i/o timeout", "TLS handshake timeout", "too many requests",
            "Unable to connect", "pod deleted", "exceeded quota", "EOF",
        ]
        .contains { message.utf8.firstRange(of: $0.utf8) != nil }
    }
}
