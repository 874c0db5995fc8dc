package import JSON

/// The locks that a workflow holds and waits for.
package struct SynchronizationStatus: ModelObject {
    @Boxed package var semaphore: SemaphoreStatus?
    @Boxed package var mutex: MutexStatus?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .boxed("semaphore", \._semaphore),
        .boxed("mutex", \._mutex),
    ])
}

/// The semaphores that a workflow holds and waits for.
package struct SemaphoreStatus: ModelObject {
    package var holding: [SemaphoreHolding] = []
    package var waiting: [SemaphoreHolding] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .list("holding", \.holding),
        .list("waiting", \.waiting),
    ])
}

/// A semaphore and the nodes that hold it or wait for it.
package struct SemaphoreHolding: ModelObject {
    package var semaphore: String?
    package var holders: [String] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("semaphore", \.semaphore),
        .list("holders", \.holders),
    ])
}

/// The mutexes that a workflow holds and waits for.
package struct MutexStatus: ModelObject {
    package var holding: [MutexHolding] = []
    package var waiting: [MutexHolding] = []
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .list("holding", \.holding),
        .list("waiting", \.waiting),
    ])
}

/// A mutex and the node that holds it or waits for it.
package struct MutexHolding: ModelObject {
    package var mutex: String?
    package var holder: String?
    package var unknown = UnknownMembers()

    package init() {}

    package static let fields = FieldTable<Self>([
        .text("mutex", \.mutex),
        .text("holder", \.holder),
    ])
}

extension SynchronizationStatus {
    /// Says whom a lock is waited for, or that nobody waits any more.
    package mutating func setWaiting(_ lock: String, isMutex: Bool, for holders: [String]) {
        if isMutex {
            var mutex = self.mutex ?? MutexStatus()
            mutex.waiting.removeAll { $0.mutex == lock }
            if let holder = holders.first {
                mutex.waiting.append(MutexHolding(lock, holder: holder))
            }
            self.mutex = mutex
        } else {
            var semaphore = self.semaphore ?? SemaphoreStatus()
            semaphore.waiting.removeAll { $0.semaphore == lock }
            if !holders.isEmpty { semaphore.waiting.append(SemaphoreHolding(lock, holders: holders)) }
            self.semaphore = semaphore
        }
    }

    /// The locks that a workflow or node is listed as a holder of.
    package func locks(heldBy holder: String) -> [String] {
        (self.mutex?.holding ?? []).filter { $0.holder == holder }.compactMap(\.mutex)
            + (self.semaphore?.holding ?? []).filter { $0.holders.contains(holder) }.compactMap(\.semaphore)
    }

    package mutating func addHolder(_ holder: String, of lock: String, isMutex: Bool) {
        if isMutex {
            var mutex = self.mutex ?? MutexStatus()
            mutex.holding.removeAll { $0.mutex == lock }
            mutex.holding.append(MutexHolding(lock, holder: holder))
            self.mutex = mutex
        } else {
            var semaphore = self.semaphore ?? SemaphoreStatus()
            if let place = semaphore.holding.firstIndex(where: { $0.semaphore == lock }) {
                if !semaphore.holding[place].holders.contains(holder) {
                    semaphore.holding[place].holders.append(holder)
                }
            } else {
                semaphore.holding.append(SemaphoreHolding(lock, holders: [holder]))
            }
            self.semaphore = semaphore
        }
    }

    /// As in Argo, a semaphore that nobody holds any more stays listed.
    package mutating func removeHolder(_ holder: String, of lock: String, isMutex: Bool) {
        self.mutex?.holding.removeAll { isMutex && $0.mutex == lock && $0.holder == holder }
        guard !isMutex, let place = self.semaphore?.holding.firstIndex(where: { $0.semaphore == lock }) else { return }
        self.semaphore?.holding[place].holders.removeAll { $0 == holder }
    }
}

extension MutexHolding {
    fileprivate init(_ mutex: String, holder: String) {
        self.init()
        self.mutex = mutex
        self.holder = holder
    }
}

extension SemaphoreHolding {
    fileprivate init(_ semaphore: String, holders: [String]) {
        self.init()
        self.semaphore = semaphore
        self.holders = holders
    }
}
