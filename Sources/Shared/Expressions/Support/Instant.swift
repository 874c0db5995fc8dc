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
        let days = daysFromCivil(year: civil.year, month: civil.month, day: civil.day)
        self.init(
            seconds: days * 86_400 + civil.hour * 3600 + civil.minute * 60 + civil.second - offset,
            nanoseconds: civil.nanosecond, offset: offset, zone: zone)
    }

    package var civil: CivilTime { CivilTime(localSeconds: self.seconds &+ self.offset, nanoseconds: self.nanoseconds) }

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

/// A date of the Gregorian calendar and a time of day, in no zone.
package struct CivilTime: Hashable, Sendable {
    package var year = 1
    package var month = 1
    package var day = 1
    package var hour = 0
    package var minute = 0
    package var second = 0
    package var nanosecond = 0

    package init() {}

    package init(localSeconds: Int, nanoseconds: Int) {
        let days = floorDivide(localSeconds, 86_400)
        let rest = localSeconds - days * 86_400
        (self.year, self.month, self.day) = civilFromDays(days)
        self.hour = rest / 3600
        self.minute = rest / 60 % 60
        self.second = rest % 60
        self.nanosecond = nanoseconds
    }

    /// 0 for Sunday to 6 for Saturday.
    package var weekday: Int {
        let days = daysFromCivil(year: self.year, month: self.month, day: self.day)
        return ((days + 4) % 7 + 7) % 7
    }

    /// 1 for the first of January.
    package var dayOfYear: Int {
        daysFromCivil(year: self.year, month: self.month, day: self.day)
            - daysFromCivil(year: self.year, month: 1, day: 1) + 1
    }
}

func floorDivide(_ value: Int, _ divisor: Int) -> Int {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
}

/// The days from 1970-01-01 to a date of the Gregorian calendar.
package func daysFromCivil(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = floorDivide(shifted, 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
}

func civilFromDays(_ days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days &+ 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthIndex = (5 * dayOfYear + 2) / 153
    let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthIndex + 2) / 5 + 1)
}
