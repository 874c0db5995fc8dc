extension CronSchedule {
    /// Windows in which the latest time is looked for, from the shortest: a schedule that comes every minute is found
    /// in the first one, and never walked through for years.
    private static let windows = [120, 3_600 * 2, 86_400 * 2, 86_400 * 62, 86_400 * 732, 86_400 * 366 * 6]

    /// The last time after `start` and not after `end`, or `nil` where there is none.
    package func latest(after start: Int, upTo end: Int, in zone: TimeZoneRules) -> Int? {
        guard start < end else { return nil }
        if case .every(let delay) = self.rule {
            let count = (end - start) / delay
            return count > 0 ? start + count * delay : nil
        }
        for window in Self.windows {
            guard var found = self.next(after: max(start, end - window), in: zone), found <= end else {
                if end - window <= start { return nil }
                continue
            }
            while let next = self.next(after: found, in: zone), next <= end { found = next }
            return found
        }
        return nil
    }

    /// Whether the schedule counts from its last time, and not by the clock on the wall.
    package var isInterval: Bool {
        switch self.rule {
        case .every: true
        case .fields: false
        }
    }
}
