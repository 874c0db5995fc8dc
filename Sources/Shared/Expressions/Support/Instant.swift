package import Model

/// A point in time with the zone it is shown in, as Go's `time.Time`.
///
/// Two instants are equal when they are the same moment, whatever their zones.
package struct Instant: Sendable {
    /// Seconds since 1970-01-01T00:00:00Z.
    package var seconds: Int
    /// Nanoseconds after the second, 0 to 999,999,999.
    package var nanoseconds: Int
    /// Seconds east of UTC.
    package var offset: Int
    /// The zone's short name, for example `UTC` or `CET`; empty where only the offset is known.
    package var zone: String

    package init(seconds: Int, nanoseconds: Int = 0, offset: Int = 0, zone: String = "UTC") {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
        self.offset = offset
        self.zone = zone
    }

    /// The time of a civil date and a time of day in a zone with a known offset; fields out of range carry over.
    package init(civil: CivilTime, offset: Int, zone: String) {
        self.init(
            seconds: civil.secondsSince1970 - offset, nanoseconds: civil.nanosecond, offset: offset, zone: zone)
    }

    package var civil: CivilTime {
        CivilTime(secondsSince1970: self.seconds &+ self.offset, nanosecond: self.nanoseconds)
    }

    /// The time moved by a span of nanoseconds.
    package func adding(nanoseconds span: Int) -> Instant {
        var moved = self
        let sum = self.nanoseconds + span % 1_000_000_000
        moved.seconds = self.seconds &+ span / 1_000_000_000 &+ (sum < 0 ? -1 : sum / 1_000_000_000)
        moved.nanoseconds = (sum + 1_000_000_000) % 1_000_000_000
        return moved
    }

    /// The nanoseconds from `other` to this time, at the ends of what 64 bits hold where it is farther.
    package func since(_ other: Instant) -> Int {
        let (seconds, overflow) = self.seconds.subtractingReportingOverflow(other.seconds)
        let (span, overflow2) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflow3) = span.addingReportingOverflow(self.nanoseconds - other.nanoseconds)
        guard overflow || overflow2 || overflow3 else { return sum }
        return self.seconds < other.seconds ? Int.min : Int.max
    }

    /// The form that Go's JSON encoder gives a time.
    package var rfc3339: String { self.formatted("2006-01-02T15:04:05.999999999Z07:00") }
}

extension Instant: Hashable, Comparable, CustomStringConvertible {
    package static func == (left: Instant, right: Instant) -> Bool {
        left.seconds == right.seconds && left.nanoseconds == right.nanoseconds
    }

    package static func < (left: Instant, right: Instant) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.seconds)
        hasher.combine(self.nanoseconds)
    }

    package var description: String { self.formatted("2006-01-02 15:04:05.999999999 -0700 MST") }
}
