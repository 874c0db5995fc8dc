package import Model

/// What runs pods: the side of a runner that schedulers see, whatever backend lies behind.
package protocol PodBackendDoor: Sendable {
    /// Puts pods on record and starts them. Idempotent by `PodLaunch.identity`: a pod on record is not started again.
    ///
    /// What goes wrong with one pod is told by a report; this throws only where nothing could be put on record. Answers
    /// those that it does not take, as a `LaunchGate` says.
    func launch(_ launches: [PodLaunch]) async throws -> [LaunchRefusal]
    /// Stops a pod; its final report follows as for any pod.
    func stop(_ identity: PodIdentity, graceSeconds: Int) async throws
    /// Which of these pods are not on record.
    func unknown(_ identities: [PodIdentity]) async throws -> [PodIdentity]
    /// Forgets the pods, logs and artifacts of a workflow.
    func remove(_ workflow: ObjectKey) async throws
    func logs(_ request: PodLogRequest) async throws -> AsyncThrowingStream<LogBatch, any Error>
    func artifact(_ request: StoredArtifact) async throws -> ArtifactContent
}

/// Takes what a backend tells of its pods.
///
/// It returns once the reports are durable, with the pods that are to be stopped and forgotten, because nobody wants
/// them any more; a backend repeats what threw.
package typealias PodReporter = @Sendable ([PodReport]) async throws -> [PodIdentity]
