/// When a region's clocks stand how far from UTC: the content of one IANA time zone file.
///
/// It is a pure value: whoever reads `/usr/share/zoneinfo` gives the bytes to ``init(tzif:)``.
package struct TimeZoneRules: Hashable, Sendable {
    /// A stretch of time in which the offset stays the same.
    package struct Period: Hashable, Sendable {
        package var offset: Int
        /// The first second in it.
        package var start: Int
        /// The first second after it.
        package var end: Int
    }

    struct Transition: Hashable, Sendable {
        var at: Int
        var offset: Int
    }

    private var initialOffset: Int
    /// In order of time.
    private var transitions: [Transition]
    /// What holds after the last transition, where the file says so.
    private var footer: PosixTimeZone?

    init(initialOffset: Int, transitions: [Transition], footer: PosixTimeZone?) {
        self.initialOffset = initialOffset
        self.transitions = transitions
        self.footer = footer
    }

    /// Clocks that always stand the same number of seconds east of UTC.
    package static func fixed(offset: Int) -> TimeZoneRules {
        TimeZoneRules(initialOffset: offset, transitions: [], footer: nil)
    }

    package static let utc = TimeZoneRules.fixed(offset: 0)

    /// Seconds east of UTC.
    package func offset(at seconds: Int) -> Int { self.period(at: seconds).offset }

    /// What a clock on the wall shows.
    package func civilTime(at seconds: Int) -> CivilTime {
        CivilTime(secondsSince1970: seconds + self.offset(at: seconds))
    }

    /// When a clock on the wall shows the time.
    ///
    /// A time that a forward jump skips is read with the offset before it or after it, and a time that a backward jump
    /// repeats is one of the two, exactly as Go's `time.Date` chooses.
    package func seconds(of time: CivilTime) -> Int {
        let local = time.secondsSince1970
        let guess = self.period(at: local)
        guard guess.offset != 0 else { return local }
        let instant = local - guess.offset
        if instant >= guess.start && instant < guess.end { return instant }
        return local - self.offset(at: instant)
    }

    package func period(at seconds: Int) -> Period {
        guard let first = self.transitions.first, seconds >= first.at else {
            guard let first = self.transitions.first else {
                return self.footer?.period(at: seconds, notBefore: .min)
                    ?? Period(offset: self.initialOffset, start: .min, end: .max)
            }
            return Period(offset: self.initialOffset, start: .min, end: first.at)
        }
        var low = 0
        var high = self.transitions.count
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if self.transitions[middle].at <= seconds { low = middle } else { high = middle }
        }
        let current = self.transitions[low]
        guard low == self.transitions.count - 1 else {
            return Period(offset: current.offset, start: current.at, end: self.transitions[low + 1].at)
        }
        return self.footer?.period(at: seconds, notBefore: current.at)
            ?? Period(offset: current.offset, start: current.at, end: .max)
    }
}
