/// UUIDs of version 7, in lower case as Kubernetes writes uids: of two objects the later one has the greater uid.
package enum TimedUUID {
    /// - Parameter bits: what tells those of one moment apart; two of them are lost.
    package static func text(at moment: Timestamp, bits: UInt64) -> String {
        let nanoseconds = UInt64(max(0, moment.nanoseconds))
        // 48 bits of milliseconds, the version, and the fraction of the millisecond in 12 bits.
        let fraction = (nanoseconds % 1_000_000) * 4_096 / 1_000_000
        let high = (nanoseconds / 1_000_000) << 16 | 0x7000 | fraction
        let low = bits & ~(0b11 << 62) | (0b10 << 62)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, digit) in (high.hexadecimal + low.hexadecimal).utf8.enumerated() {
            if index == 8 || index == 12 || index == 16 || index == 20 { text.append(UInt8(ascii: "-")) }
            text.append(digit)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
