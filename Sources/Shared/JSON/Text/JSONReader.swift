import OrderedCollections

/// Reads JSON text: strictly by RFC 8259, within `JSONLimits`, refusing what is not UTF-8.
package enum JSONReader {
    /// What an escaped surrogate without its partner is.
    package enum UnpairedSurrogate: Sendable {
        case refused
        /// U+FFFD, as for Go.
        case replaced
    }

    package static func read(
        _ bytes: [UInt8], unpairedSurrogate: UnpairedSurrogate = .refused
    ) throws(JSONSyntaxError) -> JSONValue {
        let outcome = bytes.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(text: buffer, unpairedSurrogate: unpairedSurrogate)
            do throws(JSONFault) {
                return Result<JSONValue, JSONFault>.success(try parser.document())
            } catch {
                return .failure(error)
            }
        }
        switch outcome {
        case .success(let value): return value
        case .failure(let fault): throw fault.located(in: bytes)
        }
    }
}

/// A recursive descent over bytes that outlive it.
///
/// The only place of this module that reads through a pointer.
struct JSONParser {
    private let text: UnsafeBufferPointer<UInt8>
    private let unpairedSurrogate: JSONReader.UnpairedSurrogate
    private var place = 0
    private var depth = 0

    init(text: UnsafeBufferPointer<UInt8>, unpairedSurrogate: JSONReader.UnpairedSurrogate) {
        self.text = text
        self.unpairedSurrogate = unpairedSurrogate
    }

    mutating func document() throws(JSONFault) -> JSONValue {
        guard self.text.count <= JSONLimits.textBytes else { throw JSONFault(offset: 0, problem: .size) }
        self.skipSpace()
        let value = try self.value()
        self.skipSpace()
        guard self.place == self.text.count else {
            throw self.fault("after top-level value", expected: "the end of the document")
        }
        return value
    }

    private mutating func value() throws(JSONFault) -> JSONValue {
        guard self.place < self.text.count else { throw self.end() }
        switch self.text[self.place] {
        case UInt8(ascii: "\""): return .string(try self.string())
        case UInt8(ascii: "{"): return try self.object()
        case UInt8(ascii: "["): return try self.array()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try self.number()
        case UInt8(ascii: "t"):
            try self.literal("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try self.literal("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try self.literal("null")
            return .null
        default: throw self.fault("looking for beginning of value", expected: "a value")
        }
    }

    private mutating func object() throws(JSONFault) -> JSONValue {
        try self.enter()
        var members = JSONMembers()
        self.skipSpace()
        if self.take(UInt8(ascii: "}")) {
            self.depth -= 1
            return .object([:])
        }
        while true {
            guard self.place < self.text.count else { throw self.end() }
            guard self.text[self.place] == UInt8(ascii: "\"") else {
                throw self.fault("looking for beginning of object key string", expected: "a name in double quotes")
            }
            let start = self.place
            let name = try self.string()
            let mark = self.fingerprint(from: start + 1)
            self.skipSpace()
            guard self.take(UInt8(ascii: ":")) else { throw self.fault("after object key", expected: "':'") }
            self.skipSpace()
            members.append(try self.value(), named: name, fingerprint: mark)
            self.skipSpace()
            if self.take(UInt8(ascii: ",")) {
                self.skipSpace()
                continue
            }
            guard self.take(UInt8(ascii: "}")) else {
                throw self.fault("after object key:value pair", expected: "',' or '}'")
            }
            self.depth -= 1
            return .object(members.object)
        }
    }

    /// One of 64 bits that depends on a name's text: two names with different bits differ.
    ///
    /// Names with escapes, which may be written in several ways, have all bits.
    private func fingerprint(from start: Int) -> UInt64 {
        let content = self.text[start..<self.place - 1]
        guard !content.contains(UInt8(ascii: "\\")) else { return .max }
        var mixed: UInt32 = 0
        for byte in content { mixed = (mixed &+ UInt32(byte)) &* 0x9E37_79B1 }
        return 1 << UInt64(mixed >> 26)
    }

    private mutating func array() throws(JSONFault) -> JSONValue {
        try self.enter()
        var elements: [JSONValue] = []
        self.skipSpace()
        if self.take(UInt8(ascii: "]")) {
            self.depth -= 1
            return .array(elements)
        }
        while true {
            elements.append(try self.value())
            self.skipSpace()
            if self.take(UInt8(ascii: ",")) {
                self.skipSpace()
                continue
            }
            guard self.take(UInt8(ascii: "]")) else {
                throw self.fault("after array element", expected: "',' or ']'")
            }
            self.depth -= 1
            return .array(elements)
        }
    }

    private mutating func literal(_ word: StaticString) throws(JSONFault) {
        for index in 1..<word.utf8CodeUnitCount {
            let expected = word.utf8Start[index]
            guard self.place + index < self.text.count else { throw self.end() }
            guard self.text[self.place + index] == expected else {
                self.place += index
                let letter = Character(Unicode.Scalar(expected))
                throw self.fault("in literal \(word) (expecting '\(letter)')", expected: "'\(word)'")
            }
        }
        self.place += word.utf8CodeUnitCount
    }

    // MARK: Numbers

    private mutating func number() throws(JSONFault) -> JSONValue {
        let start = self.place
        let isNegative = self.take(UInt8(ascii: "-"))
        var significand: UInt64 = 0
        var digits = 0
        guard let first = self.digit() else { throw self.fault("in numeric literal", expected: "a digit") }
        if first == 0 {
            self.place += 1
        } else {
            self.digits(into: &significand, count: &digits)
        }
        var scale = 0
        var isInteger = true
        if self.take(UInt8(ascii: ".")) {
            isInteger = false
            let before = self.place
            guard self.digit() != nil else {
                throw self.fault("after decimal point in numeric literal", expected: "a digit")
            }
            self.digits(into: &significand, count: &digits)
            scale = before - self.place
        }
        if self.take(UInt8(ascii: "e")) || self.take(UInt8(ascii: "E")) {
            isInteger = false
            let isSmall = self.take(UInt8(ascii: "-"))
            if !isSmall { _ = self.take(UInt8(ascii: "+")) }
            guard self.digit() != nil else {
                throw self.fault("in exponent of numeric literal", expected: "a digit")
            }
            var exponent: UInt64 = 0
            var exponentDigits = 0
            self.digits(into: &exponent, count: &exponentDigits)
            let magnitude = exponentDigits > 6 ? 1_000_000 : Int(exponent)
            scale += isSmall ? -magnitude : magnitude
        }
        // 18 digits cannot overflow.
        if isInteger, digits <= 18 { return .integer(isNegative ? -Int(significand) : Int(significand)) }
        return try self.wideNumber(
            from: start, significand: digits <= 18 ? significand : nil, scale: scale, isNegative: isNegative,
            isInteger: isInteger)
    }

    private mutating func wideNumber(
        from start: Int, significand: UInt64?, scale: Int, isNegative: Bool, isInteger: Bool
    ) throws(JSONFault) -> JSONValue {
        // Both operands are exact doubles, so one operation rounds correctly.
        if let significand, significand <= 1 << 53, scale.magnitude < exactPowersOfTen.count {
            let magnitude =
                scale < 0
                ? Double(significand) / exactPowersOfTen[-scale] : Double(significand) * exactPowersOfTen[scale]
            return .double(isNegative ? -magnitude : magnitude)
        }
        let literal = String(decoding: self.text[start..<self.place], as: UTF8.self)
        if isInteger, let number = Int(literal) { return .integer(number) }
        guard let number = Double(literal), number.isFinite else {
            throw JSONFault(offset: start, problem: .numberRange)
        }
        return .double(number)
    }

    private func digit() -> UInt8? {
        guard self.place < self.text.count, (48...57).contains(self.text[self.place]) else { return nil }
        return self.text[self.place] - 48
    }

    /// Takes all digits; what does not fit is counted and dropped.
    private mutating func digits(into number: inout UInt64, count: inout Int) {
        while let digit = self.digit() {
            number = number &* 10 &+ UInt64(digit)
            if number != 0 || count > 0 { count += 1 }
            self.place += 1
        }
    }

    // MARK: Strings

    private mutating func string() throws(JSONFault) -> String {
        let start = self.place + 1
        self.place = start
        var isASCII = true
        while true {
            self.skipPlain(isASCII: &isASCII)
            guard self.place < self.text.count else { throw self.end() }
            let byte = self.text[self.place]
            if byte == UInt8(ascii: "\"") {
                let content = UnsafeBufferPointer(rebasing: self.text[start..<self.place])
                self.place += 1
                if isASCII { return String(decoding: content, as: UTF8.self) }
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw self.encodingFault(from: start)
                }
                return text
            }
            if byte == UInt8(ascii: "\\") { return try self.escapedString(from: start) }
            throw self.fault("in string literal", expected: "a printable character or an escape such as \\n")
        }
    }

    /// Moves to the next quote, backslash, control character or the end, eight bytes at a time.
    private mutating func skipPlain(isASCII: inout Bool) {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let base = UnsafeRawBufferPointer(self.text)
        while self.place + 8 <= self.text.count {
            let word = base.loadUnaligned(fromByteOffset: self.place, as: UInt64.self)
            let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
            let slashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
            let found =
                ((quotes &- ones) & ~quotes) | ((slashes &- ones) & ~slashes)
                | ((word &- (ones &* 0x20)) & ~word)
            let marks = found & highs
            if word & highs != 0 {
                let firstHigh = (word & highs).trailingZeroBitCount
                if marks == 0 || firstHigh < marks.trailingZeroBitCount { isASCII = false }
            }
            if marks != 0 {
                self.place += marks.trailingZeroBitCount / 8
                return
            }
            self.place += 8
        }
        while self.place < self.text.count {
            let byte = self.text[self.place]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { return }
            if byte >= 0x80 { isASCII = false }
            self.place += 1
        }
    }

    private mutating func escapedString(from start: Int) throws(JSONFault) -> String {
        var bytes = [UInt8](self.text[start..<self.place])
        var isASCII = true
        while true {
            let run = self.place
            self.skipPlain(isASCII: &isASCII)
            bytes.append(contentsOf: self.text[run..<self.place])
            guard self.place < self.text.count else { throw self.end() }
            switch self.text[self.place] {
            case UInt8(ascii: "\""):
                self.place += 1
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    throw self.encodingFault(from: start)
                }
                return text
            case UInt8(ascii: "\\"): try self.escape(into: &bytes)
            default: throw self.fault("in string literal", expected: "a printable character or an escape such as \\n")
            }
        }
    }

    private mutating func escape(into bytes: inout [UInt8]) throws(JSONFault) {
        let start = self.place
        self.place += 1
        guard self.place < self.text.count else { throw self.end() }
        let byte = self.text[self.place]
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"):
            self.place += 1
            bytes.append(contentsOf: String(Character(try self.scalar(from: start))).utf8)
            return
        default:
            throw self.fault("in string escape code", expected: "one of \" \\ / b f n r t u")
        }
        self.place += 1
    }

    /// Reads what follows `\u`: four digits, or a pair of surrogates.
    private mutating func scalar(from start: Int) throws(JSONFault) -> Unicode.Scalar {
        let first = try self.hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        let end = self.place
        if first < 0xDC00, self.take(UInt8(ascii: "\\")), self.take(UInt8(ascii: "u")) {
            let second = try self.hexadecimal()
            if (0xDC00...0xDFFF).contains(second),
                let scalar = Unicode.Scalar(0x10000 + (UInt32(first - 0xD800) << 10) + UInt32(second - 0xDC00))
            {
                return scalar
            }
        }
        guard self.place < self.text.count else { throw self.end() }
        guard self.unpairedSurrogate == .replaced else { throw JSONFault(offset: start, problem: .surrogate) }
        self.place = end
        return "\u{FFFD}"
    }

    private mutating func hexadecimal() throws(JSONFault) -> UInt16 {
        var number: UInt16 = 0
        for _ in 0..<4 {
            guard self.place < self.text.count else { throw self.end() }
            let byte = self.text[self.place]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt16(byte - 48)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt16(byte - 87)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): number = number << 4 | UInt16(byte - 55)
            default: throw self.fault("in \\u hexadecimal character escape", expected: "a hexadecimal digit")
            }
            self.place += 1
        }
        return number
    }

    // MARK: Small things

    private mutating func enter() throws(JSONFault) {
        guard self.depth < JSONLimits.depth else { throw JSONFault(offset: self.place, problem: .depth) }
        self.depth += 1
        self.place += 1
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard self.place < self.text.count, self.text[self.place] == byte else { return false }
        self.place += 1
        return true
    }

    private mutating func skipSpace() {
        while self.place < self.text.count {
            switch self.text[self.place] {
            case 0x20, 0x0A, 0x0D, 0x09: self.place += 1
            default: return
            }
        }
    }

    private func fault(_ context: String, expected: String) -> JSONFault {
        guard self.place < self.text.count else { return self.end() }
        return JSONFault(offset: self.place, problem: .character(context, expected: expected))
    }

    private func end() -> JSONFault { JSONFault(offset: self.text.count, problem: .end) }

    /// Where in a string its bytes stop being UTF-8.
    private func encodingFault(from start: Int) -> JSONFault {
        var decoder = UTF8()
        var bytes = self.text[start...].makeIterator()
        var offset = start
        while case .scalarValue(let scalar) = decoder.decode(&bytes) { offset += UTF8.width(scalar) }
        return JSONFault(offset: min(offset, self.text.count), problem: .encoding)
    }
}

private let exactPowersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
    1e20, 1e21, 1e22,
]
