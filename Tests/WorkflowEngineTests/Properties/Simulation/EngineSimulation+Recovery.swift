import JSON
import Model
import OrderedCollections
import WorkflowEngine

// A shard is loaded anew, as `ShardState` does it.
extension EngineSimulation {
    /// Everything in memory is lost; what is stored, read back from its JSON, is all that is left.
    mutating func recover() throws {
        var rows = try self.rows.values.map { row in
            NodeRow(
                status: try NodeStatus(json: try Self.readBack(row.status.json(.argo)), at: DecodingPlace()),
                attempt: row.attempt,
                memory: try Self.readBack(.object(row.memory)).objectValue ?? [:])
        }
        self.distort(recovered: &rows)
        let workflow = try Workflow(json: try Self.readBack(self.stored.json(.argo)), at: DecodingPlace())
        self.machine = WorkflowMachine(recovering: workflow, nodes: rows, in: self.surroundings)
        self.timers = [:]
        self.pods = []
        for launch in self.machine.outstanding.pods {
            try self.checker.check(outstanding: launch)
            self.pods.insert(launch.identity)
        }
        self.forgetMail()
        try self.checker.checkLocks(
            recovered: self.machine.outstanding.decisions, isPending: workflow.status.phase == .pending)
        for decision in self.machine.outstanding.decisions { try self.perform(decision) }
        // A launch that is not acknowledged is asked for again, unless its node has ended meanwhile.
        for identity in self.outbox.keys where !self.pods.contains(identity) { self.outbox[identity] = nil }
        self.queue = Array(self.outbox.keys)
        // What has become due in the meantime is told by the next turn.
        try self.apply(.submitted)
    }

    private static func readBack(_ json: JSONValue) throws -> JSONValue { try JSONValue.parse(json.text) }
}
