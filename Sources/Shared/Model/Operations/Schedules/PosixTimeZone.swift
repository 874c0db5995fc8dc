/// The rule in a time zone file's footer, for example `CET-1CEST,M3.5.0,M10.5.0/3`: what holds for all years to come.
struct PosixTimeZone: Hashable, Sendable {
    /// The day of a year on which the clocks move, and the second of that day.
    struct Change: Hashable, Sendable {
        enum Day: Hashable, Sendable {
            /// `M3.5.0`: a weekday of a week of a month; week 5 is the last.
            case weekday(Int, week: Int, month: Int)
            /// `J60`: a day from 1 to 365; 29 February is never counted.
            case julian(Int)
            /// `59`: a day from 0 to 365, leap days counted.
            case zeroBased(Int)
        }

        var day: Day
        var second: Int
    }

    struct Summer: Hashable, Sendable {
        var offset: Int
        var start: Change
        var end: Change
    }

    var offset: Int
    var summer: Summer?

    /// - Returns: `nil` where the text is no such rule.
    init?(_ text: some StringProtocol) {
        var scanner = PosixScanner(text)
        guard scanner.name(), let west = scanner.time() else { return nil }
        self.offset = -west
        guard !scanner.isAtEnd else { return }
        guard scanner.name() else { return nil }
        var summerOffset = self.offset + 3_600
        if !scanner.isAtEnd, scanner.peek != UInt8(ascii: ",") {
            guard let west = scanner.time() else { return nil }
            summerOffset = -west
        }
        guard scanner.take(","), let start = scanner.change(), scanner.take(","), let end = scanner.change(),
            scanner.isAtEnd
        else { return nil }
        self.summer = Summer(offset: summerOffset, start: start, end: end)
    }

    /// The stretch of equal offset around an instant, cut where the file's own transitions end.
    func period(at seconds: Int, notBefore earliest: Int) -> TimeZoneRules.Period {
        guard let summer else { return TimeZoneRules.Period(offset: self.offset, start: earliest, end: .max) }
        let year = CivilTime(secondsSince1970: seconds + self.offset).year
        var changes: [TimeZoneRules.Transition] = []
        for year in (year - 1)...(year + 1) {
            let start = summer.start.secondsSince1970(in: year) - self.offset
            let end = summer.end.secondsSince1970(in: year) - summer.offset
            changes.append(TimeZoneRules.Transition(at: start, offset: summer.offset))
            changes.append(TimeZoneRules.Transition(at: end, offset: self.offset))
        }
        changes.sort { $0.at < $1.at }
        var current = TimeZoneRules.Period(offset: self.offset, start: earliest, end: .max)
        for change in changes {
            guard change.at <= seconds else {
                current.end = change.at
                break
            }
            current.offset = change.offset
            current.start = max(earliest, change.at)
        }
        return current
    }
}

extension PosixTimeZone.Change {
    /// The change as a wall clock of that year shows it.
    func secondsSince1970(in year: Int) -> Int {
        let newYear = CivilTime(year: year, month: 1, day: 1).secondsSince1970
        let days: Int
        switch self.day {
        case .zeroBased(let day): days = day
        case .julian(let day): days = day - 1 + (CivilTime.isLeap(year) && day >= 60 ? 1 : 0)
        case .weekday(let weekday, let week, let month):
            let first = CivilTime(year: year, month: month, day: 1)
            var day = 1 + (weekday - first.weekday + 7) % 7 + (week - 1) * 7
            while day > CivilTime.daysInMonth(month, of: year) { day -= 7 }
            return CivilTime(year: year, month: month, day: day).secondsSince1970 + self.second
        }
        return newYear + days * CivilTime.secondsPerDay + self.second
    }
}

/// Reads the parts of a rule from the left.
private struct PosixScanner {
    private var rest: ArraySlice<UInt8>

    init(_ text: some StringProtocol) { self.rest = ArraySlice(Array(text.utf8)) }

    var isAtEnd: Bool { self.rest.isEmpty }
    var peek: UInt8? { self.rest.first }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard self.rest.first == UInt8(ascii: character) else { return false }
        self.rest.removeFirst()
        return true
    }

    /// `CET` or `<+0330>`.
    mutating func name() -> Bool {
        if self.take("<") {
            guard let close = self.rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
            self.rest = self.rest[(close + 1)...]
            return true
        }
        let letters = self.rest.prefix { ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") }
        self.rest = self.rest.dropFirst(letters.count)
        return letters.count >= 3
    }

    mutating func number() -> Int? {
        let digits = self.rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        self.rest = self.rest.dropFirst(digits.count)
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// `[+-]hh[:mm[:ss]]`, in seconds.
    mutating func time() -> Int? {
        let isNegative = self.take("-")
        if !isNegative { _ = self.take("+") }
        guard let hours = self.number() else { return nil }
        var seconds = hours * 3_600
        if self.take(":") {
            guard let minutes = self.number() else { return nil }
            seconds += minutes * 60
            if self.take(":") {
                guard let rest = self.number() else { return nil }
                seconds += rest
            }
        }
        return isNegative ? -seconds : seconds
    }

    mutating func change() -> PosixTimeZone.Change? {
        let day: PosixTimeZone.Change.Day
        if self.take("M") {
            guard let month = self.number(), (1...12).contains(month), self.take("."), let week = self.number(),
                (1...5).contains(week), self.take("."), let weekday = self.number(), (0...6).contains(weekday)
            else { return nil }
            day = .weekday(weekday, week: week, month: month)
        } else if self.take("J") {
            guard let number = self.number(), (1...365).contains(number) else { return nil }
            day = .julian(number)
        } else {
            guard let number = self.number(), (0...365).contains(number) else { return nil }
            day = .zeroBased(number)
        }
        guard self.take("/") else { return PosixTimeZone.Change(day: day, second: 2 * 3_600) }
        guard let second = self.time() else { return nil }
        return PosixTimeZone.Change(day: day, second: second)
    }
}
