import Foundation
import TestSupport
import Testing

@testable import Model

@Suite("TimeZoneRules")
struct TimeZoneRulesTests {
    @Test("offsets are those that the system's own library finds, from 1900 to 2090")
    func offsets() throws {
        for name in [
            "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia",
            "Africa/Casablanca",
            "America/St_Johns", "Asia/Tehran", "Europe/Dublin", "Pacific/Chatham", "America/Sao_Paulo", "UTC",
        ] {
            let rules = try ZoneFiles.rules(name)
            let times = Array(stride(from: -2_200_000_000, to: 3_800_000_000, by: 1_234_567))
            for (time, expected) in zip(times, try Self.offsets(in: name, at: times)) {
                guard rules.offset(at: time) != expected else { continue }
                Issue.record("\(name) at \(time): \(rules.offset(at: time)), the system says \(expected)")
                break
            }
        }
    }

    /// What `date` says, which reads the same files as we do: Foundation brings time zones of its own, of another year.
    private static func offsets(in zone: String, at times: [Int]) throws -> [Int] {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let file = folder.url.appendingPathComponent("times")
        try times.map { "@\($0)\n" }.joined().write(to: file, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["TZ=\(zone)", "date", "-f", file.path, "+%::z"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let offsets = text.split(separator: "\n").map { line in
            let parts = line.dropFirst().split(separator: ":").compactMap { Int($0) }
            let seconds = parts.reduce(0) { $0 * 60 + $1 }
            return line.first == "-" ? -seconds : seconds
        }
        try #require(offsets.count == times.count)
        return offsets
    }

    @Test("a wall clock's time leads to an instant and back, unless the clocks skip it")
    func roundTrips() throws {
        let berlin = try ZoneFiles.rules("Europe/Berlin")
        for time in stride(from: 1_700_000_000, to: 2_600_000_000, by: 7_777_777) {
            #expect(berlin.seconds(of: berlin.civilTime(at: time)) == time)
        }
        // 02:30 does not exist on that day: the offset before the jump holds.
        let skipped = CivilTime(year: 2026, month: 3, day: 29, hour: 2, minute: 30)
        #expect(berlin.civilTime(at: berlin.seconds(of: skipped)).hour == 3)
    }

    @Test("civil times are the Gregorian calendar's, and overflow into it")
    func calendar() {
        #expect(CivilTime(secondsSince1970: 0) == CivilTime(year: 1970, month: 1, day: 1))
        #expect(
            CivilTime(secondsSince1970: -1)
                == CivilTime(year: 1969, month: 12, day: 31, hour: 23, minute: 59, second: 59))
        #expect(
            CivilTime(year: 2026, month: 13, day: 1).secondsSince1970
                == CivilTime(year: 2027, month: 1, day: 1).secondsSince1970)
        #expect(
            CivilTime(year: 2028, month: 3, day: 0).secondsSince1970
                == CivilTime(year: 2028, month: 2, day: 29).secondsSince1970)
        #expect(CivilTime(year: 2026, month: 11, day: 23).weekday == 1)
        #expect(CivilTime(year: 1969, month: 12, day: 28).weekday == 0)
        for time in stride(from: -10_000_000_000, to: 10_000_000_000, by: 98_765_432) {
            #expect(CivilTime(secondsSince1970: time).secondsSince1970 == time)
        }
    }

    @Test("a footer rule is read in all its forms, and anything else refused")
    func footers() throws {
        let berlin = try #require(PosixTimeZone("CET-1CEST,M3.5.0,M10.5.0/3"))
        #expect(berlin.offset == 3_600)
        #expect(berlin.summer?.offset == 7_200)
        #expect(berlin.period(at: 2_000_000_000, notBefore: .min).offset == 7_200)
        #expect(PosixTimeZone("<+0530>-5:30")?.offset == 19_800)
        #expect(PosixTimeZone("IST-1GMT0,M10.5.0,M3.5.0/1")?.summer?.offset == 0)
        #expect(PosixTimeZone("AAA3BBB,J60/0,300") != nil)
        for text in ["", "CE-1", "CET", "CET-1CEST", "CET-1CEST,M13.1.0,M1.1.0", "CET-1,"] {
            #expect(PosixTimeZone(text) == nil, "\(text)")
        }
    }

    @Test("bytes that are no time zone file are refused, and nothing is read beyond their end")
    func malformed() throws {
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/Europe/Berlin")))
        #expect(throws: TimeZoneRules.MalformedFile.self) { try TimeZoneRules(tzif: []) }
        #expect(throws: TimeZoneRules.MalformedFile.self) {
            try TimeZoneRules(tzif: Array("no zone at all, is it".utf8))
        }
        let text = String(decoding: whole.suffix(30), as: UTF8.self)
        let footer = try #require(text.dropLast().lastIndex(of: "\n")).utf16Offset(in: text)
        for count in stride(from: 0, to: whole.count - (text.utf8.count - footer), by: 13) {
            #expect(throws: TimeZoneRules.MalformedFile.self) { try TimeZoneRules(tzif: Array(whole.prefix(count))) }
        }
    }
}
