import ActorTransport
import JSON
import Model
import OrderedCollections
import WorkflowEngine

extension ShardState {
    /// Applies a batch in its order.
    ///
    /// What is refused is answered at once, since nothing of it is written.
    mutating func apply(
        _ batch: [ShardMessage], to turn: inout ShardTurn, knowing known: PreparedRecords, replica: Replica
    ) {
        for message in batch {
            do throws(ServiceError) {
                try self.apply(message, to: &turn, knowing: known, replica: replica)
            } catch {
                message.fail(error)
            }
        }
    }

    mutating func apply(
        _ message: ShardMessage, to turn: inout ShardTurn, knowing known: PreparedRecords, replica: Replica
    ) throws(ServiceError) {
        switch message {
        case .create(let request, let reply):
            try self.create(request, reply, to: &turn, knowing: known, replica: replica)
        case .act(let action, let reply):
            try self.act(action, reply, in: &turn, knowing: known, replica: replica)
        case .delete(let request, let reply):
            let name = WorkflowName(namespace: request.namespace, name: request.name)
            guard self.delete(name, in: &turn, knowing: known) else { throw .notFound(.workflow, name.name) }
            turn.answer(reply) { _ in }
        case .expire(let name):
            _ = self.delete(name, in: &turn, knowing: known)
        case .report(let reports, let reply):
            // Whoever has lost the shard knows nothing of the pods that others have started since.
            turn.isFenced = true
            var answer = ReportAnswer()
            for report in reports {
                let isWanted = self.take(report, in: &turn)
                if !isWanted, !report.phase.isFulfilled { answer.unwanted.append(report.identity) }
            }
            turn.answer(reply) { [answer] _ in answer }
        case .askLocks(let requests, let reply):
            let notices = self.ask(requests, in: &turn, replica: replica)
            turn.answer(reply) { _ in notices }
        case .tellLocks(let notices, let reply):
            for notice in notices { self.take(notice, in: &turn) }
            if let reply { turn.answer(reply) { _ in } }
        case .limitsChanged(let configMap):
            self.changeLimits(configMap, in: &turn, replica: replica)
        case .auditLocks:
            self.auditLocks(in: &turn)
        case .place(let pods):
            self.place(pods, in: &turn)
        case .timer(let uid, let timer):
            self.apply(.timerFired(timer), to: uid, in: &turn)
        case .performed(let numbers):
            self.acknowledge(numbers)
        case .createObject(let request, let reply):
            try self.createObject(request, reply, in: &turn, replica: replica)
        case .updateObject(let request, let reply):
            try self.updateObject(request, reply, in: &turn, replica: replica)
        case .deleteObject(let key, let reply):
            try self.deleteObject(key, in: &turn, replica: replica)
            turn.answer(reply) { _ in }
        case .setCronStatus(let name, let status, let reply):
            try self.setCronStatus(name, status, in: &turn, replica: replica)
            if let reply { turn.answer(reply) { _ in } }
        case .once(let key, let message):
            try self.apply(once: key, message, to: &turn, knowing: known, replica: replica)
        case .recover:
            break
        }
    }

    /// Rows whose effects are acknowledged go with the next commit, which nobody waits for.
    private mutating func acknowledge(_ numbers: [Int64]) {
        self.performed += numbers
        for number in numbers {
            guard let identity = self.launchRows.removeValue(forKey: number) else { continue }
            // Only while it is still this row that stands for the launch.
            guard self.active[identity.workflowUID]?.pods[identity] == .some(.some(number)) else { continue }
            self.active[identity.workflowUID]?.pods[identity] = .some(nil)
        }
    }

    // MARK: Creating

    private mutating func create(
        _ request: CreateWorkflow, _ reply: Reply<JSONValue>, to turn: inout ShardTurn,
        knowing known: PreparedRecords, replica: Replica
    ) throws(ServiceError) {
        let name = WorkflowName(creating: request)
        let uid = request.workflow["metadata"]?["uid"]?.stringValue ?? ""
        let holder = self.uids[name] ?? known.uids[name]
        let now = turn.surroundings.now
        var workflow = try replica.admission.workflow(request, now: now, catalog: turn.surroundings.catalog)
        // The same call again, because its answer was lost: it has taken effect already.
        guard holder == nil || holder == uid else { throw .alreadyExists(.workflow, name.name) }
        let document = workflow.json(.argo)
        guard !request.isDryRun else { return reply.succeed(document) }
        // Perhaps of this very turn: it is told with its commit. Or it is deleted again, and stays so.
        guard holder == nil, !self.deleted.contains(uid) else { return turn.answer(reply) { _ in document } }
        workflow.metadata.annotations[WorkflowKeys.podNameFormat] = "v2"
        let machine: any Machine
        do {
            machine = try replica.machines.make(workflow)
        } catch {
            machine = FailedMachine(workflow, because: "\(error)", at: now)
        }
        self.add(workflow, machine: machine, to: &turn)
        turn.answer(reply) { numbers in
            var answer = document
            answer.set(resourceVersion: numbers[uid] ?? 0)
            return answer
        }
    }

    // MARK: Acting

    private mutating func act(
        _ action: WorkflowAction, _ reply: Reply<String>, in turn: inout ShardTurn,
        knowing known: PreparedRecords, replica: Replica
    ) throws(ServiceError) {
        let name = WorkflowName(namespace: action.namespace, name: action.name)
        if let uid = self.uids[name] {
            let event = try Self.event(of: action)
            self.wake(uid, in: &turn)
            try Self.asking(event) { () throws(OperationError) in try self.active[uid]?.machine.check(event) }
            self.label(uid, with: action)
            turn.edits[uid, default: ShardTurn.Edit()].headChanged = true
            self.apply(event, to: uid, in: &turn)
            return turn.answer(reply) { _ in uid }
        }
        guard let stored = known.completed[name] else { throw .notFound(.workflow, name.name) }
        switch action.verb {
        case .suspend:
            throw ServiceError(.failedPrecondition, "cannot suspend completed workflows")
        case .resume, .stop, .terminate, .set:
            // None of its nodes waits for anybody.
            let event = try Self.event(of: action)
            try Self.asking(event) { () throws(OperationError) in _ = try SuspendChange.all(of: event, among: []) }
            guard action.verb == .resume else {
                throw ServiceError(
                    .failedPrecondition,
                    "cannot shutdown a completed workflow: workflow: \"\(name.name)\", namespace: \"\(name.namespace)\""
                )
            }
            turn.answer(reply) { _ in stored.uid }
        case .retry:
            try self.retry(stored, action, in: &turn, replica: replica)
            turn.answer(reply) { _ in stored.uid }
        case .resubmit:
            throw ServiceError(.unimplemented, "resubmitting makes a workflow of another name: ask its shard")
        }
    }

    mutating func label(_ uid: String, with action: WorkflowAction) {
        let verb = action.verb.rawValue
        self.active[uid]?.labels[WorkflowKeys.action] = verb.prefix(1).uppercased() + verb.dropFirst()
        if let actor = action.actor { self.active[uid]?.labels[WorkflowKeys.actor] = actor }
    }

    /// Refuses, as Argo's server does, what cannot be done.
    private static func asking(
        _ event: Event, _ check: () throws(OperationError) -> Void
    ) throws(ServiceError) {
        do throws(OperationError) {
            try check()
        } catch {
            if case .resumed(let selector, _) = event, selector == nil {
                // Argo tries to resume a whole workflow again and again before it says why it cannot.
                throw ServiceError(.internal, "timed out waiting for the condition: \(error)")
            }
            throw ServiceError(.internal, error.message)
        }
    }

    private static func event(of action: WorkflowAction) throws(ServiceError) -> Event {
        let selector = action.body["nodeFieldSelector"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        switch action.verb {
        case .suspend: return .suspended
        case .resume: return .resumed(selector: selector, by: action.actor)
        case .stop: return .stopped(message: action.body["message"]?.stringValue, selector: selector)
        case .terminate: return .terminated
        case .set: return .nodeSet(try Self.nodeSet(action, selector: selector))
        case .retry:
            throw ServiceError(.invalidArgument, "workflow must be Failed/Error to retry")
        case .resubmit:
            throw ServiceError(.unimplemented, "resubmitting makes a workflow of another name: ask its shard")
        }
    }

    private static let unreadableOutputs = "unable to parse output parameter set request"

    private static func nodeSet(
        _ action: WorkflowAction, selector: String?
    ) throws(ServiceError) -> NodeSetRequest {
        var request = NodeSetRequest(selector: selector ?? "")
        request.message = action.body["message"]?.stringValue
        if let phase = action.body["phase"]?.stringValue, !phase.isEmpty {
            guard let known = NodePhase(rawValue: phase), known == .succeeded || known.isFailedOrError else {
                throw ServiceError(.invalidArgument, "\(phase) is an invalid phase to set to")
            }
            request.phase = known
        }
        guard let parameters = action.body["outputParameters"]?.stringValue, !parameters.isEmpty else { return request }
        do {
            guard case .object(let members) = try JSONValue.parse(parameters) else {
                throw ServiceError(.invalidArgument, "\(Self.unreadableOutputs): it is no JSON object: \(parameters)")
            }
            for (name, value) in members { request.outputParameters[name] = value.anyText }
            return request
        } catch let error as ServiceError {
            throw error
        } catch {
            throw ServiceError(.invalidArgument, "\(Self.unreadableOutputs): \(error)")
        }
    }

    // MARK: Deleting

    /// Whether there was a workflow of this name.
    private mutating func delete(
        _ name: WorkflowName, in turn: inout ShardTurn, knowing known: PreparedRecords
    ) -> Bool {
        let uid = self.uids[name]
        if let uid { self.wake(uid, in: &turn) }
        if let uid, let workflow = self.active[uid] {
            let (head, last) = (workflow.head, known.active[name])
            let runners = Set((last?.nodes ?? []).compactMap(\.runner))
            self.delete(name, uid: uid, head: head, labels: workflow.storedLabels, in: &turn, runners: runners) {
                try last?.document()
            }
            return true
        }
        guard let stored = known.completed[name],
            !turn.deletions.contains(where: { $0.uid == stored.uid })
        else { return false }
        let runners = Set(stored.nodes.compactMap(\.runner))
        self.delete(
            name, uid: stored.uid, head: stored.head, labels: stored.head.labels, in: &turn, runners: runners
        ) {
            try stored.document()
        }
        return true
    }
}

/// Stands for a workflow whose machine could not be made: it has ended with an error that says why.
struct FailedMachine: Machine {
    private(set) var workflow: Workflow
    private let message: String
    private let time: Timestamp

    init(_ workflow: Workflow, because message: String, at time: Timestamp) {
        self.workflow = workflow
        self.message = message
        self.time = time
    }

    var outstanding: Outstanding { Outstanding() }

    func check(_ event: Event) throws(OperationError) { _ = try SuspendChange.all(of: event, among: []) }

    mutating func apply(_ event: Event, in surroundings: Surroundings) -> Turn {
        var turn = Turn()
        guard self.workflow.status.finishedAt == nil else { return turn }
        self.workflow.status.phase = .error
        self.workflow.status.message = self.message
        self.workflow.status.startedAt = self.workflow.status.startedAt ?? self.time
        self.workflow.status.finishedAt = self.time
        turn.workflowChanged = true
        turn.decisions = [
            .emitEvent(reason: "WorkflowFailed", message: self.message, type: .warning, nodeID: nil), .complete,
        ]
        return turn
    }
}

extension JSONValue {
    /// Puts the version of a document into its metadata.
    mutating func set(resourceVersion: Int64) { self.set(resourceVersion: String(resourceVersion)) }

    mutating func set(resourceVersion: String) {
        guard case .object(var members) = self else { return }
        // Taken out first, so that the members are changed in place.
        members["metadata"] = members["metadata"]?.setting("resourceVersion", .string(resourceVersion))
        self = .object(members)
    }

    func setting(_ name: String, _ value: JSONValue?) -> JSONValue {
        var members = self.objectValue ?? [:]
        members[name] = value
        return .object(members)
    }
}
