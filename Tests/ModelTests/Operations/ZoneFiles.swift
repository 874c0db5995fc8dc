import Foundation

@testable import Model

/// The time zones of the machine that runs the tests.
enum ZoneFiles {
    static func rules(_ name: String) throws -> TimeZoneRules {
        let data = try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/\(name)"))
        return try TimeZoneRules(tzif: Array(data))
    }
}
