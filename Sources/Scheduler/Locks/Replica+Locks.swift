import ActorTransport
import JSON
import Model
import WorkflowEngine

extension Replica {
    /// How often the holders of locks are asked whether they hold them.
    private static let auditPause = Duration.seconds(60)

    /// How many may hold a lock.
    ///
    /// - Throws: `LimitFailure`, where the value of a semaphore is not there or is none.
    func limit(of lock: LockName) throws(LimitFailure) -> Int {
        switch lock {
        case .mutex: return 1
        case .parallelism(nil): return self.parallelism.total > 0 ? self.parallelism.total : .max
        case .parallelism(.some): return self.parallelism.perNamespace > 0 ? self.parallelism.perNamespace : .max
        case .semaphore(let namespace, let configMap, let key):
            guard let entry = self.catalog.entry(ObjectKey(.configMap, namespace: namespace, name: configMap)) else {
                throw LimitFailure(lock, "configmaps \"\(configMap)\" not found: store one with `apus apply`")
            }
            guard let text = entry.object["data"]?[key]?.stringValue else {
                throw LimitFailure(lock, "Sync configuration key '\(key)' not found in ConfigMap")
            }
            guard let limit = Int(text), limit > 0 else {
                throw LimitFailure(lock, "the value of '\(key)' is \"\(text)\": write a number from 1")
            }
            return limit
        }
    }

    /// Has the holders of locks told again and again that they hold them, until the task is cancelled.
    ///
    /// Nothing is lost that this would have to find: releases are stored before anybody relies on them. It is what
    /// gives a lock free that was stored by mistake.
    func auditLocks() async {
        while !Task.isCancelled {
            // Cancelled only when the replica stops.
            do { try await self.clock.sleep(for: Self.auditPause) } catch { return }
            for shard in 0..<ShardMap.shardCount {
                _ = self.directory[shard]?.mailbox.post(.auditLocks, isUrgent: true)
            }
        }
    }
}

/// Why nobody can say how many may hold a semaphore.
struct LimitFailure: Error {
    let message: String

    init(_ lock: LockName, _ reason: String) {
        self.message = "failed to initialize semaphore \(lock) with limit: \(reason)"
    }
}
