internal import Glibc
package import Model

/// Draws identifiers.
///
/// A shell's business: pure code is given them.
package enum Identifiers {
    /// A UUID in lower case as Kubernetes writes uids: version 7, so that of two objects the later one has the greater
    /// uid.
    ///
    /// That tells workflows of one second apart, which is as fine as the time of their creation is written.
    package static func uid(using random: inout some RandomNumberGenerator) -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return self.uid(
            at: Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)), using: &random)
    }

    package static func uid(at moment: Timestamp, using random: inout some RandomNumberGenerator) -> String {
        let nanoseconds = UInt64(max(0, moment.nanoseconds))
        // 48 bits of milliseconds, the version, and the fraction of the millisecond in 12 bits.
        let fraction = (nanoseconds % 1_000_000) * 4_096 / 1_000_000
        let high = (nanoseconds / 1_000_000) << 16 | 0x7000 | fraction
        let low = UInt64.random(in: .min ... .max, using: &random) & ~(0b11 << 62) | (0b10 << 62)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, digit) in (high.hexadecimal + low.hexadecimal).utf8.enumerated() {
            if index == 8 || index == 12 || index == 16 || index == 20 { text.append(UInt8(ascii: "-")) }
            text.append(digit)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
