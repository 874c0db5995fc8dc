import Foundation
import Glibc
import Model
import Testing

@testable import NodeRunner

@Suite(.timeLimit(.minutes(1)))
struct LogTests {
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

    @Test("a pod that is not known has no log")
    func unknownPod() async throws {
        try await RunnerFixture.with(isolation: Isolation.none) { _, runner in
            #expect(throws: RunnerError.self) { try runner.logs(workflowUID: "uid-1", podName: "nobody") }
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
