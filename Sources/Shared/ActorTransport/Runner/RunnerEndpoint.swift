package import Distributed
package import Model

/// The door of a runner: takes calls off the wire and hands them to its backend.
package distributed actor RunnerEndpoint: RunnerContract {
    package typealias ActorSystem = ApusActorSystem

    private let backend: any PodBackendDoor

    package init(backend: any PodBackendDoor, actorSystem: ApusActorSystem) {
        self.backend = backend
        self.actorSystem = actorSystem
    }

    /// Makes the runner's door and its streams reachable as `runner` on the system's member.
    @discardableResult
    package static func publish(_ backend: any PodBackendDoor, on system: ApusActorSystem) -> RunnerEndpoint {
        let endpoint = RunnerEndpoint(backend: backend, actorSystem: system)
        let address = ActorAddress.runner(on: system.member)
        system.publish(endpoint, as: address.name)
        system.serve(RunnerStreams.logs, at: address.name) { try await backend.logs($0) }
        system.serve(RunnerStreams.artifact, at: address.name) { try await backend.artifact($0).wireChunks() }
        return endpoint
    }

    package distributed func launch(_ launches: [PodLaunch]) async throws -> LaunchAnswer {
        LaunchAnswer(refused: try await self.backend.launch(launches))
    }

    package distributed func stop(_ stops: [PodStop]) async throws -> Nothing {
        for stop in stops { try await self.backend.stop(stop.identity, graceSeconds: stop.graceSeconds) }
        return Nothing()
    }

    package distributed func unknown(_ identities: [PodIdentity]) async throws -> [PodIdentity] {
        try await self.backend.unknown(identities)
    }

    package distributed func remove(_ workflow: ObjectKey) async throws -> Nothing {
        try await self.backend.remove(workflow)
        return Nothing()
    }
}
