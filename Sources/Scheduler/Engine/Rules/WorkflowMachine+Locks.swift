import Expressions
import JSON
package import Model
import OrderedCollections

// Locks: asked for one after the other, waited for without taking room, given back at the end.
extension WorkflowMachine {
    // MARK: The workflow's own

    /// Asks for the locks of the workflow itself; answers whether there are any.
    mutating func awaitWorkflowLocks() throws(EngineFailure) -> Bool {
        let names = try self.workflowLocks()
        guard !names.isEmpty else { return false }
        self.ask(for: names)
        return true
    }

    private mutating func ask(for names: [LockName]) {
        self.lockClaims[LockClaim.workflowItself] = LockClaim(names: names, attempt: self.firstLockAttempt)
        self.askNext(LockClaim.workflowItself)
    }

    /// A workflow that runs holds its locks, under the names that its status lists: the time may have made them.
    mutating func claimWorkflowLocks() {
        let names = self.parallelism.locks(namespace: self.workflow.metadata.namespace) + self.listedLocks
        guard !names.isEmpty else { return }
        self.lockClaims[LockClaim.workflowItself] = LockClaim(
            names: names, attempt: self.firstLockAttempt, held: names.count)
    }

    /// Asks anew, from the first, for the locks that a workflow waits for: those that it has are granted at once.
    ///
    /// A lock under a name of its own time is given back once its home tells that it is held.
    mutating func askAgainForWorkflowLocks() {
        let names: [LockName]
        do throws(EngineFailure) {
            names = try self.workflowLocks()
        } catch {
            // The spec was good when they were asked for first.
            names = self.listedLocks
        }
        for lock in self.listedLocks where !names.contains(lock) { self.noteReleased(lock, by: self.ownKey) }
        // Where nothing is limited any more, it is granted what nobody counts.
        self.ask(for: names.isEmpty ? [.parallelism(namespace: nil)] : names)
    }

    /// The workflow itself as statuses name it.
    private var ownKey: String {
        var request = LockRequest()
        request.workflow = self.workflow.metadata.name
        request.namespace = self.workflow.metadata.namespace
        return request.holderKey
    }

    private var listedLocks: [LockName] {
        let listed = self.workflow.status.synchronization?.locks(heldBy: self.ownKey) ?? []
        return listed.compactMap { LockName($0) }.sorted()
    }

    /// Whether it waits for room among the workflows that run and has done nothing else: its rows say all it knows.
    ///
    /// The names of other locks may come from expressions that give something else the next time.
    package var mayRest: Bool {
        guard self.workflow.status.phase == .pending, self.entries.isEmpty,
            let claim = self.lockClaims[LockClaim.workflowItself]
        else { return false }
        return claim.held == 0 && claim.wanted?.isOfSpec == false
    }

    private func workflowLocks() throws(EngineFailure) -> [LockName] {
        let namespace = self.workflow.metadata.namespace
        return self.parallelism.locks(namespace: namespace)
            + (try self.spec.synchronization?.lockNames(in: namespace) ?? [])
    }

    private var firstLockAttempt: Int { self.firstAttempt * LockClaim.attemptsPerRetry }

    // MARK: A node's

    /// Makes a node wait for the locks that its template names; `nil` where it may begin.
    mutating func awaitLocks(
        _ call: Call, _ bound: BoundTemplate, _ existing: Int?
    ) throws(EngineFailure) -> Int? {
        guard !bound.compiled.kind.isUnsupported, let synchronization = bound.template.synchronization else {
            return nil
        }
        let names = try self.lockNames(synchronization, existing)
        guard !names.isEmpty else { return nil }
        let attempt = max(
            existing.flatMap { self.entries[$0].row.memory["lockAttempt"]?.integerValue } ?? 0,
            self.firstLockAttempt)
        // One that has not asked yet was brought along, or began while its workflow was being stopped.
        if self.takeover == .asTold, let existing, self.entries[existing].row.status.synchronizationStatus == nil,
            self.entries[existing].row.memory["locks"] != nil
        {
            self.lockClaims[existing] = LockClaim(names: names, attempt: attempt, held: names.count)
            return nil
        }
        // It is not to run: it ends as any other would.
        guard self.shouldExecute(isExit: call.isExit) else { return nil }
        let node = existing ?? self.makeWaitingNode(call, bound)
        self.tell(bound.template.inputs, of: node)
        self.setPhase(node, .pending)
        // Argo does not count those that wait for a lock.
        self.count(node, isActive: false)
        self.lockClaims[node] = LockClaim(
            names: names, attempt: attempt, invocation: LockClaim.Invocation(call: call, bound: bound))
        self.entries[node].row.memory["locks"] = .array(names.map { .string("\($0)") })
        if bound.compiled.isPod { try self.startPendingTimer(node, bound.template) }
        self.askNext(node)
        return node
    }

    /// The locks of a node: those that it has asked for before, whatever expressions make of their names now.
    private func lockNames(
        _ synchronization: Synchronization, _ existing: Int?
    ) throws(EngineFailure) -> [LockName] {
        if let existing, let names = self.entries[existing].row.memory["locks"]?.arrayValue {
            return names.compactMap { $0.stringValue.flatMap { LockName($0) } }
        }
        return try synchronization.lockNames(in: self.workflow.metadata.namespace)
    }

    private mutating func makeWaitingNode(_ call: Call, _ bound: BoundTemplate) -> Int {
        let type: NodeType
        if self.retryStrategy(of: bound) != nil {
            type = .retry
        } else {
            switch bound.compiled.kind {
            case .steps: type = .steps
            case .dag: type = .dag
            case .suspend: type = .suspend
            case .container, .script, .unsupported, .unknown: type = .pod
            }
        }
        let node = self.makeNode(call, type: type, phase: .pending)
        if type == .pod { self.entries[node].row.attempt = self.firstAttempt }
        return node
    }

    func isWaitingForLock(_ node: Int) -> Bool { self.lockClaims[node]?.invocation != nil }

    /// The node that waited for its locks under this name, now that it begins.
    mutating func takeReserved(_ name: String, phase: NodePhase) -> Int? {
        guard let node = self.indexByName[name], self.isWaitingForLock(node) else { return nil }
        self.lockClaims[node]?.invocation = nil
        self.entries[node].row.status.synchronizationStatus = nil
        // A pod that was brought along has not started before.
        if self.entries[node].row.status.startedAt == nil { self.entries[node].row.status.startedAt = self.now }
        self.touch(node)
        self.count(node, isActive: true)
        self.setPhase(node, phase, message: "")
        return node
    }

    /// There is room for a node: it begins, or asks for its locks anew.
    mutating func beginLocked(_ node: Int) {
        guard let claim = self.lockClaims[node], let invocation = claim.invocation else { return }
        if claim.held == claim.names.count {
            _ = self.openBound(invocation.call, invocation.bound, nil)
        } else if claim.isParked {
            self.lockClaims[node]?.isParked = false
            self.askNext(node)
        }
    }

    /// All of a node's locks are held.
    ///
    /// Where there is no room for it any more, it gives them back and asks again once there is: whoever keeps a lock
    /// while it waits for room could wait for one who waits for the lock.
    private mutating func lockedAll(_ node: Int) {
        self.request(.locked(node))
        guard self.isWaitingForLock(node), let claim = self.lockClaims[node] else { return }
        self.release(node, claim)
        self.lockClaims[node]?.held = 0
        self.lockClaims[node]?.early = []
        self.lockClaims[node]?.isParked = true
        self.lockClaims[node]?.attempt = claim.attempt + 1
        self.entries[node].row.memory["lockAttempt"] = .integer(claim.attempt + 1)
        self.touch(node)
    }

    /// A template that has failed leaves none behind that still waits.
    mutating func endWaitingForLocks(in boundary: Int, _ message: String) {
        let waiting = self.lockClaims.keys.filter { node in
            node >= 0 && self.entries[node].boundary == boundary && self.isWaitingForLock(node)
        }
        for node in waiting.sorted() { self.setPhase(node, .failed, message: message) }
    }

    // MARK: Asking and giving back

    private mutating func askNext(_ place: Int) {
        guard let claim = self.lockClaims[place], let lock = claim.wanted else { return }
        self.lockWaiters[lock, default: 0] += 1
        if place >= 0 {
            var status = self.entries[place].row.status.synchronizationStatus ?? NodeSynchronizationStatus()
            status.waiting = "\(lock)"
            self.entries[place].row.status.synchronizationStatus = status
            self.touch(place)
        }
        self.decisions.append(.requestLock(self.lockRequest(place, claim, lock)))
    }

    private func lockRequest(_ place: Int, _ claim: LockClaim, _ lock: LockName) -> LockRequest {
        var request = LockRequest()
        request.lock = "\(lock)"
        request.holder = PodIdentity(
            workflowUID: self.workflow.metadata.uid, nodeID: place < 0 ? "" : self.entries[place].row.status.id,
            attempt: claim.attempt)
        request.workflow = self.workflow.metadata.name
        request.namespace = self.workflow.metadata.namespace
        request.priority = self.spec.priority ?? 0
        request.createdAt = self.workflow.metadata.creationTimestamp
        return request
    }

    /// Gives back what a node holds, or waits for, that has ended.
    mutating func giveBackLocks(of place: Int) {
        guard let claim = self.lockClaims.removeValue(forKey: place) else { return }
        self.release(place, claim)
        if place >= 0 { self.entries[place].row.status.synchronizationStatus = nil }
    }

    private mutating func release(_ place: Int, _ claim: LockClaim) {
        if let lock = claim.wanted { self.noteNoLongerWaiting(lock) }
        for lock in claim.asked {
            var request = self.lockRequest(place, claim, lock)
            request.isReleased = true
            self.noteReleased(lock, by: request.holderKey)
            self.decisions.append(.releaseLock(request))
        }
    }

    /// What homes must hear where the workflow is taken away: all that it holds or asks for.
    package var releases: [LockRequest] {
        self.lockClaims.sorted { $0.key < $1.key }.flatMap { place, claim in
            claim.asked.map { lock in
                var request = self.lockRequest(place, claim, lock)
                request.isReleased = true
                return request
            }
        }
    }

    // MARK: What homes say

    /// Whether the one who is spoken of holds the lock or asks for it.
    ///
    /// A node that has not ended, and that a recovery has not come to yet, keeps what it has. So does one that asks
    /// again from the first after a recovery: it still holds those before, and word of one that was given back could
    /// be taken for an answer to a new request.
    package func wants(_ notice: LockNotice) -> Bool {
        if let node = self.indexByID[notice.holder.nodeID], self.lockClaims[node] == nil {
            return !self.entries[node].row.status.phase.isFulfilled
        }
        guard let place = self.place(of: notice.holder), let claim = self.lockClaims[place] else { return false }
        return claim.names.contains { "\($0)" == notice.lock }
    }

    private func place(of holder: PodIdentity) -> Int? {
        guard holder.workflowUID == self.workflow.metadata.uid else { return nil }
        let place = holder.nodeID.isEmpty ? LockClaim.workflowItself : self.indexByID[holder.nodeID]
        guard let place, self.lockClaims[place]?.attempt == holder.attempt else { return nil }
        return place
    }

    mutating func take(_ notice: LockNotice) {
        guard let place = self.place(of: notice.holder) else { return }
        guard let lock = self.lockClaims[place]?.wanted, notice.lock == "\(lock)" else {
            guard notice.state == .granted, let early = LockName(notice.lock) else { return }
            self.lockClaims[place]?.early.insert(early)
            return
        }
        switch notice.state {
        case .waiting:
            self.noteWaiting(lock, notice.holders)
            self.setLockMessage(
                place,
                lock.isOfSpec
                    ? "Waiting for \(lock) lock. Lock status: \(notice.free)/\(notice.limit)"
                    : "Workflow processing has been postponed because too many workflows are already running")
        case .refused:
            let message = notice.message ?? "the lock \(lock) cannot be had"
            guard place >= 0 else {
                return self.endWorkflow(.failed, "Failed to acquire the synchronization lock. \(message)")
            }
            self.setFailure(place, message)
        case .granted:
            self.noteNoLongerWaiting(lock)
            self.noteHeld(lock, by: notice)
            self.lockClaims[place]?.held += 1
            if self.lockClaims[place]?.wanted != nil {
                self.askNext(place)
            } else if place >= 0 {
                self.lockedAll(place)
            } else {
                self.run()
            }
        }
    }

    private mutating func setLockMessage(_ place: Int, _ message: String) {
        guard place >= 0 else {
            guard self.workflow.status.message != message else { return }
            self.workflow.status.message = message
            self.isWorkflowChanged = true
            return
        }
        self.setPhase(place, .pending, message: message)
    }

    func lockWakeUp(of node: Int) -> WakeUp? {
        guard let claim = self.lockClaims[node], claim.invocation != nil else { return nil }
        return claim.wanted.map { .lock($0) } ?? .parallelism
    }

    // MARK: The workflow's status

    private mutating func noteWaiting(_ lock: LockName, _ holders: [String]) {
        guard lock.isOfSpec else { return }
        self.changeLockStatus { $0.setWaiting("\(lock)", isMutex: lock.isMutex, for: holders) }
    }

    private mutating func noteNoLongerWaiting(_ lock: LockName) {
        let left = (self.lockWaiters[lock] ?? 1) - 1
        self.lockWaiters[lock] = left > 0 ? left : nil
        guard left <= 0, lock.isOfSpec, self.workflow.status.synchronization != nil else { return }
        self.changeLockStatus { $0.setWaiting("\(lock)", isMutex: lock.isMutex, for: []) }
    }

    private mutating func noteHeld(_ lock: LockName, by notice: LockNotice) {
        guard lock.isOfSpec else { return }
        var request = LockRequest()
        request.workflow = notice.workflow
        request.namespace = notice.namespace
        request.holder = notice.holder
        self.changeLockStatus { $0.addHolder(request.holderKey, of: "\(lock)", isMutex: lock.isMutex) }
    }

    private mutating func noteReleased(_ lock: LockName, by holder: String) {
        guard lock.isOfSpec, self.workflow.status.synchronization != nil else { return }
        self.changeLockStatus { $0.removeHolder(holder, of: "\(lock)", isMutex: lock.isMutex) }
    }

    private mutating func changeLockStatus(_ change: (inout SynchronizationStatus) -> Void) {
        var status = self.workflow.status.synchronization ?? SynchronizationStatus()
        change(&status)
        guard status != self.workflow.status.synchronization else { return }
        self.workflow.status.synchronization = status
        self.isWorkflowChanged = true
    }
}
