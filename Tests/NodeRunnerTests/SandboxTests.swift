import Glibc
import JSON
import Model
import Testing

@testable import NodeRunner

@Suite(
    .timeLimit(.minutes(1)),
    .enabled(if: Isolations.sandboxProblem == nil, "\(Isolations.sandboxProblem ?? "")"))
struct SandboxTests {
    private func output(of launch: PodLaunch, _ fixture: RunnerFixture, _ runner: LocalRunner) async throws -> String {
        var launch = launch
        launch.wantsResult = true
        try await runner.launch(launch)
        let report = await fixture.log.final(of: launch.identity)
        #expect(report.phase == .succeeded, "\(report.message ?? "")")
        return report.outputs?.result ?? ""
    }

    @Test("two pods that write one path never meet, and the host sees neither")
    func privateTmp() async throws {
        try await RunnerFixture.with(isolation: .sandbox) { fixture, runner in
            let path = "/tmp/apus-\(fixture.folder.suffix(12))"
            let first = fixture.shell("echo first > \(path); ls /tmp | wc -l; cat \(path)", name: "first")
            let second = fixture.shell("cat \(path) 2>/dev/null; echo second > \(path); cat \(path)", name: "second")
            let said1 = try await self.output(of: first, fixture, runner)
            #expect(said1 == "1\nfirst")
            let said2 = try await self.output(of: second, fixture, runner)
            #expect(said2 == "second")
            #expect(HostFiles.kind(of: path) == nil)
        }
    }

    @Test("what a pod changes of the host's files, only it sees")
    func copyOnWrite() async throws {
        try await RunnerFixture.with(isolation: .sandbox) { fixture, runner in
            let file = "\(fixture.folder)-host.txt"
            try HostFiles.write(Array("host\n".utf8), to: file)
            let script = "cat \(file); echo pod > \(file); cat \(file); rm \(file); ls \(file) 2>/dev/null; echo gone"
            let text = try await self.output(of: fixture.shell(script, name: "write"), fixture, runner)
            #expect(text == "host\npod\ngone")
            #expect(try HostFiles.readIfPresent(file) == Array("host\n".utf8))
            try HostFiles.remove(file)
        }
    }

    @Test("neither the data folder nor another pod's process is visible")
    func hidden() async throws {
        try await RunnerFixture.with(isolation: .sandbox) { fixture, runner in
            let script = "ls -A \(fixture.folder); cat /proc/[0-9]*/comm | sort -u | tr '\\n' ' '; hostname"
            let text = try await self.output(of: fixture.shell(script, name: "hidden"), fixture, runner)
            #expect(text == "apus-supervisor cat sh sort tr wf-hidden" || text.hasSuffix("wf-hidden"))
            #expect(!text.contains("artifacts") && !text.contains("pods"), "\(text)")
            #expect(!text.contains("apusPackageTest"), "\(text)")
        }
    }

    @Test("a pod cannot mount, and cannot write the kernel's settings")
    func powerless() async throws {
        try await RunnerFixture.with(isolation: .sandbox) { fixture, runner in
            let script = """
                echo x > /proc/sys/kernel/hostname 2>/dev/null && echo wrote-proc
                echo x > /sys/kernel/profiling 2>/dev/null && echo wrote-sys
                mkdir -p /sys/fs/cgroup/apus-x 2>/dev/null && echo made-cgroup
                umount \(fixture.folder) 2>/dev/null && echo unmasked
                mknod /tmp/disk b 254 0 2>/dev/null && head -c 1 /tmp/disk 2>/dev/null && echo read-disk
                echo end
                """
            let said3 = try await self.output(of: fixture.shell(script, name: "powerless"), fixture, runner)
            #expect(said3 == "end")
        }
    }

    @Test("an emptyDir volume appears where it is mounted; other volumes are refused by name")
    func volumes() async throws {
        try await RunnerFixture.with(isolation: .sandbox) { fixture, runner in
            var launch = fixture.shell("echo x > /mnt/work/f && ls /mnt/work", name: "volume")
            let mount: JSONValue = ["name": "work", "mountPath": "/mnt/work"]
            launch.container.volumeMounts = [try VolumeMount(json: mount, at: DecodingPlace())]
            launch.volumes = [try Volume(json: ["name": "work", "emptyDir": [:]], at: DecodingPlace())]
            let said4 = try await self.output(of: launch, fixture, runner)
            #expect(said4 == "f")
            var claim = fixture.shell("true", name: "claim")
            claim.container.volumeMounts = launch.container.volumeMounts
            claim.volumes = [
                try Volume(json: ["name": "work", "persistentVolumeClaim": ["claimName": "c"]], at: DecodingPlace())
            ]
            try await runner.launch(claim)
            let report = await fixture.log.final(of: claim.identity)
            #expect(report.phase == .error)
            #expect(report.message?.hasPrefix("volume \"work\": persistentVolumeClaim cannot be had") == true)
        }
    }

    @Test("the working folder is made where the image would have had it")
    func workingFolder() async throws {
        try await RunnerFixture.with(isolation: .sandbox) { fixture, runner in
            var launch = fixture.shell("pwd; touch here && ls", name: "cwd")
            launch.container.workingDir = "/app/src"
            let said5 = try await self.output(of: launch, fixture, runner)
            #expect(said5 == "/app/src\nhere")
        }
    }
}
