import ActorTransport
import Logging
import Model
import Synchronization
import Testing

@testable import Scheduler

@Suite("Dispatcher", .timeLimit(.minutes(1)))
struct DispatcherTests {
    private static func pod(_ name: String, shard: Int, row: Int64 = 1) -> QueuedPod {
        var launch = PodLaunch()
        launch.identity = PodIdentity(workflowUID: "u", nodeID: name, attempt: 0)
        return QueuedPod(launch: launch, shard: shard, epoch: 1, outboxNumber: row, priority: 0)
    }

    private static func placed(_ pod: QueuedPod, in book: PlacementBook) throws -> QueuedPod {
        var pod = pod
        let runner: String = try #require(book.place(pod))
        pod.runner = runner
        return pod
    }

    @Test("room that a lost shard leaves is given to pods of other shards at once")
    func roomOfLostShard() async throws {
        let fixture = Fixture()
        _ = await fixture.dispatcher.heard(RunnerAnnouncement(name: "r", pods: 1))
        await fixture.dispatcher.enqueue([try Self.placed(Self.pod("a", shard: 1), in: fixture.book)])
        await fixture.dispatcher.enqueue([Self.pod("b", shard: 2)])
        try await fixture.running {
            while !fixture.clock.isAsked { try await Pause.brief() }
            await fixture.dispatcher.forget(shard: 1)
            while fixture.said.proposed.isEmpty { try await Pause.brief() }
        }
        #expect(fixture.said.proposed == ["b"])
    }

    @Test("stops for a runner that is lost are done: where it comes back it is told that nobody wants its pods")
    func stopsOfLostRunner() async throws {
        let fixture = Fixture(clock: .hasty)
        _ = await fixture.dispatcher.heard(RunnerAnnouncement(name: "r", pods: 1))
        let pod = try Self.placed(Self.pod("a", shard: 1, row: 4), in: fixture.book)
        await fixture.dispatcher.enqueue([pod])
        await fixture.dispatcher.stop(PodStop(pod.identity, graceSeconds: 1), runner: "", shard: 1, outboxNumber: 5)
        // The shard has been loaded since, and its node does not tell of the pod any more.
        let gone = PodIdentity(workflowUID: "u", nodeID: "gone", attempt: 0)
        await fixture.dispatcher.stop(PodStop(gone, graceSeconds: 1), runner: "s", shard: 1, outboxNumber: 6)
        await fixture.dispatcher.stop(PodStop(gone, graceSeconds: 1), runner: "", shard: 1, outboxNumber: 7)
        #expect(fixture.said.acknowledged == [7])
        try await fixture.running {
            while fixture.said.acknowledged.count < 4 || fixture.said.reports.isEmpty { try await Pause.brief() }
        }
        // The launch was never sent, and what is stopped is not started elsewhere.
        #expect(Set(fixture.said.acknowledged) == [4, 5, 6, 7])
        #expect(fixture.said.reports["a"] == .failed)
        #expect(fixture.book.withdraw(pod.identity) == nil)
    }

    @Test("a pod that was stopped and that its runner refuses to have starts nowhere else")
    func stopOfRefusedPod() async throws {
        let fixture = Fixture()
        _ = await fixture.dispatcher.heard(RunnerAnnouncement(name: "r", pods: 2))
        let pod = try Self.placed(Self.pod("a", shard: 1, row: 4), in: fixture.book)
        await fixture.dispatcher.enqueue([pod])
        await fixture.dispatcher.stop(PodStop(pod.identity, graceSeconds: 1), runner: "", shard: 1, outboxNumber: 5)
        await fixture.dispatcher.giveBack(pod, from: "r")
        #expect(fixture.book.withdraw(pod.identity) == nil)
        #expect(Set(fixture.said.acknowledged) == [4, 5])
        #expect(fixture.book.verdicts.map(\.phase) == [.failed])
    }

    @Test("of two stops of a pod that is not with a runner yet neither waits for ever")
    func twoEarlyStops() async throws {
        let fixture = Fixture()
        _ = await fixture.dispatcher.heard(RunnerAnnouncement(name: "r", pods: 2))
        let pod = try Self.placed(Self.pod("a", shard: 1, row: 4), in: fixture.book)
        await fixture.dispatcher.stop(PodStop(pod.identity, graceSeconds: 1), runner: "", shard: 1, outboxNumber: 5)
        await fixture.dispatcher.stop(PodStop(pod.identity, graceSeconds: 1), runner: "", shard: 1, outboxNumber: 6)
        await fixture.dispatcher.enqueue([pod])
        #expect(Set(fixture.said.acknowledged) == [4, 5, 6])
    }

    @Test("a runner that is heard is asked at once, however long it could not be reached")
    func runnerThatIsHeard() async throws {
        let jobs = BackgroundJobs()
        let fixture = Fixture(start: { jobs.startDetached($0) })
        async let working: Void = jobs.run()
        let gone = PodIdentity(workflowUID: "u", nodeID: "gone", attempt: 0)
        await fixture.dispatcher.stop(PodStop(gone, graceSeconds: 1), runner: "r", shard: 1, outboxNumber: 7)
        // Its time stands still: the pause after the failure does not end by itself.
        while !fixture.clock.isAsked { try await Pause.brief() }
        let runner = FakeRunner(.wait, name: "r")
        fixture.join(runner)
        _ = await fixture.dispatcher.heard(RunnerAnnouncement(name: "r", pods: 1))
        while fixture.said.acknowledged.isEmpty { try await Pause.brief() }
        #expect(fixture.said.acknowledged == [7])
        #expect(runner.stopped == [gone])
        jobs.close()
        await working
    }
}

/// A dispatcher whose shards only remember what they are told; runners can be reached once they have joined.
private final class Fixture: Sendable {
    struct Said {
        var proposed: [String] = []
        var acknowledged: [Int64] = []
        var reports: [String: NodePhase] = [:]
    }

    let book: PlacementBook
    let dispatcher: Dispatcher
    let clock: FixtureClock
    private let state: Shared

    private final class Shared: Sendable {
        let said = Mutex(Said())
    }

    var said: Said { self.state.said.withLock { $0 } }

    private let transport = LoopbackTransport()

    /// - Parameter start: Works on lanes; without it what is in them stays there.
    init(
        clock pace: FixtureClock.Pace = .standing,
        start: @escaping @Sendable (@escaping @Sendable () async -> Void) -> Void = { _ in }
    ) {
        let state = Shared()
        self.state = state
        self.book = PlacementBook(silenceLimit: .seconds(10))
        let clock = FixtureClock(pace)
        self.clock = clock
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        self.dispatcher = Dispatcher(
            book: self.book,
            surroundings: Dispatcher.Surroundings(
                clock: clock, logger: logger,
                system: ApusActorSystem(member: "test", transport: self.transport),
                acknowledge: { _, numbers in state.said.withLock { $0.acknowledged += numbers } },
                place: { _, pods in
                    state.said.withLock { $0.proposed += pods.map(\.identity.nodeID) }
                    return true
                },
                report: { reports in
                    state.said.withLock { said in
                        for report in reports { said.reports[report.identity.nodeID] = report.phase }
                    }
                },
                start: start))
    }

    /// Makes a runner reachable.
    func join(_ runner: FakeRunner) {
        let system = ApusActorSystem(member: runner.name, transport: self.transport)
        self.transport.join(runner.name, system)
        RunnerEndpoint.publish(runner, on: system)
    }

    func running(_ body: () async throws -> Void) async throws {
        // Cancelled at the end of this scope.
        async let _ = self.dispatcher.run()
        try await body()
    }
}

/// Time that stands still, or that passes as fast as somebody asks for it.
private final class FixtureClock: SchedulerClock {
    enum Pace { case standing, hasty }

    private let pace: Pace
    private let passed = Mutex(Duration.zero)
    private let asked = Mutex(false)

    init(_ pace: Pace) { self.pace = pace }

    /// Whether anybody has waited for time to pass.
    var isAsked: Bool { self.asked.withLock { $0 } }

    func now() -> Timestamp { Timestamp(seconds: 0) }
    func elapsed() -> Duration { self.passed.withLock { $0 } }
    func sleep(until time: Timestamp) async throws { try await self.sleep(for: .zero) }

    func sleep(for duration: Duration) async throws {
        self.asked.withLock { $0 = true }
        switch self.pace {
        case .standing: try await ContinuousClock().sleep(for: .seconds(3_600))
        case .hasty:
            try await Pause.brief()
            self.passed.withLock { $0 += duration }
        }
    }
}
