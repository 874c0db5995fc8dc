import Foundation

/// The seeds that a property is tried with.
package enum Seeds {
    /// The first `count` seeds, or the one that the environment variable `SEED` names: put it there to see a failure
    /// again.
    package static func draw(_ count: Int) -> [UInt64] {
        self.draw(count, environment: ProcessInfo.processInfo.environment)
    }

    package static func draw(_ count: Int, environment: [String: String]) -> [UInt64] {
        if let named = environment["SEED"].flatMap(UInt64.init) { return [named] }
        return (1...UInt64(max(1, count))).map { $0 }
    }
}
