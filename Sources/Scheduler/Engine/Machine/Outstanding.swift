package import Model

/// What is in force for a workflow that was recovered, because it had been decided before.
///
/// A pod here is not launched for that: where its launch is not known to be performed it stands in the outbox, which is
/// redone, and else its runner will speak of it. What the recovery itself decided is told with the next turn instead.
package struct Outstanding: Sendable {
    /// The pods that have not ended.
    package var pods: [PodLaunch]
    /// The timers that run and the locks that are waited for: nothing else keeps them, so they are performed again.
    package var decisions: [Decision]

    package init(pods: [PodLaunch] = [], decisions: [Decision] = []) {
        self.pods = pods
        self.decisions = decisions
    }
}
