import TestSupport
import Testing

@testable import Model

@Suite("CronSchedule")
struct CronScheduleTests {
    private static func seconds(_ text: String) -> Int { Int(Timestamp(text)?.seconds ?? 0) }

    private static func next(_ schedule: String, after time: String, in zone: TimeZoneRules = .utc) throws -> String? {
        try CronSchedule(schedule).next(after: Self.seconds(time), in: zone)
            .map { Timestamp(seconds: Int64($0)).description }
    }

    /// How often a schedule comes from one new year to another.
    private static func count(
        _ schedule: String, years: ClosedRange<Int>, in zone: TimeZoneRules
    ) throws -> Int {
        let schedule = try CronSchedule(schedule)
        var now = zone.seconds(of: CivilTime(year: years.lowerBound, month: 1, day: 1)) - 1
        let end = zone.seconds(of: CivilTime(year: years.upperBound + 1, month: 1, day: 1))
        var count = 0
        while let next = schedule.next(after: now, in: zone), next < end {
            count += 1
            now = next
        }
        return count
    }

    @Test("the next time is the first one after, never the same")
    func next() throws {
        for (schedule, time, expected) in [
            ("0/15 * * * *", "2026-07-09T14:45:00Z", "2026-07-09T15:00:00Z"),
            ("* * * * *", "2026-07-09T14:59:59Z", "2026-07-09T15:00:00Z"),
            ("*/15 * * * *", "2026-07-09T15:45:00Z", "2026-07-09T16:00:00Z"),
            ("20-35/15 * * * *", "2026-07-09T23:35:51Z", "2026-07-10T00:20:00Z"),
            ("0 0 9 Apr-Oct ?", "2026-07-09T23:35:00Z", "2026-08-09T00:00:00Z"),
            ("0 0 * Feb Mon", "2026-07-09T23:35:00Z", "2027-02-01T00:00:00Z"),
            ("0 0 29 Feb ?", "2026-07-09T23:35:00Z", "2028-02-29T00:00:00Z"),
            ("0 0 1,15 * Sun", "2026-07-15T00:00:00Z", "2026-07-19T00:00:00Z"),
            ("0 0 */10 * Sun", "2026-07-09T00:00:00Z", "2026-07-11T00:00:00Z"),
            ("@hourly", "2026-07-09T14:45:00Z", "2026-07-09T15:00:00Z"),
            ("@daily", "2026-07-09T14:45:00Z", "2026-07-10T00:00:00Z"),
            ("@weekly", "2026-07-09T14:45:00Z", "2026-07-12T00:00:00Z"),
            ("@monthly", "2026-07-09T14:45:00Z", "2026-08-01T00:00:00Z"),
            ("@yearly", "2026-07-09T14:45:00Z", "2027-01-01T00:00:00Z"),
            ("@every 1h30m", "2026-07-09T14:45:00Z", "2026-07-09T16:15:00Z"),
            ("@every 10ms", "2026-07-09T14:45:00Z", "2026-07-09T14:45:01Z"),
        ] {
            #expect(try Self.next(schedule, after: time) == expected, "\(schedule)")
        }
        #expect(try Self.next("0 0 30 2 *", after: "2026-07-09T00:00:00Z") == nil)
        #expect(try Self.next(", * * * *", after: "2026-07-09T00:00:00Z") == nil)
    }

    @Test("what cannot be read is refused in robfig's words")
    func malformed() {
        for (schedule, expected) in [
            ("", "empty spec string"), ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
            ("60 * * * *", "end of range (60) above maximum (59): 60"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            ("5-3 * * * *", "beginning of range (5) beyond end of range (3): 5-3"),
            ("*/0 * * * *", "step of range should be a positive number: */0"),
            ("1-2-3 * * * *", "too many hyphens: 1-2-3"), ("1/2/3 * * * *", "too many slashes: 1/2/3"),
            ("x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"),
            ("@often", "unrecognized descriptor: @often"),
            ("@every soon", "failed to parse duration @every soon: time: invalid duration \"soon\""),
            ("TZ=UTC", "no schedule after the time zone: TZ=UTC"),
        ] {
            #expect(throws: CronSchedule.SyntaxError(expected), "\(schedule)") { try CronSchedule(schedule) }
        }
    }

    @Test("a time zone is read from either prefix")
    func prefixes() throws {
        #expect(try CronSchedule("CRON_TZ=Europe/Berlin 0 2 * * *").timeZone == "Europe/Berlin")
        #expect(try CronSchedule("TZ=Asia/Tokyo @daily").timeZone == "Asia/Tokyo")
        #expect(try CronSchedule("@daily", timeZone: "Asia/Tokyo").timeZone == "Asia/Tokyo")
        #expect(try CronSchedule("@daily", timeZone: "").timeZone == nil)
    }

    @Test("over ten years a daily schedule comes once a day, except where the clocks skip or repeat it")
    func tenYears() throws {
        for name in ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"] {
            let zone = try ZoneFiles.rules(name)
            let days = 3_652
            #expect(try Self.count("0 12 * * *", years: 2026...2035, in: zone) == days, "\(name)")
            #expect(try Self.count("0 0 1 * *", years: 2026...2035, in: zone) == 120, "\(name)")
            #expect(try Self.count("0 12 * * Mon", years: 2026...2035, in: zone) == 522, "\(name)")
        }
        // Skipped each spring, and repeated each autumn.
        let berlin = try ZoneFiles.rules("Europe/Berlin")
        #expect(try Self.count("30 2 * * *", years: 2026...2035, in: berlin) == 3_652)
        #expect(
            try Self.next("30 2 * * *", after: "2026-03-28T12:00:00Z", in: berlin) == "2026-03-30T00:30:00Z")
        #expect(
            try Self.next("30 2 * * *", after: "2026-10-24T12:00:00Z", in: berlin) == "2026-10-25T00:30:00Z")
        #expect(
            try Self.next("30 2 * * *", after: "2026-10-25T00:30:00Z", in: berlin) == "2026-10-25T01:30:00Z")
        // An hour has as many ticks as clocks on the wall show full hours.
        #expect(try Self.count("0 * * * *", years: 2026...2026, in: berlin) == 8_760)
    }

    @Test("the latest time before another is the one that walking forward finds")
    func latest() throws {
        let berlin = try ZoneFiles.rules("Europe/Berlin")
        var random = SplitMix64(seed: 1)
        for text in ["*/7 3-5 * * *", "0 0 1 * *", "30 2 * * Sun", "@yearly", "@every 90s", "15 14 1 4 *"] {
            let schedule = try CronSchedule(text)
            for _ in 0..<20 {
                let start = Self.seconds("2026-01-01T00:00:00Z") + Int.random(in: 0..<86_400, using: &random)
                let end = start + Int.random(in: 0..<86_400 * 40, using: &random)
                var walked: Int?
                var now = start
                while let next = schedule.next(after: now, in: berlin), next <= end {
                    walked = next
                    now = next
                }
                #expect(
                    schedule.latest(after: start, upTo: end, in: berlin) == walked, "\(text) from \(start) to \(end)")
            }
        }
        #expect(try CronSchedule("* * * * *").latest(after: 0, upTo: 1_800_000_000, in: .utc) == 1_800_000_000)
    }

    @Test("a schedule without a time zone takes the local one, and an unknown one is named")
    func zones() throws {
        var spec = CronWorkflowSpec()
        spec.schedules = ["0 12 * * *", "0 6 * * *"]
        let tokyo = try ZoneFiles.rules("Asia/Tokyo")
        let local = try spec.parsedSchedules().map { try $0.rules({ _ in nil }, local: tokyo) }
        #expect(local.map { $0.offset(at: 0) } == [32_400, 32_400])
        spec.timezone = "Asia/Tokyo"
        #expect(spec.schedulesText == "CRON_TZ=Asia/Tokyo 0 12 * * *,CRON_TZ=Asia/Tokyo 0 6 * * *")
        #expect(throws: CronSchedule.SyntaxError("provided bad location Asia/Tokyo: unknown time zone Asia/Tokyo")) {
            try spec.parsedSchedules()[0].rules({ _ in nil }, local: .utc)
        }
    }
}
