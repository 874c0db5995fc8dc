import JSON
import Model
import OrderedCollections
import WorkflowEngine

// Bounds: how deep, how many at once, until when.
extension InvariantChecker {
    /// However templates call each other, the engine stops them at its limit.
    func checkDepth(of row: NodeRow) throws {
        var depth = 0
        var place = row
        while let boundary = place.status.boundaryID.flatMap({ self.rows[$0] }) {
            depth += 1
            place = boundary
        }
        guard depth <= WorkflowMachine.maximumDepth else {
            throw Violation(.depth, "\(row.status.name) lies \(depth) templates deep")
        }
    }

    func hasTimeout(_ launch: PodLaunch) -> Bool {
        self.rows[launch.identity.nodeID].flatMap { self.template(of: $0) }?.template.timeout != nil
    }

    /// What of a workflow runs still after somebody stopped it: its exit handlers, if it may.
    func mayBegin(_ name: String) -> Bool {
        switch self.shutdown {
        case nil: true
        case "Stop": name.contains(".onExit")
        default: false
        }
    }

    func checkLimits(of launch: PodLaunch, _ row: NodeRow, now: Timestamp) throws {
        let name = launch.nodeName
        guard self.mayBegin(name) else { throw Violation(.shutdown, "\(name) started after \(self.shutdown ?? "")") }
        guard let template = self.template(of: row)?.template, let start = row.status.startedAt else { return }
        let spans = [template.timeout, template.activeDeadlineSeconds?.text].compactMap { $0 }
            .compactMap { GoDuration(secondsOrDuration: $0) }
        if let span = spans.min(), launch.deadline.map({ $0 > start + span }) ?? true {
            throw Violation(.deadlines, "\(name) does not have to end after \(span.seconds) s")
        }
        guard let seconds = self.workflow.spec.activeDeadlineSeconds, !name.contains(".onExit"),
            let begin = self.begun
        else { return }
        guard now < begin + GoDuration(seconds: Int64(seconds)) else {
            throw Violation(.deadlines, "\(name) started after the workflow's deadline")
        }
    }

    /// Whether a node stayed from before, and has not begun again.
    private func isBroughtAlong(_ row: NodeRow) -> Bool {
        self.excused.contains(row.status.id) && !self.hasStarted(row)
    }

    /// Never more at once than the workflow and its templates allow.
    mutating func checkPlaces(_ changed: [NodeRow]) throws {
        if let limit = self.workflow.spec.parallelism {
            let pods = self.open.compactMap { self.rows[$0] }.filter {
                $0.status.type == .pod && !self.isBroughtAlong($0) && $0.status.synchronizationStatus == nil
            }
            guard pods.count <= limit else { throw Violation(.places, "\(pods.count) pods at once, at most \(limit)") }
            if pods.count == limit { self.kinds.insert(.parallelismOfWorkflow) }
        }
        for boundary in Set(changed.compactMap(\.status.boundaryID)) {
            guard let frame = self.rows[boundary].flatMap({ self.frame($0) }),
                let limit = frame.written.template.parallelism
            else { continue }
            let active = (self.members[boundary] ?? []).compactMap { self.rows[$0]?.status }.filter {
                [.pod, .steps, .dag].contains($0.type) && !$0.phase.isFulfilled && !self.excused.contains($0.id)
                    && $0.synchronizationStatus == nil
            }
            guard active.count <= limit else {
                throw Violation(.places, "\(active.count) nodes of \(frame.name) at once, at most \(limit)")
            }
            if active.count == limit { self.kinds.insert(.parallelismOfTemplate) }
        }
    }
}
