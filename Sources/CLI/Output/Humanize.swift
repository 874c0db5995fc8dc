import Model

/// Durations and moments in the words that the `argo` command uses, in the time zone of this machine.
enum Humanize {
    /// `Mon Nov 23 02:48:31 +0000 (48 seconds ago)`.
    static func moment(_ moment: Timestamp, now: Timestamp) -> String {
        "\(LocalTime(moment).weekdayForm) (\(HumanDuration.relative(moment, now: now)))"
    }

    /// From the start to the finish, or to now where it has not finished: `46 seconds`.
    static func duration(from start: Timestamp?, to finish: Timestamp?, now: Timestamp) -> String {
        HumanDuration.full(self.span(from: start, to: finish, now: now))
    }

    /// The same in one letter: `46s`.
    static func shortDuration(from start: Timestamp?, to finish: Timestamp?, now: Timestamp) -> String {
        HumanDuration.short(self.span(from: start, to: finish, now: now))
    }

    private static func span(from start: Timestamp?, to finish: Timestamp?, now: Timestamp) -> GoDuration {
        start.map { (finish ?? now) - $0 } ?? .zero
    }
}
