package import Model

/// A workflow that a cron workflow has made, as far as the cron workflow cares.
package struct CronChild: Hashable, Sendable {
    package var name: String
    package var namespace: String
    package var uid: String
    package var phase: WorkflowPhase
    package var finishedAt: Timestamp?

    package init(name: String, namespace: String, uid: String, phase: WorkflowPhase, finishedAt: Timestamp? = nil) {
        self.name = name
        self.namespace = namespace
        self.uid = uid
        self.phase = phase
        self.finishedAt = finishedAt
    }

    /// How the cron workflow's status names it.
    package var reference: ObjectReference {
        var reference = ObjectReference()
        reference.kind = "Workflow"
        reference.apiVersion = WorkflowKeys.apiVersion
        reference.name = self.name
        reference.namespace = self.namespace
        reference.uid = self.uid
        return reference
    }
}

/// How many completed workflows of a cron workflow are kept.
enum CronHistory {
    private static let defaultSucceeded = 3
    private static let defaultFailed = 1

    /// The oldest workflows beyond the limits.
    ///
    /// A negative limit counts as none given.
    static func excess(_ children: [CronChild], succeededLimit: Int?, failedLimit: Int?) -> [CronChild] {
        let completed = children.filter(\.phase.isCompleted)
        let succeeded = completed.filter { $0.phase == .succeeded }
        let failed = completed.filter { $0.phase != .succeeded }
        return self.oldest(of: succeeded, beyond: succeededLimit ?? -1, otherwise: self.defaultSucceeded)
            + self.oldest(of: failed, beyond: failedLimit ?? -1, otherwise: self.defaultFailed)
    }

    private static func oldest(of children: [CronChild], beyond limit: Int, otherwise standard: Int) -> [CronChild] {
        let kept = limit < 0 ? standard : limit
        guard children.count > kept else { return [] }
        let newestFirst = children.sorted { left, right in
            let first = left.finishedAt?.nanoseconds ?? .min
            let second = right.finishedAt?.nanoseconds ?? .min
            return first == second ? left.name > right.name : first > second
        }
        return Array(newestFirst.dropFirst(kept))
    }
}
