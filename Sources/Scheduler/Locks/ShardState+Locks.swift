import ActorTransport
import JSON
import Model
import OrderedCollections
import WorkflowEngine

// A shard as the home of locks: a claim is a row of its outbox, from the request until the release.
extension ShardState {
    /// Takes requests and releases; answers a notice of each request.
    mutating func ask(_ requests: [LockRequest], in turn: inout ShardTurn, replica: Replica) -> [LockNotice] {
        var notices: [LockNotice] = []
        for request in requests {
            guard request.isReleased else {
                notices.append(self.ask(request, in: &turn, replica: replica))
                continue
            }
            guard var lock = self.locks.removeValue(forKey: request.lock) else { continue }
            if let claim = lock.release(request.holder) {
                turn.lockClaims.updateValue(nil, forKey: claim.number)
                self.grant(&lock, in: &turn)
            }
            if !lock.isEmpty { self.locks[request.lock] = lock }
        }
        return notices
    }

    private mutating func ask(_ request: LockRequest, in turn: inout ShardTurn, replica: Replica) -> LockNotice {
        var refusal = LockNotice(.refused, of: request)
        guard let name = LockName(request.lock), ShardMap.shard(of: name) == self.shard else {
            refusal.message = "\"\(request.lock)\" is no lock of shard \(self.shard)"
            return refusal
        }
        var lock = self.locks.removeValue(forKey: request.lock) ?? LockStateMachine(name, limit: nil)
        defer { if !lock.isEmpty { self.locks[request.lock] = lock } }
        do throws(LimitFailure) {
            lock.limit = try replica.limit(of: name)
        } catch {
            // Those who are there stay; nobody is added.
            guard lock.claims[request.holder] == nil else { return lock.notice(of: request) }
            refusal.message = error.message
            return refusal
        }
        if lock.add(request, number: self.nextOutboxNumber) {
            self.nextOutboxNumber += 1
            turn.lockClaims.updateValue(lock.claims[request.holder]?.record, forKey: self.nextOutboxNumber - 1)
        }
        self.grant(&lock, in: &turn, answering: request.holder)
        return lock.notice(of: request)
    }

    /// Lets in those whose turn it is, and tells them; one of them may be told by an answer.
    private func grant(_ lock: inout LockStateMachine, in turn: inout ShardTurn, answering asker: PodIdentity? = nil) {
        for claim in lock.grant() {
            turn.lockClaims.updateValue(claim.record, forKey: claim.number)
            if claim.request.holder != asker { turn.effects.append(.tellLock(lock.notice(of: claim.request))) }
        }
    }

    /// A config map was stored or deleted: the semaphores that it limits let in as many as it says.
    ///
    /// Without one, it is the limits to the workflows that run at once that have changed.
    mutating func changeLimits(_ configMap: ObjectKey?, in turn: inout ShardTurn, replica: Replica) {
        for (text, lock) in self.locks where lock.name.isLimited(by: configMap) {
            var changed = lock
            self.setLimit(of: &changed, replica: replica)
            self.grant(&changed, in: &turn)
            self.locks[text] = changed
        }
    }

    private func setLimit(of lock: inout LockStateMachine, replica: Replica) {
        do throws(LimitFailure) {
            lock.limit = try replica.limit(of: lock.name)
        } catch {
            // Nobody is let in until somebody says how many.
            lock.limit = nil
        }
    }

    /// Tells all holders again; who is told of a lock that nobody holds there gives it back.
    func auditLocks(in turn: inout ShardTurn) {
        for lock in self.locks.values { self.tellHolders(of: lock, in: &turn) }
    }

    private func tellHolders(of lock: LockStateMachine, in turn: inout ShardTurn) {
        for claim in lock.granted { turn.effects.append(.tellLock(lock.notice(of: claim.request))) }
    }

    // MARK: Recovery

    mutating func restoreLock(_ row: OutboxRecord, _ payload: JSONValue) throws {
        let request = try LockRequest(json: payload["request"] ?? .null, at: DecodingPlace())
        guard let name = LockName(request.lock) else { return }
        let isGranted = payload["isGranted"]?.boolValue ?? false
        self.locks[request.lock, default: LockStateMachine(name, limit: nil)].restore(
            LockStateMachine.Claim(number: row.number, request: request, isGranted: isGranted))
    }

    /// Goes on with the locks that were loaded: limits may be others by now, and nobody knows who was told.
    mutating func openLocks(in turn: inout ShardTurn, replica: Replica) {
        for (text, lock) in self.locks {
            var opened = lock
            self.setLimit(of: &opened, replica: replica)
            self.tellHolders(of: opened, in: &turn)
            self.grant(&opened, in: &turn)
            self.locks[text] = opened
        }
    }

    // MARK: As the shard of those who ask

    /// Takes what a lock's home says.
    ///
    /// Who has ended, or has given the lock back, gives it back again.
    mutating func take(_ notice: LockNotice, in turn: inout ShardTurn) {
        let uid = notice.holder.workflowUID
        self.wake(uid, hearing: notice, in: &turn)
        if self.active[uid]?.machine.wants(notice) == true { return self.apply(.lockTold(notice), to: uid, in: &turn) }
        guard notice.state == .granted else { return }
        var request = LockRequest()
        request.lock = notice.lock
        request.holder = notice.holder
        request.workflow = notice.workflow
        request.namespace = notice.namespace
        request.isReleased = true
        self.release(request, in: &turn)
    }

    mutating func release(_ request: LockRequest, in turn: inout ShardTurn) {
        let number = self.addOutbox(
            .releaseLock, uid: request.holder.workflowUID, request.json(.compact), to: &turn)
        turn.effects.append(.askLock(request, outboxNumber: number))
    }
}

extension LockName {
    fileprivate func isLimited(by configMap: ObjectKey?) -> Bool {
        switch self {
        case .mutex: false
        case .parallelism: configMap == nil
        case .semaphore(let namespace, let name, _): namespace == configMap?.namespace && name == configMap?.name
        }
    }
}

extension LockStateMachine.Claim {
    /// The claim as it is stored.
    fileprivate var record: OutboxRecord {
        let payload: JSONValue = ["request": self.request.json(.compact), "isGranted": .bool(self.isGranted)]
        return OutboxRecord(
            number: self.number, uid: self.request.holder.workflowUID, kind: .lockClaim, payload: payload.text)
    }
}
