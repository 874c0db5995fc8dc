extension JSONValue {
    /// The text that Argo's `AnyString` keeps of a value: objects, arrays and `null` leave nothing.
    @usableFromInline
    package var anyText: String {
        switch self {
        case .string(let text): text
        case .bool(let value): value ? "true" : "false"
        case .integer(let number):
            // Go reads every number as a double on its way.
            number.magnitude <= 1 << 53 ? String(number) : plainDecimal(Double(number))
        case .double(let number): plainDecimal(number)
        case .null, .array, .object: ""
        }
    }
}

/// The shortest decimal text without an exponent that reads back as `number` (Go's `FormatFloat(x, 'f', -1, 64)`).
package func plainDecimal(_ number: Double) -> String {
    guard number.isFinite else { return number.isNaN ? "NaN" : number < 0 ? "-Inf" : "+Inf" }
    let text = number.description
    let sign = text.hasPrefix("-") ? "-" : ""
    let unsigned = text.drop { $0 == "-" }
    let parts = unsigned.split(separator: "e", maxSplits: 1)
    let mantissa = parts[0].split(separator: ".", maxSplits: 1)
    let whole = mantissa[0]
    let fraction = mantissa.count > 1 && mantissa[1] != "0" ? mantissa[1] : ""
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let digits = String(whole) + String(fraction)
    let point = whole.count + exponent
    if point <= 0 {
        let zeros = String(repeating: "0", count: -point)
        return sign + "0." + zeros + digits
    }
    if point >= digits.count { return sign + digits + String(repeating: "0", count: point - digits.count) }
    return sign + digits.prefix(point) + "." + digits.dropFirst(point)
}
