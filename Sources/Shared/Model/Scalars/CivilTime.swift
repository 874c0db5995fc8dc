/// A date of the Gregorian calendar and a time of day: no time zone, no leap seconds.
package struct CivilTime: Hashable, Sendable {
    package static let secondsPerDay = 86_400

    package var year: Int
    /// From 1.
    package var month: Int
    /// From 1.
    package var day: Int
    package var hour: Int
    package var minute: Int
    package var second: Int
    package var nanosecond: Int

    package init(
        year: Int = 1, month: Int = 1, day: Int = 1, hour: Int = 0, minute: Int = 0, second: Int = 0,
        nanosecond: Int = 0
    ) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
        self.nanosecond = nanosecond
    }

    /// The reading of a clock without an offset, so many seconds after 1970 began.
    package init(secondsSince1970 seconds: Int, nanosecond: Int = 0) {
        let days = seconds.flooredQuotient(by: Self.secondsPerDay)
        let rest = seconds - days * Self.secondsPerDay
        // Days are counted in eras of 400 years that begin on the first of March, so that a leap day ends its year.
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        self.init(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1,
            hour: rest / 3_600, minute: rest / 60 % 60, second: rest % 60, nanosecond: nanosecond)
    }

    /// The reading in UTC.
    package init(_ time: Timestamp) {
        let seconds = time.seconds
        self.init(secondsSince1970: Int(seconds), nanosecond: Int(time.nanoseconds - seconds * 1_000_000_000))
    }

    /// The days from 1970 on.
    ///
    /// Members out of their range flow over: the 0th of March is the last of February, month 13 is next January.
    package var daysSince1970: Int {
        let carried = (self.month - 1).flooredQuotient(by: 12)
        let month = self.month - carried * 12
        let marchYear = self.year + carried - (month <= 2 ? 1 : 0)
        let era = marchYear.flooredQuotient(by: 400)
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + self.day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The seconds from 1970 on; members out of their range flow over.
    package var secondsSince1970: Int {
        self.daysSince1970 * Self.secondsPerDay + self.hour * 3_600 + self.minute * 60 + self.second
    }

    /// 0 is Sunday.
    package var weekday: Int {
        let days = self.daysSince1970 + 4
        return days - 7 * days.flooredQuotient(by: 7)
    }

    /// 1 is the first of January.
    package var dayOfYear: Int {
        self.daysSince1970 - CivilTime(year: self.year).daysSince1970 + 1
    }

    package static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    package static func daysInMonth(_ month: Int, of year: Int) -> Int {
        switch month {
        case 2: Self.isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Int {
    /// The quotient rounded towards minus infinity.
    package func flooredQuotient(by divisor: Int) -> Int {
        let (quotient, remainder) = self.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
