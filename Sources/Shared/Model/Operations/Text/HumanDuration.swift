/// Spans of time as Argo's command line prints them.
package enum HumanDuration {
    /// Up to two units: `46 seconds`, `1 minute 30 seconds`, `2 hours 5 minutes`, `3 days 1 hours`.
    package static func full(_ span: GoDuration) -> String {
        let seconds = Int(span.nanoseconds / second)
        let first = Self.phrase(span, full, label: "")
        switch seconds {
        case ..<60: return first
        case ..<3_600: return "\(first) \(seconds % 60) seconds"
        case ..<86_400: return "\(first) \(seconds / 60 % 60) minutes"
        default: return "\(first) \(seconds / 3_600 % 24) hours"
        }
    }

    /// One unit: `46s`, `3m`, `2h`, `5d`.
    package static func short(_ span: GoDuration) -> String { Self.phrase(span, short, label: "") }

    /// One unit and a direction: `48 seconds ago`, `2 hours from now`, `now`.
    package static func relative(_ time: Timestamp, now: Timestamp) -> String {
        Self.phrase(now - time, relative, label: time > now ? "from now" : "ago")
    }

    /// A moment with its age: `Mon Nov 23 02:48:31 +0000 (48 seconds ago)`.
    package static func timestamp(_ time: Timestamp, now: Timestamp, in zone: TimeZoneRules = .utc) -> String {
        let offset = zone.offset(at: Int(time.seconds))
        let local = CivilTime(secondsSince1970: Int(time.seconds) + offset)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let minutes = offset.magnitude / 60
        let shift = "\(offset < 0 ? "-" : "+")\(two(Int(minutes / 60)))\(two(Int(minutes % 60)))"
        let clock = "\(two(local.hour)):\(two(local.minute)):\(two(local.second))"
        return "\(days[local.weekday]) \(months[local.month - 1]) \(two(local.day)) \(clock) \(shift) "
            + "(\(Self.relative(time, now: now)))"
    }

    /// The wording for spans below a limit.
    private struct Magnitude {
        var below: Int64
        /// Before the unit; `nil` for a fixed text.
        var divisor: Int64?
        var text: String
    }

    private static func phrase(_ span: GoDuration, _ magnitudes: [Magnitude], label: String) -> String {
        let length = Int64(clamping: span.nanoseconds.magnitude)
        guard let magnitude = magnitudes.first(where: { length < $0.below }) ?? magnitudes.last else { return "" }
        let text = magnitude.divisor.map { "\(length / $0)\(magnitude.text)" } ?? magnitude.text
        return label.isEmpty || text == "now" ? text : "\(text) \(label)"
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static let second: Int64 = 1_000_000_000
    private static let minute = 60 * second
    private static let hour = 60 * minute
    private static let day = 24 * hour
    private static let week = 7 * day
    private static let month = 30 * day
    private static let year = 12 * month
    private static let longTime = 37 * year

    private static let long: [Magnitude] = [
        Magnitude(below: 2 * second, text: "1 second"), Magnitude(below: minute, divisor: second, text: " seconds"),
        Magnitude(below: 2 * minute, text: "1 minute"), Magnitude(below: hour, divisor: minute, text: " minutes"),
        Magnitude(below: 2 * hour, text: "1 hour"), Magnitude(below: day, divisor: hour, text: " hours"),
        Magnitude(below: 2 * day, text: "1 day"), Magnitude(below: week, divisor: day, text: " days"),
        Magnitude(below: 2 * week, text: "1 week"), Magnitude(below: month, divisor: week, text: " weeks"),
        Magnitude(below: 2 * month, text: "1 month"), Magnitude(below: year, divisor: month, text: " months"),
        Magnitude(below: 18 * month, text: "1 year"), Magnitude(below: 2 * year, text: "2 years"),
        Magnitude(below: longTime, divisor: year, text: " years"), Magnitude(below: .max, text: "a long while"),
    ]
    private static let full = [Magnitude(below: second, text: "0 seconds")] + long
    private static let relative = [Magnitude(below: second, text: "now")] + long
    private static let short: [Magnitude] = [
        Magnitude(below: second, text: "0s"), Magnitude(below: 2 * second, text: "1s"),
        Magnitude(below: minute, divisor: second, text: "s"), Magnitude(below: 2 * minute, text: "1m"),
        Magnitude(below: hour, divisor: minute, text: "m"), Magnitude(below: 2 * hour, text: "1h"),
        Magnitude(below: day, divisor: hour, text: "h"), Magnitude(below: 2 * day, text: "1d"),
        Magnitude(below: week, divisor: day, text: "d"),
    ]
}
