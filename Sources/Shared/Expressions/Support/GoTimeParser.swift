import Model

/// Reads a time that is written in a Go layout.
struct GoTimeParser {
    private let layout: String
    private let text: String
    private var rest: Substring
    private var civil = CivilTime()
    private var isAfternoon: Bool?
    private var offset: Int?
    private var zone: String?

    private init(layout: String, text: String) {
        self.layout = layout
        self.text = text
        self.rest = Substring(text)
        self.civil.year = 0
    }

    /// The time that `text` says in `layout`; a text without a zone is in the zone that `local` tells the offset of.
    static func parse(
        _ text: String, layout: String, local: (CivilTime) -> (offset: Int, zone: String) = { _ in (0, "UTC") }
    ) throws(ValueFailure) -> Instant {
        var parser = GoTimeParser(layout: layout, text: text)
        let pieces = layoutPieces(layout)
        for (index, piece) in pieces.enumerated() {
            try parser.read(piece)
            // Go takes a fraction after the seconds even where the layout has none.
            if case .zeroSecond = piece, !(pieces.dropFirst(index + 1).first.map(isFraction) ?? false) {
                parser.readLooseFraction()
            }
        }
        guard parser.rest.isEmpty else { throw parser.failure(": extra text: " + goQuoted(String(parser.rest))) }
        return try parser.instant(local)
    }

    private func instant(_ local: (CivilTime) -> (offset: Int, zone: String)) throws(ValueFailure) -> Instant {
        var civil = self.civil
        if let isAfternoon = self.isAfternoon {
            civil.hour = isAfternoon ? (civil.hour == 12 ? 12 : civil.hour + 12) : (civil.hour == 12 ? 0 : civil.hour)
        }
        guard (1...12).contains(civil.month) else { throw self.failure(": month out of range") }
        guard civil.day >= 1, civil.day <= CivilTime.daysInMonth(civil.month, of: civil.year) else {
            throw self.failure(": day out of range")
        }
        guard civil.hour < 24 else { throw self.failure(": hour out of range") }
        guard civil.minute < 60 else { throw self.failure(": minute out of range") }
        guard civil.second < 60 else { throw self.failure(": second out of range") }
        if let offset = self.offset {
            return Instant(civil: civil, offset: offset, zone: self.zone ?? (offset == 0 ? "UTC" : ""))
        }
        if let zone = self.zone { return Instant(civil: civil, offset: 0, zone: zone) }
        let place = local(civil)
        return Instant(civil: civil, offset: place.offset, zone: place.zone)
    }

    private mutating func read(_ piece: LayoutPiece) throws(ValueFailure) {
        switch piece {
        case .literal(let literal):
            guard self.rest.hasPrefix(literal) else { throw self.mismatch(literal) }
            self.rest = self.rest.dropFirst(literal.count)
        case .longYear: self.civil.year = try self.number(4, 4, "2006")
        case .shortYear:
            let year = try self.number(2, 2, "06")
            self.civil.year = year >= 69 ? 1900 + year : 2000 + year
        case .longMonth: self.civil.month = try self.name(in: monthNames, "January") + 1
        case .shortMonth: self.civil.month = try self.name(in: monthNames.map { String($0.prefix(3)) }, "Jan") + 1
        case .zeroMonth: self.civil.month = try self.number(2, 2, "01")
        case .month: self.civil.month = try self.number(1, 2, "1")
        case .longWeekday: _ = try self.name(in: weekdayNames, "Monday")
        case .shortWeekday: _ = try self.name(in: weekdayNames.map { String($0.prefix(3)) }, "Mon")
        case .spaceDay:
            if self.rest.first == " " { self.rest = self.rest.dropFirst() }
            self.civil.day = try self.number(1, 2, "_2")
        case .day: self.civil.day = try self.number(1, 2, "2")
        case .zeroDay: self.civil.day = try self.number(1, 2, "02")
        case .zeroDayOfYear, .spaceDayOfYear:
            while self.rest.first == " " { self.rest = self.rest.dropFirst() }
            self.civil.day = try self.number(1, 3, "002")
        case .hour24: self.civil.hour = try self.number(1, 2, "15")
        case .zeroHour12, .hour12: self.civil.hour = try self.number(1, 2, "03")
        case .zeroMinute: self.civil.minute = try self.number(2, 2, "04")
        case .minute: self.civil.minute = try self.number(1, 2, "4")
        case .zeroSecond: self.civil.second = try self.number(2, 2, "05")
        case .second: self.civil.second = try self.number(1, 2, "5")
        case .upperPeriod: self.isAfternoon = try self.name(in: ["AM", "PM"], "PM") == 1
        case .lowerPeriod: self.isAfternoon = try self.name(in: ["am", "pm"], "pm") == 1
        case .zoneName: try self.readZoneName()
        case .offset(let zulu, let colons, let fields):
            try self.readOffset(zulu: zulu, colons: colons, fields: fields)
        case .fraction(_, let digits, let trimmed):
            guard trimmed || self.rest.first == "." || self.rest.first == "," else { throw self.mismatch(".0") }
            let before = self.rest
            self.readLooseFraction()
            guard trimmed || before.count - self.rest.count == digits + 1 else { throw self.mismatch(".0") }
        }
    }

    private mutating func readLooseFraction() {
        guard let first = self.rest.first, first == "." || first == "," else { return }
        let digits = self.rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty else { return }
        self.rest = self.rest.dropFirst(1 + digits.count)
        let nine = String(digits.prefix(9))
        self.civil.nanosecond = Int(nine + String(repeating: "0", count: 9 - nine.count)) ?? 0
    }

    private mutating func readZoneName() throws(ValueFailure) {
        let letters = self.rest.prefix { $0.isASCII && $0.isUppercase }
        guard letters.count >= 3, letters.count <= 5 else { throw self.mismatch("MST") }
        self.zone = String(letters)
        self.rest = self.rest.dropFirst(letters.count)
        if letters == "UTC" { self.offset = 0 }
    }

    private mutating func readOffset(zulu: Bool, colons: Bool, fields: Int) throws(ValueFailure) {
        if zulu, self.rest.first == "Z" {
            self.rest = self.rest.dropFirst()
            self.offset = 0
            self.zone = "UTC"
            return
        }
        let layoutText = (zulu ? "Z07" : "-07") + (fields > 1 ? (colons ? ":00" : "00") : "")
        guard let sign = self.rest.first, sign == "+" || sign == "-" else { throw self.mismatch(layoutText) }
        self.rest = self.rest.dropFirst()
        var seconds = 0
        for field in 0..<fields {
            if field > 0, colons {
                guard self.rest.first == ":" else { throw self.mismatch(layoutText) }
                self.rest = self.rest.dropFirst()
            }
            seconds += try self.number(2, 2, layoutText) * [3600, 60, 1][field]
        }
        self.offset = sign == "-" ? -seconds : seconds
    }

    private mutating func number(_ least: Int, _ most: Int, _ piece: String) throws(ValueFailure) -> Int {
        let digits = self.rest.prefix(most).prefix { $0.isASCII && $0.isNumber }
        guard digits.count >= least, let number = Int(digits) else { throw self.mismatch(piece) }
        self.rest = self.rest.dropFirst(digits.count)
        return number
    }

    private mutating func name(in names: [String], _ piece: String) throws(ValueFailure) -> Int {
        let lowered = self.rest.lowercased()
        guard let index = names.firstIndex(where: { lowered.hasPrefix($0.lowercased()) }) else {
            throw self.mismatch(piece)
        }
        self.rest = self.rest.dropFirst(names[index].count)
        return index
    }

    private func mismatch(_ piece: String) -> ValueFailure {
        self.failure(" as \(goQuoted(self.layout)): cannot parse \(goQuoted(String(self.rest))) as \(goQuoted(piece))")
    }

    private func failure(_ detail: String) -> ValueFailure {
        ValueFailure("parsing time \(goQuoted(self.text))\(detail)")
    }
}

private func isFraction(_ piece: LayoutPiece) -> Bool {
    if case .fraction = piece { return true }
    return false
}

/// Moments in Go's layouts, for those outside of expressions.
package enum GoTime {
    /// The moment that a text says, or `nil` where it is not written in the layout.
    package static func moment(_ text: String, layout: String) -> (seconds: Int, nanoseconds: Int)? {
        do throws(ValueFailure) {
            let instant = try GoTimeParser.parse(text, layout: layout)
            return (instant.seconds, instant.nanoseconds)
        } catch {
            return nil
        }
    }
}
