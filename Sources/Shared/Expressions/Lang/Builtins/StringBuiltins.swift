/// The builtins of expr-lang on strings.
let stringBuiltins: [String: NativeFunction] = [
    "string": { (call) throws(ValueFailure) in .string(call[0].formatted) },
    "trim": { (call) throws(ValueFailure) in
        guard call.count > 1 else { return .string(trimmed(try call.text(0), where: isGoSpace)) }
        let cutset = Set(try call.text(1).unicodeScalars)
        return .string(trimmed(try call.text(0)) { cutset.contains($0) })
    },
    "trimPrefix": { (call) throws(ValueFailure) in
        .string(withoutPrefix(try call.text(0), call.count > 1 ? try call.text(1) : " "))
    },
    "trimSuffix": { (call) throws(ValueFailure) in
        .string(withoutSuffix(try call.text(0), call.count > 1 ? try call.text(1) : " "))
    },
    "upper": { (call) throws(ValueFailure) in .string(try call.text(0).uppercased()) },
    "lower": { (call) throws(ValueFailure) in .string(try call.text(0).lowercased()) },
    "split": { (call) throws(ValueFailure) in
        let parts = split(try call.text(0), try call.text(1), limit: call.count > 2 ? try call.int(2) : -1)
        return .array(parts.map(Value.string))
    },
    "splitAfter": { (call) throws(ValueFailure) in
        let separator = try call.text(1)
        let parts = split(try call.text(0), separator, limit: call.count > 2 ? try call.int(2) : -1)
        return .array(
            parts.enumerated().map { .string($0.offset < parts.count - 1 ? $0.element + separator : $0.element) })
    },
    "replace": { (call) throws(ValueFailure) in
        let places = (try call.text(0)).utf8.count / max(1, (try call.text(1)).utf8.count) + 1
        try call.reserve(places, of: try call.text(2))
        return .string(
            replaced(
                try call.text(0), try call.text(1), with: try call.text(2), limit: call.count > 3 ? try call.int(3) : -1
            ))
    },
    "repeat": { (call) throws(ValueFailure) in
        let text = try call.text(0)
        let count = try call.int(1)
        guard count >= 0 else {
            throw ValueFailure("invalid argument for repeat (expected positive integer, got \(count))")
        }
        guard count <= ExpressionLimits.repetitionsMax else { throw ValueFailure("memory budget exceeded") }
        try call.reserve(text.utf8.count * count / 4)
        return .string(String(repeating: text, count: count))
    },
    "join": { (call) throws(ValueFailure) in
        guard let elements = call[0].elements else {
            throw ValueFailure("invalid argument for join (type \(call[0].goType))")
        }
        var texts: [String] = []
        for element in elements { texts.append(try Operators.text(element)) }
        let separator = call.count > 1 ? try call.text(1) : ""
        try call.reserve(texts.count, of: separator)
        return .string(texts.joined(separator: separator))
    },
    "indexOf": { (call) throws(ValueFailure) in
        let text = Substring(try call.text(0)).utf8
        guard let found = text.firstRange(ofBytes: try call.text(1)) else { return .int(-1) }
        return .int(text.distance(from: text.startIndex, to: found.lowerBound))
    },
    "lastIndexOf": { (call) throws(ValueFailure) in
        let text = Array(try call.text(0).utf8)
        let needle = Array(try call.text(1).utf8)
        guard needle.count <= text.count else { return .int(-1) }
        for start in stride(from: text.count - needle.count, through: 0, by: -1)
        where text[start..<(start + needle.count)].elementsEqual(needle) {
            return .int(start)
        }
        return .int(-1)
    },
    "hasPrefix": { (call) throws(ValueFailure) in .bool(try call.text(0).utf8.starts(with: try call.text(1).utf8)) },
    "hasSuffix": { (call) throws(ValueFailure) in
        .bool(try call.text(0).utf8.reversed().starts(with: try call.text(1).utf8.reversed()))
    },
    "toJSON": { (call) throws(ValueFailure) in .string(try call[0].jsonText(indent: 2)) },
    "fromJSON": { (call) throws(ValueFailure) in Value(decoding: try parseJSONText(try call.text(0))) },
    "toBase64": { (call) throws(ValueFailure) in .string(base64Encoded(Array(try call.text(0).utf8))) },
    "fromBase64": { (call) throws(ValueFailure) in
        .string(String(decoding: try base64Decoded(try call.text(0)), as: UTF8.self))
    },
]

/// Whether Go counts a scalar as space.
func isGoSpace(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar == " " || (0x09...0x0d).contains(scalar.value) }
    return scalar.properties.isWhitespace
}

func trimmed(
    _ text: String, left: Bool = true, right: Bool = true, where isCut: (Unicode.Scalar) -> Bool
) -> String {
    var view = text.unicodeScalars[...]
    if left { view = view.drop(while: isCut) }
    while right, let last = view.last, isCut(last) { view = view.dropLast() }
    return String(view)
}

func withoutPrefix(_ text: String, _ prefix: String) -> String {
    guard text.utf8.starts(with: prefix.utf8) else { return text }
    return String(decoding: text.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
}

func withoutSuffix(_ text: String, _ suffix: String) -> String {
    guard text.utf8.reversed().starts(with: suffix.utf8.reversed()) else { return text }
    return String(decoding: text.utf8.dropLast(suffix.utf8.count), as: UTF8.self)
}

/// The parts of a text between separators, as Go's `strings.SplitN`: at most `limit`, all where it is negative.
func split(_ text: String, _ separator: String, limit: Int = -1) -> [String] {
    if limit == 0 { return [] }
    if separator.isEmpty {
        let scalars = Array(text.unicodeScalars)
        guard limit > 0, scalars.count > limit else { return scalars.map { String($0) } }
        var last = String.UnicodeScalarView()
        last.append(contentsOf: scalars[(limit - 1)...])
        return scalars[..<(limit - 1)].map { String($0) } + [String(last)]
    }
    var parts: [String] = []
    var rest = Substring(text).utf8
    while limit < 0 || parts.count < limit - 1, let found = rest.firstRange(ofBytes: separator) {
        parts.append(String(decoding: rest[..<found.lowerBound], as: UTF8.self))
        rest = rest[found.upperBound...]
    }
    parts.append(String(decoding: rest, as: UTF8.self))
    return parts
}

/// The text with `limit` occurrences replaced, all where it is negative, as Go's `strings.Replace`.
func replaced(_ text: String, _ old: String, with new: String, limit: Int = -1) -> String {
    if limit == 0 || old == new { return text }
    guard old.isEmpty else {
        return split(text, old, limit: limit < 0 ? -1 : limit + 1).joined(separator: new)
    }
    var result = ""
    var count = 0
    for scalar in text.unicodeScalars {
        if limit < 0 || count < limit {
            result += new
            count += 1
        }
        result.unicodeScalars.append(scalar)
    }
    if limit < 0 || count < limit { result += new }
    return result
}
