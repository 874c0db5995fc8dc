import Glibc

/// The log file of one pod.
package enum PodLog {
    /// The last bytes of what the command wrote to standard output, exactly as it wrote them.
    package static func standardOutput(of folder: PodFolder, limit: Int) throws(RunnerError) -> [UInt8] {
        let file = open(folder.logFile, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return [] }
            throw .system("\(folder.logFile) cannot be read", errno)
        }
        defer { close(file) }
        var output: [UInt8] = []
        var rest: [UInt8] = []
        while let piece = try HostFiles.readPiece(file, of: folder.logFile) {
            rest.append(contentsOf: piece)
            var start = rest.startIndex
            while let newline = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                self.append(rest[start..<newline], to: &output)
                start = newline + 1
            }
            rest.removeSubrange(..<start)
            // Cut now and then, not at every line: each cut moves what is kept.
            if output.count > 2 * limit { output.removeFirst(output.count - limit) }
        }
        return Array(output.suffix(limit))
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
    package static func lines(
        of folder: PodFolder, _ selection: LogSelection
    ) throws(RunnerError) -> AsyncThrowingStream<LogLine, any Error> {
        let reader = PodLogReader(folder: folder, selection: selection, change: try FolderChange(folder.logFile))
        return AsyncThrowingStream { try await reader.next() }
    }
}
