import OrderedCollections

extension CronWorkflowSpec {
    /// The schedules as text, with the time zone before each, as the annotation on a cron workflow has them.
    package var schedulesText: String {
        self.schedules.map { schedule in self.timezone.map { "CRON_TZ=\($0) \(schedule)" } ?? schedule }
            .joined(separator: ",")
    }

    package func parsedSchedules() throws(CronSchedule.SyntaxError) -> [CronSchedule] {
        var parsed: [CronSchedule] = []
        for text in self.schedules { parsed.append(try CronSchedule(text, timeZone: self.timezone)) }
        return parsed
    }

    /// When the next workflow is due, or `nil` where no schedule ever comes again.
    ///
    /// - Parameter zone: the rules of an IANA time zone; `nil` for a name that nobody knows.
    /// - Parameter local: what holds for schedules without a time zone.
    package func nextTick(
        after time: Timestamp, zone: (String) -> TimeZoneRules?, local: TimeZoneRules = .utc
    ) throws(CronSchedule.SyntaxError) -> Timestamp? {
        var earliest: Int?
        for schedule in try self.parsedSchedules() {
            let rules = try schedule.rules(zone, local: local)
            guard let next = schedule.next(after: Int(time.seconds), in: rules) else { continue }
            earliest = min(earliest ?? next, next)
        }
        return earliest.map { Timestamp(seconds: Int64($0)) }
    }
}

extension CronSchedule {
    /// The rules of the schedule's time zone.
    package func rules(
        _ zone: (String) -> TimeZoneRules?, local: TimeZoneRules
    ) throws(SyntaxError) -> TimeZoneRules {
        guard let name = self.timeZone else { return local }
        guard let rules = zone(name) else {
            throw SyntaxError("provided bad location \(name): unknown time zone \(name)")
        }
        return rules
    }
}

extension CronWorkflow {
    /// Whether the schedules differ from those that the cron workflow last ran by.
    package var hasNewSchedules: Bool {
        self.metadata.annotations[WorkflowKeys.lastUsedSchedule] != self.spec.schedulesText
    }
}
