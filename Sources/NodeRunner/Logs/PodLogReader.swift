import ActorTransport
import Glibc
import Model

/// Reads the lines of a pod's log as they are at hand, as far as it goes or until the pod has ended.
actor PodLogReader {
    /// About how many bytes of lines are told together.
    private static let byteLimit = 64 * 1_024

    private let folder: PodFolder
    private let selection: LogSelection
    /// `nil` where nothing is waited for.
    private let change: FolderChange?
    private let followers: LogFollowers
    private let number: Int?
    private var parser = LogParser()
    private var offset = 0
    private var ready: [LogLine] = []
    private var nextReady = 0
    private var hasTailed = false
    private var isAtEnd = false
    /// How many bytes may still be told.
    private var bytesLeft: Int

    init(folder: PodFolder, selection: LogSelection, change: FolderChange?, followers: LogFollowers) {
        self.followers = followers
        self.number = change.map(followers.add)
        self.folder = folder
        self.selection = selection
        self.change = change
        self.bytesLeft = selection.byteLimit ?? .max
    }

    /// The next lines, one at least, or `nil` at the log's end.
    ///
    /// - Throws: `CancellationError` where the reader is cancelled, and `ServiceError` where the runner ends before the
    ///   pod that is followed: nobody must take that for the log's end.
    func next() async throws -> [LogLine]? {
        while true {
            if self.nextReady < self.ready.count { return self.take() }
            if self.isAtEnd { return nil }
            try Task.checkCancellation()
            if self.change != nil, self.followers.isEnding, !self.parser.hasEnded {
                throw ServiceError(.unavailable, "the runner stops")
            }
            try self.readOn()
            if self.ready.isEmpty {
                // Nothing of the command's comes after its exit record.
                guard !self.parser.hasEnded, let change = self.change else {
                    self.readEnd()
                    continue
                }
                await change.wait()
            }
        }
    }

    deinit { if let number { self.followers.remove(number) } }

    /// As many of the lines at hand as go together.
    private func take() -> [LogLine] {
        var lines: [LogLine] = []
        var size = 0
        while self.nextReady < self.ready.count, size < PodLogReader.byteLimit, self.bytesLeft > 0 {
            var line = self.ready[self.nextReady]
            self.nextReady += 1
            let count = line.content.utf8.count
            if count > self.bytesLeft {
                line.content = String(decoding: line.content.utf8.prefix(self.bytesLeft), as: UTF8.self)
            }
            // The line's end counts.
            self.bytesLeft -= min(self.bytesLeft, count + 1)
            size += count
            lines.append(line)
        }
        if self.bytesLeft == 0 {
            self.ready = []
            self.isAtEnd = true
        }
        return lines
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
            let lines = self.parser.lines(in: piece).filter { self.selection.includes($0.timestamp) }
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
        self.ready = self.parser.finish().filter { self.selection.includes($0.timestamp) }
        self.isAtEnd = true
    }
}
