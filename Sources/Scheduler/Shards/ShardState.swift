import ActorTransport
import JSON
import Model
import OrderedCollections
import WorkflowEngine

/// What a shard holds in memory: the machines of its workflows that have not ended.
///
/// Everything here is synchronous: a turn reads and writes it with no suspension between, and what a turn did becomes
/// visible to others only after its commit. Where a commit fails the state is thrown away and loaded again.
struct ShardState {
    let shard: Int
    var epoch: Int64
    /// Those that run, or that somebody has asked for.
    var active: [String: ActiveWorkflow] = [:]
    /// Those that wait for their first lock, as they are stored: a machine takes ten times the room.
    var resting: [String: RestingWorkflow] = [:]
    var uids: [WorkflowName: String] = [:]
    var nextOutboxNumber: Int64 = 1
    /// How many rows of the outbox one epoch may number: those of another epoch have other numbers.
    static let outboxNumbersPerEpoch: Int64 = 1 << 36
    /// Rows whose effects are acknowledged; they go with the next commit.
    var performed: [Int64] = []
    /// Which pod's launch a row of the outbox stands for.
    var launchRows: [Int64: PodIdentity] = [:]
    /// The uids of workflows that were deleted lately: a creation that comes again so late makes none of them anew.
    var deleted: OrderedSet<String> = []
    /// The locks whose home this shard is, as long as anybody holds one or waits for it.
    var locks: [String: LockStateMachine] = [:]
    /// Calls that were answered of late.
    var answered = AnsweredCalls()
    /// Pods that were with runners when the shard was loaded, until the dispatcher has them.
    var recoveredPods: [PodIdentity: PlacementBook.Placement] = [:]

    /// How many deletions a shard remembers, and how many changes it looks back for them when it is loaded.
    static let deletionMemory = 1_000

    /// Where the row of a stop says which runner has the pod: its node does not tell any more once it has ended.
    static let runnerMember = "runner"

    let machines: MachineFactory

    init(shard: Int, epoch: Int64, machines: MachineFactory) {
        self.shard = shard
        self.epoch = epoch
        self.machines = machines
    }

    // MARK: Workflows

    /// Adds a workflow and lets its machine begin.
    mutating func add(_ workflow: Workflow, machine: any Machine, to turn: inout ShardTurn) {
        let new = ActiveWorkflow(new: machine)
        self.active[new.uid] = new
        self.uids[new.name] = new.uid
        turn.edits[new.uid] = ShardTurn.Edit(kind: .created, headChanged: true)
        self.apply(.submitted, to: new.uid, in: &turn)
    }

    /// Brings a completed workflow back into memory, because somebody retries it.
    mutating func reopen(_ workflow: ActiveWorkflow, in turn: inout ShardTurn) {
        self.active[workflow.uid] = workflow
        self.uids[workflow.name] = workflow.uid
        turn.edits[workflow.uid, default: ShardTurn.Edit()].headChanged = true
    }

    /// Lets a workflow's machine take an event.
    ///
    /// Of a workflow that is not here the event is late, and ignored.
    mutating func apply(_ event: Event, to uid: String, in turn: inout ShardTurn) {
        self.wake(uid, in: &turn)
        guard var workflow = self.active[uid] else { return }
        // The only copy: a machine that is held twice would be copied as a whole when it changes.
        self.active[uid] = nil
        let result = workflow.machine.apply(event, in: turn.surroundings)
        self.collect(result, of: &workflow, in: &turn)
        self.active[uid] = workflow
    }

    private mutating func collect(_ result: Turn, of workflow: inout ActiveWorkflow, in turn: inout ShardTurn) {
        guard !result.isEmpty else { return }
        // Changed in place: a copy of what a batch has collected so far would cost as much as the batch is long.
        turn.edits[workflow.uid, default: ShardTurn.Edit()].collect(result, ordinals: &workflow.ordinals)
        for decision in result.decisions { self.take(decision, of: &workflow, in: &turn) }
    }

    mutating func take(_ decision: Decision, of workflow: inout ActiveWorkflow, in turn: inout ShardTurn) {
        switch decision {
        case .startPod(let launch):
            let number = self.addOutbox(.startPod, uid: workflow.uid, launch.json(.compact), to: &turn)
            workflow.pods[launch.identity] = .some(number)
            self.launchRows[number] = launch.identity
            var pod = self.queued(launch, number, of: workflow)
            pod.runner = turn.book.place(pod)
            turn.edits[workflow.uid, default: ShardTurn.Edit()].runners[launch.identity.nodeID] = pod.runner ?? ""
            turn.effects.append(.launch(pod))
            turn.podPhases.append(ShardTurn.PodPhase(phase: .pending, namespace: launch.namespace))
        case .stopPod(let identity, let graceSeconds):
            guard workflow.pods[identity] != nil else { return }
            let stop = PodStop(identity, graceSeconds: graceSeconds)
            let placement = turn.book.placement(of: identity) ?? self.recoveredPods[identity]
            let payload = stop.json(.compact).setting(Self.runnerMember, .string(placement?.runner ?? ""))
            let number = self.addOutbox(.stopPod, uid: workflow.uid, payload, to: &turn)
            turn.effects.append(.stop(stop, runner: "", outboxNumber: number))
        case .requestLock(let request):
            turn.effects.append(.askLock(request, outboxNumber: nil))
        case .releaseLock(let request):
            self.release(request, in: &turn)
        case .startTimer(let timer, let time):
            turn.effects.append(.setTimer(uid: workflow.uid, timer, time))
        case .cancelTimer(let timer):
            turn.effects.append(.cancelTimer(uid: workflow.uid, timer))
        case .emitEvent(let reason, let message, let type, let nodeID):
            turn.events.append(
                workflow.event(
                    reason: reason, message: message, type: type, nodeID: nodeID, at: turn.surroundings.now))
        case .complete:
            turn.edits[workflow.uid, default: ShardTurn.Edit()].isComplete = true
            turn.edits[workflow.uid]?.headChanged = true
        }
    }

    func queued(_ launch: PodLaunch, _ number: Int64, of workflow: ActiveWorkflow) -> QueuedPod {
        QueuedPod(
            launch: workflow.locating(launch), shard: self.shard, epoch: self.epoch, outboxNumber: number,
            priority: workflow.machine.workflow.spec.priority ?? 0)
    }

    /// Writes down the runners that are proposed for pods that waited; then they are launched there.
    mutating func place(_ pods: [QueuedPod], in turn: inout ShardTurn) {
        for pod in pods {
            let uid = pod.identity.workflowUID
            // Proposed before the shard was loaded: that has queued the pod anew.
            guard pod.epoch == self.epoch else { continue }
            guard let runner = pod.runner,
                self.active[uid]?.pods[pod.identity] == .some(.some(pod.outboxNumber)),
                let ordinal = self.active[uid]?.ordinals[pod.identity.nodeID]
            else {
                // It is not to be started any more.
                turn.effects.append(.podEnded(pod.identity))
                continue
            }
            turn.placements.append(PlacementRecord(uid: uid, ordinal: ordinal, runner: runner))
            turn.effects.append(.launch(pod))
        }
    }

    /// Takes a report of a pod; answers whether anybody wants the pod.
    ///
    /// One of a pod that is known to have ended changes nothing.
    mutating func take(_ report: PodReport, in turn: inout ShardTurn) -> Bool {
        let uid = report.identity.workflowUID
        let isFinal = report.phase.isFulfilled
        // Whoever counts pods must learn of the end even where the workflow is gone.
        if isFinal { turn.effects.append(.podEnded(report.identity)) }
        let isWanted = self.active[uid]?.pods[report.identity] != nil
        guard isWanted else { return false }
        if isFinal, let number = self.active[uid]?.pods.removeValue(forKey: report.identity), let number {
            self.launchRows[number] = nil
            turn.outboxRemoved.append(number)
        }
        if isFinal, let placement = turn.book.placement(of: report.identity) {
            self.active[uid]?.noteArtifacts(report.outputs, with: placement.runner)
        }
        if isFinal { turn.podPhases.append(ShardTurn.PodPhase(phase: report.phase, namespace: report.namespace)) }
        self.apply(.podReported(report), to: uid, in: &turn)
        return true
    }

    /// Deletes a workflow: its rows now, its pods, logs and artifacts once the commit is done.
    mutating func delete(
        _ stored: WorkflowName, uid: String, head: WorkflowHead, labels: [Label], in turn: inout ShardTurn,
        runners: Set<String>, document: @escaping @Sendable () throws -> JSONValue?
    ) {
        var change = WorkflowChange(.deleted, uid: uid, name: stored)
        change.head = WorkflowHead()
        change.head?.metadata = head.metadata
        change.previous = head
        change.previousLabels = labels
        change.lastDocument = document
        turn.edits[uid] = nil
        turn.deletions.append(change)
        if let workflow = self.active.removeValue(forKey: uid) {
            let rows = workflow.pods.values.compactMap { $0 }.sorted()
            for row in rows { self.launchRows[row] = nil }
            turn.outboxRemoved += rows
            for request in workflow.machine.releases { self.release(request, in: &turn) }
        }
        self.uids[stored] = nil
        self.deleted.append(uid)
        if self.deleted.count > Self.deletionMemory { self.deleted.removeFirst() }
        turn.effects.append(.cancelTimers(uid: uid))
        let key = ObjectKey(.workflow, namespace: stored.namespace, name: stored.name, uid: uid)
        for runner in runners.union(turn.book.runners(ofWorkflow: uid)).sorted() where !runner.isEmpty {
            let removal = PodRemoval(key, runner: runner)
            let number = self.addOutbox(.removeWorkflow, uid: uid, removal.json(.compact), to: &turn)
            turn.effects.append(.remove(removal, outboxNumber: number))
        }
    }

    mutating func addOutbox(
        _ kind: OutboxRecord.Kind, uid: String, _ payload: JSONValue, to turn: inout ShardTurn
    ) -> Int64 {
        let number = self.nextOutboxNumber
        self.nextOutboxNumber += 1
        turn.outboxAdded.append(OutboxRecord(number: number, uid: uid, kind: kind, payload: payload.text))
        return number
    }

    // MARK: The change

    /// What the turn writes.
    ///
    /// Workflows that completed in it leave memory with `settle`.
    mutating func change(of turn: inout ShardTurn) -> ShardChange {
        var change = ShardChange(shard: self.shard, epoch: self.epoch)
        for (uid, edit) in turn.edits {
            guard var workflow = self.active.removeValue(forKey: uid) else { continue }
            change.workflows.append(Self.change(of: &workflow, edit))
            for (nodeID, runner) in edit.runners where edit.nodes[nodeID] == nil {
                guard let ordinal = workflow.ordinals[nodeID] else { continue }
                turn.placements.append(PlacementRecord(uid: uid, ordinal: ordinal, runner: runner))
            }
            self.active[uid] = workflow
            if edit.kind == .created {
                let owners = workflow.machine.workflow.metadata.ownerReferences
                turn.effects += owners.compactMap { CronOwner($0, in: workflow.name.namespace) }.map { .createdFor($0) }
            }
            guard edit.isComplete else { continue }
            turn.effects.append(.cancelTimers(uid: uid))
            turn.effects.append(.completed(workflow.name, labels: workflow.labels))
        }
        change.workflows += turn.deletions
        change.objects = turn.objects
        change.events = turn.events
        change.placements = turn.placements
        // A row that came and went in one batch is not written at all.
        let removed = Set(turn.outboxRemoved)
        change.outboxAdded = turn.outboxAdded.filter { !removed.contains($0.number) }
        let added = Set(turn.outboxAdded.map(\.number))
        change.outboxRemoved = turn.outboxRemoved.filter { !added.contains($0) }
        for (number, claim) in turn.lockClaims {
            if let claim { change.outboxAdded.append(claim) } else { change.outboxRemoved.append(number) }
        }
        if !change.isEmpty {
            change.outboxRemoved += self.performed
            self.performed = []
        }
        return change
    }

    private static func change(of workflow: inout ActiveWorkflow, _ edit: ShardTurn.Edit) -> WorkflowChange {
        var change = WorkflowChange(edit.kind, uid: workflow.uid, name: workflow.name)
        if edit.kind != .created {
            change.previous = workflow.head
            change.previousLabels = workflow.storedLabels
        }
        for row in edit.nodes.values {
            change.nodes.append(
                NodeRecord(
                    ordinal: workflow.ordinal(of: row.status.id), attempt: row.attempt,
                    status: row.status.json(.argo).text, memory: JSONValue.object(row.memory).text,
                    runner: edit.runners[row.status.id]))
        }
        change.removedNodes = edit.removedOrdinals
        if edit.headChanged {
            if edit.kind != .created { workflow.generation += 1 }
            let head = workflow.currentHead(isActive: !edit.isComplete)
            workflow.head = head
            change.head = head
            let spec = workflow.machine.workflow.spec
            if edit.kind == .created || spec != workflow.spec {
                workflow.spec = spec
                change.spec = spec.json(.argo).text
            }
            let labels = workflow.labels.map { Label($0.key, $0.value) }
            if labels != workflow.storedLabels {
                workflow.storedLabels = labels
                change.labels = labels
            }
        }
        change.template = workflow.spec.workflowTemplateRef
        change.current = workflow.head
        change.currentLabels = workflow.storedLabels
        return change
    }

    /// Lets go of the workflows that ended in a turn that is committed.
    mutating func settle(_ turn: ShardTurn) {
        for (uid, edit) in turn.edits where edit.isComplete {
            guard let workflow = self.active.removeValue(forKey: uid) else { continue }
            for row in workflow.pods.values.compactMap({ $0 }).sorted()
            where self.launchRows.removeValue(forKey: row) != nil {
                self.performed.append(row)
            }
            self.uids[workflow.name] = nil
        }
        for (uid, edit) in turn.edits where edit.kind == .modified { self.rest(uid) }
        for uid in turn.woken { self.rest(uid) }
    }
}

extension ShardTurn.Edit {
    fileprivate mutating func collect(_ result: Turn, ordinals: inout [String: Int]) {
        for row in result.changedNodes { self.nodes[row.status.id] = row }
        for nodeID in result.removedNodeIDs {
            self.nodes[nodeID] = nil
            if let ordinal = ordinals.removeValue(forKey: nodeID) { self.removedOrdinals.append(ordinal) }
        }
        if result.workflowChanged { self.headChanged = true }
    }
}

extension ActiveWorkflow {
    /// An event for people, in the form of Kubernetes.
    mutating func event(
        reason: String, message: String, type: Decision.EventType, nodeID: String?, at now: Timestamp
    ) -> EventRecord {
        self.eventCount += 1
        var event = KubernetesEvent()
        let suffix = String(UInt64(bitPattern: now.nanoseconds) &+ UInt64(self.eventCount), radix: 16)
        event.metadata.name = "\(self.name.name).\(suffix)"
        event.metadata.namespace = self.name.namespace
        event.metadata.creationTimestamp = now
        if let nodeID { event.metadata.annotations[WorkflowKeys.nodeID] = nodeID }
        event.involvedObject.kind = "Workflow"
        event.involvedObject.apiVersion = WorkflowKeys.apiVersion
        event.involvedObject.namespace = self.name.namespace
        event.involvedObject.name = self.name.name
        event.involvedObject.uid = self.uid
        event.reason = reason
        event.message = message
        event.type = type.rawValue
        event.count = 1
        event.firstTimestamp = now
        event.lastTimestamp = now
        event.source.component = "workflow-controller"
        event.reportingComponent = "workflow-controller"
        return EventRecord(
            namespace: self.name.namespace, uid: self.uid, at: now.seconds, event: event.json(.argo).text)
    }
}
