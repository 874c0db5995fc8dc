/// Functions of sprig on regular expressions; each has a second name with `must`.
let sprigPatterns: [String: NativeFunction] = {
    var functions: [String: NativeFunction] = [
        "regexQuoteMeta": exactly(1) { (call) throws(ValueFailure) in
            var quoted = String.UnicodeScalarView()
            for scalar in try call.goText(0).unicodeScalars {
                if "\\.+*?()|[]{}^$".unicodeScalars.contains(scalar) { quoted.append("\\") }
                quoted.append(scalar)
            }
            return .string(String(quoted))
        },
        "regexMatch": exactly(2) { (call) throws(ValueFailure) in
            do throws(ValueFailure) {
                return .bool(try Operators.matches(try call.goText(1), try pattern(try call.goText(0))))
            } catch {
                // Sprig takes a wrong pattern for one that matches nothing.
                return false
            }
        },
        "mustRegexMatch": exactly(2) { (call) throws(ValueFailure) in
            .bool(try Operators.matches(try call.goText(1), try pattern(try call.goText(0))))
        },
    ]
    for (name, function) in mustablePatterns {
        functions[name] = function
        functions["mustRegex" + name.dropFirst("regex".count)] = function
    }
    return functions
}()

private let mustablePatterns: [String: NativeFunction] = [
    "regexFindAll": exactly(3) { (call) throws(ValueFailure) in
        .array(try found(&call, limit: try call.goInteger(2)).map(Value.string))
    },
    "regexFind": exactly(2) { (call) throws(ValueFailure) in .string(try found(&call, limit: 1).first ?? "") },
    "regexReplaceAll": exactly(3) { (call) throws(ValueFailure) in try replacedAll(&call, isLiteral: false) },
    "regexReplaceAllLiteral": exactly(3) { (call) throws(ValueFailure) in try replacedAll(&call, isLiteral: true) },
    "regexSplit": exactly(3) { (call) throws(ValueFailure) in try splitAll(&call) },
]

private func pattern(_ source: String) throws(ValueFailure) -> Pattern {
    do throws(PatternError) {
        return try Pattern(source)
    } catch {
        throw ValueFailure(error.description)
    }
}

private func matches(_ pattern: Pattern, _ text: String, limit: Int) throws(ValueFailure) -> [PatternMatch] {
    do throws(PatternError) {
        return try pattern.allMatches(in: text, limit: limit)
    } catch {
        throw ValueFailure(error.description)
    }
}

private func found(_ call: inout FunctionCall, limit: Int) throws(ValueFailure) -> [String] {
    let text = try call.goText(1)
    let scalars = Array(text.unicodeScalars)
    let pattern = try pattern(try call.goText(0))
    call.cost += pattern.cost(of: text)
    return try matches(pattern, text, limit: limit).compactMap { match in
        match.groups[0].map { joined(scalars[$0]) }
    }
}

private func joined(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
}

private func replacedAll(_ call: inout FunctionCall, isLiteral: Bool) throws(ValueFailure) -> Value {
    let pattern = try pattern(try call.goText(0))
    let text = try call.goText(1)
    let template = try call.goText(2)
    // A template may name groups of the text many times over.
    let groups = template.utf8.count { $0 == UInt8(ascii: "$") }
    try call.reserve(text.utf8.count + 1, of: template)
    try call.reserve(text.utf8.count * (groups + 1) / 16)
    call.cost += pattern.cost(of: text)
    do throws(PatternError) {
        return .string(try pattern.replacing(in: text, with: template, isLiteral: isLiteral))
    } catch {
        throw ValueFailure(error.description)
    }
}

private func splitAll(_ call: inout FunctionCall) throws(ValueFailure) -> Value {
    let text = try call.goText(1)
    let limit = try call.goInteger(2)
    let pattern = try pattern(try call.goText(0))
    call.cost += pattern.cost(of: text)
    if limit == 0 { return .array([]) }
    if text.isEmpty, !pattern.source.isEmpty { return [""] }
    let scalars = Array(text.unicodeScalars)
    var parts: [Value] = []
    var start = 0
    var end = 0
    for match in try matches(pattern, text, limit: limit) {
        guard let range = match.groups[0] else { continue }
        if limit > 0, parts.count == limit - 1 { break }
        end = range.lowerBound
        if range.upperBound != 0 { parts.append(.string(joined(scalars[start..<end]))) }
        start = range.upperBound
    }
    if end != scalars.count { parts.append(.string(joined(scalars[start...]))) }
    return .array(parts)
}
