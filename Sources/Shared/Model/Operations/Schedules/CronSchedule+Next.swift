extension CronSchedule {
    /// How far ahead a match is looked for: `0 0 30 2 *` never comes.
    private static let yearsAhead = 5

    /// The first time after an instant, or `nil` where there is none within five years.
    ///
    /// A time that the clocks skip does not come, and one that they repeat comes twice, as with robfig.
    ///
    /// - Parameter seconds: whole seconds since 1970.
    /// - Parameter zone: the rules of ``timeZone``, or those of the caller's own zone where it names none.
    package func next(after seconds: Int, in zone: TimeZoneRules) -> Int? {
        switch self.rule {
        case .every(let delay):
            return seconds.addingClamped(delay)
        case .fields(let fields):
            var search = CronSearch(fields: fields, zone: zone, from: seconds + 1)
            return search.next(within: Self.yearsAhead)
        }
    }
}

/// Walks from one instant to the next match, from the greatest unit to the least.
private struct CronSearch {
    let fields: CronFields
    let zone: TimeZoneRules
    private var seconds: Int
    private var time: CivilTime
    /// Whether anything was added yet: from then on smaller units begin at their least value.
    private var hasMoved = false

    init(fields: CronFields, zone: TimeZoneRules, from seconds: Int) {
        self.fields = fields
        self.zone = zone
        self.seconds = seconds
        self.time = zone.civilTime(at: seconds)
    }

    mutating func next(within years: Int) -> Int? {
        let lastYear = self.time.year + years
        while self.time.year <= lastYear {
            if self.moveToMonth(), self.moveToDay(), self.moveToHour(), self.moveToMinute(), self.moveToSecond() {
                return self.seconds
            }
        }
        return nil
    }

    private mutating func move(to seconds: Int) {
        self.seconds = seconds
        self.time = self.zone.civilTime(at: seconds)
    }

    private mutating func move(to time: CivilTime) { self.move(to: self.zone.seconds(of: time)) }

    /// - Returns: whether the search goes on with the smaller units, or begins again because a year is over.
    private mutating func moveToMonth() -> Bool {
        while self.fields.months & (1 << UInt64(self.time.month)) == 0 {
            if !self.hasMoved {
                self.hasMoved = true
                self.move(to: CivilTime(year: self.time.year, month: self.time.month, day: 1))
            }
            var later = self.time
            later.month += 1
            self.move(to: later)
            if self.time.month == 1 { return false }
        }
        return true
    }

    private mutating func moveToDay() -> Bool {
        while !self.fields.matchesDay(self.time) {
            if !self.hasMoved {
                self.hasMoved = true
                self.move(to: CivilTime(year: self.time.year, month: self.time.month, day: self.time.day))
            }
            var later = self.time
            later.day += 1
            self.move(to: later)
            // A day whose midnight the clocks skip or repeat.
            if self.time.hour > 12 {
                self.move(to: self.seconds + (24 - self.time.hour) * 3_600)
            } else if self.time.hour != 0 {
                self.move(to: self.seconds - self.time.hour * 3_600)
            }
            if self.time.day == 1 { return false }
        }
        return true
    }

    private mutating func moveToHour() -> Bool {
        while self.fields.hours & (1 << UInt64(self.time.hour)) == 0 {
            if !self.hasMoved {
                self.hasMoved = true
                var hour = self.time
                hour.minute = 0
                hour.second = 0
                self.move(to: hour)
            }
            self.move(to: self.seconds + 3_600)
            self.returnToFullHour()
            if self.time.hour == 0 { return false }
        }
        return true
    }

    /// Where clocks move by half an hour, an hour later is no full hour: robfig loses the day's ticks there, we do not.
    private mutating func returnToFullHour() {
        guard self.time.minute != 0 else { return }
        let start = self.seconds - self.time.minute * 60
        if self.zone.civilTime(at: start).hour == self.time.hour { self.move(to: start) }
    }

    private mutating func moveToMinute() -> Bool {
        while self.fields.minutes & (1 << UInt64(self.time.minute)) == 0 {
            if !self.hasMoved {
                self.hasMoved = true
                self.move(to: self.seconds.flooredQuotient(by: 60) * 60)
            }
            self.move(to: self.seconds + 60)
            if self.time.minute == 0 { return false }
        }
        return true
    }

    /// The standard parser has no field of seconds: they are always zero.
    private mutating func moveToSecond() -> Bool {
        while self.time.second != 0 {
            self.hasMoved = true
            self.move(to: self.seconds + 1)
            if self.time.second == 0 { return false }
        }
        return true
    }
}
