import ActorTransport
import Distributed
import HTTP2
import JSON
import Model
import Synchronization

/// What may lie between two members.
enum WireKind: String, CaseIterable, Sendable {
    case loopback, http2
}

/// Two members joined by a wire: `a` calls, `b` runs pods.
struct Pair {
    let transport: any Transport
    let caller: ApusActorSystem
    let callee: ApusActorSystem
    let backend = FakeBackend()
    let runner: $RunnerContract
    /// Serves `b`, where there is something between the two.
    let server: HTTP2Server?

    fileprivate init(_ transport: any Transport, server: HTTP2Server?) throws {
        self.transport = transport
        self.server = server
        self.caller = ApusActorSystem(member: "a", transport: transport)
        self.callee = ApusActorSystem(member: "b", transport: transport)
        RunnerEndpoint.publish(self.backend, on: self.callee)
        self.runner = try $RunnerContract.resolve(id: .runner(on: "b"), using: self.caller)
    }
}

extension HTTP2Limits {
    /// For tests of something else than silence: a busy machine may give a peer no turn for seconds.
    static let patient: HTTP2Limits = {
        var limits = HTTP2Limits.members
        limits.keepaliveTimeout = .seconds(60)
        return limits
    }()
}

/// Runs `body` with two members.
func withPair(_ wire: WireKind, _ body: (Pair) async throws -> Void) async throws {
    switch wire {
    case .loopback:
        let loopback = LoopbackTransport()
        let pair = try Pair(loopback, server: nil)
        loopback.join("b", pair.callee)
        try await body(pair)
    case .http2:
        let server = try await HTTP2Server.listen(host: "127.0.0.1", port: 0, limits: .patient)
        let addresses = MemberAddresses(["b": MemberAddress(host: "127.0.0.1", port: server.port)])
        let transport = HTTP2Transport(addresses: addresses, limits: .patient)
        let pair = try Pair(transport, server: server)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await server.run(pair.callee) }
            defer {
                transport.drain()
                server.close()
            }
            try await body(pair)
        }
    }
}

struct TestFault: Error {}

final class FakeBackend: PodBackendDoor {
    private struct State {
        var wasCancelled = false
        var sawDeadline = false
        var linesDrawn = 0
        var received = CallMetadata()
    }

    private let state = Mutex(State())
    private let launches = AsyncStream<Void>.makeStream()
    private let cancellations = AsyncStream<Void>.makeStream()
    private let streamEnds = AsyncStream<Void>.makeStream()

    var wasCancelled: Bool { self.state.withLock { $0.wasCancelled } }
    var sawDeadline: Bool { self.state.withLock { $0.sawDeadline } }
    var linesDrawn: Int { self.state.withLock { $0.linesDrawn } }

    func launched() async {
        for await _ in self.launches.stream { return }
    }

    var received: CallMetadata { self.state.withLock { $0.received } }

    func cancelled() async {
        for await _ in self.cancellations.stream { return }
    }

    func streamEnded() async {
        for await _ in self.streamEnds.stream { return }
    }

    func launch(_ launches: [PodLaunch]) async throws -> [LaunchRefusal] {
        guard !launches.isEmpty else { return [] }
        self.state.withLock { $0.sawDeadline = CallContext.current.deadline != nil }
        self.launches.continuation.yield()
        do {
            try await ContinuousClock().sleep(for: .seconds(60))
            return []
        } catch {
            self.state.withLock { $0.wasCancelled = true }
            self.cancellations.continuation.yield()
            throw error
        }
    }

    func stop(_ identity: PodIdentity, graceSeconds: Int) async throws {
        throw ServiceError(.failedPrecondition, "no room")
    }

    func unknown(_ identities: [PodIdentity]) async throws -> [PodIdentity] {
        self.state.withLock { $0.received = CallContext.current.received }
        return identities
    }

    func remove(_ workflow: ObjectKey) async throws { throw TestFault() }

    func logs(_ request: PodLogRequest) async throws -> AsyncThrowingStream<LogBatch, any Error> {
        if request.lines.follow {
            let (stream, continuation) = AsyncThrowingStream<LogBatch, any Error>.makeStream()
            continuation.onTermination = { _ in self.streamEnds.continuation.yield() }
            continuation.yield(LogBatch([LogEntry(content: "first", podName: "p")]))
            return stream
        }
        return AsyncThrowingStream(unfolding: {
            let number = self.state.withLock { state in
                state.linesDrawn += 1
                return state.linesDrawn
            }
            return LogBatch([LogEntry(content: "line \(number)", podName: "p")])
        })
    }

    func artifact(_ request: StoredArtifact) async throws -> ArtifactContent {
        let (stream, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
        continuation.yield([0, 1, 2])
        continuation.yield([3, 255])
        continuation.finish()
        return ArtifactContent(fileName: "a.tgz", size: 5, chunks: stream)
    }
}
