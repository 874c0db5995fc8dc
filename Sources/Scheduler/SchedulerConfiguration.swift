import Glibc

/// How a scheduler is set up.
package struct SchedulerConfiguration: Sendable {
    /// Pods that run at once for each processor of this machine, where nothing else is said.
    package static let podsPerProcessor = 16

    /// How many pods may be with the runner at once; the others wait in the order of priority and arrival.
    package var podLimit: Int
    /// The member whose runner is given the pods.
    package var runnerMember: String
    /// How long this scheduler keeps its shards without being heard of.
    package var lease: Duration = .seconds(3)
    /// How large its share of the shards is, compared with other schedulers.
    package var weight = 1
    /// Where others reach it; empty where the member's name is enough.
    package var address = ""

    package init(runnerMember: String, podLimit: Int? = nil) {
        self.runnerMember = runnerMember
        self.podLimit = podLimit ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) * Self.podsPerProcessor
    }
}
