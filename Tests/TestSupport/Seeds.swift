import Foundation

/// The seeds that a property is tried with.
package enum Seeds {
    /// The first `count` seeds, or the one that the environment variable `SEED` names.
    ///
    /// Put it there to see a failure again. `SEEDS` says how many seeds instead of `count`, `FIRST_SEED` where they
    /// begin.
    package static func draw(_ count: Int) -> [UInt64] {
        self.draw(count, environment: ProcessInfo.processInfo.environment)
    }

    package static func draw(_ count: Int, environment: [String: String]) -> [UInt64] {
        if let named = environment["SEED"].flatMap(UInt64.init) { return [named] }
        let count = environment["SEEDS"].flatMap(Int.init) ?? count
        let first = environment["FIRST_SEED"].flatMap(UInt64.init) ?? 1
        return (0..<UInt64(max(1, count))).map { first + $0 }
    }
}
