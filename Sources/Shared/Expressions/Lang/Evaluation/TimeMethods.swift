import Model

/// The methods that times and durations have in Go, which expressions may call: `now().Year()`.
enum TimeMethods {
    /// The result of a method, or `nil` where the value has no such method.
    static func call(
        _ name: String, on value: Value, _ arguments: [Value], _ context: ExpressionContext
    ) throws(ValueFailure) -> Value? {
        switch value {
        case .time(let instant): try self.call(name, on: instant, arguments, context)
        case .duration(let span): self.call(name, on: span)
        case .string(let text) where name == "String" && arguments.isEmpty: .string(text)
        case .null, .bool, .int, .float, .string, .bytes, .array, .map, .table, .zone, .function: nil
        }
    }

    private static func call(
        _ name: String, on instant: Instant, _ arguments: [Value], _ context: ExpressionContext
    ) throws(ValueFailure) -> Value? {
        let civil = instant.civil
        switch (name, arguments.count) {
        case ("Year", 0): return .int(civil.year)
        case ("Month", 0): return .string(monthNames[civil.month - 1])
        case ("Day", 0): return .int(civil.day)
        case ("Hour", 0): return .int(civil.hour)
        case ("Minute", 0): return .int(civil.minute)
        case ("Second", 0): return .int(civil.second)
        case ("Nanosecond", 0): return .int(civil.nanosecond)
        case ("YearDay", 0): return .int(civil.dayOfYear)
        case ("Weekday", 0): return .string(weekdayNames[civil.weekday])
        case ("Unix", 0): return .int(instant.seconds)
        case ("UnixMilli", 0): return .int(instant.seconds &* 1000 &+ instant.nanoseconds / 1_000_000)
        case ("UnixNano", 0): return .int(instant.seconds &* 1_000_000_000 &+ instant.nanoseconds)
        case ("String", 0): return .string(instant.description)
        case ("UTC", 0): return .time(try context.time(instant, in: .utc))
        case ("Format", 1): return .string(instant.formatted(try Operators.text(arguments[0])))
        case ("In", 1):
            guard case .zone(let zone) = arguments[0] else { return nil }
            return .time(try context.time(instant, in: zone))
        case ("Add", 1):
            guard case .duration(let span) = arguments[0] else { return nil }
            return .time(instant.adding(nanoseconds: span))
        case ("AddDate", 3): return .time(try self.addDate(instant, arguments))
        case ("Sub", 1), ("Before", 1), ("After", 1), ("Equal", 1):
            guard case .time(let other) = arguments[0] else { return nil }
            switch name {
            case "Sub": return .duration(instant.since(other))
            case "Before": return .bool(instant < other)
            case "After": return .bool(instant > other)
            default: return .bool(instant == other)
            }
        default: return nil
        }
    }

    private static func addDate(_ instant: Instant, _ arguments: [Value]) throws(ValueFailure) -> Instant {
        var civil = instant.civil
        civil.year = civil.year &+ (try Operators.toInt(arguments[0]))
        let month = civil.month &+ (try Operators.toInt(arguments[1])) &- 1
        guard abs(civil.year) < 1_000_000, abs(month) < 10_000_000 else { throw ValueFailure("year out of range") }
        civil.month = month + 1
        let days = try Operators.toInt(arguments[2])
        guard abs(days) < 1_000_000_000 else { throw ValueFailure("day out of range") }
        civil.day += days
        return Instant(civil: civil, offset: instant.offset, zone: instant.zone)
    }

    private static func call(_ name: String, on span: Int) -> Value? {
        switch name {
        case "Hours": .float(Double(span) / 3.6e12)
        case "Minutes": .float(Double(span) / 6e10)
        case "Seconds": .float(Double(span) / 1e9)
        case "Milliseconds": .int(span / 1_000_000)
        case "Microseconds": .int(span / 1000)
        case "Nanoseconds": .int(span)
        case "String": .string(goDuration(span))
        default: nil
        }
    }
}
