/// The builtins of expr-lang on time.
let timeBuiltins: [String: NativeFunction] = [
    "now": { (call) throws(ValueFailure) in
        let now = try call.currentTime()
        guard call.count > 0 else { return .time(now) }
        guard call.count == 1, case .zone(let zone) = call[0] else {
            throw ValueFailure("invalid number of arguments (expected 0, got \(call.count))")
        }
        return .time(try call.context.time(now, in: zone))
    },
    "duration": { (call) throws(ValueFailure) in
        let text = try call.text(0)
        guard let span = parseGoDuration(text) else {
            throw ValueFailure("time: invalid duration \(goQuoted(text))")
        }
        return .duration(span)
    },
    "timezone": { (call) throws(ValueFailure) in
        let zone = TimeZoneName(try call.text(0))
        _ = try call.context.offset(of: zone, at: 0)
        return .zone(zone)
    },
    "date": { (call) throws(ValueFailure) in try date(call) },
]

private let dateLayouts = [
    "2006-01-02", "15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04:05Z07:00", "02 Jan 06 15:04 MST",
    "Monday, 02-Jan-06 15:04:05 MST", "Mon, 02 Jan 2006 15:04:05 MST",
]

private func date(_ call: FunctionCall) throws(ValueFailure) -> Value {
    var arguments = call.arguments
    var zone = TimeZoneName.utc
    if case .zone(let given) = arguments.first {
        zone = given
        arguments.removeFirst()
    }
    guard !arguments.isEmpty else {
        throw ValueFailure("invalid number of arguments (expected at least 1, got 0)")
    }
    guard arguments.count <= 3 else {
        throw ValueFailure("invalid number of arguments (expected at most 3, got \(arguments.count))")
    }
    let text = try Operators.text(arguments[0])
    if arguments.count > 1 {
        let layout = try Operators.text(arguments[1])
        if arguments.count > 2 { zone = TimeZoneName(try Operators.text(arguments[2])) }
        return .time(try parseTime(text, layout: layout, in: zone, call.context))
    }
    for layout in dateLayouts {
        do throws(ValueFailure) {
            return .time(try parseTime(text, layout: layout, in: zone, call.context))
        } catch {
            // The next layout may be the one.
            continue
        }
    }
    throw ValueFailure("invalid date \(text)")
}

/// The time that a text says in a layout and, where it names no zone, in the zone given.
func parseTime(
    _ text: String, layout: String, in zone: TimeZoneName, _ context: ExpressionContext
) throws(ValueFailure) -> Instant {
    _ = try context.offset(of: zone, at: 0)
    var failure: ValueFailure?
    let instant = try GoTimeParser.parse(text, layout: layout) { civil in
        do throws(ValueFailure) {
            return try context.offset(of: zone, local: civil)
        } catch {
            failure = error
            return (0, "UTC")
        }
    }
    if let failure { throw failure }
    return instant
}
