/// Draws identifiers.
///
/// A shell's business: pure code is given them.
package enum Identifiers {
    /// A random UUID (version 4), in lower case as Kubernetes writes uids.
    package static func uid(using random: inout some RandomNumberGenerator) -> String {
        var high = UInt64.random(in: .min ... .max, using: &random)
        var low = UInt64.random(in: .min ... .max, using: &random)
        high = (high & ~0xF000) | 0x4000
        low = (low & ~(0b11 << 62)) | (0b10 << 62)
        let digits = self.hex(high) + self.hex(low)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, digit) in digits.enumerated() {
            if index == 8 || index == 12 || index == 16 || index == 20 { text.append(UInt8(ascii: "-")) }
            text.append(digit)
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func hex(_ number: UInt64) -> [UInt8] {
        stride(from: 60, through: 0, by: -4).map { shift in
            let digit = UInt8((number >> UInt64(shift)) & 0xF)
            return digit < 10 ? 48 + digit : 87 + digit
        }
    }
}
