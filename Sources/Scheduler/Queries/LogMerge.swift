import ActorTransport
import Model

/// Joins the logs of several pods into one, in the order of the lines' times.
///
/// A pod's lines keep their own order. A log is opened when the lines from before its pod was made are told, so that
/// about as many are open at once as pods ran at once.
struct LogMerge {
    /// How many logs are open at once; beyond it the order is only about right.
    static let openLimit = 512

    /// A pod's log: where its lines come from, and when the pod was made, before which it has none.
    struct Source: Sendable {
        var start: Timestamp
        var open: @Sendable () async throws -> StreamSource<LogBatch>
    }

    private struct OpenLog {
        let stream: StreamSource<LogBatch>
        var entries: ArraySlice<LogEntry>
        /// When the next line was written; never before the line ahead of it.
        var time: Timestamp
    }

    /// By their starts, the last first.
    private var waiting: [Source]
    /// By the times of their next lines, the earliest last.
    private var open: [OpenLog] = []

    init(_ sources: [Source]) {
        self.waiting = sources.enumerated().sorted { ($1.element.start, $1.offset) < ($0.element.start, $0.offset) }
            .map(\.element)
    }

    /// The next lines, at most about as many as one wire item holds.
    ///
    /// `nil` at the end of all logs.
    mutating func next() async throws -> LogBatch? {
        var batch = LogBatch([])
        var size = 0
        while size < LogBatch.byteLimit {
            try await self.openDue()
            guard var log = self.open.popLast() else { break }
            let limit = min(self.open.last?.time, self.waiting.last?.start)
            repeat {
                guard let entry = log.entries.popFirst() else { break }
                size += entry.content.utf8.count + entry.podName.utf8.count
                batch.entries.append(entry)
                if let next = log.entries.first { log.time = max(log.time, next.timestamp) }
            } while limit.map { log.time <= $0 } ?? true && size < LogBatch.byteLimit
            if log.entries.isEmpty {
                // What is at hand goes out before more is waited for.
                if let more = try await Self.opened(log.stream, notBefore: log.time) { self.insert(more) }
            } else {
                self.insert(log)
            }
        }
        return batch.entries.isEmpty ? nil : batch
    }

    /// Opens the logs of all pods that were made before the earliest line that is not told yet.
    private mutating func openDue() async throws {
        while self.open.count < LogMerge.openLimit, let source = self.waiting.last,
            self.open.last.map({ source.start <= $0.time }) ?? true
        {
            self.waiting.removeLast()
            if let log = try await Self.opened(try await source.open(), notBefore: source.start) { self.insert(log) }
        }
    }

    private static func opened(
        _ stream: StreamSource<LogBatch>, notBefore time: Timestamp
    ) async throws -> OpenLog? {
        while let batch = try await stream.next() {
            guard let first = batch.entries.first else { continue }
            return OpenLog(stream: stream, entries: batch.entries[...], time: max(time, first.timestamp))
        }
        return nil
    }

    private mutating func insert(_ log: OpenLog) {
        var low = 0
        var high = self.open.count
        while low < high {
            let middle = (low + high) / 2
            // Of two at the same time the one that was there first stays ahead.
            if self.open[middle].time >= log.time { low = middle + 1 } else { high = middle }
        }
        self.open.insert(log, at: low)
    }
}

private func min(_ left: Timestamp?, _ right: Timestamp?) -> Timestamp? {
    guard let left, let right else { return left ?? right }
    return Swift.min(left, right)
}
