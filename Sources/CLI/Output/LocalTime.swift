import Glibc
import Model

/// A moment in the time zone of this machine.
struct LocalTime {
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private let parts: tm

    init(_ moment: Timestamp) {
        var seconds = time_t(moment.seconds)
        var parts = tm()
        localtime_r(&seconds, &parts)
        self.parts = parts
    }

    /// RFC 3339 with milliseconds, in UTC: `2026-11-23T02:49:25.863Z`.
    static func universal(_ moment: Timestamp) -> String {
        let milliseconds = String(moment.nanoseconds / 1_000_000 % 1_000 + 1_000).dropFirst()
        return "\(moment.description.dropLast()).\(milliseconds)Z"
    }

    /// RFC 3339 with as many digits of the second as there are, in UTC.
    static func precise(_ moment: Timestamp) -> String {
        var digits = String(moment.nanoseconds % 1_000_000_000 + 1_000_000_000).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(moment.description.dropLast())\(digits.isEmpty ? "" : ".\(digits)")Z"
    }

    /// `Mon Nov 23 02:48:31 +0000`.
    var weekdayForm: String {
        "\(Self.weekdays[Int(self.parts.tm_wday)]) \(Self.months[Int(self.parts.tm_mon)]) "
            + "\(pad(self.parts.tm_mday)) \(self.clock) \(self.offset)"
    }

    /// `2026-11-23 02:48:31 +0000 UTC`.
    var dateForm: String {
        "\(self.parts.tm_year + 1900)-\(pad(self.parts.tm_mon + 1))-\(pad(self.parts.tm_mday)) \(self.clock) "
            + "\(self.offset) \(self.zone)"
    }

    private var clock: String { "\(pad(self.parts.tm_hour)):\(pad(self.parts.tm_min)):\(pad(self.parts.tm_sec))" }

    private var offset: String {
        let minutes = self.parts.tm_gmtoff / 60
        return "\(minutes < 0 ? "-" : "+")\(pad(Int32(abs(minutes) / 60)))\(pad(Int32(abs(minutes) % 60)))"
    }

    private var zone: String { self.parts.tm_zone.map { String(cString: $0) } ?? "UTC" }
}

private func pad(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
