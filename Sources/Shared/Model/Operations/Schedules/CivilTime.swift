/// A wall clock's reading in the Gregorian calendar: no time zone, no leap seconds.
package struct CivilTime: Hashable, Sendable {
    package static let secondsPerDay = 86_400

    package var year: Int
    /// From 1.
    package var month: Int
    /// From 1.
    package var day: Int
    package var hour = 0
    package var minute = 0
    package var second = 0

    package init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// The reading of a clock without an offset, so many seconds after 1970 began.
    package init(secondsSince1970 seconds: Int) {
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
            hour: rest / 3_600, minute: rest / 60 % 60, second: rest % 60)
    }

    /// Members out of their range flow over: the 0th of March is the last of February, month 13 is next January.
    package var secondsSince1970: Int {
        let carried = (self.month - 1).flooredQuotient(by: 12)
        let days = daysSince1970(year: self.year + carried, month: self.month - carried * 12, day: self.day)
        return days * Self.secondsPerDay + self.hour * 3_600 + self.minute * 60 + self.second
    }

    /// 0 is Sunday.
    package var weekday: Int {
        let days = self.secondsSince1970.flooredQuotient(by: Self.secondsPerDay)
        let weekday = (days + 4) % 7
        return weekday < 0 ? weekday + 7 : weekday
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
    func flooredQuotient(by divisor: Int) -> Int {
        let (quotient, remainder) = self.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
