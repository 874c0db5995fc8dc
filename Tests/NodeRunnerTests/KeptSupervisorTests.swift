import CLinux
import Glibc
import Model
import Testing

@testable import NodeRunner

/// Supervisors of short pods watch over one pod after another.
@Suite(.timeLimit(.minutes(5)))
struct KeptSupervisorTests {
    /// Which process took a pod, from its log.
    private func supervisor(of launch: PodLaunch, _ fixture: RunnerFixture) throws -> Int32 {
        let bytes = try HostFiles.readIfPresent(try fixture.podFolder(launch).logFile) ?? []
        let words = String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
        let place = try #require(words.firstIndex(of: "supervisor"))
        return try #require(Int32(words[place + 1]))
    }

    /// Microseconds of processor time that a pod used, by its exit record.
    private func usage(of launch: PodLaunch, _ fixture: RunnerFixture) throws -> Int {
        switch try fixture.podFolder(launch).standing() {
        case .ended(let record), .done(let record?): record.userMicroseconds + record.systemMicroseconds
        default: throw RunnerError(.notFound, "pod \(launch.podName) has no exit record")
        }
    }

    /// Runs pods until two of them in a row had the same supervisor.
    ///
    /// One that is asked for before the supervisor has said that it is free gets another.
    private func untilKept(
        _ fixture: RunnerFixture, _ runner: LocalRunner, next: (Int) throws -> PodLaunch,
        _ body: (_ first: PodLaunch, _ second: PodLaunch) async throws -> Void
    ) async throws {
        for attempt in 0... {
            let first = fixture.shell(
                "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done", name: "first", attempt: attempt)
            try await runner.launch(first)
            #expect(await fixture.log.final(of: first.identity).phase == .succeeded)
            let second = try next(attempt)
            try await runner.launch(second)
            try await body(first, second)
            if try self.supervisor(of: first, fixture) == self.supervisor(of: second, fixture) { return }
        }
    }

    @Test("a supervisor takes another pod, and what the first used is not counted for the second")
    func kept() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            try await self.untilKept(fixture, runner) {
                fixture.command(["/bin/true"], name: "second", attempt: $0)
            } _: { first, second in
                #expect(await fixture.log.final(of: second.identity).phase == .succeeded)
                let (before, after) = (try self.usage(of: first, fixture), try self.usage(of: second, fixture))
                #expect(after < before)
            }
        }
    }

    @Test("a supervisor that is killed loses its second pod as it would its first")
    func killed() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            try await self.untilKept(fixture, runner) {
                fixture.shell("exec sleep 1000", name: "second", attempt: $0)
            } _: { _, second in
                _ = await fixture.log.first { $0.identity == second.identity && $0.phase == .running }
                let supervisor = try self.supervisor(of: second, fixture)
                #expect(kill(supervisor, SIGKILL) == 0)
                let report = await fixture.log.final(of: second.identity)
                #expect(report.phase == .error)
                #expect(report.message?.hasPrefix("pod deleted: ") == true)
            }
        }
    }

    @Test("a stop that was meant for another pod changes nothing")
    func lateStop() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            let go = "\(fixture.folder)/go"
            let launch = fixture.shell("until [ -e \(go) ]; do sleep 0.01; done", name: "spared")
            try await runner.launch(launch)
            _ = await fixture.log.first { $0.identity == launch.identity && $0.phase == .running }
            let process = apus_process_open(try self.supervisor(of: launch, fixture))
            defer { close(process) }
            #expect(apus_process_stop(process, 0, "uid-1/wf-another.0") == 0)
            try HostFiles.write([], to: go)
            #expect(await fixture.log.final(of: launch.identity).phase == .succeeded)
        }
    }
}
