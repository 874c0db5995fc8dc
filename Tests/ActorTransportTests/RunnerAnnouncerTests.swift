import ActorTransport
import Distributed
import Model
import Synchronization
import TestSupport
import Testing

@Suite("RunnerAnnouncer", .timeLimit(.minutes(5)))
struct RunnerAnnouncerTests {
    /// A scheduler's door for runners.
    private distributed actor Door: RunnerReports {
        typealias ActorSystem = ApusActorSystem

        private let answer: AnnouncementAnswer
        private let heard: @Sendable (RunnerAnnouncement) async -> Void

        init(
            _ answer: AnnouncementAnswer, actorSystem: ApusActorSystem,
            heard: @escaping @Sendable (RunnerAnnouncement) async -> Void
        ) {
            self.answer = answer
            self.actorSystem = actorSystem
            self.heard = heard
        }

        distributed func report(_ reports: [PodReport]) async throws -> ReportAnswer { ReportAnswer() }

        distributed func announce(_ announcement: RunnerAnnouncement) async throws -> AnnouncementAnswer {
            await self.heard(announcement)
            return self.answer
        }
    }

    private static func cluster(_ schedulers: String...) -> ClusterView {
        var view = ClusterView()
        view.members = schedulers.map { name in
            var member = ClusterMember()
            member.name = name
            member.role = "scheduler"
            return member
        }
        return view
    }

    @Test("a runner finds every scheduler through one, tells all again where one asks, and is held up by none")
    func findsAll() async throws {
        let transport = LoopbackTransport()
        let calls = Mutex<[String: Int]>([:])
        let reported = Mutex(0)
        func join(_ name: String, answer: AnnouncementAnswer, hangs: Bool = false) {
            let system = ApusActorSystem(member: name, transport: transport)
            transport.join(name, system)
            let door = Door(answer, actorSystem: system) { announcement in
                #expect(announcement.name == "runner")
                calls.withLock { $0[name, default: 0] += 1 }
                // Until the call is cancelled.
                if hangs { do { try await ContinuousClock().sleep(for: .seconds(60)) } catch {} }
            }
            system.publish(door, as: ActorAddress.reports(on: name).name)
        }
        var answer = AnnouncementAnswer()
        answer.cluster = Self.cluster("a", "b", "c")
        join("a", answer: answer)
        join("b", answer: answer, hangs: true)
        var asking = answer
        asking.wantsReports = true
        join("c", answer: asking)
        let system = ApusActorSystem(member: "runner", transport: transport)
        let announcer = RunnerAnnouncer(
            system: system, schedulers: ShardMap(members: ["absent", "a"]),
            announcement: { RunnerAnnouncement(name: "runner", pods: 1) },
            reportAll: { reported.withLock { $0 += 1 } },
            sleep: { _ in try await ContinuousClock().sleep(for: .milliseconds(1)) })
        let running = Task { await announcer.run() }
        defer { running.cancel() }
        while calls.withLock({ ($0["a"] ?? 0) < 3 || ($0["c"] ?? 0) < 3 || ($0["b"] ?? 0) < 1 }) {
            try await ContinuousClock().sleep(for: .milliseconds(1))
        }
        running.cancel()
        await running.value
        // Asked again only once the first call was given up.
        #expect(calls.withLock { ($0["b"] ?? 0) < ($0["a"] ?? 0) })
        #expect(reported.withLock { $0 } >= 2)
    }

    @Test("a scheduler that is away hears of the runner soon after it is back, before the next beat")
    func returns() async throws {
        let transport = LoopbackTransport()
        let calls = Mutex<[String: Int]>([:])
        func join(_ name: String) {
            let system = ApusActorSystem(member: name, transport: transport)
            transport.join(name, system)
            var answer = AnnouncementAnswer()
            answer.cluster = Self.cluster("a", "late")
            let door = Door(answer, actorSystem: system) { _ in calls.withLock { $0[name, default: 0] += 1 } }
            system.publish(door, as: ActorAddress.reports(on: name).name)
        }
        join("a")
        let retries = Mutex(0)
        let system = ApusActorSystem(member: "runner", transport: transport)
        let announcer = RunnerAnnouncer(
            system: system, schedulers: ShardMap(members: ["a", "late"]),
            announcement: { RunnerAnnouncement(name: "runner", pods: 1) }, reportAll: {},
            sleep: { pause in
                // The next beat never comes.
                let isBeat = pause == MemberAnnouncer.heartbeat
                if pause == MemberAnnouncer.retryPause { retries.withLock { $0 += 1 } }
                try await ContinuousClock().sleep(for: isBeat ? .seconds(600) : .milliseconds(1))
            })
        let running = Task { await announcer.run() }
        defer { running.cancel() }
        while retries.withLock({ $0 }) < 3 { try await ContinuousClock().sleep(for: .milliseconds(1)) }
        join("late")
        while calls.withLock({ $0["late"] }) != 1 { try await ContinuousClock().sleep(for: .milliseconds(1)) }
        running.cancel()
        await running.value
        #expect(calls.withLock { ($0["a"] ?? 0) > 0 })
    }
}
