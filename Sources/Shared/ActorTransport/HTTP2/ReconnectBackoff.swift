/// How long to leave a member alone that could not be reached.
package struct ReconnectBackoff {
    private var failures = 0

    package init() {}

    private static let first = Duration.milliseconds(50)
    /// Short, for whoever comes back must not be missed for longer than it was noticed to be away.
    private static let most = Duration.seconds(1)
    private static let mostDoublings = 10

    /// Counts a failure.
    ///
    /// - Returns: the pause until the next attempt: twice as long each time, and between half and all of that by
    ///   chance, so that those who lost the same member do not come back together.
    package mutating func failed(using random: inout some RandomNumberGenerator) -> Duration {
        let doublings = min(self.failures, ReconnectBackoff.mostDoublings)
        self.failures += 1
        let pause = min(ReconnectBackoff.first * (1 << doublings), ReconnectBackoff.most)
        return pause * Double.random(in: 0.5...1, using: &random)
    }
}
