import Glibc
import Model

/// The world around a command: its streams, its environment and the time.
///
/// Commands reach it by `Console.current`, so that tests can run them in a world of their own.
struct Console: Sendable {
    var environment: [String: String]
    /// Whether standard output is a terminal: only there are colours and live progress.
    var isTerminal: Bool
    var write: @Sendable (String) -> Void
    var writeError: @Sendable (String) -> Void
    var readInput: @Sendable () throws -> [UInt8]
    var now: @Sendable () -> Timestamp
    /// The terminal's lines and columns.
    var size: @Sendable () -> (lines: Int, columns: Int)

    init(
        environment: [String: String] = [:], isTerminal: Bool = false,
        write: @escaping @Sendable (String) -> Void, writeError: @escaping @Sendable (String) -> Void,
        readInput: @escaping @Sendable () throws -> [UInt8] = { [] },
        now: @escaping @Sendable () -> Timestamp = Console.clock,
        size: @escaping @Sendable () -> (lines: Int, columns: Int) = { (24, 80) }
    ) {
        self.environment = environment
        self.isTerminal = isTerminal
        self.write = write
        self.writeError = writeError
        self.readInput = readInput
        self.now = now
        self.size = size
    }

    @TaskLocal static var current = Console.process

    /// This process's own streams.
    static let process = Console(
        environment: Self.processEnvironment(),
        // A dumb terminal cannot be drawn over: it is treated as a pipe.
        isTerminal: isatty(STDOUT_FILENO) == 1 && Self.processEnvironment()["TERM"] != "dumb",
        write: { Descriptor.write($0, to: STDOUT_FILENO) }, writeError: { Descriptor.write($0, to: STDERR_FILENO) },
        readInput: { try Descriptor.readAll(STDIN_FILENO) }, size: { Descriptor.terminalSize(STDOUT_FILENO) })

    static let clock: @Sendable () -> Timestamp = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// The value of a variable, or `nil` where it is not set or empty.
    func variable(_ name: String) -> String? {
        self.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    func line(_ text: String) { self.write(text + "\n") }

    func errorLine(_ text: String) { self.writeError(text + "\n") }

    /// How text may look here.
    ///
    /// Colours need a terminal that can show them and a user who wants them.
    func style(noColor: Bool = false, noUTF8: Bool = false) -> TextStyle {
        let isColoured =
            self.isTerminal && !noColor && self.variable("NO_COLOR") == nil && self.variable("TERM") != "dumb"
        return TextStyle(isColoured: isColoured, isUnicode: !noUTF8)
    }

    private static func processEnvironment() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return variables
    }
}
