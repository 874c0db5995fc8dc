import Model

/// Notices that the clock of this machine was set, by comparing it with the time that has passed.
struct ClockWatch {
    /// Clocks that are kept right by small steps are not worth a word.
    static let tolerance = Duration.seconds(2)

    /// The time of day when nothing had passed.
    private var origin: Duration?

    /// By how much the clock was set since it was last looked at, where that is worth a word.
    mutating func jump(now: Timestamp, elapsed: Duration) -> Duration? {
        let origin = Duration.nanoseconds(now.nanoseconds) - elapsed
        defer { self.origin = origin }
        guard let before = self.origin else { return nil }
        let jump = origin - before
        return jump.magnitude > Self.tolerance ? jump : nil
    }
}

extension Duration {
    fileprivate var magnitude: Duration { self < .zero ? .zero - self : self }
}
