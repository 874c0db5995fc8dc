import Model

/// The locks that a node, or the workflow itself, takes one after the other in their order, and how far it is.
struct LockClaim: Sendable {
    /// The place of the workflow's own claim among those of its nodes.
    static let workflowItself = -1
    /// How often a node may give its locks back before the next retry of the workflow counts on.
    static let attemptsPerRetry = 1 << 20

    let names: [LockName]
    /// Grows each time that the locks are given back, so that what was said of older requests is told from what is new.
    var attempt: Int
    /// The first so many are held; the next one is asked for.
    var held = 0
    /// Those granted before a crash that are known to be held although they are not asked for again yet.
    var early: Set<LockName> = []
    /// Whether it asks for none until there is room for the node in its template and workflow.
    var isParked = false
    /// What begins once all are held.
    var invocation: Invocation?

    struct Invocation: Sendable {
        let call: Call
        let bound: BoundTemplate
    }

    /// The lock that is asked for.
    var wanted: LockName? { self.held < self.names.count && !self.isParked ? self.names[self.held] : nil }

    /// What homes know of: the locks that are held, and the one that is asked for.
    var asked: [LockName] {
        let count = self.held + (self.wanted == nil ? 0 : 1)
        return self.names.prefix(count) + self.names.dropFirst(count).filter { self.early.contains($0) }
    }
}

/// Whether there is a limit to the workflows that run at once, in all and in each namespace.
package struct ParallelismLimits: Sendable {
    package var isLimited = false
    package var isNamespaceLimited = false

    package init() {}

    func locks(namespace: String) -> [LockName] {
        (self.isNamespaceLimited ? [.parallelism(namespace: namespace)] : [])
            + (self.isLimited ? [.parallelism(namespace: nil)] : [])
    }
}

extension Synchronization {
    /// The locks by name, in the order in which they are taken.
    func lockNames(in namespace: String) throws(EngineFailure) -> [LockName] {
        var names: Set<LockName> = []
        func add(_ name: LockName) throws(EngineFailure) {
            guard names.insert(name).inserted else {
                throw EngineFailure("requested configuration is invalid: duplicate synchronization item found")
            }
        }
        for semaphore in self.semaphores {
            guard semaphore.database == nil else { throw Self.databases("semaphores") }
            guard let selector = semaphore.configMapKeyRef else {
                throw EngineFailure(
                    "requested configuration is invalid: cannot get LockName for a Semaphore without a ConfigMapRef "
                        + "or Database")
            }
            try add(
                .semaphore(
                    namespace: semaphore.namespace.nonEmpty ?? namespace, configMap: selector.name, key: selector.key))
        }
        for mutex in self.mutexes {
            guard !mutex.database else { throw Self.databases("mutexes") }
            try add(.mutex(namespace: mutex.namespace.nonEmpty ?? namespace, name: mutex.name ?? ""))
        }
        return names.sorted()
    }

    private static func databases(_ list: String) -> EngineFailure {
        EngineFailure(
            "synchronization.\(list) uses 'database', which this version of Apus does not run yet: leave it out, locks "
                + "hold among all schedulers anyway")
    }
}

extension String? {
    fileprivate var nonEmpty: String? { self.flatMap { $0.isEmpty ? nil : $0 } }
}
