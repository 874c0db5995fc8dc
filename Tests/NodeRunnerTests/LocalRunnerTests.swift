import JSON
import Model
import OrderedCollections
import Testing

@testable import NodeRunner

@Suite(.timeLimit(.minutes(5)))
struct LocalRunnerTests {
    @Test("fields that make no difference are named, and a user that cannot be had is an error")
    func ignoredFields() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            var launch = fixture.shell("true", name: "ignored")
            launch.nodeSelector = ["disk": "fast"]
            launch.clusterFields = ["affinity"]
            launch.container.securityContext = ["readOnlyRootFilesystem": true]
            launch.container.livenessProbe = ["exec": ["command": ["true"]]]
            let limits: JSONValue = ["limits": ["nvidia.com/gpu": 1]]
            launch.container.resources = try ResourceRequirements(json: limits, at: DecodingPlace())
            try await runner.launch(launch)
            let report = await fixture.log.final(of: launch.identity)
            #expect(report.phase == .succeeded)
            #expect(
                report.ignoredFields == [
                    "affinity", "securityContext.readOnlyRootFilesystem", "livenessProbe",
                    "resources.limits.nvidia.com/gpu",
                ])
            var other = fixture.shell("true", name: "other")
            other.podSecurityContext = ["runAsUser": 54321]
            try await runner.launch(other)
            let refused = await fixture.log.final(of: other.identity)
            #expect(refused.phase == .error)
            #expect(refused.message?.contains("runAsUser 54321 cannot be had") == true, "\(refused.message ?? "")")
        }
    }

    @Test("a command's exit code decides its phase, in Argo's words", arguments: Isolations.available)
    func exitCode(isolation: Isolation) async throws {
        try await RunnerFixture.with(isolation: isolation) { fixture, runner in
            for (script, phase, message) in [
                ("true", NodePhase.succeeded, nil), ("exit 3", .failed, "main: Error (exit code 3)"),
                ("kill -9 $$$$", .failed, "main: Error (exit code 137)"),
            ] as [(String, NodePhase, String?)] {
                let launch = fixture.shell(script, name: "code-\(script.utf8.count)")
                try await runner.launch(launch)
                let report = await fixture.log.final(of: launch.identity)
                #expect(report.phase == phase)
                #expect(report.message == message)
                #expect(report.finishedAt ?? Timestamp(seconds: 0) >= report.startedAt ?? Timestamp(seconds: 1))
            }
        }
    }

    @Test("result, output parameters and log are what the command wrote", arguments: Isolations.available)
    func outputs(isolation: Isolation) async throws {
        try await RunnerFixture.with(isolation: isolation) { fixture, runner in
            let file = "/tmp/apus-test-\(fixture.folder.suffix(12)).txt"
            var launch = fixture.shell(
                "printf 'one\\n\\n' > \(file); echo out; echo err >&2; printf two", name: "outputs")
            launch.wantsResult = true
            launch.outputParameters = [
                ParameterOutput(name: "x", path: file, defaultValue: nil),
                ParameterOutput(name: "y", path: "/tmp/apus-nowhere", defaultValue: "fallback"),
            ]
            try await runner.launch(launch)
            let report = await fixture.log.final(of: launch.identity)
            #expect(report.phase == .succeeded, "\(report.message ?? "")")
            #expect(report.outputs?.result == "out\ntwo")
            #expect(report.outputs?.parameters.map(\.value) == ["one\n", "fallback"])
            var lines: [LogLine] = []
            for try await more in try runner.logs(workflowUID: "uid-1", podName: launch.podName) { lines += more }
            #expect(lines.filter { $0.stream == .output }.map(\.content) == ["out", "two"])
            #expect(lines.filter { $0.stream == .error }.map(\.content) == ["err"])
            if isolation == .none { try HostFiles.remove(file) }
        }
    }

    @Test("a missing output parameter is an error, unless the command itself failed")
    func missingParameter() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            var launch = fixture.shell("true", name: "missing")
            launch.outputParameters = [ParameterOutput(name: "x", path: "/tmp/apus-none.txt", defaultValue: nil)]
            try await runner.launch(launch)
            let report = await fixture.log.final(of: launch.identity)
            #expect(report.phase == .error)
            #expect(
                report.message
                    == "wait: Error (exit code 64): open /var/run/argo/outputs/parameters/tmp/apus-none.txt: "
                    + "no such file or directory")
            #expect(report.exitCode == 0)
            launch = fixture.shell("exit 4", name: "failed")
            launch.outputParameters = [ParameterOutput(name: "x", path: "/tmp/apus-none.txt", defaultValue: nil)]
            try await runner.launch(launch)
            let failed = await fixture.log.final(of: launch.identity)
            #expect(failed.phase == .failed)
            #expect(failed.message == "main: Error (exit code 4)")
        }
    }

    @Test("a pod that ends at once is told of once")
    func shortPod() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            // On a busy machine one may take longer.
            for attempt in 0... {
                let launch = fixture.command(["/bin/true"], name: "short", attempt: attempt)
                try await runner.launch(launch)
                let report = await fixture.log.final(of: launch.identity)
                #expect(report.startedAt != nil)
                if await fixture.log.count(of: launch.identity, .running) == 0 { break }
            }
        }
    }

    @Test("a pod that goes on is told to run")
    func longPod() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            let launch = fixture.shell("exec sleep 1000", name: "long")
            try await runner.launch(launch)
            let report = await fixture.log.first { $0.phase == .running }
            #expect(report.startedAt != nil)
            await runner.stop(launch.identity, graceSeconds: 0)
            _ = await fixture.log.final(of: launch.identity)
        }
    }

    @Test("a launch is carried out once, however often it is asked for", arguments: Isolations.available)
    func atMostOnce(isolation: Isolation) async throws {
        try await RunnerFixture.with(isolation: isolation) { fixture, runner in
            var launch = fixture.shell("date +%N", name: "once")
            launch.wantsResult = true
            for _ in 1...3 { try await runner.launch(launch) }
            let first = await fixture.log.final(of: launch.identity)
            try await runner.launch(launch)
            let lines = try await fixture.lines(of: launch, runner)
            #expect(lines.map(\.content) == [first.outputs?.result ?? ""])
        }
    }

    @Test("a launch without a command names the remedy")
    func noCommand() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            let launch = fixture.command([], name: "nothing")
            try await runner.launch(launch)
            let report = await fixture.log.final(of: launch.identity)
            #expect(report.phase == .error)
            #expect(
                report.message
                    == "template \"main\" has no command, and this backend does not pull images to find one: "
                    + "add \"command\"")
        }
    }

    @Test("a command that is not there fails with exit code 64 and says so", arguments: Isolations.available)
    func notFound(isolation: Isolation) async throws {
        try await RunnerFixture.with(isolation: isolation) { fixture, runner in
            let launch = fixture.command(["no-such-command"], name: "absent")
            try await runner.launch(launch)
            let report = await fixture.log.final(of: launch.identity)
            #expect(report.phase == .failed)
            #expect(
                report.message == "main: Error (exit code 64): failed to find name in PATH: exec: \"no-such-command\": "
                    + "executable file not found in $PATH")
        }
    }

    @Test("a report is delivered until it is taken")
    func redelivery() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            await fixture.log.refuse(3)
            let launch = fixture.shell("true", name: "again")
            try await runner.launch(launch)
            #expect(await fixture.log.final(of: launch.identity).phase == .succeeded)
        }
    }

    @Test("a report whose workflow has lost its scheduler holds up no report of another")
    func overtaking() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            let stuck = fixture.shell("true", name: "stuck")
            await fixture.log.hold(stuck.identity)
            try await runner.launch(stuck)
            await fixture.log.untilHeld()
            let other = fixture.shell("true", name: "other")
            try await runner.launch(other)
            #expect(await fixture.log.final(of: other.identity).phase == .succeeded)
            await fixture.log.release()
            #expect(await fixture.log.final(of: stuck.identity).phase == .succeeded)
        }
    }

    @Test("a script's source is run, with the launch's variables", arguments: Isolations.available)
    func script(isolation: Isolation) async throws {
        try await RunnerFixture.with(isolation: isolation) { fixture, runner in
            var launch = fixture.command(["/bin/sh"], name: "script")
            launch.source = "echo \"$GREETING from $ARGO_POD_NAME\"\npwd\n"
            launch.container.env = [
                EnvVar(name: "WHO", value: "you"), EnvVar(name: "GREETING", value: "hello $(WHO) $$(WHO)"),
            ]
            launch.container.workingDir = "/usr"
            launch.wantsResult = true
            try await runner.launch(launch)
            let report = await fixture.log.final(of: launch.identity)
            #expect(report.outputs?.result == "hello you $(WHO) from wf-script\n/usr", "\(report.message ?? "")")
        }
    }

    @Test("a variable that cannot be had is named")
    func unknownVariable() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            var launch = fixture.shell("true", name: "secret")
            let json: JSONValue = ["name": "TOKEN", "valueFrom": ["secretKeyRef": ["name": "s", "key": "k"]]]
            launch.container.env = [try EnvVar(json: json, at: DecodingPlace())]
            try await runner.launch(launch)
            let report = await fixture.log.final(of: launch.identity)
            #expect(report.phase == .error)
            #expect(report.message == "env \"TOKEN\": valueFrom.secretKeyRef cannot be read here: give a value")
        }
    }
}

extension RunnerFixture {
    func lines(
        of launch: PodLaunch, _ runner: LocalRunner, _ selection: LogSelection = LogSelection()
    ) async throws -> [LogLine] {
        var lines: [LogLine] = []
        for try await more in try runner.logs(
            workflowUID: launch.identity.workflowUID, podName: launch.podName, selection)
        {
            lines += more
        }
        return lines
    }
}

extension PodFolder {
    /// Returns once the runner has noted that the last report was taken.
    func waitForAcknowledgement() async throws {
        let change = try FolderChange(self.logFile)
        while true {
            if case .done = try self.standing() { return }
            await change.wait()
        }
    }

    /// Returns once the pod's supervisor has written the exit record and is gone.
    func waitForEnd() async throws {
        let change = try FolderChange(self.logFile)
        while true {
            switch try self.standing() {
            case .notStarted, .running: await change.wait()
            case .ended, .lost, .done: return
            }
        }
    }
}
