package import ActorTransport
import JSON
import Model

/// The other runners, as far as artifacts lie with them.
package protocol ArtifactPeers: Sendable {
    /// This runner's own name.
    var name: String { get }
    /// The other runners that live.
    var others: [String] { get }

    /// Opens an object of a runner's repository; a folder comes as a tar file that holds it.
    ///
    /// - Throws: `notFound` where the runner has no such object.
    func open(_ key: String, on runner: String) async throws(ServiceError) -> ArtifactContent
}

/// The runners of a cluster, which are known by what schedulers say of them.
package struct ClusterArtifactPeers: ArtifactPeers {
    private let system: ApusActorSystem
    private let shards: ShardMap

    package init(system: ApusActorSystem, shards: ShardMap) {
        self.system = system
        self.shards = shards
    }

    package var name: String { self.system.member }
    package var others: [String] { self.shards.runners.filter { $0 != self.name } }

    package func open(_ key: String, on runner: String) async throws(ServiceError) -> ArtifactContent {
        var request = StoredArtifact(
            artifact: ["name": .string(key), "s3": ["key": .string(key)]], namespace: "", workflow: "")
        request.packsFolder = true
        return try await ArtifactContent(
            wire: try await self.system.open(RunnerStreams.artifact, on: .runner(on: runner), request))
    }
}
