import Foundation
import Testing

/// Programs of the system that speak TLS too.
enum Command {
    struct Result {
        let exitCode: Int32
        let output: String
    }

    /// Runs a program to its end beside the test; what it says and complains about comes as one text.
    static func run(beside words: [String], input: String = "") async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Swift.Result { try Self.run(words, input: input) })
            }
        }
    }

    /// Runs a program to its end; what it says and complains about comes as one text.
    static func run(_ words: [String], input: String = "") throws -> Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        let source = Pipe()
        let target = Pipe()
        process.standardInput = source
        process.standardOutput = target
        process.standardError = target
        try process.run()
        try source.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try source.fileHandleForWriting.close()
        let output = String(decoding: target.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus != 127, "\(words[0]) is missing: run scripts/setup")
        return Result(exitCode: process.terminationStatus, output: output)
    }
}
