import Glibc
import JSON
import Model
import Testing

@testable import NodeRunner

@Suite(
    .timeLimit(.minutes(5)),
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

    private func hostPath(
        _ path: String, _ script: String, readOnly: Bool = false, _ fixture: RunnerFixture
    ) throws -> PodLaunch {
        var launch = fixture.shell(script, name: "host-\(path.utf8.count)-\(readOnly)")
        let mount: JSONValue = ["name": "host", "mountPath": "/mnt/host", "readOnly": .bool(readOnly)]
        launch.container.volumeMounts = [try VolumeMount(json: mount, at: DecodingPlace())]
        let volume: JSONValue = ["name": "host", "hostPath": ["path": .string(path)]]
        launch.volumes = [try Volume(json: volume, at: DecodingPlace())]
        return launch
    }

    @Test("a hostPath above the data folder shows all but the data folder")
    func parentOfDataFolder() async throws {
        try await RunnerFixture.with(isolation: .sandbox) { fixture, runner in
            // Beside the data folder, and beginning with its name.
            let sibling = "\(fixture.folder)2"
            try HostFiles.makeFolder(sibling)
            try HostFiles.write(Array("seen".utf8), to: "\(sibling)/f")
            let name = fixture.folder.split(separator: "/").last ?? ""
            let above = String(fixture.folder.dropLast(name.utf8.count + 1))
            let script = "cat /mnt/host/\(name)2/f; ls -A /mnt/host/\(name)"
            let fromAbove = try await self.output(of: self.hostPath(above, script, fixture), fixture, runner)
            #expect(fromAbove == "seen")
            let beside = try await self.output(of: self.hostPath(sibling, "cat /mnt/host/f", fixture), fixture, runner)
            #expect(beside == "seen")
            try HostFiles.remove(sibling)
        }
    }

    @Test("a hostPath that leads into the data folder is refused, through a link too")
    func linkToDataFolder() async throws {
        try await RunnerFixture.with(isolation: .sandbox) { fixture, runner in
            let link = "\(fixture.folder)-link"
            #expect(symlink(fixture.folder, link) == 0)
            for path in ["\(fixture.folder)/pods", link, "\(link)/artifacts"] {
                let launch = try self.hostPath(path, "ls /mnt/host", fixture)
                try await runner.launch(launch)
                let report = await fixture.log.final(of: launch.identity)
                #expect(report.phase == .error, "\(path)")
                #expect(report.message?.contains("lies in Apus's data folder") == true, "\(report.message ?? "")")
            }
            try HostFiles.remove(link)
        }
    }

    @Test("a volume that is mounted readOnly cannot be written to")
    func readOnlyVolume() async throws {
        try await RunnerFixture.with(isolation: .sandbox) { fixture, runner in
            let folder = "\(fixture.folder)-read-only"
            try HostFiles.makeFolder(folder)
            let script = "touch /mnt/host/f 2>/dev/null && echo written; mount -o remount,rw /mnt/host 2>/dev/null"
            for readOnly in [true, false] {
                let launch = try self.hostPath(folder, "\(script); true", readOnly: readOnly, fixture)
                let said = try await self.output(of: launch, fixture, runner)
                #expect(said == (readOnly ? "" : "written"))
            }
            try HostFiles.remove(folder)
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

    @Test("a pod runs as the user that its securityContext names", .enabled(if: geteuid() == 0, "needs root"))
    func user() async throws {
        try await RunnerFixture.with(isolation: .sandbox) { fixture, runner in
            var launch = fixture.shell(
                "id -u; id -g; echo again > /dev/stdout; kill -0 1 2>/dev/null || echo no", name: "user")
            launch.podSecurityContext = ["runAsUser": 1234, "runAsNonRoot": true]
            launch.container.securityContext = ["runAsGroup": 4321]
            let said = try await self.output(of: launch, fixture, runner)
            #expect(said == "1234\n4321\nagain\nno")
            var root = fixture.shell("id -u", name: "root")
            root.container.securityContext = ["runAsNonRoot": true]
            try await runner.launch(root)
            let report = await fixture.log.final(of: root.identity)
            #expect(report.phase == .error)
            #expect(report.message?.hasSuffix("the pod would run as root: add runAsUser") == true)
        }
    }
}
