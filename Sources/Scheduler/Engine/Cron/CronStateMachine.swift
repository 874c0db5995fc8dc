package import Model
import OrderedCollections

/// One cron workflow: which of its ticks make a workflow, which of its workflows end or go.
///
///     started ──▶ watching ──woke──▶ due ticks ──policy──▶ submit ──submitted──▶ watching
///                    │                                       └─submissionFailed─▶ watching
///                    └─childrenObserved──▶ counts, history limits, and (stop expression) ──▶ stopped
///
/// A tick makes a workflow whose name and uid follow from it, so that a decision that is performed twice makes one.
/// That it does is saved first: whoever watches next makes those that are not there. Ticks that are late because nobody
/// was watching are lost, but for the latest one, and that within `startingDeadlineSeconds` only.
package struct CronStateMachine: Sendable {
    package enum Event: Sendable {
        /// Somebody begins to watch: after a start, or after the cron workflow was made or changed.
        case started(at: Timestamp)
        /// The time of ``nextWake`` has come.
        case woke(at: Timestamp)
        /// All workflows that the cron workflow has made and that still exist.
        case childrenObserved([CronChild], at: Timestamp)
        /// The workflow of a tick exists now.
        case submitted(tick: Timestamp, ObjectReference)
        /// The workflow of a tick was refused.
        case submissionFailed(tick: Timestamp, message: String)
    }

    package enum Decision: Hashable, Sendable {
        case submit(Workflow, tick: Timestamp)
        case terminate(name: String, uid: String)
        /// A completed workflow beyond the history limits.
        case delete(name: String, uid: String)
        /// The cron workflow itself has changed: status, labels or annotations.
        ///
        /// What comes after it is done once it is written.
        case save
    }

    /// The object as it is to be stored.
    package private(set) var cron: CronWorkflow
    /// What validation says against the spec; while it says anything, no tick makes a workflow.
    package var specIssue: String?

    private let schedules: [(schedule: CronSchedule, rules: TimeZoneRules)]
    /// For each schedule, the time up to which its ticks are dealt with, in seconds.
    private var handledUpTo: [Int]

    /// What the status said before the last submission.
    private var beforeSubmission: (tick: Timestamp, status: CronWorkflowStatus)?

    /// - Parameter zone: the rules of an IANA time zone; `nil` for a name that nobody knows.
    /// - Parameter local: what holds for schedules without a time zone.
    package init(
        _ cron: CronWorkflow, zone: (String) -> TimeZoneRules?, local: TimeZoneRules = .utc
    ) throws(CronSchedule.SyntaxError) {
        self.cron = cron
        var schedules: [(CronSchedule, TimeZoneRules)] = []
        for schedule in try cron.spec.parsedSchedules() {
            schedules.append((schedule, try schedule.rules(zone, local: local)))
        }
        self.schedules = schedules
        self.handledUpTo = schedules.map { _ in .max }
    }

    /// When the machine wants to be woken, or `nil` where nothing will ever be due.
    package var nextWake: Timestamp? {
        guard !self.cron.spec.suspend, self.cron.status.phase != Self.stopped else { return nil }
        var earliest: Int?
        for (index, entry) in self.schedules.enumerated() where self.handledUpTo[index] < .max {
            guard let next = entry.schedule.next(after: self.handledUpTo[index], in: entry.rules) else { continue }
            earliest = min(earliest ?? next, next)
        }
        return earliest.map { Timestamp(seconds: Int64($0)) }
    }

    package mutating func apply(_ event: Event) -> [Decision] {
        let before = self.cron
        var decisions: [Decision]
        switch event {
        case .started(let now):
            decisions = self.start(now)
        case .woke(let now):
            decisions = self.dueTicks(now).flatMap { self.run($0, now: now) }
        case .childrenObserved(let children, let now):
            decisions = self.observe(children, now: now)
        case .submitted(let tick, let reference):
            self.recordSubmission(tick, reference)
            self.cron.status.conditions.removeAll { $0.type == "SubmissionError" }
            decisions = []
        case .submissionFailed(let tick, let message):
            self.undoSubmission(tick)
            self.report("SubmissionError", "Failed to submit Workflow: \(message)")
            decisions = []
        }
        guard self.cron != before else { return decisions }
        let isAhead = decisions.contains { if case .submit = $0 { true } else { false } }
        decisions.insert(.save, at: isAhead ? decisions.startIndex : decisions.endIndex)
        return decisions
    }

    static let stopped = "Stopped"
    static let active = "Active"
}

extension CronStateMachine {
    private mutating func start(_ now: Timestamp) -> [Decision] {
        let missed = self.latestMissedTick(now)
        let last = self.cron.status.lastScheduledTime.map { Int($0.seconds) }
        for (index, entry) in self.schedules.enumerated() {
            self.handledUpTo[index] = Int(now.seconds)
            // An interval goes on from its last tick, as if nobody had looked away.
            guard let last, entry.schedule.isInterval, !self.cron.hasNewSchedules,
                let next = entry.schedule.next(after: last, in: entry.rules), next > Int(now.seconds)
            else { continue }
            self.handledUpTo[index] = last
        }
        return missed.map { self.run($0, now: now) } ?? []
    }

    /// The latest tick that nobody saw, if it may still be made up for.
    private func latestMissedTick(_ now: Timestamp) -> Timestamp? {
        guard !self.cron.hasNewSchedules, let last = self.cron.status.lastScheduledTime,
            let deadline = self.cron.spec.startingDeadlineSeconds
        else { return nil }
        for entry in self.schedules {
            let end = Int(now.seconds) - (now.nanoseconds % 1_000_000_000 == 0 ? 1 : 0)
            let missed = entry.schedule.latest(after: Int(last.seconds), upTo: end, in: entry.rules)
            guard let missed else { continue }
            let time = Timestamp(seconds: Int64(missed))
            if now < time + GoDuration(seconds: Int64(deadline)) { return time }
        }
        return nil
    }

    /// For each schedule the latest tick that has come since the last look, each time once.
    private mutating func dueTicks(_ now: Timestamp) -> [Timestamp] {
        var ticks: Set<Int> = []
        for (index, entry) in self.schedules.enumerated() {
            let due = entry.schedule.latest(
                after: self.handledUpTo[index], upTo: Int(now.seconds), in: entry.rules)
            guard let due else { continue }
            ticks.insert(due)
            self.handledUpTo[index] = entry.schedule.isInterval ? due : max(self.handledUpTo[index], Int(now.seconds))
        }
        return ticks.sorted().map { Timestamp(seconds: Int64($0)) }
    }

    private mutating func run(_ tick: Timestamp, now: Timestamp) -> [Decision] {
        if self.cron.hasNewSchedules {
            self.cron.metadata.annotations[WorkflowKeys.lastUsedSchedule] = self.cron.spec.schedulesText
        }
        if let specIssue {
            self.report("SpecError", specIssue)
            return []
        }
        self.cron.status.conditions.removeAll { $0.type == "SpecError" }
        guard self.checkStopExpression(now) else { return [] }
        guard !self.cron.spec.suspend, self.cron.status.phase != Self.stopped else { return [] }
        do {
            guard try CronConditions(self.cron, now: now).holds() else { return [] }
        } catch {
            self.report("SubmissionError", "run policy error: \(error)")
            return []
        }
        switch self.cron.spec.concurrencyPolicy {
        case "Forbid": return self.cron.status.active.isEmpty ? [self.submit(tick)] : []
        case "Replace":
            return self.cron.status.active.map { .terminate(name: $0.name ?? "", uid: $0.uid ?? "") }
                + [self.submit(tick)]
        default: return [self.submit(tick)]
        }
    }

    private mutating func submit(_ tick: Timestamp) -> Decision {
        let workflow = Workflow(ofCron: self.cron, tick: tick)
        let child = CronChild(
            name: workflow.metadata.name, namespace: workflow.metadata.namespace, uid: workflow.metadata.uid,
            phase: .pending)
        self.beforeSubmission = (tick, self.cron.status)
        self.recordSubmission(tick, child.reference)
        return .submit(workflow, tick: tick)
    }

    /// Ends the schedule for good if its stop expression has come true.
    ///
    /// - Returns: whether the expression could be evaluated.
    private mutating func checkStopExpression(_ now: Timestamp) -> Bool {
        do {
            guard try CronConditions(self.cron, now: now).isStopReached() else { return true }
            self.cron.status.phase = Self.stopped
            self.cron.metadata.labels[WorkflowKeys.cronCompleted] = "true"
            return true
        } catch {
            self.report(
                "SpecError",
                "failed to check CronWorkflow '\(self.cron.metadata.name)' stopping condition: "
                    + "failed to evaluate stop expression: \(error)")
            return false
        }
    }

    private mutating func recordSubmission(_ tick: Timestamp, _ reference: ObjectReference) {
        if !self.cron.status.active.contains(where: { $0.uid == reference.uid }) {
            self.cron.status.active.append(reference)
        }
        if self.cron.status.phase != Self.stopped { self.cron.status.phase = Self.active }
        self.cron.status.lastScheduledTime = max(self.cron.status.lastScheduledTime ?? tick, tick)
    }

    private mutating func undoSubmission(_ tick: Timestamp) {
        let uid = self.cron.childUID(at: tick)
        self.cron.status.active.removeAll { $0.uid == uid }
        guard let before = self.beforeSubmission, before.tick == tick else { return }
        self.cron.status.lastScheduledTime = before.status.lastScheduledTime
        self.cron.status.phase = before.status.phase
    }

    private mutating func report(_ type: String, _ message: String) {
        let condition = Condition(type: type, status: "True", message: message)
        if let index = self.cron.status.conditions.firstIndex(where: { $0.type == type }) {
            self.cron.status.conditions[index] = condition
        } else {
            self.cron.status.conditions.append(condition)
        }
        if type == "SubmissionError" { self.cron.status.failed = self.cron.status.failed.addingClamped(1) }
    }

    /// Counts what has ended, and lets go of what the history limits do not keep.
    private mutating func observe(_ children: [CronChild], now: Timestamp) -> [Decision] {
        let byUID = Dictionary(children.map { ($0.uid, $0) }, uniquingKeysWith: { first, _ in first })
        for child in children where !child.phase.isCompleted {
            guard !self.cron.status.active.contains(where: { $0.uid == child.uid }) else { continue }
            self.cron.status.active.append(child.reference)
        }
        var decisions: [Decision] = []
        for reference in self.cron.status.active {
            let child = byUID[reference.uid ?? ""]
            if child == nil, let tick = self.unknownTick(of: reference) {
                decisions.append(.submit(Workflow(ofCron: self.cron, tick: tick), tick: tick))
                continue
            }
            guard child?.phase.isCompleted ?? true else { continue }
            self.cron.status.active.removeAll { $0.uid == reference.uid }
            switch child?.phase {
            case .succeeded: self.cron.status.succeeded = self.cron.status.succeeded.addingClamped(1)
            case .failed, .error: self.cron.status.failed = self.cron.status.failed.addingClamped(1)
            case .unknown, .pending, .running, nil: continue
            }
            _ = self.checkStopExpression(now)
        }
        let spec = self.cron.spec
        let excess = CronHistory.excess(
            children, succeededLimit: spec.successfulJobsHistoryLimit, failedLimit: spec.failedJobsHistoryLimit)
        return decisions + excess.map { .delete(name: $0.name, uid: $0.uid) }
    }

    /// The last tick, where it was decided by somebody who watched before that it makes this workflow, and nobody knows
    /// whether it has.
    private func unknownTick(of reference: ObjectReference) -> Timestamp? {
        guard self.handledUpTo.allSatisfy({ $0 == .max }), let last = self.cron.status.lastScheduledTime,
            reference.uid == self.cron.childUID(at: last)
        else { return nil }
        return last
    }
}
