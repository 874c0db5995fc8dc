import Foundation
import IntegrationSupport
import JSON
import TestSupport
import Testing

/// Logs that are followed through a cluster of which one process after another ends.
@Suite("Following logs", .timeLimit(.minutes(5)))
struct LogFollowTests {
    /// How long the lines may stand still: it takes ten seconds to lose a runner, and less to notice all else.
    private static let patience = Duration.seconds(60)
    /// How many lines of each pod show that they come again.
    private static let progress = 10

    @Test("logs -f tells each line of each pod once, whichever process is killed or restarted meanwhile")
    func follow() async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let cluster = try LocalCluster(
            folder: folder.url.appendingPathComponent("cluster"), schedulers: 2, runners: 2, gateways: 1)
        do {
            try await self.follow(cluster, folder: folder.url)
        } catch {
            try cluster.down()
            throw error
        }
        try cluster.down()
    }

    private func follow(_ cluster: LocalCluster, folder: URL) async throws {
        let client = RESTClient(cluster.gateways[0])
        let stop = folder.appendingPathComponent("stop")
        let answer = try await client.send(
            "POST", "/api/v1/workflows/default", ["workflow": Self.workflow(stop: stop.path)])
        #expect(answer.status == 200, "\(answer.message)")
        _ = try await client.workflow("w") { $0.nodes.count { $0["type"] == "Pod" && $0.phase == "Running" } == 2 }
        let command = try LogCommand(cluster.gateways[0], folder: folder)
        defer { command.end() }
        try await self.progress(command, after: "nothing")
        // Whichever of them reads the logs for the gateway, and whichever owns the workflow.
        for name in ["scheduler-0", "scheduler-1", "runner-0", "gateway-0"] {
            try cluster.kill(name)
            try cluster.restart(name)
            try await self.progress(command, after: "kill \(name)")
        }
        for name in ["runner-1", "scheduler-0", "scheduler-1", "gateway-0"] {
            try cluster.restart(name)
            try await self.progress(command, after: "restart \(name)")
        }
        try Data().write(to: stop)
        #expect(try await command.exitCode == 0)
        let told = try command.lines
        #expect(told.count == 2)
        for (pod, lines) in told {
            let count = lines.count - 1
            #expect(lines == (0..<count).map { "\($0 + 1)" } + ["end"], "\(pod): \(Self.firstFault(lines))")
            // What is asked for without following is the same.
            #expect(try await client.log(of: "w", pod: pod) == lines)
        }
    }

    /// Waits until lines of both pods come again.
    private func progress(_ command: LogCommand, after fault: String) async throws {
        let start = try command.lines.mapValues(\.count)
        let end = ContinuousClock.now + Self.patience
        while true {
            let now = try command.lines.mapValues(\.count)
            if now.count == 2, now.allSatisfy({ $0.value >= start[$0.key, default: 0] + Self.progress }) { return }
            guard ContinuousClock.now < end else {
                throw FixtureError("no lines after \(fault): \(start), \(now); \(try command.errors)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private static func firstFault(_ lines: [String]) -> String {
        guard let place = lines.indices.first(where: { lines[$0] != "\($0 + 1)" }) else { return "none" }
        return lines[max(0, place - 2)..<min(lines.count, place + 3)].joined(separator: ", ")
    }

    /// Two pods on two runners, which count until a file is there.
    private static func workflow(stop: String) -> JSONValue {
        let script = "i=0; until test -e '\(stop)'; do i=$((i+1)); echo $i; sleep 0.02; done; echo end"
        let pods: [JSONValue] = (0..<2).map { number in
            [
                "name": .string("count-\(number)"),
                "nodeSelector": ["kubernetes.io/hostname": .string("runner-\(number)")],
                "container": ["image": "alpine", "command": ["sh", "-c"], "args": [.string(script)]],
            ]
        }
        let both: [JSONValue] = (0..<2).map { ["name": .string("c\($0)"), "template": .string("count-\($0)")] }
        return [
            "metadata": ["name": "w"],
            "spec": ["entrypoint": "main", "templates": .array([["name": "main", "steps": [.array(both)]]] + pods)],
        ]
    }
}

/// `apus logs -f` that runs.
private final class LogCommand {
    private let process = Process()
    private let output: URL
    private let errorFile: URL

    init(_ server: String, folder: URL) throws {
        self.output = folder.appendingPathComponent("lines")
        self.errorFile = folder.appendingPathComponent("errors")
        for file in [self.output, self.errorFile] { try Data().write(to: file) }
        self.process.executableURL = try ApusBinary.url
        self.process.arguments = [
            "logs", "w", "-f", "--no-color", "-s", server.replacingOccurrences(of: "http://", with: ""),
            "--secure=false",
        ]
        self.process.standardOutput = try FileHandle(forWritingTo: self.output)
        self.process.standardError = try FileHandle(forWritingTo: self.errorFile)
        self.process.standardInput = FileHandle.nullDevice
        try self.process.run()
    }

    /// The whole lines of each pod so far.
    var lines: [String: [String]] {
        get throws {
            let text = try String(contentsOf: self.output, encoding: .utf8)
            var lines: [String: [String]] = [:]
            for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                let parts = line.components(separatedBy: ": ")
                lines[parts[0], default: []].append(parts.dropFirst().joined(separator: ": "))
            }
            return lines
        }
    }

    var errors: String { get throws { try String(contentsOf: self.errorFile, encoding: .utf8) } }

    /// Waits for the command's end.
    var exitCode: Int32 {
        get async throws {
            let end = ContinuousClock.now + .seconds(60)
            while self.process.isRunning, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(20)) }
            guard !self.process.isRunning else { throw FixtureError("logs -f does not end: \(try self.errors)") }
            return self.process.terminationStatus
        }
    }

    func end() { if self.process.isRunning { self.process.terminate() } }
}
