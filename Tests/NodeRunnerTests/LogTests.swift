import ActorTransport
import Foundation
import Glibc
import Model
import OrderedCollections
import Testing

@testable import NodeRunner

@Suite(.timeLimit(.minutes(5)))
struct LogTests {
    @Test("the main container's log is saved under the launch's key, whether the command succeeds or fails")
    func archivedLog() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            for code in [0, 3] {
                let key = "wf/pod-\(code)/main.log"
                // Each line waits for the one before it to be in the log: two streams have no order of their own.
                let log = "\(try fixture.podFolder(fixture.shell("", name: "archive-\(code)")).logFile)"
                var launch = fixture.shell(
                    "echo one; until grep -q '^[^ ]* o one' \(log); do :; done; echo two >&2; "
                        + "until grep -q '^[^ ]* e two' \(log); do :; done; printf three; exit \(code)",
                    name: "archive-\(code)")
                launch.logKey = key
                try await runner.launch(launch)
                let report = await fixture.log.final(of: launch.identity)
                #expect(report.phase == (code == 0 ? .succeeded : .failed), "\(report.message ?? "")")
                #expect(report.exitCode == code)
                #expect(report.outputs?.artifacts.map(\.name) == ["main-logs"])
                #expect(report.outputs?.artifacts.first?.location.s3?.key == key)
                let object = try #require(try runner.artifact(key: key))
                let content = try #require(try HostFiles.readIfPresent(object))
                #expect(String(decoding: content, as: UTF8.self) == "one\ntwo\nthree\n")
            }
        }
    }

    @Test("pieces of a line are put together in the archived log, each stream's for itself")
    func archivedPieces() throws {
        let fixture = try RunnerFixture(isolation: Isolation.none)
        defer { fixture.cleanUp() }
        let folder = try fixture.podFolder(fixture.shell("", name: "pieces"))
        let time = Timestamp(seconds: 1_763_873_313)
        let records: [(Character, [UInt8])] = [
            ("l", Array("{}".utf8)), ("O", Array("a".utf8)), ("E", Array("x".utf8)), ("o", [0xFF]), ("o", []),
            ("E", Array("y".utf8)), ("x", Array("0".utf8)),
        ]
        try HostFiles.makeFolders("\(fixture.configuration.podsFolder)/uid-1")
        try HostFiles.write(records.flatMap { LogParser.record($0, $1, at: time) }, to: folder.logFile)
        let target = "\(fixture.folder)/main.log"
        try PodLog.writeLines(of: folder, to: target)
        let expected = Array("a".utf8) + [0xFF] + Array("\n\nxy\n".utf8)
        #expect(try HostFiles.readIfPresent(target) == expected)
    }

    @Test("a followed log has every line once and ends with the pod")
    func follow() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            let launch = fixture.shell("i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i+1)); done", name: "follow")
            try await runner.launch(launch)
            let lines = try await fixture.lines(of: launch, runner, LogSelection(follow: true))
            #expect(lines.map(\.content) == (0..<500).map { "line \($0)" })
            #expect(lines.map(\.timestamp) == lines.map(\.timestamp).sorted())
        }
    }

    @Test("tail and since choose among the lines that are there")
    func selection() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            let launch = fixture.shell("echo a; echo b; echo c", name: "tail")
            try await runner.launch(launch)
            _ = await fixture.log.final(of: launch.identity)
            #expect(try await fixture.lines(of: launch, runner, LogSelection(tail: 2)).map(\.content) == ["b", "c"])
            #expect(try await fixture.lines(of: launch, runner, LogSelection(tail: 0)).isEmpty)
            let later = Timestamp(seconds: Int64(time(nil)) + 100)
            #expect(try await fixture.lines(of: launch, runner, LogSelection(since: later)).isEmpty)
        }
    }

    @Test("many lines come together, so many bytes where that is asked for, and none of a pod with other labels")
    func batches() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            var launch = fixture.shell("seq 100000", name: "many")
            launch.labels = ["app": "x"]
            try await runner.launch(launch)
            _ = await fixture.log.final(of: launch.identity)
            var lines = 0
            var batches = 0
            for try await more in try runner.logs(workflowUID: "uid-1", podName: launch.podName) {
                lines += more.count
                batches += 1
            }
            #expect(lines == 100_000)
            #expect(batches < 200)
            var selection = LogSelection(tail: 100_000)
            selection.byteLimit = 7
            #expect(try await fixture.lines(of: launch, runner, selection).map(\.content) == ["1", "2", "3", "4"])
            selection.byteLimit = nil
            selection.labels = try LabelSelector("app=y")
            #expect(try await fixture.lines(of: launch, runner, selection).isEmpty)
            selection.labels = try LabelSelector("app in (x, y),workflows.argoproj.io/completed!=maybe")
            #expect(try await fixture.lines(of: launch, runner, selection).count == 100_000)
        }
    }

    @Test("lines of any length, without a newline and with bytes that are no text come through")
    func oddLines() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            var launch = fixture.shell(
                "head -c 100000 /dev/zero | tr '\\0' x; echo; printf 'a\\377b\\n\\nend'", name: "odd")
            launch.wantsResult = true
            try await runner.launch(launch)
            let report = await fixture.log.final(of: launch.identity)
            let long = String(repeating: "x", count: 100_000)
            #expect(report.outputs?.result == "\(long)\na\u{FFFD}b\n\nend")
            let lines = try await fixture.lines(of: launch, runner)
            #expect(lines.map(\.content) == [long, "a\u{FFFD}b", "", "end"])
        }
    }

    @Test("the result is the last 256 KiB")
    func longResult() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            var launch = fixture.shell(
                "echo start; head -c 600000 /dev/zero | tr '\\0' y; echo; echo end", name: "long")
            launch.wantsResult = true
            try await runner.launch(launch)
            let result = await fixture.log.final(of: launch.identity).outputs?.result ?? ""
            #expect(result.utf8.count == OutputCollection.resultLimit)
            #expect(result.hasSuffix("y\nend"))
        }
    }

    @Test("the time of each line says where it is: behind it come the others, each once")
    func positions() async throws {
        let fixture = try RunnerFixture(isolation: Isolation.none)
        defer { fixture.cleanUp() }
        let folder = try fixture.podFolder(fixture.shell("", name: "positions"))
        // Read together, cut into pieces, written while the clock was set back, and never ended.
        let records: [(Character, String, Int64)] = [
            ("l", "{}", 5), ("o", "a", 7), ("o", "b", 7), ("e", "c", 7), ("O", "long", 8), ("e", "d", 9),
            ("o", " line", 10), ("o", "e", 3), ("e", "f", 4), ("E", "rest", 2), ("o", "g", 11), ("O", "more", 1),
            ("x", "0", 12),
        ]
        try HostFiles.makeFolders("\(fixture.configuration.podsFolder)/uid-1")
        try HostFiles.write(
            records.flatMap { LogParser.record($0.0, Array($0.1.utf8), at: Timestamp(nanoseconds: $0.2)) },
            to: folder.logFile)
        func lines(after time: Timestamp?, follow: Bool) async throws -> [LogLine] {
            var selection = LogSelection(follow: follow)
            selection.after = time
            var lines: [LogLine] = []
            for try await more in try PodLog.lines(of: folder, selection) { lines += more }
            return lines
        }
        let all = try await lines(after: nil, follow: false)
        #expect(all.map(\.content) == ["a", "b", "c", "d", "long line", "e", "f", "g", "more", "rest"])
        for (number, line) in all.enumerated() {
            for follow in [false, true] {
                let rest = try await lines(after: line.timestamp, follow: follow)
                #expect(rest == Array(all[(number + 1)...]), "after \(line.content)")
            }
        }
    }

    @Test("who follows a log is not told its end where the reader is cancelled")
    func cancelled() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            let launch = fixture.shell("echo begun; exec sleep 100", name: "cancelled")
            try await runner.launch(launch)
            let lines = try runner.logs(
                workflowUID: launch.identity.workflowUID, podName: launch.podName, LogSelection(follow: true))
            await #expect(throws: CancellationError.self) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    let (begun, begin) = AsyncStream<Void>.makeStream()
                    group.addTask {
                        for try await _ in lines { begin.finish() }
                    }
                    for await _ in begun {}
                    group.cancelAll()
                    try await group.waitForAll()
                }
            }
            await runner.stop(launch.identity, graceSeconds: 0)
        }
    }

    @Test("who follows the log of a pod that goes on is told that the runner stops, after the lines that are there")
    func stopping() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { fixture, runner in
            let launch = fixture.shell("echo begun; exec sleep 100", name: "stopping")
            try await runner.launch(launch)
            var lines: [String] = []
            let error = await #expect(throws: ServiceError.self) {
                let log = try runner.logs(
                    workflowUID: launch.identity.workflowUID, podName: launch.podName, LogSelection(follow: true))
                for try await more in log {
                    lines += more.map(\.content)
                    runner.stopFollowing()
                }
            }
            #expect(error?.code == .unavailable)
            #expect(lines == ["begun"])
            await runner.stop(launch.identity, graceSeconds: 0)
        }
    }

    @Test("a log reads the same however its bytes are cut")
    func anyCut() {
        let stamp = "2026-11-23T05:07:08.921618523Z"
        let text =
            "\(stamp) s supervisor 1\n\(stamp) O par\n\(stamp) e bad\n\(stamp) o tial\n\(stamp) o \n\(stamp) O rest\n"
        let bytes = Array(text.utf8)
        for seed in UInt64(1)...200 {
            var random = SplitMix(state: seed)
            var parser = LogParser()
            var lines: [LogLine] = []
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + 1 + Int(random.next() % 40))
                lines += parser.lines(in: Array(bytes[start..<end]))
                start = end
            }
            lines += parser.finish()
            #expect(lines.map(\.content) == ["bad", "partial", "", "rest"], "SEED=\(seed)")
        }
    }

    @Test("a pod that never started has said nothing, and a name that is none is refused")
    func unknownPod() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { _, runner in
            for try await lines in try runner.logs(workflowUID: "uid-1", podName: "nobody") {
                Issue.record("\(lines)")
            }
            #expect(throws: RunnerError.self) { try runner.logs(workflowUID: "..", podName: "..") }
        }
    }
}

/// A generator whose state is its seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
