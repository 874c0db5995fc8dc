package import Model

/// What becomes of one pod, from launch to the acknowledged last report.
///
///     preparing → launched → running → collecting → reporting → done
///
/// `preparing` may go straight to `reporting` (the launch cannot be honoured, or a stop came first), and so may
/// `launched` (refused, lost). Repeated and late events are normal and ignored: a supervisor's word comes by its socket
/// and from its folder. There are no invalid events: all come from other processes or from people.
package struct PodStateMachine: Sendable {
    private enum State: Sendable, Hashable {
        /// Inputs are being put in place. Can transition to launched, reporting.
        case preparing(stopRequested: Bool)
        /// A supervisor has been asked for. Can transition to running, collecting, reporting.
        case launched(stopGrace: Int?)
        /// Can transition to collecting, reporting.
        case running(supervisor: Int32)
        /// The command has ended; its outputs are being read. Can transition to reporting.
        case collecting
        /// The last report is on its way. Can transition to done.
        case reporting(PodReport)
        case done
    }

    package enum Event: Sendable, Hashable {
        case prepared
        case preparationFailed(PodReport)
        case started(supervisor: Int32, at: Timestamp?)
        case exited(ExitRecord)
        /// It will never end on its own account: no supervisor took it, or that died.
        case failed(PodReport)
        case stopRequested(graceSeconds: Int)
        case collected(PodReport)
        case acknowledged
    }

    package enum Action: Sendable, Hashable {
        case startSupervisor
        case reportRunning(at: Timestamp?)
        case stopSupervisor(Int32, graceSeconds: Int)
        case collect(ExitRecord)
        case reportStoppedEarly
        case deliver(PodReport)
        case finish
    }

    private var state: State

    /// A pod about to be prepared.
    package init() { self.state = .preparing(stopRequested: false) }

    /// A pod found in its folder.
    package init(adopted standing: PodFolder.Standing) {
        switch standing {
        case .notStarted: self.state = .preparing(stopRequested: false)
        case .running(let supervisor): self.state = .running(supervisor: supervisor)
        case .ended, .lost, .done: self.state = .launched(stopGrace: nil)
        }
    }

    package mutating func apply(_ event: Event) -> [Action] {
        switch event {
        case .prepared: return self.prepared()
        case .preparationFailed(let report), .failed(let report), .collected(let report): return self.report(report)
        case .started(let supervisor, let time): return self.started(supervisor, at: time)
        case .exited(let record): return self.exited(record)
        case .stopRequested(let grace): return self.stop(graceSeconds: grace)
        case .acknowledged:
            guard case .reporting = self.state else { return [] }
            self.state = .done
            return [.finish]
        }
    }

    private mutating func prepared() -> [Action] {
        guard case .preparing(let stopRequested) = self.state else { return [] }
        if stopRequested { return [.reportStoppedEarly] }
        self.state = .launched(stopGrace: nil)
        return [.startSupervisor]
    }

    private mutating func started(_ supervisor: Int32, at time: Timestamp?) -> [Action] {
        guard case .launched(let grace) = self.state else { return [] }
        self.state = .running(supervisor: supervisor)
        var actions = [Action.reportRunning(at: time)]
        if let grace { actions.append(.stopSupervisor(supervisor, graceSeconds: grace)) }
        return actions
    }

    private mutating func exited(_ record: ExitRecord) -> [Action] {
        switch self.state {
        case .preparing, .launched, .running:
            self.state = .collecting
            return [.collect(record)]
        case .collecting, .reporting, .done:
            // The exit record was heard of twice.
            return []
        }
    }

    private mutating func stop(graceSeconds: Int) -> [Action] {
        switch self.state {
        case .preparing:
            self.state = .preparing(stopRequested: true)
            return []
        case .launched:
            self.state = .launched(stopGrace: graceSeconds)
            return []
        case .running(let supervisor):
            return [.stopSupervisor(supervisor, graceSeconds: graceSeconds)]
        case .collecting, .reporting, .done:
            return []
        }
    }

    private mutating func report(_ report: PodReport) -> [Action] {
        switch self.state {
        case .preparing, .launched, .running, .collecting:
            self.state = .reporting(report)
            return [.deliver(report)]
        case .reporting, .done:
            return []
        }
    }

    /// Where the pod is, in Argo's words, or `nil` once all is said.
    package var phase: NodePhase? {
        switch self.state {
        case .preparing, .launched: .pending
        case .running, .collecting: .running
        case .reporting(let report): report.phase
        case .done: nil
        }
    }

    /// The last report, once there is one.
    package var finalReport: PodReport? {
        guard case .reporting(let report) = self.state else { return nil }
        return report
    }

    package var supervisor: Int32? {
        guard case .running(let supervisor) = self.state else { return nil }
        return supervisor
    }

    /// Whether it is to end before it has begun.
    package var isStoppedEarly: Bool { self.state == .preparing(stopRequested: true) }

    package var isDone: Bool { self.state == .done }
}
