import ActorTransport
import JSON
import Logging
import Model
import OrderedCollections
import WorkflowEngine

extension ShardState {
    /// Fills the state from rows, and redoes what was decided but is not known to be performed.
    mutating func load(
        _ workflows: [StoredWorkflow], _ outbox: [OutboxRecord], into turn: inout ShardTurn, replica: Replica
    ) {
        self.numberRows(after: outbox.last?.number ?? 0)
        for stored in workflows { self.load(stored, into: &turn, replica: replica) }
        for row in outbox { self.redo(row, in: &turn) }
        self.openLocks(in: &turn, replica: replica)
        // What has become due in the meantime, a retry whose wait is over for instance, begins now.
        for uid in workflows.map(\.uid) where self.active[uid] != nil { self.apply(.submitted, to: uid, in: &turn) }
    }

    /// Begins to number the rows of the outbox, after those that there are.
    ///
    /// Word of what was done in an earlier epoch may come yet: it must not be taken for word of new rows.
    mutating func numberRows(after last: Int64) {
        self.nextOutboxNumber = max(last + 1, self.epoch * Self.outboxNumbersPerEpoch)
    }

    private mutating func load(_ stored: StoredWorkflow, into turn: inout ShardTurn, replica: Replica) {
        let recovered = self.recovered(stored, in: turn.surroundings)
        if let failure = recovered.failure {
            replica.logger.error(
                "workflow cannot be recovered",
                metadata: ["workflow": "\(stored.name)", "uid": "\(stored.uid)", "reason": "\(failure)"])
        }
        var workflow = recovered.workflow
        let runners = Dictionary(
            stored.nodes.map { ($0.ordinal, $0.runner ?? "") }, uniquingKeysWith: { first, _ in first })
        for launch in workflow.machine.outstanding.pods {
            workflow.pods[launch.identity] = .some(nil)
            let runner = workflow.ordinals[launch.identity.nodeID].flatMap { runners[$0] } ?? ""
            self.recoveredPods[launch.identity] = PlacementBook.Placement(
                shard: self.shard, workflow: stored.name, runner: runner, needs: PodNeeds(launch),
                isConfirmed: true, isOnRecord: true)
        }
        for decision in workflow.machine.outstanding.decisions { self.take(decision, of: &workflow, in: &turn) }
        self.uids[stored.name] = stored.uid
        self.active[stored.uid] = workflow
        self.rest(stored.uid)
    }

    private mutating func redo(_ row: OutboxRecord, in turn: inout ShardTurn) {
        do {
            let payload = try JSONValue.parse(row.payload)
            switch row.kind {
            case .startPod:
                let launch = try PodLaunch(json: payload, at: DecodingPlace())
                // A pod whose node has ended meanwhile is started no more.
                guard let workflow = self.active[row.uid], let recovered = self.recoveredPods[launch.identity] else {
                    return turn.outboxRemoved.append(row.number)
                }
                self.active[row.uid]?.pods[launch.identity] = .some(row.number)
                self.launchRows[row.number] = launch.identity
                var pod = self.queued(launch, row.number, of: workflow)
                if recovered.runner.isEmpty {
                    self.recoveredPods[launch.identity] = nil
                } else {
                    // Whether it was asked is unknown: it is asked again, and nobody else is.
                    self.recoveredPods[launch.identity]?.isOnRecord = false
                    pod.runner = recovered.runner
                    pod.mayBeLaunched = true
                }
                turn.effects.append(.launch(pod))
            case .stopPod:
                turn.effects.append(
                    .stop(
                        try PodStop(json: payload, at: DecodingPlace()),
                        runner: payload[Self.runnerMember]?.stringValue ?? "", outboxNumber: row.number))
            case .removeWorkflow:
                let removal = try PodRemoval(json: payload, at: DecodingPlace())
                guard !removal.runner.isEmpty else { return turn.outboxRemoved.append(row.number) }
                turn.effects.append(.remove(removal, outboxNumber: row.number))
            case .releaseLock:
                let request = try LockRequest(json: payload, at: DecodingPlace())
                turn.effects.append(.askLock(request, outboxNumber: row.number))
            case .lockClaim:
                try self.restoreLock(row, payload)
            case .answeredCall:
                let key = payload[AnsweredCalls.keyMember]?.stringValue ?? ""
                turn.outboxRemoved += self.answered.add(key, uid: row.uid, number: row.number)
            }
        } catch {
            // A row that this program cannot read would be redone at every start.
            turn.outboxRemoved.append(row.number)
        }
    }
}

extension StoredWorkflow {
    /// The model of the workflow, without nodes, and its nodes as the engine takes them.
    func decoded(_ ordinals: inout [String: Int]) throws -> (Workflow, [NodeRow]) {
        let place = DecodingPlace()
        var workflow = Workflow()
        workflow.metadata = try ObjectMeta(json: try JSONValue.parse(self.head.metadata), at: place)
        workflow.spec = try WorkflowSpec(json: try JSONValue.parse(self.spec), at: place)
        workflow.status = try WorkflowStatus(json: try JSONValue.parse(self.head.status), at: place)
        var rows: [NodeRow] = []
        rows.reserveCapacity(self.nodes.count)
        for node in self.nodes {
            let status = try NodeStatus(json: try JSONValue.parse(node.status), at: place)
            ordinals[status.id] = node.ordinal
            let memory = try JSONValue.parse(node.memory).objectValue ?? [:]
            rows.append(NodeRow(status: status, attempt: node.attempt, memory: memory))
        }
        return (workflow, rows)
    }

    /// The labels that its metadata holds.
    var labels: [Label] {
        do {
            let labels = try JSONValue.parse(self.head.metadata)["labels"]?.objectValue ?? [:]
            return labels.map { Label($0.key, $0.value.stringValue ?? "") }
        } catch {
            return []
        }
    }

    /// The document as clients see it.
    func document(withoutNodes: Bool = false) throws -> JSONValue {
        var metadata = try JSONValue.parse(self.head.metadata)
        metadata = metadata.setting("resourceVersion", .string(String(self.sequence)))
        var status = try JSONValue.parse(self.head.status).objectValue ?? [:]
        if !withoutNodes, !self.nodes.isEmpty {
            var nodes = JSONObject(minimumCapacity: self.nodes.count)
            for row in self.nodes {
                let node = try JSONValue.parse(row.status)
                nodes[node["id"]?.stringValue ?? ""] = node
            }
            status["nodes"] = .object(nodes)
        }
        return ["metadata": metadata, "spec": try JSONValue.parse(self.spec), "status": .object(status)]
    }
}
