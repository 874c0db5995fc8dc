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
}

extension CronSchedule {
    /// The rules of the schedule's time zone.
    ///
    /// - Parameter zone: the rules of an IANA time zone; `nil` for a name that nobody knows.
    /// - Parameter local: what holds for a schedule without a time zone.
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
