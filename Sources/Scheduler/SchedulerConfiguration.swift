/// How a scheduler is set up.
package struct SchedulerConfiguration: Sendable {
    /// How long this scheduler keeps its shards without being heard of.
    package var lease: Duration = .seconds(3)
    /// How long a runner may be silent before it is lost, and its pods with it.
    package var runnerSilence: Duration = .seconds(10)
    /// How large its share of the shards is, compared with other schedulers.
    package var weight = 1
    /// How many workflows may run at once.
    package var parallelism = Parallelism()
    /// Where others reach it; empty where the member's name is enough.
    package var address = ""
    /// What it says it runs.
    package var version = ""

    package init() {}
}
