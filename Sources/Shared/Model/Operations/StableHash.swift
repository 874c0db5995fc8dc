/// A hash that is the same in every process and version, unlike Swift's own.
package enum StableHash {
    /// FNV-1a in 64 bits.
    package static func of(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash
    }
}

extension UInt64 {
    /// All 16 digits of its hexadecimal form, in lower case.
    package var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
