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
        TimedUUID.text(at: moment, bits: UInt64.random(in: .min ... .max, using: &random))
    }
}
