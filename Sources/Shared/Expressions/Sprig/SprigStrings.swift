/// Functions of sprig on strings.
let sprigStrings: [String: NativeFunction] = [
    "hello": exactly(0) { (_) throws(ValueFailure) in "Hello!" },
    "trim": exactly(1) { (call) throws(ValueFailure) in .string(trimmed(try call.goText(0), where: isGoSpace)) },
    "upper": exactly(1) { (call) throws(ValueFailure) in .string(try call.goText(0).uppercased()) },
    "lower": exactly(1) { (call) throws(ValueFailure) in .string(try call.goText(0).lowercased()) },
    "trimAll": exactly(2, trimAll), "trimall": exactly(2, trimAll),
    "trimSuffix": exactly(2) { (call) throws(ValueFailure) in
        .string(withoutSuffix(try call.goText(1), try call.goText(0)))
    },
    "trimPrefix": exactly(2) { (call) throws(ValueFailure) in
        .string(withoutPrefix(try call.goText(1), try call.goText(0)))
    },
    "nospace": exactly(1) { (call) throws(ValueFailure) in
        var view = try call.goText(0).unicodeScalars
        view.removeAll(where: isGoSpace)
        return .string(String(view))
    },
    "trunc": exactly(2) { (call) throws(ValueFailure) in
        let count = try call.goInteger(0)
        let bytes = Array(try call.goText(1).utf8)
        if count < 0, bytes.count + count > 0 {
            return .string(String(decoding: bytes[(bytes.count + count)...], as: UTF8.self))
        }
        if count >= 0, bytes.count > count { return .string(String(decoding: bytes[..<count], as: UTF8.self)) }
        return .string(String(decoding: bytes, as: UTF8.self))
    },
    "substr": exactly(3) { (call) throws(ValueFailure) in
        let start = try call.goInteger(0)
        let end = try call.goInteger(1)
        let bytes = Array(try call.goText(2).utf8)
        let low = start < 0 ? 0 : start
        let high = start >= 0 && (end < 0 || end > bytes.count) ? bytes.count : end
        guard low <= high, high <= bytes.count else {
            throw ValueFailure("runtime error: slice bounds out of range [\(low):\(high)]")
        }
        return .string(String(decoding: bytes[low..<high], as: UTF8.self))
    },
    "repeat": exactly(2) { (call) throws(ValueFailure) in
        let count = try call.goInteger(0)
        let text = try call.goText(1)
        guard count >= 0 else { throw ValueFailure("strings: negative Repeat count") }
        guard count <= ExpressionLimits.repetitionsMax else { throw ValueFailure("memory budget exceeded") }
        try call.reserve(text.utf8.count * count / 4)
        return .string(String(repeating: text, count: count))
    },
    "contains": exactly(2) { (call) throws(ValueFailure) in
        let needle = try call.goText(0)
        return .bool(try call.goText(1).containsBytes(needle))
    },
    "hasPrefix": exactly(2) { (call) throws(ValueFailure) in
        .bool(try call.goText(1).utf8.starts(with: try call.goText(0).utf8))
    },
    "hasSuffix": exactly(2) { (call) throws(ValueFailure) in
        .bool(try call.goText(1).utf8.reversed().starts(with: try call.goText(0).utf8.reversed()))
    },
    "quote": atLeast(0) { (call) throws(ValueFailure) in
        let quoted = call.arguments.filter { !$0.isNull }.map { goQuoted(sprigText($0)) }
        return .string(quoted.joined(separator: " "))
    },
    "squote": atLeast(0) { (call) throws(ValueFailure) in
        .string(call.arguments.filter { !$0.isNull }.map { "'\($0.formatted)'" }.joined(separator: " "))
    },
    "cat": atLeast(0) { (call) throws(ValueFailure) in
        .string(call.arguments.filter { !$0.isNull }.map(\.formatted).joined(separator: " "))
    },
    "indent": exactly(2) { (call) throws(ValueFailure) in .string(try indented(call)) },
    "nindent": exactly(2) { (call) throws(ValueFailure) in .string("\n" + (try indented(call))) },
    "replace": exactly(3) { (call) throws(ValueFailure) in
        let places = (try call.goText(2)).utf8.count / max(1, (try call.goText(0)).utf8.count) + 1
        try call.reserve(places, of: try call.goText(1))
        return .string(replaced(try call.goText(2), try call.goText(0), with: try call.goText(1)))
    },
    "plural": exactly(3) { (call) throws(ValueFailure) in
        .string(try call.goInteger(2) == 1 ? try call.goText(0) : try call.goText(1))
    },
    "toString": exactly(1) { (call) throws(ValueFailure) in .string(sprigText(call[0])) },
    "toStrings": exactly(1) { (call) throws(ValueFailure) in .array(sprigTexts(call[0]).map(Value.string)) },
    "join": exactly(2) { (call) throws(ValueFailure) in
        let texts = sprigTexts(call[1])
        try call.reserve(texts.count, of: try call.goText(0))
        return .string(texts.joined(separator: try call.goText(0)))
    },
    "split": exactly(2) { (call) throws(ValueFailure) in
        numbered(split(try call.goText(1), try call.goText(0)))
    },
    "splitn": exactly(3) { (call) throws(ValueFailure) in
        numbered(split(try call.goText(2), try call.goText(0), limit: try call.goInteger(1)))
    },
    "splitList": exactly(2) { (call) throws(ValueFailure) in
        .array(split(try call.goText(1), try call.goText(0)).map(Value.string))
    },
    "sortAlpha": exactly(1) { (call) throws(ValueFailure) in
        .array(sprigTexts(call[0]).sorted(by: goLess).map(Value.string))
    },
    "fail": exactly(1) { (call) throws(ValueFailure) in throw ValueFailure(try call.goText(0)) },
]

/// The strings of a list, nils left out; anything else is a list of itself.
func sprigTexts(_ value: Value) -> [String] {
    if value.isNull { return [] }
    guard let elements = value.elements else { return [sprigText(value)] }
    return elements.filter { !$0.isNull }.map(sprigText)
}

private func trimAll(_ call: inout FunctionCall) throws(ValueFailure) -> Value {
    let cutset = Set(try call.goText(0).unicodeScalars)
    return .string(trimmed(try call.goText(1)) { cutset.contains($0) })
}

private func indented(_ call: FunctionCall) throws(ValueFailure) -> String {
    let width = try call.goInteger(0)
    let text = try call.goText(1)
    guard width >= 0 else { throw ValueFailure("strings: negative Repeat count") }
    guard width <= ExpressionLimits.repetitionsMax else { throw ValueFailure("memory budget exceeded") }
    try call.reserve((text.utf8.count { $0 == 10 } + 1) * width / 16)
    let pad = String(repeating: " ", count: width)
    return pad + replaced(text, "\n", with: "\n" + pad)
}

private func numbered(_ parts: [String]) -> Value {
    .map(Dictionary(uniqueKeysWithValues: parts.enumerated().map { ("_\($0.offset)", .string($0.element)) }))
}
