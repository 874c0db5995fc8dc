import Glibc
import JSON
import Model
import Testing

@testable import NodeRunner

/// What a runner that was killed leaves behind, and what the next one makes of it.
@Suite(.timeLimit(.minutes(5)))
struct AdoptionTests {
    /// A command that tells through a fifo that it runs, and goes on when told to.
    private func gate(_ fixture: RunnerFixture, name: String) throws -> (launch: PodLaunch, go: String) {
        let go = "\(fixture.folder)/\(name).go"
        #expect(mkfifo(go, 0o600) == 0)
        return (fixture.shell("echo before; read word < \(go); echo $word; echo witness >> \(go).seen", name: name), go)
    }

    @Test("a pod outlives the runner; the next runner reports its end, once started only once")
    func outlives() async throws {
        let fixture = try RunnerFixture(isolation: Isolation.none)
        defer { fixture.cleanUp() }
        let (launch, go) = try self.gate(fixture, name: "outlives")
        try await fixture.running { runner in
            try await runner.launch(launch)
            _ = await fixture.log.first { $0.identity == launch.identity && $0.phase == .running }
        }
        #expect(try fixture.podFolder(launch).isSupervised)
        try await fixture.running { runner in
            try await runner.launch(launch)
            try HostFiles.write(Array("after\n".utf8), to: go)
            #expect(await fixture.log.final(of: launch.identity).phase == .succeeded)
            #expect(try await fixture.lines(of: launch, runner).map(\.content) == ["before", "after"])
        }
        #expect(try HostFiles.readIfPresent("\(go).seen") == Array("witness\n".utf8))
    }

    @Test("the end of a pod that came while no runner was there is reported")
    func endedAlone() async throws {
        let fixture = try RunnerFixture(isolation: Isolation.none)
        defer { fixture.cleanUp() }
        let (launch, go) = try self.gate(fixture, name: "alone")
        try await fixture.running { runner in
            try await runner.launch(launch)
            _ = await fixture.log.first { $0.identity == launch.identity && $0.phase == .running }
        }
        let folder = try fixture.podFolder(launch)
        try HostFiles.write(Array("after\n".utf8), to: go)
        try await folder.waitForEnd()
        try await fixture.running { _ in
            #expect(await fixture.log.final(of: launch.identity).exitCode == 0)
        }
    }

    @Test("the launcher's death is no pod's death, and the next pod gets a launcher")
    func launcherDies() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            let (launch, go) = try self.gate(fixture, name: "orphan")
            try await runner.launch(launch)
            _ = await fixture.log.first { $0.identity == launch.identity && $0.phase == .running }
            guard case .running(let supervisor) = try fixture.podFolder(launch).standing() else {
                Issue.record("the pod does not run")
                return
            }
            #expect(kill(try parent(of: supervisor), SIGKILL) == 0)
            let next = fixture.shell("true", name: "next")
            try await runner.launch(next)
            #expect(await fixture.log.final(of: next.identity).phase == .succeeded)
            try HostFiles.write(Array("after\n".utf8), to: go)
            #expect(await fixture.log.final(of: launch.identity).phase == .succeeded)
        }
    }

    @Test("a pod whose supervisor was killed is an error that says so, and never runs again")
    func supervisorDies() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            let (launch, _) = try self.gate(fixture, name: "lost")
            try await runner.launch(launch)
            _ = await fixture.log.first { $0.identity == launch.identity && $0.phase == .running }
            guard case .running(let supervisor) = try fixture.podFolder(launch).standing() else {
                Issue.record("the pod does not run")
                return
            }
            #expect(kill(supervisor, SIGKILL) == 0)
            let report = await fixture.log.final(of: launch.identity)
            #expect(report.phase == .error)
            #expect(report.message?.hasPrefix("pod deleted: ") == true)
            try await runner.launch(launch)
            guard case .done(nil) = try fixture.podFolder(launch).standing() else {
                Issue.record("the pod ran again")
                return
            }
        }
    }

    @Test("a launch that no supervisor has taken is started by the next runner")
    func neverTaken() async throws {
        let fixture = try RunnerFixture(isolation: Isolation.none)
        defer { fixture.cleanUp() }
        let launch = fixture.shell("echo ran", name: "untaken")
        let folder = try fixture.podFolder(launch)
        #expect(try folder.create(launch) != nil)
        #expect(try folder.create(launch) == nil)
        try await fixture.running { runner in
            #expect(await fixture.log.final(of: launch.identity).phase == .succeeded)
            let lines = try await fixture.lines(of: launch, runner)
            #expect(lines.map(\.content) == ["ran"])
        }
    }

    @Test("a pod that was acknowledged is reported again when it is asked for again, and is not run again")
    func askedAgain() async throws {
        let fixture = try RunnerFixture(isolation: Isolation.none)
        defer { fixture.cleanUp() }
        var launch = fixture.shell("echo once; exit 5", name: "asked")
        launch.wantsResult = true
        let asked = launch
        try await fixture.running { runner in
            try await runner.launch(asked)
            _ = await fixture.log.final(of: asked.identity)
            try await fixture.podFolder(asked).waitForAcknowledgement()
        }
        try await fixture.running { runner in
            let known = await fixture.log.count(of: asked.identity, .failed)
            try await runner.launch(asked)
            let report = await fixture.log.next(after: known, of: asked.identity)
            #expect(report.exitCode == 5)
            #expect(report.outputs?.result == "once")
        }
    }

    @Test("a launch that was half written when the runner died is written anew")
    func tornLaunch() async throws {
        let fixture = try RunnerFixture(isolation: Isolation.none)
        defer { fixture.cleanUp() }
        let launch = fixture.shell("echo whole", name: "torn")
        let folder = try fixture.podFolder(launch)
        try HostFiles.makeFolders("\(fixture.configuration.podsFolder)/\(launch.identity.workflowUID)")
        try HostFiles.write(Array("2026-11-23T05:07:08.921618523Z l {\"iden".utf8), to: folder.logFile)
        try await fixture.running { runner in
            try await runner.launch(launch)
            #expect(await fixture.log.final(of: launch.identity).phase == .succeeded)
        }
    }

    @Test("two runners cannot hold one data folder")
    func oneRunner() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, _ in
            await #expect(throws: RunnerError.self) { try await fixture.running { _ in } }
        }
    }

    @Test("pods of a deleted workflow are killed and their folders go")
    func removal() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            let (launch, _) = try self.gate(fixture, name: "removed")
            try await runner.launch(launch)
            _ = await fixture.log.first { $0.identity == launch.identity && $0.phase == .running }
            let workflow = "\(fixture.configuration.podsFolder)/\(launch.identity.workflowUID)"
            let change = try FolderChange(fixture.configuration.podsFolder)
            await runner.remove(workflowUID: launch.identity.workflowUID)
            while HostFiles.kind(of: workflow) != nil { await change.wait() }
        }
    }
}

/// The parent of a process.
func parent(of process: Int32) throws -> Int32 {
    let bytes = try HostFiles.readIfPresent("/proc/\(process)/stat") ?? []
    let text = String(decoding: bytes, as: UTF8.self)
    let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
    guard fields.count > 2, let parent = Int32(fields[2]) else {
        throw RunnerError(.notFound, "process \(process) has ended")
    }
    return parent
}
