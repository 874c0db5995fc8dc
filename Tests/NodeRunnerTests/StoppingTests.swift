import Glibc
import Model
import Testing

@testable import NodeRunner

@Suite(.timeLimit(.minutes(5)))
struct StoppingTests {
    @Test("a stop ends a command by SIGTERM", arguments: Isolations.available)
    func stop(isolation: Isolation) async throws {
        try await RunnerFixture.with(isolation: isolation) { fixture, runner in
            let launch = fixture.shell("sleep 1000; echo never", name: "stop")
            try await runner.launch(launch)
            _ = await fixture.log.first { $0.identity == launch.identity && $0.phase == .running }
            await runner.stop(launch.identity, graceSeconds: 30)
            let report = await fixture.log.final(of: launch.identity)
            #expect(report.phase == .failed)
            #expect(report.message == "main: Error (exit code 143)")
        }
    }

    @Test(
        "a command that ignores SIGTERM and forks away is killed whole, after its grace",
        arguments: Isolations.available)
    func wholeTree(isolation: Isolation) async throws {
        try await RunnerFixture.with(isolation: isolation) { fixture, runner in
            let mark = "apus-\(fixture.folder.suffix(12))"
            let launch = fixture.shell(
                """
                trap '' TERM
                (setsid sh -c 'trap "" TERM; (sleep 1001 \(mark) || sleep 1001) & sleep 1001' &) &
                echo ready; sleep 1001 & wait; wait; sleep 1001
                """, name: "tree")
            try await runner.launch(launch)
            for try await lines in try runner.logs(
                workflowUID: "uid-1", podName: launch.podName, LogSelection(follow: true))
            where lines.contains(where: { $0.content == "ready" }) { break }
            guard case .running(let supervisor) = try fixture.podFolder(launch).standing() else {
                Issue.record("the pod does not run")
                return
            }
            let processes = descendants(of: supervisor)
            #expect(processes.count >= 2)
            await runner.stop(launch.identity, graceSeconds: 0)
            let report = await fixture.log.final(of: launch.identity)
            #expect(report.message == "main: Error (exit code 137)")
            #expect(processes.filter { isSleeper($0) } == [])
        }
    }

    @Test("what a command leaves behind ends with it", arguments: Isolations.available)
    func leftovers(isolation: Isolation) async throws {
        try await RunnerFixture.with(isolation: isolation) { fixture, runner in
            let launch = fixture.shell("setsid sleep 1002 & echo $!", name: "leftovers")
            try await runner.launch(launch)
            let report = await fixture.log.final(of: launch.identity)
            #expect(report.phase == .succeeded)
            let pid = try #require(try await fixture.lines(of: launch, runner).first.flatMap { Int32($0.content) })
            if isolation == .none { #expect(!isSleeper(pid)) }
        }
    }

    @Test("a pod past its deadline is stopped, with Kubernetes' message", arguments: Isolations.available)
    func deadline(isolation: Isolation) async throws {
        try await RunnerFixture.with(isolation: isolation) { fixture, runner in
            var launch = fixture.shell("sleep 1003", name: "deadline")
            launch.deadline = Timestamp(seconds: Int64(time(nil)))
            try await runner.launch(launch)
            let report = await fixture.log.final(of: launch.identity)
            #expect(report.phase == .failed)
            #expect(report.message == "Pod was active on the node longer than the specified deadline")
            #expect(report.exitCode == 143)
        }
    }

    @Test("the deadline holds while no runner is there")
    func deadlineAlone() async throws {
        let fixture = try RunnerFixture(isolation: Isolation.none)
        defer { fixture.cleanUp() }
        var launch = fixture.shell("sleep 1004", name: "deadline-alone")
        launch.deadline = Timestamp(seconds: Int64(time(nil)) + 1)
        let timed = launch
        try await fixture.running { runner in try await runner.launch(timed) }
        let folder = try fixture.podFolder(timed)
        try await folder.waitForEnd()
        try await fixture.running { _ in
            #expect(await fixture.log.final(of: timed.identity).message == OutputCollection.deadlineMessage)
        }
    }
}

/// Every process below one.
private func descendants(of process: Int32) -> [Int32] {
    let all = HostFiles.names(in: "/proc").compactMap { Int32($0) }
    var found: Set<Int32> = [process]
    var grew = true
    while grew {
        let next = all.filter { !found.contains($0) && (try? parent(of: $0)).map(found.contains) == true }
        grew = !next.isEmpty
        found.formUnion(next)
    }
    found.remove(process)
    return found.sorted()
}

private func isSleeper(_ process: Int32) -> Bool {
    guard let bytes = try? HostFiles.readIfPresent("/proc/\(process)/cmdline") else { return false }
    return String(decoding: bytes, as: UTF8.self).contains("sleep")
}
