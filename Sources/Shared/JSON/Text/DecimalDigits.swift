/// The shortest decimal digits that read back as a finite number, and the place of its point: `0.digits × 10^point`.
package struct DecimalDigits {
    private let isNegative: Bool
    private let digits: [UInt8]
    package let point: Int

    package init(_ number: Double) {
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

    /// With an exponent of at least two digits: `1.5e-07`.
    package var scientific: String {
        var text = self.isNegative ? "-" : ""
        text += String(decoding: self.digits[..<1], as: UTF8.self)
        if self.digits.count > 1 { text += "." + String(decoding: self.digits[1...], as: UTF8.self) }
        let exponent = self.point - 1
        let magnitude = String(exponent.magnitude)
        text += (exponent < 0 ? "e-" : "e+") + (magnitude.count < 2 ? "0" : "") + magnitude
        return text
    }

    /// Without an exponent.
    package var plain: String {
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

/// A number without an exponent, as Go's `FormatFloat(x, 'f', -1, 64)` writes it.
package func plainDecimal(_ number: Double) -> String {
    guard number.isFinite else { return number.isNaN ? "NaN" : number < 0 ? "-Inf" : "+Inf" }
    return DecimalDigits(number).plain
}

/// A finite number as Go's JSON encoder writes it: without an exponent from 1e-6 to 1e21, shortest in any case.
package func goText(of number: Double) -> String {
    let digits = DecimalDigits(number)
    guard number != 0, number.magnitude < 1e-6 || number.magnitude >= 1e21 else { return digits.plain }
    // Of a negative exponent with one digit, Go leaves out the zero before it.
    return digits.scientific.replacing("e-0", with: "e-")
}
