package import Model

/// One line that a pod's command wrote.
package struct LogEntry: Sendable, Hashable {
    package var content: String
    package var podName: String
    /// When it was written; what the lines of several pods are put in order by.
    package var timestamp: Timestamp

    package init(content: String, podName: String, timestamp: Timestamp = Timestamp(nanoseconds: 0)) {
        self.content = content
        self.podName = podName
        self.timestamp = timestamp
    }
}

/// Lines of logs that cross a wire together: those that were at hand, up to a limit.
package struct LogBatch: Sendable, Hashable {
    /// About how many bytes of text a batch holds, unless a single line is longer.
    package static let byteLimit = 64 * 1_024

    private static let podTag: UInt8 = 0
    private static let lineTag: UInt8 = 1

    package var entries: [LogEntry]

    package init(_ entries: [LogEntry]) { self.entries = entries }

    /// The name of a pod, then its lines, until another pod is named.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        var podName: String?
        for entry in self.entries {
            if entry.podName != podName {
                bytes.append(LogBatch.podTag)
                Self.append(entry.podName, to: &bytes)
                podName = entry.podName
            }
            bytes.append(LogBatch.lineTag)
            Self.append(UInt64(bitPattern: entry.timestamp.nanoseconds), count: 8, to: &bytes)
            Self.append(entry.content, to: &bytes)
        }
        return bytes
    }

    /// - Throws: `ServiceError` where the bytes are no batch.
    package init(bytes: [UInt8]) throws(ServiceError) {
        self.entries = []
        var rest = bytes[...]
        var podName = ""
        while let tag = rest.popFirst() {
            switch tag {
            case LogBatch.podTag: podName = try Self.text(from: &rest)
            case LogBatch.lineTag:
                let time = Timestamp(nanoseconds: Int64(bitPattern: try Self.number(from: &rest, count: 8)))
                let content = try Self.text(from: &rest)
                self.entries.append(LogEntry(content: content, podName: podName, timestamp: time))
            default: throw ServiceError(.internal, "a batch of log lines has the unknown tag \(tag)")
            }
        }
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        self.append(UInt64(text.utf8.count), count: 4, to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    private static func append(_ number: UInt64, count: Int, to bytes: inout [UInt8]) {
        for place in 0..<count { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * UInt64(place)))) }
    }

    private static func number(from rest: inout ArraySlice<UInt8>, count: Int) throws(ServiceError) -> UInt64 {
        guard rest.count >= count else { throw self.cutOff }
        var number: UInt64 = 0
        for place in 0..<count { number |= UInt64(rest[rest.startIndex + place]) << (8 * UInt64(place)) }
        rest.removeFirst(count)
        return number
    }

    private static func text(from rest: inout ArraySlice<UInt8>) throws(ServiceError) -> String {
        let count = Int(try self.number(from: &rest, count: 4))
        guard rest.count >= count else { throw self.cutOff }
        defer { rest.removeFirst(count) }
        return String(decoding: rest.prefix(count), as: UTF8.self)
    }

    private static let cutOff = ServiceError(.internal, "a batch of log lines is cut off")
}
