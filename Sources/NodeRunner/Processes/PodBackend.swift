/// What runs the commands of pods.
///
/// Word of a pod comes at least once by `messages`. Whatever a backend starts goes on without the runner.
package protocol PodBackend: Sendable {
    /// Batches of what has become of pods, in order for each pod.
    var messages: AsyncStream<[SupervisorMessage]> { get }

    /// Starts a pod, unless its folder says that it was started before.
    func start(_ request: SupervisorRequest) throws(RunnerError)

    /// Sees to it that the end of a pod that was started by an earlier runner is noticed.
    func watch(_ folder: PodFolder, supervisor: Int32)

    /// Asks a pod's supervisor to end it: SIGTERM, and SIGKILL after the grace period.
    func stop(_ folder: PodFolder, supervisor: Int32, graceSeconds: Int)

    /// Lets go of everything. Pods go on.
    func close()
}
