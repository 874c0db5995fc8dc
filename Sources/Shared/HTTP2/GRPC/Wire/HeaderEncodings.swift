/// Text in headers: bytes outside printable ASCII are written as `%XX`.
enum PercentEncoding {
    private static let digits = Array("0123456789ABCDEF".utf8)
    private static let percent = UInt8(ascii: "%")

    static func encode(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { self.isPlain($0) }
        if isPlain { return text }
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if self.isPlain(byte) {
                bytes.append(byte)
            } else {
                bytes += [self.percent, self.digits[Int(byte >> 4)], self.digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What is not well encoded stays as it is.
    static func decode(_ text: String) -> String {
        guard text.utf8.contains(self.percent) else { return text }
        let source = Array(text.utf8)
        var bytes: [UInt8] = []
        var index = 0
        while index < source.count {
            if source[index] == self.percent, index + 2 < source.count, let high = self.value(source[index + 1]),
                let low = self.value(source[index + 2])
            {
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(source[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isPlain(_ byte: UInt8) -> Bool { byte >= 0x20 && byte <= 0x7E && byte != self.percent }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

/// Bytes in headers whose names end in `-bin`.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [UInt8: UInt32] = Dictionary(
        uniqueKeysWithValues: alphabet.enumerated().map { ($0.element, UInt32($0.offset)) })

    /// Without padding, as gRPC prefers it.
    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let word = group.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << (16 - 8 * $1.offset) }
            for digit in 0...group.count { text.append(self.alphabet[Int(word >> (18 - 6 * digit) & 63)]) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// - Returns: `nil` where the text is no base64.
    static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var word: UInt32 = 0
        var bits = 0
        for character in text.utf8 where character != UInt8(ascii: "=") {
            guard let value = self.values[character] else { return nil }
            word = word << 6 | value
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(word >> bits & 255))
        }
        return bytes
    }
}

/// The header `grpc-timeout`: up to eight digits and a unit.
enum GRPCTimeout {
    private static let mostDigits = 8
    private static let mostCount: Int64 = 99_999_999
    private static let hourSeconds: Int64 = 3600
    /// Nanoseconds of fewer seconds than these can be counted; more are told in hours.
    private static let mostCountedSeconds: Int64 = 9_000_000_000
    private static let units: [(letter: Character, nanoseconds: Int64)] = [
        ("n", 1), ("u", 1000), ("m", 1_000_000), ("S", 1_000_000_000), ("M", 60_000_000_000), ("H", 3_600_000_000_000),
    ]

    /// In the finest unit whose number fits; never less than what was asked for.
    static func encode(_ duration: Duration) -> String {
        let (seconds, attoseconds) = max(.zero, duration).components
        guard seconds < self.mostCountedSeconds else {
            return "\(min(seconds / self.hourSeconds + 1, self.mostCount))H"
        }
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        for (letter, size) in self.units {
            let count = max(1, (nanoseconds - 1) / size + 1)
            if count <= self.mostCount { return "\(count)\(letter)" }
        }
        return "\(self.mostCount)H"
    }

    static func decode(_ text: String) -> Duration? {
        guard let letter = text.last, let unit = self.units.first(where: { $0.letter == letter }) else { return nil }
        let digits = text.dropLast()
        let isNumber =
            !digits.isEmpty && digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isNumber, digits.utf8.count <= self.mostDigits, let count = Int64(digits) else { return nil }
        let (nanoseconds, isOver) = count.multipliedReportingOverflow(by: unit.nanoseconds)
        return isOver ? .seconds(count) * (unit.nanoseconds / 1_000_000_000) : .nanoseconds(nanoseconds)
    }
}
