import Model

/// Functions of sprig on time.
let sprigTimes: [String: NativeFunction] = [
    "now": exactly(0) { (call) throws(ValueFailure) in .time(try call.currentTime()) },
    "ago": exactly(1) { (call) throws(ValueFailure) in
        let span = try call.currentTime().since(try moment(call, 0))
        let seconds = Int((Double(span) / 1e9).rounded(.toNearestOrAwayFromZero))
        return .string(goDuration(seconds.multipliedClamped(by: 1_000_000_000)))
    },
    "date": exactly(2) { (call) throws(ValueFailure) in
        .string(try shown(call, layout: try call.goText(0), moment: 1, zone: "Local"))
    },
    "dateInZone": exactly(3, dateInZone), "date_in_zone": exactly(3, dateInZone),
    "htmlDate": exactly(1) { (call) throws(ValueFailure) in
        .string(try shown(call, layout: "2006-01-02", moment: 0, zone: "Local"))
    },
    "htmlDateInZone": exactly(2) { (call) throws(ValueFailure) in
        .string(try shown(call, layout: "2006-01-02", moment: 0, zone: try call.goText(1)))
    },
    "dateModify": exactly(2) { (call) throws(ValueFailure) in
        .time(try call.goTime(1).adding(nanoseconds: parseGoDuration(try call.goText(0)) ?? 0))
    },
    "date_modify": exactly(2) { (call) throws(ValueFailure) in
        .time(try call.goTime(1).adding(nanoseconds: parseGoDuration(try call.goText(0)) ?? 0))
    },
    "mustDateModify": exactly(2, mustDateModify), "must_date_modify": exactly(2, mustDateModify),
    "toDate": exactly(2) { (call) throws(ValueFailure) in
        do throws(ValueFailure) {
            return .time(try parseTime(try call.goText(1), layout: try call.goText(0), in: .utc, call.context))
        } catch {
            // Sprig takes what is no date for the zero time.
            return .time(Instant(civil: CivilTime(), offset: 0, zone: "UTC"))
        }
    },
    "mustToDate": exactly(2) { (call) throws(ValueFailure) in
        .time(try parseTime(try call.goText(1), layout: try call.goText(0), in: .utc, call.context))
    },
    "unixEpoch": exactly(1) { (call) throws(ValueFailure) in .string(String(try call.goTime(0).seconds)) },
    "duration": exactly(1) { (call) throws(ValueFailure) in
        var seconds = 0
        if case .int(let number) = call[0] { seconds = number }
        if case .string(let text) = call[0] { seconds = Int(text) ?? 0 }
        return .string(goDuration(seconds &* 1_000_000_000))
    },
    "durationRound": exactly(1) { (call) throws(ValueFailure) in
        var span = 0
        switch call[0] {
        case .string(let text): span = parseGoDuration(text) ?? 0
        case .int(let nanoseconds), .duration(let nanoseconds): span = nanoseconds
        case .time(let instant): span = try call.currentTime().since(instant)
        case .null, .bool, .float, .bytes, .array, .map, .table, .zone, .function: break
        }
        let hour: UInt = 3_600_000_000_000
        let units: [(UInt, String)] = [
            (hour * 24 * 365, "y"), (hour * 24 * 30, "mo"), (hour * 24, "d"), (hour, "h"), (hour / 60, "m"),
            (hour / 3600, "s"),
        ]
        for (unit, name) in units where span.magnitude > unit { return .string("\(span.magnitude / unit)\(name)") }
        return "0s"
    },
]

/// The moment of an argument: a time, or seconds since 1970; anything else is now.
private func moment(_ call: FunctionCall, _ index: Int) throws(ValueFailure) -> Instant {
    switch call[index] {
    case .time(let instant): instant
    case .int(let seconds): Instant(seconds: seconds)
    default: try call.currentTime()
    }
}

private func shown(
    _ call: FunctionCall, layout: String, moment index: Int, zone: String
) throws(ValueFailure) -> String {
    let instant = try moment(call, index)
    do throws(ValueFailure) {
        return try call.context.time(instant, in: TimeZoneName(zone)).formatted(layout)
    } catch {
        // Sprig shows the time in UTC where it does not know the zone.
        return try call.context.time(instant, in: .utc).formatted(layout)
    }
}

private func dateInZone(_ call: inout FunctionCall) throws(ValueFailure) -> Value {
    .string(try shown(call, layout: try call.goText(0), moment: 1, zone: try call.goText(2)))
}

private func mustDateModify(_ call: inout FunctionCall) throws(ValueFailure) -> Value {
    let text = try call.goText(0)
    guard let span = parseGoDuration(text) else {
        throw ValueFailure("time: invalid duration \(goQuoted(text))")
    }
    return .time(try call.goTime(1).adding(nanoseconds: span))
}
