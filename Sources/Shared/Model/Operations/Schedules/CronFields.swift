/// The five fields of a schedule, each a set of numbers.
struct CronFields: Hashable, Sendable {
    /// The values a field may have.
    struct Bounds: Sendable {
        var minimum: Int
        var maximum: Int
        var names: [String: Int] = [:]

        static let minutes = Bounds(minimum: 0, maximum: 59)
        static let hours = Bounds(minimum: 0, maximum: 23)
        static let daysOfMonth = Bounds(minimum: 1, maximum: 31)
        static let months = Bounds(
            minimum: 1, maximum: 12,
            names: [
                "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10,
                "nov": 11, "dec": 12,
            ])
        static let weekdays = Bounds(
            minimum: 0, maximum: 6,
            names: ["sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6])
    }

    /// A field that descriptors set as a whole.
    enum Preset {
        case first
        case all

        func bits(_ bounds: Bounds) -> UInt64 {
            switch self {
            case .first: 1 << UInt64(bounds.minimum)
            case .all: CronFields.bits(bounds.minimum...bounds.maximum, step: 1) | CronFields.star
            }
        }
    }

    /// Marks a field that was `*`: then the other of day of month and weekday decides alone.
    static let star: UInt64 = 1 << 63

    var minutes: UInt64
    var hours: UInt64
    var daysOfMonth: UInt64
    var months: UInt64
    var weekdays: UInt64

    init(
        hours: Preset = .first, daysOfMonth: Preset = .all, months: Preset = .all, weekdays: Preset = .all
    ) {
        self.minutes = Preset.first.bits(.minutes)
        self.hours = hours.bits(.hours)
        self.daysOfMonth = daysOfMonth.bits(.daysOfMonth)
        self.months = months.bits(.months)
        self.weekdays = weekdays.bits(.weekdays)
    }

    init(_ text: Substring) throws(CronSchedule.SyntaxError) {
        let fields = text.split { Self.isSpace($0) }
        guard fields.count == 5 else {
            throw CronSchedule.SyntaxError(
                "expected exactly 5 fields, found \(fields.count): [\(fields.joined(separator: " "))]")
        }
        self.minutes = try Self.field(fields[0], .minutes)
        self.hours = try Self.field(fields[1], .hours)
        self.daysOfMonth = try Self.field(fields[2], .daysOfMonth)
        self.months = try Self.field(fields[3], .months)
        self.weekdays = try Self.field(fields[4], .weekdays)
    }

    static func trimmed(_ text: Substring) -> Substring {
        var rest = text.drop { Self.isSpace($0) }
        while let last = rest.last, Self.isSpace(last) { rest.removeLast() }
        return rest
    }

    private static func isSpace(_ character: Character) -> Bool { character.isWhitespace }

    private static func field(_ text: Substring, _ bounds: Bounds) throws(CronSchedule.SyntaxError) -> UInt64 {
        var bits: UInt64 = 0
        for part in text.split(separator: ",") { bits |= try Self.range(part, bounds) }
        return bits
    }

    /// `number`, `number-number`, `*`, each with an optional `/step`.
    private static func range(_ text: Substring, _ bounds: Bounds) throws(CronSchedule.SyntaxError) -> UInt64 {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let limits = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        var start = bounds.minimum
        var end = bounds.maximum
        var extra: UInt64 = 0
        if limits[0] == "*" || limits[0] == "?" {
            extra = Self.star
        } else {
            start = try Self.number(limits[0], bounds.names)
            switch limits.count {
            case 1: end = start
            case 2: end = try Self.number(limits[1], bounds.names)
            default: throw CronSchedule.SyntaxError("too many hyphens: \(text)")
            }
        }
        var step = 1
        if parts.count == 2 {
            step = try Self.number(parts[1], [:])
            // "5/15" means "5-59/15".
            if limits.count == 1 { end = bounds.maximum }
            if step > 1 { extra = 0 }
        } else if parts.count > 2 {
            throw CronSchedule.SyntaxError("too many slashes: \(text)")
        }
        try Self.check(start, end, step, bounds, text)
        return Self.bits(start...end, step: step) | extra
    }

    private static func check(
        _ start: Int, _ end: Int, _ step: Int, _ bounds: Bounds, _ text: Substring
    ) throws(CronSchedule.SyntaxError) {
        if start < bounds.minimum {
            throw CronSchedule.SyntaxError(
                "beginning of range (\(start)) below minimum (\(bounds.minimum)): \(text)")
        }
        if end > bounds.maximum {
            throw CronSchedule.SyntaxError("end of range (\(end)) above maximum (\(bounds.maximum)): \(text)")
        }
        if start > end {
            throw CronSchedule.SyntaxError("beginning of range (\(start)) beyond end of range (\(end)): \(text)")
        }
        if step == 0 { throw CronSchedule.SyntaxError("step of range should be a positive number: \(text)") }
    }

    private static func number(
        _ text: Substring, _ names: [String: Int]
    ) throws(CronSchedule.SyntaxError) -> Int {
        if let named = names[text.lowercased()] { return named }
        let digits = text.first == "+" || text.first == "-" ? text.dropFirst() : text
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else {
            throw CronSchedule.SyntaxError(
                "failed to parse int from \(text): strconv.Atoi: parsing \"\(text)\": invalid syntax")
        }
        guard let number = Int(text) else {
            throw CronSchedule.SyntaxError(
                "failed to parse int from \(text): strconv.Atoi: parsing \"\(text)\": value out of range")
        }
        guard number >= 0 else {
            throw CronSchedule.SyntaxError("negative number (\(number)) not allowed: \(text)")
        }
        return number
    }

    private static func bits(_ range: ClosedRange<Int>, step: Int) -> UInt64 {
        var bits: UInt64 = 0
        for number in stride(from: range.lowerBound, through: range.upperBound, by: step) {
            bits |= 1 << UInt64(number)
        }
        return bits
    }

    func matchesDay(_ time: CivilTime) -> Bool {
        let isDayOfMonth = self.daysOfMonth & (1 << UInt64(time.day)) != 0
        let isWeekday = self.weekdays & (1 << UInt64(time.weekday)) != 0
        let oneDecides = (self.daysOfMonth | self.weekdays) & Self.star != 0
        return oneDecides ? isDayOfMonth && isWeekday : isDayOfMonth || isWeekday
    }
}
