import Glibc

/// The log file of one pod.
package enum PodLog {
    /// The last bytes of what the command wrote to standard output, exactly as it wrote them.
    package static func standardOutput(of folder: PodFolder, limit: Int) throws(RunnerError) -> [UInt8] {
        var output: [UInt8] = []
        try self.readRecords(of: folder) { (records) throws(RunnerError) in
            for record in records { self.append(record, to: &output) }
            // Cut now and then, not at every line: each cut moves what is kept.
            if output.count > 2 * limit { output.removeFirst(output.count - limit) }
        }
        return Array(output.suffix(limit))
    }

    /// Writes what the command wrote, on both streams and exactly as it wrote it, to a file: whole lines in the order
    /// in which they ended, a newline after each.
    package static func writeLines(of folder: PodFolder, to path: String) throws(RunnerError) {
        let target = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, HostFiles.privateFile)
        guard target >= 0 else { throw .system("\(path) cannot be made", errno) }
        defer { close(target) }
        // The pieces of lines that have not ended, of standard output and of standard error.
        var pieces: [[UInt8]] = [[], []]
        try self.readRecords(of: folder) { (records) throws(RunnerError) in
            var lines: [UInt8] = []
            for record in records {
                guard let (mark, text) = LogParser.split(record), let (stream, isWhole) = self.stream(of: mark) else {
                    continue
                }
                guard isWhole else {
                    pieces[stream].append(contentsOf: text)
                    continue
                }
                lines.append(contentsOf: pieces[stream])
                lines.append(contentsOf: text)
                lines.append(UInt8(ascii: "\n"))
                pieces[stream] = []
            }
            try HostFiles.append(lines, to: target, of: path)
        }
        for piece in pieces where !piece.isEmpty {
            try HostFiles.append(piece + [UInt8(ascii: "\n")], to: target, of: path)
        }
    }

    /// The stream (0 is standard output, 1 standard error) that a record belongs to, and whether it ends a line.
    private static func stream(of mark: UInt8) -> (stream: Int, isWhole: Bool)? {
        switch mark {
        case UInt8(ascii: "o"): (0, true)
        case UInt8(ascii: "e"): (1, true)
        case UInt8(ascii: "O"): (0, false)
        case UInt8(ascii: "E"): (1, false)
        default: nil
        }
    }

    /// Reads a log from its beginning, as many whole records at a time as a piece of the file holds.
    ///
    /// A log that is not there has none.
    private static func readRecords(
        of folder: PodFolder, _ take: ([ArraySlice<UInt8>]) throws(RunnerError) -> Void
    ) throws(RunnerError) {
        let file = open(folder.logFile, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return }
            throw .system("\(folder.logFile) cannot be read", errno)
        }
        defer { close(file) }
        var rest: [UInt8] = []
        while let piece = try HostFiles.readPiece(file, of: folder.logFile) {
            rest.append(contentsOf: piece)
            var records: [ArraySlice<UInt8>] = []
            var start = rest.startIndex
            while let newline = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                records.append(rest[start..<newline])
                start = newline + 1
            }
            try take(records)
            records = []
            rest.removeSubrange(..<start)
        }
    }

    private static func append(_ record: ArraySlice<UInt8>, to output: inout [UInt8]) {
        guard let (mark, text) = LogParser.split(record) else { return }
        if mark == UInt8(ascii: "o") {
            output.append(contentsOf: text)
            output.append(UInt8(ascii: "\n"))
        } else if mark == UInt8(ascii: "O") {
            output.append(contentsOf: text)
        }
    }

    /// The lines of a pod's log.
    static func lines(
        of folder: PodFolder, _ selection: LogSelection, followers: LogFollowers = LogFollowers()
    ) throws(RunnerError) -> AsyncThrowingStream<[LogLine], any Error> {
        let change = selection.follow ? try FolderChange(folder.logFile) : nil
        let reader = PodLogReader(folder: folder, selection: selection, change: change, followers: followers)
        return AsyncThrowingStream { try await reader.next() }
    }
}
