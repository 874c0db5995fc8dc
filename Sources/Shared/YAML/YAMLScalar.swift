import JSON

/// A scalar as it is written: what it means follows from its text, style and tag.
struct YAMLScalar {
    var text: String
    var tag: String?
    /// Without quotes, so that `true` may be a boolean.
    var isPlain: Bool

    /// Whether this is the key that merges another mapping in.
    var isMerge: Bool { self.text == "<<" && (self.isPlain || self.tag == "tag:yaml.org,2002:merge") }

    /// What the scalar means by the rules of YAML 1.1 as go-yaml 2 applies them, which `sigs.k8s.io/yaml` and so Argo
    /// use.
    ///
    /// - Throws: what is wrong, where its tag asks for a type that it is not, or JSON has no such number.
    func value() throws(YAMLScalarProblem) -> JSONValue {
        let prefix = "tag:yaml.org,2002:"
        guard let tag = self.tag, tag != "!" else {
            return self.isPlain && self.tag == nil ? try resolve(self.text).json() : .string(self.text)
        }
        guard tag.hasPrefix(prefix) else { return .string(self.text) }
        switch tag.dropFirst(prefix.count) {
        case "str", "timestamp": return .string(self.text)
        case "binary":
            guard let bytes = base64Bytes(self.text) else { throw self.mismatch("base64") }
            return .string(String(decoding: bytes, as: UTF8.self))
        case "bool":
            guard case .bool(let value) = resolve(self.text) else { throw self.mismatch("boolean") }
            return .bool(value)
        case "int":
            guard case .integer(let number) = resolve(self.text) else { throw self.mismatch("integer") }
            return .integer(number)
        case "float":
            switch resolve(self.text) {
            case .integer(let number): return .integer(number)
            case .float(let number): return try YAMLMeaning.float(number).json()
            case .null, .bool, .string: throw self.mismatch("number")
            }
        case "null":
            guard case .null = resolve(self.text) else { throw self.mismatch("null") }
            return .null
        default: return .string(self.text)
        }
    }

    private func mismatch(_ expected: String) -> YAMLScalarProblem {
        YAMLScalarProblem(text: "expected \(expected) as the tag says, found \"\(self.text.prefix(40))\"")
    }
}

/// What is wrong with a scalar.
struct YAMLScalarProblem: Error {
    var text: String
}

/// What a plain scalar stands for.
enum YAMLMeaning {
    case null
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case string(String)

    func json() throws(YAMLScalarProblem) -> JSONValue {
        switch self {
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .integer(let number): return .integer(number)
        case .string(let text): return .string(text)
        case .float(let number):
            guard number.isFinite else {
                throw YAMLScalarProblem(text: "expected a finite number, which JSON can hold, found \(number)")
            }
            // On its way through JSON text 1.0 becomes 1.
            return Int(exactly: number).map(JSONValue.integer) ?? .double(number)
        }
    }
}

/// Reads a plain scalar.
func resolve(_ text: String) -> YAMLMeaning {
    guard let first = text.utf8.first else { return .null }
    switch first {
    case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        if let known = wordMeanings[text] { return known }
        return number(text) ?? .string(text)
    case UInt8(ascii: "."):
        if let known = wordMeanings[text] { return known }
        return isDecimal(text.utf8) ? .float(Double(text) ?? .infinity) : .string(text)
    default:
        // The longest known word is `false`.
        guard text.utf8.count <= 5 else { return .string(text) }
        return wordMeanings[text] ?? .string(text)
    }
}

private let wordMeanings: [String: YAMLMeaning] = {
    var meanings: [String: YAMLMeaning] = [:]
    for word in ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] {
        meanings[word] = .bool(true)
    }
    for word in ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"] {
        meanings[word] = .bool(false)
    }
    for word in ["~", "null", "Null", "NULL"] { meanings[word] = .null }
    for word in [".nan", ".NaN", ".NAN"] { meanings[word] = .float(.nan) }
    for word in [".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"] { meanings[word] = .float(.infinity) }
    for word in ["-.inf", "-.Inf", "-.INF"] { meanings[word] = .float(-.infinity) }
    return meanings
}()

/// Reads an integer in any of Go's bases, or a decimal number; underscores between digits do not count.
private func number(_ text: String) -> YAMLMeaning? {
    let plain = text.utf8.filter { $0 != UInt8(ascii: "_") }
    if let integer = goInteger(plain) { return integer }
    guard isDecimal(plain), let number = Double(String(decoding: plain, as: UTF8.self)) else { return nil }
    return .float(number)
}

/// Reads `12`, `-0x1f`, `0b101`, `0o17` and `017`.
///
/// What passes 64 bits without a sign is a float.
private func goInteger(_ text: [UInt8]) -> YAMLMeaning? {
    let isNegative = text.first == UInt8(ascii: "-")
    let hasSign = isNegative || text.first == UInt8(ascii: "+")
    var digits = text[(hasSign ? 1 : 0)...]
    var radix: UInt64 = 10
    if digits.count > 1, digits.first == UInt8(ascii: "0") {
        switch digits[digits.startIndex + 1] | 0x20 {
        case UInt8(ascii: "x"): radix = 16
        case UInt8(ascii: "o"), UInt8(ascii: "0")...UInt8(ascii: "9"): radix = 8
        case UInt8(ascii: "b"): radix = 2
        default: return nil
        }
        let hasLetter = digits[digits.startIndex + 1] > UInt8(ascii: "9")
        digits = digits.dropFirst(hasLetter ? 2 : 1)
    }
    guard !digits.isEmpty else { return nil }
    var total: UInt64 = 0
    for byte in digits {
        guard let digit = digitValue(byte), digit < radix else { return nil }
        let (scaled, overflow) = total.multipliedReportingOverflow(by: radix)
        let (sum, secondOverflow) = scaled.addingReportingOverflow(digit)
        guard !overflow, !secondOverflow else { return nil }
        total = sum
    }
    if isNegative {
        return total <= UInt64(Int64.max) + 1 ? .integer(Int(truncatingIfNeeded: 0 &- total)) : nil
    }
    if let number = Int(exactly: total) { return .integer(number) }
    return hasSign ? nil : .float(Double(total))
}

private func digitValue(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - 48)
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - 87)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - 55)
    default: nil
    }
}

/// Whether a text is `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
private func isDecimal(_ text: some Collection<UInt8>) -> Bool {
    var rest = text[...]
    func digits() -> Int {
        let run = rest.prefix { (48...57).contains($0) }.count
        rest = rest.dropFirst(run)
        return run
    }
    func take(_ marks: UInt8...) -> Bool {
        guard let first = rest.first, marks.contains(first) else { return false }
        rest = rest.dropFirst()
        return true
    }
    _ = take(UInt8(ascii: "+"), UInt8(ascii: "-"))
    let whole = digits()
    let fraction = take(UInt8(ascii: ".")) ? digits() : 0
    guard whole + fraction > 0 else { return false }
    if take(UInt8(ascii: "e"), UInt8(ascii: "E")) {
        _ = take(UInt8(ascii: "+"), UInt8(ascii: "-"))
        guard digits() > 0 else { return false }
    }
    return rest.isEmpty
}

private func base64Bytes(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for byte in text.utf8 where byte > 0x20 && byte != UInt8(ascii: "=") {
        let digit: UInt8
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = byte - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = byte - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte + 4
        case UInt8(ascii: "+"): digit = 62
        case UInt8(ascii: "/"): digit = 63
        default: return nil
        }
        bits = bits << 6 | UInt32(digit)
        count += 6
        if count >= 8 {
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
    }
    return bytes
}
