extension Value {
    /// The value as Go prints it (`%v`).
    package var formatted: String {
        switch self {
        case .null: "<nil>"
        case .bool(let value): value ? "true" : "false"
        case .int(let number): String(number)
        case .float(let number): goFloat(number, exponentFrom: 21)
        case .string(let text): text
        case .bytes(let bytes): "[" + bytes.map { String($0) }.joined(separator: " ") + "]"
        case .array(let elements): "[" + elements.map(\.formatted).joined(separator: " ") + "]"
        case .map, .table:
            "map[" + (self.pairs ?? []).map { "\($0.key.formatted):\($0.value.formatted)" }.joined(separator: " ") + "]"
        case .time(let instant): instant.description
        case .duration(let nanoseconds): goDuration(nanoseconds)
        case .zone(let zone): zone.name
        case .function: "func"
        }
    }
}

/// The shortest decimal digits of a number and the place of its decimal point: `0.digits × 10^point`.
struct DecimalDigits {
    let isNegative: Bool
    let digits: [UInt8]
    let point: Int

    init(_ number: Double) {
        self.isNegative = number.sign == .minus
        var digits: [UInt8] = []
        var point: Int?
        var exponent = 0
        let text = Array(number.magnitude.description.utf8)
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: ".") {
                point = digits.count
            } else if byte == UInt8(ascii: "e") {
                exponent = Int(String(decoding: text[(index + 1)...], as: UTF8.self)) ?? 0
                break
            } else {
                digits.append(byte)
            }
            index += 1
        }
        var place = (point ?? digits.count) + exponent
        while digits.count > 1, digits.first == UInt8(ascii: "0") {
            digits.removeFirst()
            place -= 1
        }
        while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
        if digits == [UInt8(ascii: "0")] { place = 1 }
        self.digits = digits
        self.point = place
    }

    var scientific: String {
        var text = self.isNegative ? "-" : ""
        text += String(decoding: self.digits[..<1], as: UTF8.self)
        if self.digits.count > 1 { text += "." + String(decoding: self.digits[1...], as: UTF8.self) }
        let exponent = self.point - 1
        let magnitude = String(exponent.magnitude)
        text += (exponent < 0 ? "e-" : "e+") + (magnitude.count < 2 ? "0" : "") + magnitude
        return text
    }

    var plain: String {
        var text = self.isNegative ? "-" : ""
        if self.point <= 0 {
            text += "0." + String(repeating: "0", count: -self.point) + String(decoding: self.digits, as: UTF8.self)
        } else if self.point >= self.digits.count {
            text += String(decoding: self.digits, as: UTF8.self)
            text += String(repeating: "0", count: self.point - self.digits.count)
        } else {
            text += String(decoding: self.digits[..<self.point], as: UTF8.self)
            text += "." + String(decoding: self.digits[self.point...], as: UTF8.self)
        }
        return text
    }
}

/// A float in Go's shortest `%g`, which turns to scientific notation below 1e-4 and from the given exponent on.
package func goFloat(_ number: Double, exponentFrom limit: Int) -> String {
    if number.isNaN { return "NaN" }
    if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
    let digits = DecimalDigits(number)
    let exponent = digits.point - 1
    return exponent < -4 || exponent >= limit ? digits.scientific : digits.plain
}

/// A float as Go's JSON encoder writes it: plain between 1e-6 and 1e21.
func goJSONNumber(_ number: Double) -> String {
    let magnitude = number.magnitude
    let digits = DecimalDigits(number)
    guard magnitude != 0, magnitude < 1e-6 || magnitude >= 1e21 else { return digits.plain }
    // Go writes a one-digit negative exponent without its leading zero.
    let text = digits.scientific
    guard let place = Substring(text).utf8.firstRange(ofBytes: "e-0") else { return text }
    return String(text[..<place.lowerBound]) + "e-" + text[place.upperBound...]
}

/// A string in Go's quotes (`%q`).
package func goQuoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": quoted += "\\\""
        case "\\": quoted += "\\\\"
        case "\n": quoted += "\\n"
        case "\r": quoted += "\\r"
        case "\t": quoted += "\\t"
        case "\u{7}": quoted += "\\a"
        case "\u{8}": quoted += "\\b"
        case "\u{c}": quoted += "\\f"
        case "\u{b}": quoted += "\\v"
        case let control where control.value < 0x20 || control.value == 0x7f:
            let digits = String(control.value, radix: 16)
            quoted += "\\x" + (digits.count < 2 ? "0" : "") + digits
        case let plain: quoted.unicodeScalars.append(plain)
        }
    }
    return quoted + "\""
}

/// A duration as Go prints it: `1h2m3.5s`, `250ms`, `0s`.
package func goDuration(_ nanoseconds: Int) -> String {
    if nanoseconds == 0 { return "0s" }
    let sign = nanoseconds < 0 ? "-" : ""
    let total = nanoseconds.magnitude
    if total < 1_000_000_000 {
        let (unit, name): (UInt, String) =
            total < 1000 ? (1, "ns") : total < 1_000_000 ? (1000, "µs") : (1_000_000, "ms")
        return sign + decimal(total, per: unit) + name
    }
    let minute: UInt = 60_000_000_000
    let seconds = decimal(total % minute, per: 1_000_000_000) + "s"
    let minutes = total / minute
    if minutes == 0 { return sign + seconds }
    if minutes < 60 { return "\(sign)\(minutes)m\(seconds)" }
    return "\(sign)\(minutes / 60)h\(minutes % 60)m\(seconds)"
}

private func decimal(_ value: UInt, per unit: UInt) -> String {
    let fraction = value % unit
    guard fraction != 0 else { return String(value / unit) }
    var digits = String(fraction)
    let width = String(unit).utf8.count - 1
    digits = String(repeating: "0", count: width - digits.utf8.count) + digits
    while digits.hasSuffix("0") { digits.removeLast() }
    return "\(value / unit).\(digits)"
}

/// The nanoseconds of a duration in Go's notation, or `nil` where it is none.
package func parseGoDuration(_ text: String) -> Int? {
    let units: [String: Double] = [
        "ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 6e10, "h": 3.6e12,
    ]
    var rest = Substring(text)
    var sign = 1.0
    if let first = rest.first, first == "-" || first == "+" {
        sign = first == "-" ? -1 : 1
        rest = rest.dropFirst()
    }
    if rest == "0" { return 0 }
    guard !rest.isEmpty else { return nil }
    var total = 0.0
    var exact = 0
    while !rest.isEmpty {
        let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        rest = rest.dropFirst(number.count)
        let name = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
        rest = rest.dropFirst(name.count)
        guard let unit = units[String(name)], number.contains(where: \.isNumber) else { return nil }
        if let whole = Int(number) {
            let (product, overflow) = whole.multipliedReportingOverflow(by: Int(unit))
            let (sum, overflow2) = exact.addingReportingOverflow(product)
            guard !overflow, !overflow2 else { return nil }
            exact = sum
        } else {
            guard let value = Double(number.hasPrefix(".") ? "0" + number : number + "0") else { return nil }
            total += value * unit
        }
    }
    guard total < 9.2e18 else { return nil }
    let (sum, overflow) = exact.addingReportingOverflow(Int(total.rounded()))
    return overflow ? nil : sum * Int(sign)
}
