import Model
import WorkflowEngine

@testable import Scheduler

/// A workflow's machine with a bug planted in it.
struct DamagedMachine: Machine {
    var base: any Machine
    let bug: PlantedBug
    private var isRecovered = false

    static func factory(_ bug: PlantedBug) -> MachineFactory {
        let real = MachineFactory.workflowMachines
        guard bug != .none else { return real }
        return MachineFactory(
            make: { DamagedMachine(base: try real.make($0), bug: bug) },
            recover: { workflow, rows, surroundings in
                var machine = DamagedMachine(base: try real.recover(workflow, rows, surroundings), bug: bug)
                machine.isRecovered = true
                return machine
            })
    }

    private init(base: any Machine, bug: PlantedBug) {
        self.base = base
        self.bug = bug
    }

    var workflow: Workflow { self.base.workflow }

    var outstanding: Outstanding {
        var outstanding = self.base.outstanding
        if self.bug == .forgetsTimersOnRecovery {
            outstanding.decisions.removeAll { if case .startTimer = $0 { true } else { false } }
        }
        return outstanding
    }

    var releases: [LockRequest] { self.base.releases }

    var mayRest: Bool { self.base.mayRest }

    func wants(_ notice: LockNotice) -> Bool { self.base.wants(notice) }

    func check(_ event: Event) throws(OperationError) { try self.base.check(event) }

    mutating func apply(_ event: Event, in surroundings: Surroundings) -> Turn {
        var turn = self.base.apply(event, in: surroundings)
        switch self.bug {
        case .forgetsPods:
            if let index = turn.decisions.lastIndex(where: { if case .startPod = $0 { true } else { false } }),
                case .podReported = event
            {
                turn.decisions.remove(at: index)
            }
        case .takesLateReports:
            guard case .podReported(let report) = event, report.phase.isFulfilled, turn.isEmpty else { break }
            var row = NodeRow(status: NodeStatus(), attempt: report.identity.attempt)
            row.status.id = report.identity.nodeID
            row.status.name = "late"
            row.status.phase = .running
            turn.changedNodes.append(row)
        case .startsAgainOnRecovery:
            guard self.isRecovered, case .podReported = event else { break }
            for index in turn.decisions.indices {
                guard case .startPod(var launch) = turn.decisions[index] else { continue }
                launch.identity.attempt += 1
                turn.decisions.append(.startPod(launch))
            }
        case .releasesLocksEarly:
            guard case .podReported(let report) = event, report.phase == .running else { break }
            turn.decisions += self.base.releases.map { .releaseLock($0) }
        case .keepsLocks:
            turn.decisions.removeAll { if case .releaseLock = $0 { true } else { false } }
        default: break
        }
        return turn
    }
}
