package import JSON

/// A moment: nanoseconds since 1970 in UTC.
///
/// On the wire it is RFC 3339 with whole seconds, as Kubernetes writes it. What lies beyond the years 1678 to 2261 is
/// the first or last moment that can be told.
package struct Timestamp: Hashable, Comparable, Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package init(seconds: Int64) { self.nanoseconds = seconds.multipliedClamped(by: 1_000_000_000) }

    /// Whole seconds since 1970, rounded down.
    package var seconds: Int64 { Int64(Int(self.nanoseconds).flooredQuotient(by: 1_000_000_000)) }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.nanoseconds < right.nanoseconds }

    package static func + (left: Timestamp, right: GoDuration) -> Timestamp {
        Timestamp(nanoseconds: left.nanoseconds.addingClamped(right.nanoseconds))
    }

    package static func - (left: Timestamp, right: GoDuration) -> Timestamp {
        Timestamp(nanoseconds: left.nanoseconds.subtractingClamped(right.nanoseconds))
    }

    package static func - (left: Timestamp, right: Timestamp) -> GoDuration {
        GoDuration(nanoseconds: left.nanoseconds.subtractingClamped(right.nanoseconds))
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 with whole seconds: `2026-11-23T02:46:06Z`.
    package var description: String {
        let parts = CivilTime(self)
        return String(unsafeUninitializedCapacity: 20) { buffer in
            var place = 0
            func put(_ number: Int, digits: Int, then mark: UInt8) {
                var rest = number
                for offset in stride(from: digits - 1, through: 0, by: -1) {
                    buffer[place + offset] = UInt8(48 + rest % 10)
                    rest /= 10
                }
                buffer[place + digits] = mark
                place += digits + 1
            }
            put(parts.year, digits: 4, then: UInt8(ascii: "-"))
            put(parts.month, digits: 2, then: UInt8(ascii: "-"))
            put(parts.day, digits: 2, then: UInt8(ascii: "T"))
            put(parts.hour, digits: 2, then: UInt8(ascii: ":"))
            put(parts.minute, digits: 2, then: UInt8(ascii: ":"))
            put(parts.second, digits: 2, then: UInt8(ascii: "Z"))
            return place
        }
    }

    /// Reads RFC 3339: fractions of a second and offsets are understood.
    ///
    /// `nil` where the text is no such time, or one before 1678 or after 2261, which 64 bits of nanoseconds cannot
    /// hold.
    package init?(_ text: some StringProtocol) {
        var reader = RFC3339Reader(bytes: Array(text.utf8))
        guard let nanoseconds = reader.read() else { return nil }
        self.init(nanoseconds: nanoseconds)
    }
}

extension Timestamp: JSONConvertible {
    package init(json: JSONValue, at place: DecodingPlace) throws(DecodingFailure) {
        guard case .string(let text) = json else {
            throw .mismatch(json, expected: "time as RFC 3339 string", at: place)
        }
        guard let time = Timestamp(text) else {
            throw DecodingFailure(
                path: place.path,
                reason: .mismatch(found: "\"\(text)\"", expected: "time such as \"2026-01-31T23:59:59Z\" (RFC 3339)"))
        }
        self = time
    }

    package func json(_ style: EncodingStyle) -> JSONValue { .string(self.description) }
}

/// Reads `2026-11-23T02:46:06.123+01:00`.
private struct RFC3339Reader {
    let bytes: [UInt8]
    var place = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func read() -> Int64? {
        guard let year = self.number(4, upTo: 9_999), self.take("-"),
            let month = self.number(2, upTo: 12), month >= 1, self.take("-"),
            let day = self.number(2, upTo: 31), day >= 1, self.take("T") || self.take("t"),
            let hour = self.number(2, upTo: 23), self.take(":"),
            let minute = self.number(2, upTo: 59), self.take(":"),
            let second = self.number(2, upTo: 60),
            let fraction = self.fraction(), let offset = self.offset(), self.place == self.bytes.count,
            day <= CivilTime.daysInMonth(month, of: year)
        else { return nil }
        let time = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        let seconds = Int64(time.secondsSince1970 - offset)
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (total, secondOverflow) = scaled.addingReportingOverflow(fraction)
        return overflow || secondOverflow ? nil : total
    }

    private mutating func take(_ mark: Character) -> Bool {
        guard self.place < self.bytes.count, self.bytes[self.place] == mark.asciiValue else { return false }
        self.place += 1
        return true
    }

    private mutating func number(_ digits: Int, upTo limit: Int) -> Int? {
        guard self.place + digits <= self.bytes.count else { return nil }
        var value = 0
        for byte in self.bytes[self.place..<self.place + digits] {
            guard (48...57).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 48)
        }
        self.place += digits
        return value <= limit ? value : nil
    }

    private mutating func fraction() -> Int64? {
        guard self.take(".") || self.take(",") else { return 0 }
        var nanoseconds: Int64 = 0
        var scale: Int64 = 100_000_000
        let start = self.place
        while self.place < self.bytes.count, (48...57).contains(self.bytes[self.place]) {
            nanoseconds += Int64(self.bytes[self.place] - 48) * scale
            scale /= 10
            self.place += 1
        }
        return self.place > start ? nanoseconds : nil
    }

    private mutating func offset() -> Int? {
        if self.take("Z") || self.take("z") { return 0 }
        let sign = self.take("+") ? 1 : -1
        guard sign == 1 || self.take("-"), let hours = self.number(2, upTo: 23), self.take(":"),
            let minutes = self.number(2, upTo: 59)
        else { return nil }
        return sign * (hours * 3_600 + minutes * 60)
    }
}
