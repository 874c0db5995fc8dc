import Model

/// The time zones that this machine knows.
enum TimeZones {
    private static let directory = "/usr/share/zoneinfo"

    /// The rules of an IANA zone, or `nil` where this machine does not know it.
    static func rules(_ name: String) -> TimeZoneRules? {
        if name == "UTC" { return .utc }
        guard !name.isEmpty, !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else { return nil }
        guard let bytes = try? Descriptor.readFile("\(self.directory)/\(name)") else { return nil }
        return try? TimeZoneRules(tzif: bytes)
    }

    static func isKnown(_ name: String) -> Bool { self.rules(name) != nil }
}

/// When a cron workflow runs next.
enum NextRun {
    /// The first moment after `now` at which one of the schedules fires; `nil` where there is none.
    static func moment(_ cron: CronWorkflow, after now: Timestamp) -> Timestamp? {
        let moments = cron.spec.schedules.compactMap { text -> Int? in
            guard let schedule = try? CronSchedule(text, timeZone: cron.spec.timezone) else { return nil }
            let zone = schedule.timeZone.map { TimeZones.rules($0) } ?? .utc
            return zone.flatMap { schedule.next(after: Int(now.seconds), in: $0) }
        }
        return moments.min().map { Timestamp(seconds: Int64($0)) }
    }
}
