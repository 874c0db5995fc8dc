#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// `base` to the power of `exponent`.
func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

/// A float as Go's conversion to `int` gives it on amd64: what does not fit is the least integer.
func goInt(_ number: Double) -> Int { Int(exactly: number.rounded(.towardZero)) ?? Int.min }

/// A float in Go's notation, or `nil` where the text is none.
func goParseFloat(_ text: String) -> Double? {
    let plain = text.split(separator: "_", omittingEmptySubsequences: false).joined()
    switch plain.lowercased() {
    case "inf", "+inf", "infinity", "+infinity": return .infinity
    case "-inf", "-infinity": return -.infinity
    case "nan": return .nan
    default: break
    }
    guard let last = plain.unicodeScalars.last, isDigit(last) || last == "." else { return nil }
    var padded = plain
    if padded.hasSuffix(".") {
        padded.removeLast()
        guard !padded.isEmpty else { return nil }
    }
    for (place, replacement) in [(".", "0."), ("-.", "-0."), ("+.", "+0.")] where padded.hasPrefix(place) {
        padded = replacement + padded.dropFirst(place.count)
    }
    if let point = Substring(padded).utf8.firstRange(ofBytes: ".e") { padded.replaceSubrange(point, with: "e") }
    return Double(padded)
}
