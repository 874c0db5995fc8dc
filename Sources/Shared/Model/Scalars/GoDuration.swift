/// A span of time in nanoseconds, with the text form of Go: `1h2m3s`, `300ms`, `-1.5h`; 292 years at most.
package struct GoDuration: Hashable, Comparable, Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package init(seconds: Int64) { self.nanoseconds = seconds.multipliedClamped(by: 1_000_000_000) }

    package static let zero = GoDuration(nanoseconds: 0)

    package var duration: Duration { .nanoseconds(self.nanoseconds) }

    /// With its fraction.
    package var seconds: Double { Double(self.nanoseconds) / 1_000_000_000 }

    package static func < (left: GoDuration, right: GoDuration) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Reads what Argo takes for a time to wait: a whole number of seconds, or a duration of Go.
    package init?(secondsOrDuration text: some StringProtocol) {
        if let seconds = Int64(text) {
            let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
            guard !overflow else { return nil }
            self.init(nanoseconds: nanoseconds)
        } else {
            self.init(text)
        }
    }

    /// Reads a duration of Go: numbers with units (`ns`, `us`, `µs`, `ms`, `s`, `m`, `h`), one after the other.
    ///
    /// A number without a unit is refused, except `0`.
    package init?(_ text: some StringProtocol) {
        var rest = Array(text.utf8)[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        guard !rest.isEmpty else { return nil }
        if rest.count == 1, rest.first == UInt8(ascii: "0") {
            self.init(nanoseconds: 0)
            return
        }
        var total: UInt64 = 0
        while !rest.isEmpty {
            let number = rest.prefix { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { !(48...57).contains($0) && $0 != UInt8(ascii: ".") }
            rest = rest.dropFirst(unit.count)
            guard let unitLength = nanosecondsByUnit[String(decoding: unit, as: UTF8.self)],
                let part = product(of: Array(number), unit: unitLength)
            else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow, sum <= UInt64(Int64.max) + 1 else { return nil }
            total = sum
        }
        guard isNegative || total <= UInt64(Int64.max) else { return nil }
        self.init(nanoseconds: isNegative ? 0 &- Int64(truncatingIfNeeded: total) : Int64(total))
    }
}

private let nanosecondsByUnit: [String: UInt64] = [
    "ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000,
    "h": 3_600_000_000_000,
]

private func product(of number: [UInt8], unit: UInt64) -> UInt64? {
    let parts = number.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.contains(where: { !$0.isEmpty }), !parts[1...].contains(where: { $0.contains(UInt8(ascii: ".")) })
    else {
        return nil
    }
    var whole: UInt64 = 0
    for byte in parts[0] {
        let (scaled, overflow) = whole.multipliedReportingOverflow(by: 10)
        let (sum, secondOverflow) = scaled.addingReportingOverflow(UInt64(byte - 48))
        guard !overflow, !secondOverflow else { return nil }
        whole = sum
    }
    let (scaled, overflow) = whole.multipliedReportingOverflow(by: unit)
    guard !overflow else { return nil }
    guard parts.count == 2 else { return scaled }
    var fraction = 0.0
    var scale = 1.0
    for byte in parts[1].prefix(18) {
        fraction = fraction * 10 + Double(byte - 48)
        scale *= 10
    }
    let (total, secondOverflow) = scaled.addingReportingOverflow(UInt64(fraction * (Double(unit) / scale)))
    return secondOverflow ? nil : total
}

extension GoDuration: CustomStringConvertible {
    /// Go's text: `1h2m3s`, `1.5s`, `300ms`, `0s`.
    package var description: String {
        guard self.nanoseconds != 0 else { return "0s" }
        let sign = self.nanoseconds < 0 ? "-" : ""
        let total = self.nanoseconds.magnitude
        switch total {
        case ..<1_000: return "\(sign)\(total)ns"
        case ..<1_000_000: return sign + decimal(total, per: 1_000) + "µs"
        case ..<1_000_000_000: return sign + decimal(total, per: 1_000_000) + "ms"
        default: break
        }
        let minutes = total / 60_000_000_000
        let seconds = decimal(total % 60_000_000_000, per: 1_000_000_000) + "s"
        if minutes == 0 { return sign + seconds }
        if minutes < 60 { return "\(sign)\(minutes)m\(seconds)" }
        return "\(sign)\(minutes / 60)h\(minutes % 60)m\(seconds)"
    }
}

private func decimal(_ number: UInt64, per unit: UInt64) -> String {
    let rest = number % unit
    guard rest != 0 else { return String(number / unit) }
    let digits = String(rest)
    var fraction = String(repeating: "0", count: String(unit).count - 1 - digits.count) + digits
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return "\(number / unit).\(fraction)"
}
