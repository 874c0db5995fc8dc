import COpenSSL
import Glibc

/// A moment in whole seconds since 1970, as certificates keep it.
package struct CertificateDate: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let seconds: Int

    package init(seconds: Int) { self.seconds = seconds }

    /// The system's clock.
    package static func now() -> CertificateDate { CertificateDate(seconds: time(nil)) }

    package static func < (left: CertificateDate, right: CertificateDate) -> Bool { left.seconds < right.seconds }

    package static func + (left: CertificateDate, right: Duration) -> CertificateDate {
        CertificateDate(seconds: left.seconds + Int(right.components.seconds))
    }

    package static func - (left: CertificateDate, right: Duration) -> CertificateDate {
        CertificateDate(seconds: left.seconds - Int(right.components.seconds))
    }

    /// RFC 3339, in UTC.
    package var description: String {
        var seconds = self.seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func digits(_ value: Int32, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return digits(parts.tm_year + 1900, 4) + "-" + digits(parts.tm_mon + 1, 2) + "-" + digits(parts.tm_mday, 2)
            + "T" + digits(parts.tm_hour, 2) + ":" + digits(parts.tm_min, 2) + ":" + digits(parts.tm_sec, 2) + "Z"
    }

    /// `nil` for what is no time of ASN.1.
    init?(_ time: UnsafePointer<ASN1_TIME>?) {
        var parts = tm()
        guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        self.seconds = timegm(&parts)
    }
}
