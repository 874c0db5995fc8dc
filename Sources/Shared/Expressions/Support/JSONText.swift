package import JSON
import OrderedCollections

/// Reads a JSON document, with the messages of Go's `encoding/json`.
package func parseJSONText(_ text: String) throws(ValueFailure) -> JSONValue {
    var reader = JSONTextReader(text)
    return try reader.document()
}

private struct JSONTextReader {
    private let bytes: [UInt8]
    private var place = 0
    private var depth = 0

    /// How deep a document may nest; the reader recurses this far.
    private static let depthMax = 500

    init(_ text: String) { self.bytes = Array(text.utf8) }

    mutating func document() throws(ValueFailure) -> JSONValue {
        self.skipSpace()
        let value = try self.value()
        self.skipSpace()
        guard self.place == self.bytes.count else { throw self.unexpected("after top-level value") }
        return value
    }

    private var current: UInt8? { self.place < self.bytes.count ? self.bytes[self.place] : nil }

    private mutating func skipSpace() {
        while let byte = self.current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { self.place += 1 }
    }

    private func unexpected(_ situation: String) -> ValueFailure {
        guard let byte = self.current else { return ValueFailure("unexpected end of JSON input") }
        let scalar = Unicode.Scalar(byte)
        let shown = scalar == "'" ? "'\\''" : scalar == "\"" ? "'\"'" : "'\(scalar)'"
        return ValueFailure("invalid character \(shown) \(situation)")
    }

    private mutating func value() throws(ValueFailure) -> JSONValue {
        self.depth += 1
        defer { self.depth -= 1 }
        guard self.depth <= Self.depthMax else { throw ValueFailure("exceeded max depth") }
        guard let byte = self.current else { throw self.unexpected("looking for beginning of value") }
        switch byte {
        case UInt8(ascii: "{"): return try self.object()
        case UInt8(ascii: "["): return try self.array()
        case UInt8(ascii: "\""): return .string(try self.string())
        case UInt8(ascii: "t"): return try self.word("true", .bool(true))
        case UInt8(ascii: "f"): return try self.word("false", .bool(false))
        case UInt8(ascii: "n"): return try self.word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try self.number()
        default: throw self.unexpected("looking for beginning of value")
        }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(ValueFailure) -> JSONValue {
        for byte in word.utf8 {
            guard self.current == byte else {
                throw self.unexpected("in literal \(word) (expecting '\(Unicode.Scalar(byte))')")
            }
            self.place += 1
        }
        return value
    }

    private mutating func object() throws(ValueFailure) -> JSONValue {
        self.place += 1
        var members = JSONObject()
        self.skipSpace()
        if self.current == UInt8(ascii: "}") {
            self.place += 1
            return .object(members)
        }
        while true {
            self.skipSpace()
            guard self.current == UInt8(ascii: "\"") else {
                throw self.unexpected("looking for beginning of object key string")
            }
            let key = try self.string()
            self.skipSpace()
            guard self.current == UInt8(ascii: ":") else { throw self.unexpected("after object key") }
            self.place += 1
            self.skipSpace()
            members[key] = try self.value()
            self.skipSpace()
            switch self.current {
            case UInt8(ascii: ","): self.place += 1
            case UInt8(ascii: "}"):
                self.place += 1
                return .object(members)
            default: throw self.unexpected("after object key:value pair")
            }
        }
    }

    private mutating func array() throws(ValueFailure) -> JSONValue {
        self.place += 1
        var elements: [JSONValue] = []
        self.skipSpace()
        if self.current == UInt8(ascii: "]") {
            self.place += 1
            return .array(elements)
        }
        while true {
            self.skipSpace()
            elements.append(try self.value())
            self.skipSpace()
            switch self.current {
            case UInt8(ascii: ","): self.place += 1
            case UInt8(ascii: "]"):
                self.place += 1
                return .array(elements)
            default: throw self.unexpected("after array element")
            }
        }
    }

    private mutating func number() throws(ValueFailure) -> JSONValue {
        let start = self.place
        if self.current == UInt8(ascii: "-") { self.place += 1 }
        guard let first = self.current, isDigitByte(first) else { throw self.unexpected("in numeric literal") }
        if first == UInt8(ascii: "0") { self.place += 1 } else { self.skipDigits() }
        var isWhole = true
        if self.current == UInt8(ascii: ".") {
            isWhole = false
            self.place += 1
            guard let next = self.current, isDigitByte(next) else {
                throw self.unexpected("after decimal point in numeric literal")
            }
            self.skipDigits()
        }
        if self.current == UInt8(ascii: "e") || self.current == UInt8(ascii: "E") {
            isWhole = false
            self.place += 1
            if self.current == UInt8(ascii: "+") || self.current == UInt8(ascii: "-") { self.place += 1 }
            guard let next = self.current, isDigitByte(next) else {
                throw self.unexpected("in exponent of numeric literal")
            }
            self.skipDigits()
        }
        let text = String(decoding: self.bytes[start..<self.place], as: UTF8.self)
        if isWhole, let number = Int(text) { return .integer(number) }
        guard let number = Double(text), number.isFinite else {
            throw ValueFailure("json: cannot unmarshal number \(text) into Go value of type float64")
        }
        return .double(number)
    }

    private mutating func skipDigits() {
        while let byte = self.current, isDigitByte(byte) { self.place += 1 }
    }

    private mutating func string() throws(ValueFailure) -> String {
        self.place += 1
        var result: [UInt8] = []
        while let byte = self.current {
            switch byte {
            case UInt8(ascii: "\""):
                self.place += 1
                return String(decoding: result, as: UTF8.self)
            case UInt8(ascii: "\\"):
                self.place += 1
                try self.escape(into: &result)
            case 0..<0x20: throw self.unexpected("in string literal")
            default:
                result.append(byte)
                self.place += 1
            }
        }
        throw self.unexpected("in string literal")
    }

    private mutating func escape(into result: inout [UInt8]) throws(ValueFailure) {
        guard let byte = self.current else { throw self.unexpected("in string escape code") }
        let plain: [UInt8: UInt8] = [
            UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5c, UInt8(ascii: "/"): 0x2f, UInt8(ascii: "b"): 8,
            UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
        ]
        if let value = plain[byte] {
            result.append(value)
            self.place += 1
            return
        }
        guard byte == UInt8(ascii: "u") else { throw self.unexpected("in string escape code") }
        self.place += 1
        var unit = try self.hexadecimal()
        if (0xd800..<0xdc00).contains(unit), self.current == UInt8(ascii: "\\"),
            self.place + 1 < self.bytes.count, self.bytes[self.place + 1] == UInt8(ascii: "u")
        {
            let before = self.place
            self.place += 2
            let low = try self.hexadecimal()
            if (0xdc00..<0xe000).contains(low) {
                unit = 0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)
            } else {
                self.place = before
            }
        }
        result.append(contentsOf: String(Unicode.Scalar(unit) ?? "\u{fffd}").utf8)
    }

    private mutating func hexadecimal() throws(ValueFailure) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = self.current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw self.unexpected("in \\u hexadecimal character escape")
            }
            value = value << 4 | UInt32(digit)
            self.place += 1
        }
        return value
    }
}

private func isDigitByte(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
