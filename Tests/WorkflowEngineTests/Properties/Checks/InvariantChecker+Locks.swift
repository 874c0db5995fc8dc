import Model
import OrderedCollections
import WorkflowEngine

// Locks: who holds what, from when to when.
extension InvariantChecker {
    /// A lock, as one holder asks for it.
    struct LockClaim: Hashable {
        let lock: String
        let holder: PodIdentity
    }

    /// The locks that a template or workflow names.
    func lockNames(_ synchronization: Synchronization?) -> [String] {
        let namespace = self.workflow.metadata.namespace
        let mutexes = (synchronization?.mutexes ?? []).map { LockName.mutex(namespace: namespace, name: $0.name ?? "") }
        let semaphores = (synchronization?.semaphores ?? []).compactMap(\.configMapKeyRef).map {
            LockName.semaphore(namespace: namespace, configMap: $0.name, key: $0.key)
        }
        return (mutexes + semaphores).map { "\($0)" }
    }

    /// All that the workflow and its templates name.
    var lockNames: [String] {
        var names = Set(self.lockNames(self.workflow.spec.synchronization))
        var open = Array(self.templates.values)
        while let template = open.popLast() {
            names.formUnion(self.lockNames(template.template.synchronization))
            open += template.sites.values.compactMap(\.inline)
        }
        return names.sorted()
    }

    // MARK: What the machine says

    /// A machine was made anew: whoever waited asks again from the first lock.
    ///
    /// What it had asked for besides is its own again once the lock's home tells that it is granted.
    mutating func checkLocks(recovered decisions: [Decision], isPending: Bool) throws {
        self.requested = []
        self.claims = self.claims.filter {
            let node = $0.holder.nodeID
            return node.isEmpty ? !isPending : self.rows[node]?.status.synchronizationStatus == nil
        }
        try self.checkLocks(decisions)
    }

    /// A machine that waits is told of a grant, perhaps of what it asked for before a crash: it has to give it back.
    mutating func noteGranted(_ notice: LockNotice) {
        let node = notice.holder.nodeID
        guard node.isEmpty || self.rows[node]?.status.synchronizationStatus != nil else { return }
        self.claims.insert(LockClaim(lock: notice.lock, holder: notice.holder))
    }

    /// Takes what the machine asks for and gives back.
    mutating func checkLocks(_ decisions: [Decision]) throws {
        for decision in decisions {
            switch decision {
            case .requestLock(let request): try self.note(request: request)
            case .releaseLock(let request): try self.note(release: request)
            case .startPod, .stopPod, .startTimer, .cancelTimer, .emitEvent, .complete: break
            }
        }
    }

    private mutating func note(request: LockRequest) throws {
        let claim = LockClaim(lock: request.lock, holder: request.holder)
        self.claims.insert(claim)
        guard self.requested.insert(claim).inserted else {
            throw Violation(.locks, "\(request.holderKey) asks twice for \(request.lock)")
        }
        guard !request.holder.nodeID.isEmpty else {
            self.kinds.insert(.lockOfWorkflow)
            return
        }
        guard let row = self.rows[request.holder.nodeID],
            self.lockNames(self.template(of: row)?.template.synchronization).contains(request.lock)
        else { throw Violation(.locks, "\(request.holderKey) asks for \(request.lock), which it does not need") }
        self.noteKinds(ofLock: request.lock, row)
    }

    private mutating func note(release request: LockRequest) throws {
        guard self.claims.remove(LockClaim(lock: request.lock, holder: request.holder)) != nil else {
            throw Violation(.locks, "\(request.holderKey) gives back \(request.lock), which it does not have")
        }
        guard !request.holder.nodeID.isEmpty, let row = self.rows[request.holder.nodeID] else { return }
        guard row.status.phase.isFulfilled || row.status.synchronizationStatus != nil else {
            throw Violation(.locks, "\(row.status.name) gives back \(request.lock) before it has ended")
        }
    }

    /// Who has ended has given back its locks.
    func checkLocksGivenBack(isComplete: Bool) throws {
        for claim in self.claims {
            let node = claim.holder.nodeID
            let hasEnded = node.isEmpty ? isComplete : self.rows[node].map(\.status.phase.isFulfilled) ?? true
            if hasEnded || isComplete {
                throw Violation(
                    .locks, "\(self.rows[node]?.status.name ?? "the workflow") has ended and keeps \(claim.lock)")
            }
        }
    }

    /// A pod starts only where it, all that encloses it and the workflow have their locks.
    func checkLocks(of launch: PodLaunch, _ row: NodeRow, _ homes: LockHomes) throws {
        func check(_ node: String, _ synchronization: Synchronization?) throws {
            for lock in self.lockNames(synchronization) {
                guard homes.holders(of: lock).contains(where: { self.isHolder($0, node) }) else {
                    throw Violation(.locks, "\(launch.nodeName) started without \(lock)")
                }
            }
        }
        try check("", self.workflow.spec.synchronization)
        // What is stopped before it begins holds no locks, and its exit handlers run.
        if self.shutdown != nil { return }
        var place: NodeRow? = row
        while let inner = place {
            let owner = self.retry(of: inner) ?? inner
            try check(owner.status.id, self.template(of: owner)?.template.synchronization)
            place = owner.status.boundaryID.flatMap { self.rows[$0] }
        }
    }

    private func isHolder(_ holder: PodIdentity, _ node: String) -> Bool {
        holder.nodeID == node && holder.workflowUID == self.workflow.metadata.uid
    }

    // MARK: What homes say

    /// Nobody holds what others hold already.
    func check(_ homes: LockHomes) throws {
        for lock in homes.locks.values where lock.granted.count > LockHomes.limit(lock.name) {
            throw Violation(.locks, "\(lock.name) is held by \(lock.granted.map(\.request.holderKey))")
        }
    }

    func checkReleased(_ homes: LockHomes) throws {
        for (lock, claim) in homes.claims where claim.request.holder.workflowUID == self.workflow.metadata.uid {
            throw Violation(.locks, "\(lock) is still claimed by \(claim.request.holderKey)")
        }
    }

    private mutating func noteKinds(ofLock lock: String, _ row: NodeRow) {
        let isPod = row.status.type == .pod || row.status.type == .retry
        switch LockName(lock) {
        case .mutex: self.kinds.insert(isPod ? .mutexOfPod : .lockOfComposite)
        case .semaphore: self.kinds.insert(.semaphore)
        case .parallelism, nil: break
        }
    }
}

extension Turn {
    var isComplete: Bool { self.decisions.contains { if case .complete = $0 { true } else { false } } }
}
