import Model
import Synchronization

@testable import apus

/// A command run in a world of its own: what it printed, and its exit code.
struct CommandRun {
    var output: String
    var errors: String
    var exitCode: Int32

    /// Runs a command line against a server, on a terminal or in a pipe, at a given time.
    static func run(
        _ arguments: String..., server: FakeServer? = nil, isTerminal: Bool = false, input: String = "",
        environment: [String: String] = [:], now: String = "2026-11-23T02:49:20Z"
    ) async -> CommandRun {
        await self.run(
            arguments: arguments, server: server, isTerminal: isTerminal, input: input, environment: environment,
            now: now)
    }

    static func run(
        arguments: [String], server: FakeServer? = nil, isTerminal: Bool = false, input: String = "",
        environment: [String: String] = [:], now: String = "2026-11-23T02:49:20Z"
    ) async -> CommandRun {
        let output = Mutex("")
        let errors = Mutex("")
        var variables = environment
        if let server { variables["ARGO_SERVER"] = server.address }
        let time = Timestamp(now) ?? Timestamp(seconds: 0)
        let console = Console(
            environment: variables, isTerminal: isTerminal,
            write: { text in output.withLock { $0 += text } }, writeError: { text in errors.withLock { $0 += text } },
            readInput: { Array(input.utf8) }, now: { time }, size: { (60, 200) })
        let exitCode = await CommandLineTool.run(arguments, console: console)
        return CommandRun(
            output: output.withLock { $0 }, errors: errors.withLock { $0 }, exitCode: exitCode)
    }
}
