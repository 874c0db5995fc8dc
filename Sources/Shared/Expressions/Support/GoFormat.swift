import JSON
import Model

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

/// A float in Go's shortest `%g`, which turns to scientific notation below 1e-4 and from the given exponent on.
package func goFloat(_ number: Double, exponentFrom limit: Int) -> String {
    if number.isNaN { return "NaN" }
    if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
    let digits = DecimalDigits(number)
    let exponent = digits.point - 1
    return exponent < -4 || exponent >= limit ? digits.scientific : digits.plain
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

/// A span of nanoseconds as Go prints it: `1h2m3.5s`, `250ms`, `0s`.
func goDuration(_ nanoseconds: Int) -> String { GoDuration(nanoseconds: Int64(nanoseconds)).description }

/// The nanoseconds of a duration in Go's notation, or `nil` where it is none.
func parseGoDuration(_ text: String) -> Int? { GoDuration(text).map { Int($0.nanoseconds) } }
