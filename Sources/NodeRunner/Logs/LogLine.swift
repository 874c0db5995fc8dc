package import Model

/// One line that a pod's command wrote.
package struct LogLine: Hashable, Sendable {
    package enum Stream: Sendable, Hashable, Comparable { case output, error }

    package var content: String
    package var timestamp: Timestamp
    package var stream: Stream

    package init(content: String, timestamp: Timestamp, stream: Stream) {
        self.content = content
        self.timestamp = timestamp
        self.stream = stream
    }
}

/// Which lines of a log.
package struct LogSelection: Hashable, Sendable {
    /// Go on with lines to come until the pod has ended.
    package var follow = false
    /// Only lines of this time and later.
    package var since: Timestamp?
    /// Only lines behind the one of this time, which was told before.
    package var after: Timestamp?
    /// Only the last so many of the lines that are there.
    package var tail: Int?
    /// Only lines, the last one perhaps cut, of so many bytes in all.
    package var byteLimit: Int?
    /// Only lines of pods with such labels.
    package var labels: LabelSelector?

    package init(follow: Bool = false, since: Timestamp? = nil, tail: Int? = nil) {
        self.follow = follow
        self.since = since
        self.tail = tail
    }

    /// Whether a line of this time is late enough.
    func includes(_ time: Timestamp) -> Bool {
        if let after, time <= after { return false }
        if let since, time < since { return false }
        return true
    }
}
