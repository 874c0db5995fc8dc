import Model
import OrderedCollections
import TestSupport
import WorkflowEngine

// Locks: their homes, the way there and back, and other workflows that want them too.
extension EngineSimulation {
    /// Another workflow that holds a lock or waits for it.
    struct Stranger {
        let request: LockRequest
        var isHolding = false
    }

    /// Other workflows that want locks at the same time, at the most.
    private static let strangersMax = 3
    private static let strangerPrefix = "stranger"

    /// Something is carried to a lock's home or back.
    mutating func carry() throws {
        let isRequest = !self.homes.requests.isEmpty && (self.homes.notices.isEmpty || self.chance(50))
        if isRequest {
            var index = self.random.below(min(3, self.homes.requests.count))
            let chosen = self.homes.requests[index]
            // One may come after its own release; but what is given back has come before it is asked for anew.
            let earlier = self.homes.requests[..<index].firstIndex {
                $0.isReleased && $0.lock == chosen.lock && $0.holder == chosen.holder
            }
            index = earlier ?? index
            let request = self.homes.requests[index]
            if !self.chance(10) { self.homes.requests.remove(at: index) }
            self.homes.take(request)
            try self.checker.check(self.homes)
        } else {
            let index = self.random.below(min(3, self.homes.notices.count))
            let notice = self.homes.notices[index]
            if !self.chance(10) { self.homes.notices.remove(at: index) }
            try self.hear(notice)
        }
    }

    /// Takes a notice, as `ShardState` does: who does not want the lock any more gives it back.
    private mutating func hear(_ notice: LockNotice) throws {
        if let index = self.strangers.firstIndex(where: { $0.request.holder == notice.holder }) {
            if notice.state == .granted { self.strangers[index].isHolding = true }
            return
        }
        if !self.isComplete, self.machine.wants(notice) { return try self.apply(.lockTold(notice)) }
        guard notice.state == .granted else { return }
        var request = LockRequest()
        request.lock = notice.lock
        request.holder = notice.holder
        request.isReleased = true
        self.homes.requests.append(request)
    }

    /// What was said and not stored may be lost in a crash.
    mutating func forgetMail() {
        for index in self.homes.requests.indices.reversed()
        where !self.homes.requests[index].isReleased && !self.isStranger(self.homes.requests[index].holder)
            && self.chance(50)
        {
            self.homes.requests.remove(at: index)
        }
        self.homes.notices.removeAll { !$0.holder.workflowUID.hasPrefix(Self.strangerPrefix) }
    }

    private func isStranger(_ holder: PodIdentity) -> Bool { holder.workflowUID.hasPrefix(Self.strangerPrefix) }

    // MARK: Strangers

    /// Other workflows take locks and give them back.
    mutating func letStrangersAct() {
        guard !self.lockNames.isEmpty else { return }
        if self.chance(1) { self.homes.recover() }
        if self.strangers.count < Self.strangersMax, self.chance(4) { self.addStranger() }
        if self.chance(15) { self.removeStranger() }
    }

    mutating func addStranger() {
        self.strangerCount += 1
        var request = LockRequest()
        request.lock = self.random.pick(self.lockNames)
        request.holder = PodIdentity(
            workflowUID: "\(Self.strangerPrefix)-\(self.strangerCount)", nodeID: "", attempt: 0)
        request.workflow = request.holder.workflowUID
        request.namespace = self.stored.metadata.namespace
        request.priority = self.random.below(3) - 1
        request.createdAt = self.now
        self.strangers.append(Stranger(request: request))
        self.homes.requests.append(request)
    }

    /// One that holds its lock gives it back; answers whether there is any.
    @discardableResult
    mutating func removeStranger() -> Bool {
        guard let index = self.strangers.firstIndex(where: \.isHolding) else { return false }
        var request = self.strangers.remove(at: index).request
        request.isReleased = true
        self.homes.requests.append(request)
        return true
    }

    /// Once all that is on its way has come, nobody holds anything for a workflow that has ended.
    mutating func settleLocks() throws {
        self.homes.recover()
        for _ in 0..<Self.eventsMax {
            if !self.homes.isQuiet {
                try self.carry()
            } else if !self.removeStranger() {
                return try self.checker.checkReleased(self.homes)
            }
        }
        throw Violation(.locks, "requests and notices go round in a circle")
    }
}
