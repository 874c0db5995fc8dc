import Dispatch
package import Foundation
import JSON
import TestSupport

/// The `apus` binary that the build left beside the test bundle.
package enum ApusBinary {
    package static var url: URL {
        get throws {
            let named = ProcessInfo.processInfo.environment["APUS_BINARY"].map { URL(fileURLWithPath: $0) }
            let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
                .appendingPathComponent("apus")
            guard let url = [named, beside].compactMap({ $0 }).first(where: { isExecutable($0) }) else {
                throw FixtureError("no apus binary beside \(CommandLine.arguments[0]); name one with APUS_BINARY")
            }
            return url
        }
    }

    private static func isExecutable(_ url: URL) -> Bool {
        FileManager.default.isExecutableFile(atPath: url.path)
    }
}

/// How well this machine can keep pods apart.
package enum PodIsolation: String {
    case sandbox, none

    /// What `APUS_ISOLATION` says, or else what `apus doctor` finds.
    ///
    /// - Parameter folder: on the disk that pods will use.
    package static func ofMachine(folder: URL) throws -> PodIsolation {
        if let name = ProcessInfo.processInfo.environment["APUS_ISOLATION"] {
            guard let named = PodIsolation(rawValue: name) else { throw FixtureError("APUS_ISOLATION=\(name)") }
            return named
        }
        let report = try run(try ApusBinary.url, ["doctor", "--data-dir", folder.path, "-o", "json"]).output
        let sandbox = try JSONValue.parse(report).arrayValue?.first { $0["subject"] == "sandbox" }
        return sandbox?["verdict"] == "ok" ? .sandbox : .none
    }
}

/// What went wrong in a fixture rather than in what it tests.
package struct FixtureError: Error, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}

/// What a finished command printed, and how it ended.
package struct CommandResult: Sendable {
    package var exitCode: Int32
    package var output: String
    package var errors: String
}

/// How long a command may take before it is killed and its test fails.
private let commandSecondsMax = 600.0

/// Runs a program to its end.
///
/// - Parameter environment: added to this process's environment.
package func run(
    _ program: URL, _ arguments: [String], environment: [String: String] = [:], input: String? = nil,
    folder: URL? = nil
) throws -> CommandResult {
    let scratch = try TemporaryDirectory()
    defer { scratch.remove() }
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, added in added }
    process.currentDirectoryURL = folder
    let output = scratch.url.appendingPathComponent("output")
    let errors = scratch.url.appendingPathComponent("errors")
    for url in [output, errors] { try Data().write(to: url) }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    if let input {
        let source = scratch.url.appendingPathComponent("input")
        try Data(input.utf8).write(to: source)
        process.standardInput = try FileHandle(forReadingFrom: source)
    } else {
        process.standardInput = FileHandle.nullDevice
    }
    let hasEnded = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in hasEnded.signal() }
    try process.run()
    guard hasEnded.wait(timeout: .now() + commandSecondsMax) == .success else {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        throw FixtureError("\(program.lastPathComponent) \(arguments) did not end in \(commandSecondsMax) s")
    }
    let signalled = process.terminationReason == .uncaughtSignal
    return CommandResult(
        exitCode: signalled ? 128 + process.terminationStatus : process.terminationStatus,
        output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
        errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
}
