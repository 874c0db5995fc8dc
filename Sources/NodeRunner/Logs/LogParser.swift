import Model

/// Turns the bytes of a pod's log file into lines, however they are cut into pieces.
///
/// A record is `<time> <mark> <text>` and a newline. Marks: `o` and `e` for whole lines of standard output and standard
/// error, `O` and `E` for pieces of lines; the others are listed at `PodFolder`.
///
/// Lines come in the order in which they ended, and each has a later time than the one before it, if only by a
/// nanosecond: a line's time says where in the log it is, every time that the log is read from its beginning.
package struct LogParser: Sendable {
    private var rest: [UInt8] = []
    /// Whether the exit record, or the mark of a pod that is done with, has been read.
    package private(set) var hasEnded = false
    private var pieces: [LogLine.Stream: (bytes: [UInt8], timestamp: Timestamp)] = [:]
    private var lastTime = Timestamp(nanoseconds: .min)

    package init() {}

    /// The lines that end in these bytes.
    package mutating func lines(in bytes: [UInt8]) -> [LogLine] {
        self.rest.append(contentsOf: bytes)
        var lines: [LogLine] = []
        var start = self.rest.startIndex
        while let newline = self.rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if let line = self.take(self.rest[start..<newline]) { lines.append(line) }
            start = newline + 1
        }
        self.rest.removeSubrange(..<start)
        return lines
    }

    /// What is left at the log's end: lines that were never finished.
    package mutating func finish() -> [LogLine] {
        defer { self.pieces = [:] }
        let ordered = self.pieces.sorted { ($0.value.timestamp, $0.key) < ($1.value.timestamp, $1.key) }
        return ordered.map { stream, piece in self.line(piece.bytes[...], at: piece.timestamp, stream) }
    }

    private mutating func take(_ record: ArraySlice<UInt8>) -> LogLine? {
        guard let (mark, text) = LogParser.split(record) else { return nil }
        let stream: LogLine.Stream
        switch mark {
        case UInt8(ascii: "o"), UInt8(ascii: "O"): stream = .output
        case UInt8(ascii: "e"), UInt8(ascii: "E"): stream = .error
        case UInt8(ascii: "x"), UInt8(ascii: "d"):
            self.hasEnded = true
            return nil
        default: return nil
        }
        let stamp = String(decoding: record.prefix(LogParser.stampLength), as: UTF8.self)
        guard let timestamp = Timestamp(stamp) else { return nil }
        let isPiece = mark == UInt8(ascii: "O") || mark == UInt8(ascii: "E")
        if isPiece {
            self.pieces[stream, default: ([], timestamp)].bytes.append(contentsOf: text)
            self.pieces[stream]?.timestamp = timestamp
            return nil
        }
        guard let piece = self.pieces.removeValue(forKey: stream) else { return self.line(text, at: timestamp, stream) }
        return self.line((piece.bytes + text)[...], at: timestamp, stream)
    }

    private mutating func line(_ text: ArraySlice<UInt8>, at time: Timestamp, _ stream: LogLine.Stream) -> LogLine {
        // Lines that are read together have the same stamp, and clocks are set back.
        self.lastTime = max(time, Timestamp(nanoseconds: self.lastTime.nanoseconds &+ 1))
        return LogLine(content: String(decoding: text, as: UTF8.self), timestamp: self.lastTime, stream: stream)
    }

    /// A record's bytes, its newline included.
    static func record(_ mark: Character, _ text: [UInt8], at time: Timestamp) -> [UInt8] {
        var bytes = Array(String(describing: time).utf8.dropLast())
        let nanoseconds = String(time.nanoseconds - time.seconds * 1_000_000_000)
        bytes.append(UInt8(ascii: "."))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 9 - nanoseconds.utf8.count))
        bytes.append(contentsOf: nanoseconds.utf8)
        bytes.append(contentsOf: "Z \(mark) ".utf8)
        bytes.append(contentsOf: text)
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// A record's mark and text, or `nil` where it is none.
    static func split(_ record: ArraySlice<UInt8>) -> (mark: UInt8, text: ArraySlice<UInt8>)? {
        guard record.count >= self.stampLength + 3 else { return nil }
        let mark = record[record.startIndex + self.stampLength + 1]
        return (mark, record.dropFirst(self.stampLength + 3))
    }

    /// `2026-11-23T04:48:33.123456789Z`.
    private static let stampLength = 30
}
