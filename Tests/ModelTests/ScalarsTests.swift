import JSON
import Model
import TestSupport
import Testing

@Suite("Timestamp")
struct TimestampTests {
    @Test(
        "RFC 3339 is read with fractions and offsets, and written with whole seconds in UTC",
        arguments: [
            ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"),
            ("2026-11-23T02:46:06Z", 1_795_401_966, "2026-11-23T02:46:06Z"),
            ("2024-02-29T23:59:59.999Z", 1_709_251_199, "2024-02-29T23:59:59Z"),
            ("2026-01-01T00:30:00+01:00", 1_767_223_800, "2025-12-31T23:30:00Z"),
            ("2026-01-01T00:00:00-08:30", 1_767_256_200, "2026-01-01T08:30:00Z"),
            ("1969-12-31T23:59:59Z", -1, "1969-12-31T23:59:59Z"),
            ("1900-03-01T00:00:00Z", -2_203_891_200, "1900-03-01T00:00:00Z"),
            ("2000-12-31t00:00:00z", 978_220_800, "2000-12-31T00:00:00Z"),
        ] as [(String, Int64, String)])
    func reads(text: String, seconds: Int64, written: String) {
        let time = Timestamp(text)
        #expect(time?.seconds == seconds)
        #expect(time?.description == written)
    }

    @Test(
        "what is no time is refused",
        arguments: [
            "", "2026-11-23", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z",
            "2026-01-01 00:00:00Z",
            "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx", "9999-01-01T00:00:00Z",
            "26-01-01T00:00:00Z",
        ])
    func refuses(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("every second of 64 bits of nanoseconds is written and read back")
    func roundTrips() {
        for seed in Seeds.draw(2_000) {
            var random = SplitMix64(seed: seed)
            let time = Timestamp(seconds: Int64.random(in: -9_223_372_036...9_223_372_036, using: &random))
            #expect(Timestamp(time.description) == time, "SEED=\(seed)")
            #expect(CivilTime(time).secondsSince1970 == Int(time.seconds), "SEED=\(seed)")
        }
    }

    @Test("the calendar knows the day of the week and of the year")
    func calendar() {
        let monday = CivilTime(Timestamp(seconds: 1_795_401_966))
        #expect(monday.weekday == 1)
        #expect(monday.dayOfYear == 327)
        #expect(CivilTime(Timestamp(seconds: 0)).weekday == 4)
        #expect(CivilTime(Timestamp(seconds: -86_400 * 5)).weekday == 6)
    }
}

@Suite("GoDuration")
struct GoDurationTests {
    @Test(
        "Go's durations are read and written as Go does",
        arguments: [
            ("0", 0, "0s"), ("1s", 1_000_000_000, "1s"), ("1h2m3s", 3_723_000_000_000, "1h2m3s"),
            ("1.5h", 5_400_000_000_000, "1h30m0s"),
            ("300ms", 300_000_000, "300ms"), ("-1.5s", -1_500_000_000, "-1.5s"), ("+5m", 300_000_000_000, "5m0s"),
            ("1us", 1_000, "1µs"), ("1µs", 1_000, "1µs"), ("7ns", 7, "7ns"), (".5s", 500_000_000, "500ms"),
            ("1.s", 1_000_000_000, "1s"),
            ("2540400h10m10s", 9_145_440_610_000_000_000, "2540400h10m10s"),
            ("-9223372036854775808ns", .min, "-2562047h47m16.854775808s"),
            ("1.000000001s", 1_000_000_001, "1.000000001s"),
        ] as [(String, Int64, String)])
    func reads(text: String, nanoseconds: Int64, written: String) {
        let duration = GoDuration(text)
        #expect(duration?.nanoseconds == nanoseconds)
        #expect(duration?.description == written)
    }

    @Test(
        "what is no duration is refused",
        arguments: [
            "", "3", "-", "s", ".", ".s", "1x", "1 s", "3000000h", "9223372036854775808ns", "1..5s", "1s1", "--1s",
        ])
    func refuses(text: String) {
        #expect(GoDuration(text) == nil)
    }

    @Test("a wait may also be a number of seconds")
    func secondsOrDuration() {
        #expect(GoDuration(secondsOrDuration: "30") == GoDuration(seconds: 30))
        #expect(GoDuration(secondsOrDuration: "2m") == GoDuration(seconds: 120))
        #expect(GoDuration(secondsOrDuration: "soon") == nil)
        #expect(GoDuration(secondsOrDuration: "99999999999999999999") == nil)
    }
}

@Suite("Quantity")
struct QuantityTests {
    @Test(
        "amounts are read with decimal and binary suffixes",
        arguments: [
            ("500m", 0.5), ("1", 1), ("1.5", 1.5), ("128Mi", 134_217_728), ("1Gi", 1_073_741_824), ("2k", 2_000),
            ("1e3", 1_000),
            ("1E3", 1_000), ("5G", 5e9), ("-1", -1),
        ])
    func reads(text: String, value: Double) {
        #expect(Quantity(text).value == value)
    }

    @Test("what is no amount has no value", arguments: ["", "x", "1x", "Mi", "1 Gi"])
    func refuses(text: String) {
        #expect(Quantity(text).value == nil)
    }

    @Test("what lies beyond the times that can be told is the first or last of them")
    func endsOfTime() {
        let last = Timestamp(nanoseconds: .max)
        let first = Timestamp(nanoseconds: .min)
        let now = Timestamp(seconds: 1_795_401_966)
        #expect(Timestamp(seconds: 10_000_000_000) == last)
        #expect(Timestamp(seconds: -10_000_000_000) == first)
        #expect(now + GoDuration(nanoseconds: .max) == last)
        #expect(Timestamp(seconds: -1_000_000_000) + GoDuration(nanoseconds: .min) == first)
        #expect(now - GoDuration(nanoseconds: .min) == last)
        #expect(Timestamp(seconds: -1_000_000_000) - GoDuration(nanoseconds: .max) == first)
        #expect((last - first).nanoseconds == .max)
        #expect((first - last).nanoseconds == .min)
        #expect(GoDuration(seconds: 10_000_000_000).nanoseconds == .max)
        #expect(GoDuration(seconds: -10_000_000_000).nanoseconds == .min)
    }
}
