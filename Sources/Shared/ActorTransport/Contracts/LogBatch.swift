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
package struct LogBatch: ProtoMessage, Hashable {
    /// About how many bytes of text a batch holds, unless a single line is longer.
    package static let byteLimit = 64 * 1_024

    package var entries: [LogEntry]

    package init(_ entries: [LogEntry]) { self.entries = entries }

    package static let schema = MessageSchema("apus.v1.LogBatch")

    package init() { self.entries = [] }

    package mutating func fields<Coder: FieldCoder>(_ coder: inout Coder) throws(ServiceError) {
        var pods = Coder.isReading ? [] : PodLines.grouped(self.entries)
        try coder.field("pods", &pods)
        if Coder.isReading { self.entries = pods.flatMap(\.entries) }
    }
}

/// A place in the log of a pod: behind the line of a time, which no other line of that pod has.
package struct LogPosition: MessageFields, Sendable, Hashable {
    package var podName = ""
    package var time = Timestamp(nanoseconds: 0)

    package init() {}

    package init(podName: String, time: Timestamp) {
        self.podName = podName
        self.time = time
    }

    package mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("pod_name", &self.podName)
        var nanoseconds = Int(self.time.nanoseconds)
        try coder.field("nanoseconds", &nanoseconds)
        self.time = Timestamp(nanoseconds: Int64(nanoseconds))
    }
}

/// Lines of one pod that follow each other: its name is sent once.
private struct PodLines: MessageFields {
    private var podName = ""
    private var lines: [LogLine] = []

    init() {}

    var entries: [LogEntry] {
        self.lines.map { line in
            LogEntry(
                content: line.content, podName: self.podName,
                timestamp: Timestamp(nanoseconds: Int64(line.nanoseconds)))
        }
    }

    static func grouped(_ entries: [LogEntry]) -> [PodLines] {
        var groups: [PodLines] = []
        for entry in entries {
            if groups.last?.podName != entry.podName {
                var group = PodLines()
                group.podName = entry.podName
                groups.append(group)
            }
            let line = LogLine(nanoseconds: Int(entry.timestamp.nanoseconds), content: entry.content)
            groups[groups.count - 1].lines.append(line)
        }
        return groups
    }

    mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("pod_name", &self.podName)
        try coder.field("lines", &self.lines)
    }
}

private struct LogLine: MessageFields {
    var nanoseconds = 0
    var content = ""

    mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("nanoseconds", &self.nanoseconds)
        try coder.text("content", &self.content)
    }
}
