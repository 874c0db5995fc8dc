import Glibc

/// What a pod's log says after the command's last word.
struct PodLogEnd: Sendable {
    private(set) var exit: ExitRecord?
    private(set) var report: [UInt8]?
    private(set) var isDone = false
    /// Whether a supervisor has ever added to the log.
    private(set) var wasTaken = false

    /// Reads from the log's end backwards, as far as the exit record.
    init(_ file: Int32, of path: String) throws(RunnerError) {
        let size = Int(lseek(file, 0, SEEK_END))
        var window = firstWindow
        while true {
            let start = max(0, size - window)
            guard lseek(file, off_t(start), SEEK_SET) >= 0 else { throw .system("\(path) cannot be read", errno) }
            let bytes = try HostFiles.readToEnd(file, of: path)
            self = PodLogEnd(bytes, isWhole: start == 0)
            if start == 0 || self.exit != nil { return }
            window *= 16
        }
    }

    /// Reads lines; `isWhole` says whether the first of them is.
    private init(_ bytes: [UInt8], isWhole: Bool) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // What follows the last newline is a line that was never finished.
        lines.removeLast()
        if !isWhole && !lines.isEmpty { lines.removeFirst() }
        self.wasTaken = !isWhole || lines.count > 1
        for line in lines {
            guard let (mark, text) = LogParser.split(line) else { continue }
            switch mark {
            case UInt8(ascii: "x"): self.exit = ExitRecord(String(decoding: text, as: UTF8.self))
            case UInt8(ascii: "r"): self.report = Array(text)
            case UInt8(ascii: "d"): self.isDone = true
            default: continue
            }
        }
    }

    /// The mark of the last record, if that is a short one.
    static func lastMark(_ file: Int32, of path: String) throws(RunnerError) -> UInt8? {
        let size = Int(lseek(file, 0, SEEK_END))
        guard lseek(file, off_t(max(0, size - shortRecord)), SEEK_SET) >= 0 else {
            throw .system("\(path) cannot be read", errno)
        }
        let lines = try HostFiles.readToEnd(file, of: path).split(separator: UInt8(ascii: "\n"))
        return lines.last.flatMap { LogParser.split($0)?.mark }
    }
}

private let firstWindow = 64 * 1_024
private let shortRecord = 128
