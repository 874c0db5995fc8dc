/// Functions of sprig that change the case of words, shorten texts and break lines.
let sprigCases: [String: NativeFunction] = [
    "title": exactly(1) { (call) throws(ValueFailure) in .string(titled(try call.goText(0))) },
    "untitle": exactly(1) { (call) throws(ValueFailure) in
        .string(mapWordStarts(try call.goText(0)) { $0.properties.lowercaseMapping })
    },
    "swapcase": exactly(1) { (call) throws(ValueFailure) in
        .string(
            try call.goText(0).unicodeScalars.map { scalar in
                scalar.properties.isUppercase ? scalar.properties.lowercaseMapping : scalar.properties.uppercaseMapping
            }.joined())
    },
    "initials": exactly(1) { (call) throws(ValueFailure) in
        .string(words(try call.goText(0)) { isGoSpace($0) }.compactMap { $0.first.map(String.init) }.joined())
    },
    "snakecase": exactly(1) { (call) throws(ValueFailure) in
        .string(caseWords(try call.goText(0)).map { $0.lowercased() }.joined(separator: "_"))
    },
    "kebabcase": exactly(1) { (call) throws(ValueFailure) in
        .string(caseWords(try call.goText(0)).map { $0.lowercased() }.joined(separator: "-"))
    },
    "camelcase": exactly(1) { (call) throws(ValueFailure) in
        .string(
            caseWords(try call.goText(0)).map { word in
                word.prefix(1).uppercased() + word.dropFirst().lowercased()
            }.joined())
    },
    "abbrev": exactly(2) { (call) throws(ValueFailure) in
        .string(abbreviated(try call.goText(1), from: 0, width: try call.goInteger(0)))
    },
    "abbrevboth": exactly(3) { (call) throws(ValueFailure) in
        let left = try call.goInteger(0)
        let right = try call.goInteger(1)
        let text = try call.goText(2)
        return .string(left > 0 && right < 7 ? text : abbreviated(text, from: left, width: right))
    },
    "wrap": exactly(2) { (call) throws(ValueFailure) in
        .string(wrapped(try call.goText(1), width: try call.goInteger(0), with: "\n", breakingWords: false))
    },
    "wrapWith": exactly(3) { (call) throws(ValueFailure) in
        try call.reserve((try call.goText(2)).utf8.count, of: try call.goText(1))
        return .string(
            wrapped(try call.goText(2), width: try call.goInteger(0), with: try call.goText(1), breakingWords: true))
    },
]

private func words(_ text: String, _ isSeparator: (Unicode.Scalar) -> Bool) -> [String] {
    text.unicodeScalars.split(whereSeparator: isSeparator).map { String($0) }
}

/// Capitalises each word, where a word starts after anything but a letter, digit, underscore or apostrophe.
private func titled(_ text: String) -> String {
    var result = ""
    var previous: Unicode.Scalar = " "
    for scalar in text.unicodeScalars {
        let startsWord = !(isAlphanumeric(previous) && previous != "$" || previous == "'")
        result += startsWord ? scalar.properties.titlecaseMapping : String(scalar)
        previous = scalar
    }
    return result
}

private func mapWordStarts(_ text: String, _ mapping: (Unicode.Scalar) -> String) -> String {
    var result = ""
    var startsWord = true
    for scalar in text.unicodeScalars {
        result += startsWord ? mapping(scalar) : String(scalar)
        startsWord = isGoSpace(scalar)
    }
    return result
}

/// The words of a name such as `HTTPServer`, `some_name` or `some-name`.
private func caseWords(_ text: String) -> [String] {
    let scalars = Array(text.unicodeScalars)
    var result: [String] = []
    var word = String.UnicodeScalarView()
    func isUpper(_ index: Int) -> Bool { scalars.indices.contains(index) && scalars[index].properties.isUppercase }
    func isLower(_ index: Int) -> Bool { scalars.indices.contains(index) && scalars[index].properties.isLowercase }
    for (index, scalar) in scalars.enumerated() {
        if scalar == "_" || scalar == "-" || isGoSpace(scalar) {
            if !word.isEmpty { result.append(String(word)) }
            word = String.UnicodeScalarView()
            continue
        }
        let afterLower = isUpper(index) && index > 0 && !isUpper(index - 1)
        let endsAcronym = isUpper(index) && isUpper(index - 1) && isLower(index + 1)
        if afterLower || endsAcronym, !word.isEmpty {
            result.append(String(word))
            word = String.UnicodeScalarView()
        }
        word.append(scalar)
    }
    if !word.isEmpty { result.append(String(word)) }
    return result
}

private func abbreviated(_ text: String, from offset: Int, width: Int) -> String {
    let bytes = Array(text.utf8)
    guard width >= 4, bytes.count > width else { return text }
    var start = min(max(offset, 0), bytes.count)
    if bytes.count - start < width - 3 { start = bytes.count - (width - 3) }
    if start <= 4 { return String(decoding: bytes[..<(width - 3)], as: UTF8.self) + "..." }
    guard width >= 7 else { return text }
    if start + width - 3 < bytes.count {
        let rest = String(decoding: bytes[start...], as: UTF8.self)
        return "..." + abbreviated(rest, from: 0, width: width - 3)
    }
    return "..." + String(decoding: bytes[(bytes.count - (width - 3))...], as: UTF8.self)
}

private func wrapped(_ text: String, width: Int, with separator: String, breakingWords: Bool) -> String {
    let scalars = Array(text.unicodeScalars)
    let width = max(1, width)
    let separator = separator.isEmpty ? "\n" : separator
    var result = String.UnicodeScalarView()
    var start = 0
    func add(_ range: Range<Int>) {
        result.append(contentsOf: scalars[range])
        result.append(contentsOf: separator.unicodeScalars)
    }
    while scalars.count - start > width {
        if scalars[start] == " " {
            start += 1
        } else if let space = scalars[start..<(start + width + 1)].lastIndex(of: " ") {
            add(start..<space)
            start = space + 1
        } else if breakingWords {
            add(start..<(start + width))
            start += width
        } else if let space = scalars[(start + width)...].firstIndex(of: " ") {
            add(start..<space)
            start = space + 1
        } else {
            break
        }
    }
    result.append(contentsOf: scalars[start...])
    return String(result)
}
