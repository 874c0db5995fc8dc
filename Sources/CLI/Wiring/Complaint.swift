/// What is wrong and stays so: said at once, again now and then, and at once where it has become something else.
struct Complaint {
    private let interval: Duration
    private var said: (text: String, at: ContinuousClock.Instant)?

    /// - Parameter interval: how long the same is not said again.
    init(every interval: Duration) { self.interval = interval }

    /// Whether it is to be said now; then it counts as said.
    mutating func isDue(_ text: String, at now: ContinuousClock.Instant = .now) -> Bool {
        if let said = self.said, said.text == text, now - said.at < self.interval { return false }
        self.said = (text, now)
        return true
    }

    /// Nothing is wrong any more; whether it was said that something is.
    mutating func end() -> Bool {
        defer { self.said = nil }
        return self.said != nil
    }
}
