import Glibc
import Model

/// Reads a pod's log line by line, as far as it goes or until the pod has ended.
actor PodLogReader {
    private let folder: PodFolder
    private let selection: LogSelection
    private let change: FolderChange
    private var parser = LogParser()
    private var offset = 0
    private var ready: [LogLine] = []
    private var nextReady = 0
    private var hasTailed = false
    private var isAtEnd = false

    init(folder: PodFolder, selection: LogSelection, change: FolderChange) {
        self.folder = folder
        self.selection = selection
        self.change = change
    }

    /// The next line, or `nil` at the log's end.
    func next() async throws -> LogLine? {
        while true {
            if self.nextReady < self.ready.count {
                defer { self.nextReady += 1 }
                return self.ready[self.nextReady]
            }
            if self.isAtEnd || Task.isCancelled { return nil }
            try self.readOn()
            if self.ready.isEmpty {
                // Nothing of the command's comes after its exit record.
                if self.parser.hasEnded || !self.selection.follow { self.readEnd() } else { await self.change.wait() }
            }
        }
    }

    /// Reads the next lines: at first all that are there if only the last of them are wanted, then piece by piece.
    private func readOn() throws {
        self.ready = []
        self.nextReady = 0
        let file = open(self.folder.logFile, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        guard lseek(file, off_t(self.offset), SEEK_SET) >= 0 else { return }
        let wantsTail = self.selection.tail != nil && !self.hasTailed
        while let piece = try HostFiles.readPiece(file, of: self.folder.logFile) {
            self.offset += piece.count
            let lines = self.parser.lines(in: piece).filter { line in
                self.selection.since.map { line.timestamp >= $0 } ?? true
            }
            self.ready.append(contentsOf: lines)
            if let tail = self.selection.tail, wantsTail {
                self.ready.removeFirst(max(0, self.ready.count - tail))
            } else if !self.ready.isEmpty {
                return
            }
        }
        self.hasTailed = true
    }

    private func readEnd() {
        self.ready = self.parser.finish()
        self.isAtEnd = true
    }
}
