import ActorTransport
import Glibc
import Model
import OrderedCollections

/// Fetches a pod's input artifacts that lie with other runners into its `inputs` folder.
///
/// A launch says with which runner an artifact lies that its workflow has made. Any other, such as one whose key
/// somebody wrote, is looked for here and then with the other runners. A runner that does not answer is asked again for
/// a while: it may be starting.
struct RemoteInputs: Sendable {
    /// How long a runner that does not answer is asked again.
    static let patience = Duration.seconds(60)
    private static let firstRetryDelay = Duration.milliseconds(100)
    private static let longestRetryDelay = Duration.seconds(2)

    let repository: FileArtifactRepository
    let peers: any ArtifactPeers
    var patience = RemoteInputs.patience
    /// Whether nobody wants the pod any longer.
    let isUnwanted: @Sendable () async -> Bool

    init(
        repository: FileArtifactRepository, peers: any ArtifactPeers, patience: Duration = RemoteInputs.patience,
        isUnwanted: @escaping @Sendable () async -> Bool = { false }
    ) {
        self.repository = repository
        self.peers = peers
        self.patience = patience
        self.isUnwanted = isUnwanted
    }

    /// Fetches them; answers where those are that are not in this runner's repository, by their place in the launch, or
    /// `nil` where the pod came to be unwanted meanwhile.
    ///
    /// - Throws: `RunnerError` where a runner does not answer, or the disk does not take what it sends.
    func fetch(
        _ launch: PodLaunch, to folder: PodFolder
    ) async throws(RunnerError) -> [Int: InputArtifacts.Origin]? {
        var origins: [Int: InputArtifacts.Origin] = [:]
        for (index, artifact) in launch.inputArtifacts.enumerated() {
            guard artifact.path?.isEmpty == false, artifact.raw == nil, let key = artifact.s3?.key, !key.isEmpty else {
                continue
            }
            let whole = InputArtifacts.wholeKey(key, of: artifact)
            let maker = launch.artifactRunners[key]
            let runners: [String]
            if let maker {
                if maker == self.peers.name { continue }
                runners = [maker]
            } else {
                if try self.repository.find(whole) != nil { continue }
                runners = self.peers.others
            }
            guard !runners.isEmpty else { continue }
            let place = "\(folder.inputs)/r\(index)"
            let request = Request(
                artifact: artifact.name, key: whole, maker: maker, runners: runners, place: place)
            guard let origin = try await self.fetch(request) else { return nil }
            origins[index] = origin
        }
        return origins
    }

    private struct Request: Sendable {
        var artifact: String
        var key: String
        /// Who has made it, as far as that is known.
        var maker: String?
        /// Who may have it.
        var runners: [String]
        var place: String
    }

    private func fetch(_ request: Request) async throws(RunnerError) -> InputArtifacts.Origin? {
        let giveUp = ContinuousClock.now + self.patience
        var delay = Self.firstRetryDelay
        while true {
            var failure: (runner: String, error: ServiceError)?
            for runner in request.runners {
                switch try await self.tryFetch(request, from: runner) {
                case nil: return .fetched(request.place)
                case .some(let error) where error.code == .notFound: continue
                case .some(let error): failure = (runner, error)
                }
            }
            guard let failure else { return .absent(from: request.maker) }
            if await self.isUnwanted() { return nil }
            guard ContinuousClock.now < giveUp else {
                throw RunnerError(
                    .unavailable,
                    "artifact \(request.artifact) failed to load: runner \"\(failure.runner)\" has not given "
                        + "\"\(request.key)\" for \(self.patience.components.seconds) s (\(failure.error)): start that "
                        + "runner with its data folder, then retry the workflow")
            }
            do { try await Task.sleep(for: delay) } catch {
                // The next runner process begins anew.
                throw RunnerError(.unavailable, "the runner ends")
            }
            delay = min(delay * 2, Self.longestRetryDelay)
        }
    }

    /// Answers why it could not be had from this runner, or `nil` where it is there now.
    ///
    /// - Throws: `RunnerError` for what goes wrong here.
    private func tryFetch(_ request: Request, from runner: String) async throws(RunnerError) -> ServiceError? {
        let content: ArtifactContent
        do { content = try await self.peers.open(request.key, on: runner) } catch { return error }
        let target = content.isFolder ? "\(request.place).tar" : request.place
        var size = 0
        do {
            try await self.write([], to: target, isNew: true)
            for try await bytes in content.chunks {
                size += bytes.count
                try await self.write(bytes, to: target, isNew: false)
            }
        } catch let error as RunnerError {
            throw error
        } catch {
            return error as? ServiceError ?? ServiceError(.unknown, "\(error)")
        }
        if let whole = content.size, whole != size {
            return ServiceError(.unavailable, "the stream ended after \(size) of \(whole) bytes")
        }
        guard content.isFolder else { return nil }
        let place = request.place
        try await BlockingWork.trying { () throws(RunnerError) in
            guard try Archives.unpack(target, as: .tar, to: place) == .unpacked else {
                throw RunnerError(.invalid, "what runner \"\(runner)\" sent is no tar file")
            }
            try HostFiles.remove(target)
        }
        return nil
    }

    private func write(_ bytes: [UInt8], to path: String, isNew: Bool) async throws(RunnerError) {
        try await BlockingWork.trying { () throws(RunnerError) in
            if isNew { try HostFiles.write(bytes, to: path) } else { try HostFiles.append(bytes, to: path) }
        }
    }
}
