import Model

/// A piece of a Go time layout, which shows how the reference time `Mon Jan 2 15:04:05 MST 2006` is to look.
enum LayoutPiece: Hashable {
    case literal(String)
    case longYear, shortYear
    case longMonth, shortMonth, zeroMonth, month
    case longWeekday, shortWeekday
    case day, spaceDay, zeroDay, zeroDayOfYear, spaceDayOfYear
    case hour24, zeroHour12, hour12
    case zeroMinute, minute, zeroSecond, second
    case upperPeriod, lowerPeriod
    case zoneName
    /// An offset: whether UTC is written `Z`, whether it has colons, and how many of hours, minutes, seconds.
    case offset(zulu: Bool, colons: Bool, fields: Int)
    /// Fractional seconds: the separator, the number of digits, and whether trailing zeros are left out.
    case fraction(separator: String, digits: Int, trimmed: Bool)
}

private let words: [(text: String, piece: LayoutPiece)] = [
    ("January", .longMonth), ("Monday", .longWeekday), ("Jan", .shortMonth), ("Mon", .shortWeekday),
    ("MST", .zoneName), ("2006", .longYear),
    ("Z07:00:00", .offset(zulu: true, colons: true, fields: 3)),
    ("Z070000", .offset(zulu: true, colons: false, fields: 3)),
    ("Z07:00", .offset(zulu: true, colons: true, fields: 2)),
    ("Z0700", .offset(zulu: true, colons: false, fields: 2)), ("Z07", .offset(zulu: true, colons: false, fields: 1)),
    ("-07:00:00", .offset(zulu: false, colons: true, fields: 3)),
    ("-070000", .offset(zulu: false, colons: false, fields: 3)),
    ("-07:00", .offset(zulu: false, colons: true, fields: 2)),
    ("-0700", .offset(zulu: false, colons: false, fields: 2)), ("-07", .offset(zulu: false, colons: false, fields: 1)),
    ("002", .zeroDayOfYear), ("01", .zeroMonth), ("02", .zeroDay), ("03", .zeroHour12), ("04", .zeroMinute),
    ("05", .zeroSecond), ("06", .shortYear), ("15", .hour24), ("1", .month), ("__2", .spaceDayOfYear),
    ("_2", .spaceDay), ("2", .day), ("3", .hour12), ("4", .minute), ("5", .second), ("PM", .upperPeriod),
    ("pm", .lowerPeriod),
]

/// The pieces of a Go time layout.
func layoutPieces(_ layout: String) -> [LayoutPiece] {
    var pieces: [LayoutPiece] = []
    var literal = ""
    var rest = Substring(layout)
    while let first = rest.first {
        var found: (piece: LayoutPiece, count: Int)?
        if first == "." || first == ",", let fraction = fractionPiece(rest) {
            found = fraction
        } else if rest.hasPrefix("_2006") {
            literal += "_"
            rest = rest.dropFirst()
            found = (.longYear, 4)
        } else if let word = words.first(where: { rest.hasPrefix($0.text) }) {
            found = (word.piece, word.text.count)
        }
        // A month's name continues in no letter: `January` is one, `Janus` is none.
        if case .shortMonth = found?.piece, let next = rest.dropFirst(3).first, next.isLowercase { found = nil }
        if case .shortWeekday = found?.piece, let next = rest.dropFirst(3).first, next.isLowercase { found = nil }
        if let found {
            if !literal.isEmpty { pieces.append(.literal(literal)) }
            literal = ""
            pieces.append(found.piece)
            rest = rest.dropFirst(found.count)
        } else {
            literal.append(first)
            rest = rest.dropFirst()
        }
    }
    if !literal.isEmpty { pieces.append(.literal(literal)) }
    return pieces
}

private func fractionPiece(_ rest: Substring) -> (piece: LayoutPiece, count: Int)? {
    guard let digit = rest.dropFirst().first, digit == "0" || digit == "9" else { return nil }
    let run = rest.dropFirst().prefix { $0 == digit }
    if let next = rest.dropFirst(1 + run.count).first, next.isASCII, next.isNumber { return nil }
    return (.fraction(separator: String(rest.prefix(1)), digits: run.count, trimmed: digit == "9"), 1 + run.count)
}

let monthNames = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
]
let weekdayNames = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

func padded(_ number: Int, _ width: Int, with pad: String = "0") -> String {
    let digits = String(number.magnitude)
    return (number < 0 ? "-" : "") + String(repeating: pad, count: max(0, width - digits.utf8.count)) + digits
}

extension Instant {
    /// The time in a Go layout, for example `2006-01-02T15:04:05Z07:00`.
    package func formatted(_ layout: String) -> String {
        let civil = self.civil
        return layoutPieces(layout).map { self.text(of: $0, civil) }.joined()
    }

    private func text(of piece: LayoutPiece, _ civil: CivilTime) -> String {
        let hour12 = civil.hour % 12 == 0 ? 12 : civil.hour % 12
        switch piece {
        case .literal(let text): return text
        case .longYear: return padded(civil.year, 4)
        case .shortYear: return padded(civil.year % 100, 2)
        case .longMonth: return monthNames[civil.month - 1]
        case .shortMonth: return String(monthNames[civil.month - 1].prefix(3))
        case .zeroMonth: return padded(civil.month, 2)
        case .month: return String(civil.month)
        case .longWeekday: return weekdayNames[civil.weekday]
        case .shortWeekday: return String(weekdayNames[civil.weekday].prefix(3))
        case .day: return String(civil.day)
        case .spaceDay: return padded(civil.day, 2, with: " ")
        case .zeroDay: return padded(civil.day, 2)
        case .zeroDayOfYear: return padded(civil.dayOfYear, 3)
        case .spaceDayOfYear: return padded(civil.dayOfYear, 3, with: " ")
        case .hour24: return padded(civil.hour, 2)
        case .zeroHour12: return padded(hour12, 2)
        case .hour12: return String(hour12)
        case .zeroMinute: return padded(civil.minute, 2)
        case .minute: return String(civil.minute)
        case .zeroSecond: return padded(civil.second, 2)
        case .second: return String(civil.second)
        case .upperPeriod: return civil.hour >= 12 ? "PM" : "AM"
        case .lowerPeriod: return civil.hour >= 12 ? "pm" : "am"
        case .zoneName: return self.zone.isEmpty ? offsetText(colons: false, fields: 2) : self.zone
        case .offset(let zulu, let colons, let fields):
            return zulu && self.offset == 0 ? "Z" : self.offsetText(colons: colons, fields: fields)
        case .fraction(let separator, let digits, let trimmed):
            var text = String(padded(self.nanoseconds, 9).prefix(digits))
            if trimmed { while text.hasSuffix("0") { text.removeLast() } }
            return text.isEmpty ? "" : separator + text
        }
    }

    private func offsetText(colons: Bool, fields: Int) -> String {
        let magnitude = Int(self.offset.magnitude)
        let parts = [magnitude / 3600, magnitude / 60 % 60, magnitude % 60].prefix(fields)
        return (self.offset < 0 ? "-" : "+") + parts.map { padded($0, 2) }.joined(separator: colons ? ":" : "")
    }
}
