/// What a parser found wrong: small while it travels, explained once it has arrived.
struct JSONFault: Error {
    var offset: Int
    var problem: Problem

    enum Problem {
        case character(String, expected: String)
        case end
        case depth
        case encoding
        case numberRange
        case surrogate
        case size
    }

    func located(in bytes: [UInt8]) -> JSONSyntaxError {
        let before = bytes[..<min(self.offset, bytes.count)]
        let line = before.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let (message, expected) = self.words(in: bytes)
        return JSONSyntaxError(
            offset: self.offset, line: line, column: before.count - lineStart + 1, message: message, expected: expected)
    }

    private func words(in bytes: [UInt8]) -> (message: String, expected: String) {
        switch self.problem {
        case .character(let context, let expected):
            ("invalid character \(quoted(bytes[self.offset])) \(context)", expected)
        case .end: ("unexpected end of JSON input", "the rest of the document")
        case .depth: ("exceeded max depth", "at most \(JSONLimits.depth) nested arrays and objects")
        case .encoding: ("invalid UTF-8 in string", "UTF-8")
        case .numberRange:
            (
                "json: cannot unmarshal number \(self.number(in: bytes)) into Go value of type float64",
                "a number that a 64-bit float can hold"
            )
        case .surrogate: ("unpaired surrogate in string", "\\ud800–\\udbff followed by \\udc00–\\udfff")
        case .size: ("document too large", "at most \(JSONLimits.textBytes) bytes")
        }
    }

    /// The number that begins where the fault is.
    private func number(in bytes: [UInt8]) -> String {
        String(decoding: bytes[self.offset...].prefix { "+-.0123456789Ee".utf8.contains($0) }, as: UTF8.self)
    }
}

/// A byte as Go's decoder quotes it.
private func quoted(_ byte: UInt8) -> String {
    switch byte {
    case UInt8(ascii: "'"): return "'\\''"
    case UInt8(ascii: "\\"): return "'\\\\'"
    case UInt8(ascii: "\n"): return "'\\n'"
    case UInt8(ascii: "\r"): return "'\\r'"
    case UInt8(ascii: "\t"): return "'\\t'"
    case 0x20..<0x7F, 0xA1...0xAC, 0xAE...0xFF: return "'\(Character(Unicode.Scalar(byte)))'"
    case 0x07: return "'\\a'"
    case 0x08: return "'\\b'"
    case 0x0B: return "'\\v'"
    case 0x0C: return "'\\f'"
    case 0x80...0xA0, 0xAD: return "'\\u00\(String(byte, radix: 16))'"
    default: return "'\\x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))'"
    }
}
