import Glibc
import Model

/// Reads the rules of time zones from this machine's database.
enum TimeZoneFiles {
    private static let folder = "/usr/share/zoneinfo"
    /// The largest file of the database has a few kilobytes.
    private static let sizeLimit = 1 << 20

    /// The rules of an IANA time zone, or `nil` for a name that this machine does not know.
    static func rules(_ name: String) -> TimeZoneRules? {
        if name == "UTC" || name.isEmpty { return .utc }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        // A name must not lead out of the database.
        guard parts.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") }), let bytes = self.read("\(self.folder)/\(name)")
        else { return nil }
        do {
            return try TimeZoneRules(tzif: bytes)
        } catch {
            return nil
        }
    }

    private static func read(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: self.sizeLimit)
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return Array(bytes.prefix(count))
    }
}
