import Foundation
import Glibc
import JSON
import Model
import OrderedCollections
import Testing

@testable import NodeRunner

@Suite(.timeLimit(.minutes(5)))
struct ArtifactTests {
    /// An artifact at a path, stored under a key unless that is `nil`.
    private func artifact(_ name: String, path: String, key: String?, _ members: JSONObject = [:]) throws -> Artifact {
        var object: JSONObject = ["name": .string(name), "path": .string(path)]
        if let key { object["s3"] = ["key": .string(key)] }
        for (member, value) in members { object[member] = value }
        return try Artifact(json: .object(object), at: DecodingPlace())
    }

    private func run(_ launch: PodLaunch, _ fixture: RunnerFixture, _ runner: LocalRunner) async throws -> PodReport {
        var launch = launch
        launch.wantsResult = true
        try await runner.launch(launch)
        return await fixture.log.final(of: launch.identity)
    }

    @Test(
        "what the runner and its pods leave in a data folder that everybody may enter is this user's alone",
        arguments: Isolations.available)
    func privacy(isolation: Isolation) async throws {
        let fixture = try RunnerFixture(isolation: isolation)
        defer { fixture.cleanUp() }
        try HostFiles.setMode(0o755, of: fixture.folder, recursively: false)
        try await fixture.running { runner in
            let path = "/tmp/apus-private-\(fixture.folder.suffix(12))"
            var launch = fixture.shell("cat \(path).in > \(path)", name: "private")
            launch.inputArtifacts = [try self.artifact("in", path: "\(path).in", key: nil, ["raw": ["data": "secret"]])]
            launch.outputParameters = [ParameterOutput(name: "p", path: path, defaultValue: nil)]
            launch.outputArtifacts = [
                try self.artifact("tgz", path: path, key: "wf/pod/tgz"),
                try self.artifact("zip", path: path, key: "wf/pod/zip", ["archive": ["zip": [:]]]),
            ]
            launch.logKey = "wf/pod/main.log"
            let report = try await self.run(launch, fixture, runner)
            #expect(report.phase == .succeeded, "\(report.message ?? "")")
            if isolation == .none { try HostFiles.remove(path) }

            var waiting = fixture.shell("echo here; sleep 60", name: "waiting")
            waiting.outputParameters = [ParameterOutput(name: "p", path: path, defaultValue: "")]
            waiting.inputArtifacts = launch.inputArtifacts
            try await runner.launch(waiting)
            let identity = waiting.identity
            _ = await fixture.log.first { $0.identity == identity && $0.phase == .running }
            let open = Self.open(in: fixture.folder)
            #expect(open.isEmpty, "\(open)")
            await runner.stop(identity, graceSeconds: 0)
            _ = await fixture.log.final(of: identity)
        }
        #expect(Self.open(in: "\(fixture.folder)/pods").isEmpty)
    }

    /// What others could read below a folder, as far as they could get.
    private static func open(in folder: String) -> [String] {
        HostFiles.names(in: folder).flatMap { name -> [String] in
            let path = "\(folder)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & 0o077 != 0 || status.st_mode & S_IFMT == S_IFDIR else {
                return []
            }
            // What lies below a closed folder is closed, whatever rights a pod finds on it; but folders of Apus are all
            // looked into, because what is in them may be moved.
            let isPodsOwn = ["view", "inputs", "volumes"].contains(name)
            let below = status.st_mode & S_IFMT == S_IFDIR && !isPodsOwn ? self.open(in: path) : []
            return (status.st_mode & 0o077 == 0 ? [] : [path]) + below
        }
    }

    @Test("what one pod saves another reads, in every format", arguments: Isolations.available)
    func roundTrip(isolation: Isolation) async throws {
        try await RunnerFixture.with(isolation: isolation) { fixture, runner in
            let root = "/tmp/apus-art-\(fixture.folder.suffix(12))"
            let formats: [(String, JSONObject)] = [
                ("tgz", [:]), ("level", ["archive": ["tar": ["compressionLevel": 0]]]),
                ("none", ["archive": ["none": [:]]]), ("zip", ["archive": ["zip": [:]]]),
            ]
            for (format, members) in formats {
                var make = fixture.shell(
                    "mkdir -p \(root)/\(format)/d/e && cd \(root)/\(format) && echo file > f && echo deep > d/e/g "
                        + "&& ln -s g d/e/l",
                    name: "make-\(format)")
                make.outputArtifacts = [
                    try self.artifact("f", path: "\(root)/\(format)/f", key: "wf/\(format)/f", members),
                    try self.artifact("d", path: "\(root)/\(format)/d", key: "wf/\(format)/d", members),
                ]
                let made = try await self.run(make, fixture, runner)
                #expect(made.phase == .succeeded, "\(format): \(made.message ?? "")")
                #expect(made.outputs?.artifacts.map(\.name) == ["f", "d"])
                var use = fixture.shell(
                    "cat \(root)-\(format)/f; cd \(root)-\(format)/x/d && cat e/g && readlink e/l",
                    name: "use-\(format)")
                use.inputArtifacts = [
                    try self.artifact("f", path: "\(root)-\(format)/f", key: "wf/\(format)/f", members),
                    try self.artifact("d", path: "\(root)-\(format)/x/d", key: "wf/\(format)/d", members),
                ]
                let used = try await self.run(use, fixture, runner)
                #expect(used.phase == .succeeded, "\(format): \(used.message ?? "")")
                #expect(used.outputs?.result == "file\ndeep\ng", "\(format)")
                if isolation == .none { try HostFiles.remove("\(root)-\(format)") }
            }
            let plain = try #require(try runner.artifact(key: "wf/none/f"))
            #expect(try HostFiles.readIfPresent(plain) == Array("file\n".utf8))
            if isolation == .none { try HostFiles.remove(root) }
        }
    }

    @Test("raw data stands at its path with the mode asked for", arguments: Isolations.available)
    func raw(isolation: Isolation) async throws {
        try await RunnerFixture.with(isolation: isolation) { fixture, runner in
            let path = "/tmp/apus-raw-\(fixture.folder.suffix(12))"
            var launch = fixture.shell("cat \(path); stat -L -c %a \(path)", name: "raw")
            launch.inputArtifacts = [
                try self.artifact("r", path: path, key: nil, ["raw": ["data": "hello raw\n"], "mode": 448])
            ]
            let report = try await self.run(launch, fixture, runner)
            #expect(report.outputs?.result == "hello raw\n700", "\(report.message ?? "")")
            // What was placed for a pod goes with it.
            #expect(HostFiles.kind(of: path) == nil)
        }
    }

    @Test("a missing artifact is an error in Argo's words, unless it is optional")
    func missing() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            let path = "/tmp/apus-missing.txt"
            for isOptional in [true, false] {
                var output = fixture.shell("test ! -e \(path)", name: "output-\(isOptional)")
                output.outputArtifacts = [try self.artifact("f", path: path, key: "k", ["optional": .bool(isOptional)])]
                let written = try await self.run(output, fixture, runner)
                #expect(written.phase == (isOptional ? .succeeded : .error))
                let expected =
                    "wait: Error (exit code 64): open /var/run/argo/outputs/artifacts/tmp/apus-missing.txt.tgz: "
                    + "no such file or directory"
                #expect(written.message == (isOptional ? nil : expected))
                var input = fixture.shell("test ! -e \(path)", name: "input-\(isOptional)")
                input.inputArtifacts = [try self.artifact("f", path: path, key: nil, ["optional": .bool(isOptional)])]
                let read = try await self.run(input, fixture, runner)
                #expect(read.phase == (isOptional ? .succeeded : .error))
                #expect(
                    read.message
                        == (isOptional ? nil : "init: Error (exit code 64): required artifact 'f' not supplied"))
            }
        }
    }

    @Test("a key that leads out of the repository is refused")
    func keyTraversal() throws {
        let repository = FileArtifactRepository(root: "/data/artifacts")
        for key in ["../x", "a/../../x", "a/..", "", "/", "./a", "a/./b", "a\0b"] {
            #expect(throws: RunnerError.self, "\(key)") { try repository.path(of: key) }
        }
        #expect(try repository.path(of: "/ns//wf/f.tgz") == "/data/artifacts/ns/wf/f.tgz")
    }

    @Test("an archive that would write outside its folder is refused and writes nothing")
    func archiveTraversal() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            let outside = "\(fixture.folder)/outside"
            let evil = "\(fixture.folder)/evil"
            let scripts = [
                "dots":
                    "mkdir -p \(evil)/in && cd \(evil)/in && echo x > ../../f && tar -czPf OUT ../../f && rm ../../f",
                "absolute":
                    "mkdir -p \(outside) && echo x > \(outside)/f && tar -czPf OUT \(outside)/f && rm \(outside)/f",
                "link":
                    "mkdir -p \(outside) \(evil)/l && cd \(evil)/l && ln -s \(outside) d && tar -cf OUT.tar d && rm d "
                    + "&& mkdir d && echo x > d/f && tar -rf OUT.tar d/f && gzip -c OUT.tar > OUT && rm OUT.tar",
            ]
            for (kind, script) in scripts.sorted(by: { $0.key < $1.key }) {
                let object = "\(fixture.configuration.artifactsFolder)/\(kind)"
                let made = try HostProgram.run("/bin/sh", ["-c", script.replacing("OUT", with: object)])
                #expect(made.exitCode == 0, "\(kind): \(made.output)")
                var launch = fixture.shell("true", name: kind)
                launch.inputArtifacts = [try self.artifact("a", path: "/tmp/apus-evil-\(kind)", key: kind)]
                let report = try await self.run(launch, fixture, runner)
                // GNU tar takes the root off absolute names: the member then lies in the folder, which is harmless.
                if kind != "absolute" {
                    #expect(report.phase == .error, "\(kind)")
                    #expect(report.message?.contains("artifact a failed to load") == true, "\(report.message ?? "")")
                }
                #expect(HostFiles.names(in: outside).isEmpty, "\(kind)")
                #expect(HostFiles.kind(of: "\(fixture.configuration.podsFolder)/f") == nil)
            }
        }
    }

    @Test("an input never overwrites the host's own file where pods see it")
    func noOverwrite() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            let mine = "\(fixture.folder)/mine.txt"
            try HostFiles.write(Array("mine".utf8), to: mine)
            var launch = fixture.shell("true", name: "overwrite")
            launch.inputArtifacts = [try self.artifact("r", path: mine, key: nil, ["raw": ["data": "theirs"]])]
            let report = try await self.run(launch, fixture, runner)
            #expect(report.phase == .error)
            #expect(report.message?.contains("use isolation \"sandbox\" or another path") == true)
            #expect(try HostFiles.readIfPresent(mine) == Array("mine".utf8))
        }
    }

    @Test("a full disk is waited for with every kind of output", arguments: Isolations.available)
    func fullDisk(isolation: Isolation) async throws {
        try await RunnerFixture.with(isolation: isolation) { fixture, runner in
            let path = "/tmp/apus-full-\(fixture.folder.suffix(12))"
            var launch = fixture.shell("echo kept > \(path); echo said", name: "full")
            launch.outputParameters = [ParameterOutput(name: "p", path: path, defaultValue: nil)]
            launch.outputArtifacts = [try self.artifact("f", path: path, key: "wf/full/f")]
            launch.logKey = "wf/full/main.log"
            // What is written to this device finds no space; the supervisor removes what it could not write.
            let folder = try fixture.podFolder(launch)
            try HostFiles.makeFolders(folder.outputs)
            for name in ["p0", "a0"] { #expect(symlink("/dev/full", "\(folder.outputs)/\(name)") == 0) }
            let report = try await self.run(launch, fixture, runner)
            #expect(report.phase == .succeeded, "\(report.message ?? "")")
            #expect(report.outputs?.parameters.first?.value == "kept")
            #expect(report.outputs?.artifacts.map(\.name) == ["f", "main-logs"])
            if isolation == .none { try HostFiles.remove(path) }
        }
    }

    @Test("an output for which the disk has no space is told as the disk's fault, and can be collected later")
    func fullDiskLater() throws {
        let fixture = try RunnerFixture(isolation: Isolation.none)
        defer { fixture.cleanUp() }
        var launch = fixture.shell("true", name: "later")
        launch.logKey = "wf/later/main.log"
        let folder = try fixture.podFolder(launch)
        try HostFiles.makeFolders(folder.path)
        try HostFiles.write(Array("2026-01-01T00:00:00.000000000Z o said\n".utf8), to: folder.logFile)
        let draft = "\(folder.path).main-log"
        #expect(symlink("/dev/full", draft) == 0)
        let collection = OutputCollection(
            launch: launch, folder: folder, record: ExitRecord(),
            repository: FileArtifactRepository(root: fixture.configuration.artifactsFolder))
        let (full, isDiskFull) = collection.report()
        #expect(isDiskFull)
        #expect(full.message?.contains("the disk of the data folder is full") == true, "\(full.message ?? "")")
        try HostFiles.remove(draft)
        let (report, isStillFull) = collection.report()
        #expect(!isStillFull && report.phase == .succeeded, "\(report.message ?? "")")
    }
}
