import CLinux
import Glibc

/// A program of this machine, run for the runner's own purposes.
package enum HostProgram {
    package struct Result: Sendable {
        /// 128 + n for signal n.
        package var exitCode: Int
        /// Standard output and standard error, as far as `outputLimit`.
        package var output: String
    }

    /// How much of a program's words is kept.
    package static let outputLimit = 16 * 1_024

    /// Runs a program to its end.
    ///
    /// Blocks.
    package static func run(
        _ path: String, _ arguments: [String],
        environment: [String] = ["PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C"]
    ) throws(RunnerError) -> Result {
        var ends: [Int32] = [-1, -1]
        guard apus_pipe(&ends) == 0 else { throw .system("\(path) cannot be started", errno) }
        defer { close(ends[0]) }
        let process = withCStrings([path] + arguments) { arguments in
            withCStrings(environment) { environment in
                apus_spawn(path, arguments, environment, ends[1], ends[1])
            }
        }
        let cause = errno
        close(ends[1])
        guard process > 0 else { throw .system("\(path) cannot be started", cause) }
        var output: [UInt8] = []
        while let piece = try HostFiles.readPiece(ends[0], of: path) {
            output.append(contentsOf: piece.prefix(self.outputLimit - output.count))
        }
        let code = apus_wait(process)
        let text = String(decoding: output, as: UTF8.self)
        return Result(exitCode: Int(code), output: text.last == "\n" ? String(text.dropLast()) : text)
    }
}

/// Lends texts as C strings ended by a null pointer.
private func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let copies = texts.map { strdup($0) } + [nil]
    defer { for copy in copies { free(copy) } }
    return copies.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("an array with an element has a base") }
        return body(base)
    }
}
