package import JSON
import OrderedCollections

/// Writes a value as YAML in block style, as `kubectl -o yaml` does.
///
/// Texts that would be read as something else are quoted; texts of several lines are written as blocks where they can
/// be.
package struct YAMLWriter {
    private var output = ""
    private let sortsKeys: Bool

    private init(sortsKeys: Bool) { self.sortsKeys = sortsKeys }

    /// The value as one YAML document, with a line break at its end.
    ///
    /// Keys stand in their own order, or in alphabetical order where `sortsKeys` says so.
    package static func text(for value: JSONValue, sortsKeys: Bool = false) -> String {
        var writer = YAMLWriter(sortsKeys: sortsKeys)
        switch value {
        case .object(let members) where !members.isEmpty: writer.write(members, indent: 0, isFirstInline: false)
        case .array(let elements) where !elements.isEmpty: writer.write(elements, indent: 0, isFirstInline: false)
        case .null, .bool, .integer, .double, .string, .array, .object:
            writer.writeInline(value, indent: 0)
            writer.output += "\n"
        }
        return writer.output
    }

    /// The values as documents of one stream.
    package static func text(forDocuments values: [JSONValue], sortsKeys: Bool = false) -> String {
        values.map { self.text(for: $0, sortsKeys: sortsKeys) }.joined(separator: "---\n")
    }

    private mutating func write(_ members: JSONObject, indent: Int, isFirstInline: Bool) {
        let pairs = self.sortsKeys ? members.elements.sorted { $0.key < $1.key } : Array(members.elements)
        for (index, pair) in pairs.enumerated() {
            if index > 0 || !isFirstInline { self.output += String(repeating: " ", count: indent) }
            self.output += keyText(pair.key) + ":"
            switch pair.value {
            case .object(let inner) where !inner.isEmpty:
                self.output += "\n"
                self.write(inner, indent: indent + 2, isFirstInline: false)
            case .array(let elements) where !elements.isEmpty:
                self.output += "\n"
                self.write(elements, indent: indent, isFirstInline: false)
            case .null, .bool, .integer, .double, .string, .array, .object:
                self.output += " "
                self.writeInline(pair.value, indent: indent + 2)
                self.output += "\n"
            }
        }
    }

    private mutating func write(_ elements: [JSONValue], indent: Int, isFirstInline: Bool) {
        for (index, element) in elements.enumerated() {
            if index > 0 || !isFirstInline { self.output += String(repeating: " ", count: indent) }
            self.output += "- "
            switch element {
            case .object(let members) where !members.isEmpty:
                self.write(members, indent: indent + 2, isFirstInline: true)
            case .array(let inner) where !inner.isEmpty:
                self.write(inner, indent: indent + 2, isFirstInline: true)
            case .null, .bool, .integer, .double, .string, .array, .object:
                self.writeInline(element, indent: indent + 2)
                self.output += "\n"
            }
        }
    }

    private mutating func writeInline(_ value: JSONValue, indent: Int) {
        switch value {
        case .string(let text):
            if let block = blockText(text, indent: indent) {
                self.output += block
            } else {
                self.output += scalarText(text)
            }
        case .null, .bool, .integer, .double, .array, .object: self.output += value.text
        }
    }
}

/// A key in one line: a block cannot be one, and a plain key is not longer than YAML allows.
private func keyText(_ text: String) -> String {
    text.utf8.count > longestPlainKey || text.contains("\n") ? doubleQuoted(text) : scalarText(text)
}

/// YAML finds a key only if its `:` is within 1,024 characters.
private let longestPlainKey = 120

/// A text in one line: plain where it is read back as the same text, quoted otherwise.
private func scalarText(_ text: String) -> String {
    if text.unicodeScalars.contains(where: { !isPrintable($0) }) { return doubleQuoted(text) }
    guard case .string = resolve(text), !looksLikeTimeOrSexagesimal(text) else { return doubleQuoted(text) }
    return isPlainSafe(text)
        ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
}

/// A text of several lines as a literal block, or `nil` where a block cannot hold it.
private func blockText(_ text: String, indent: Int) -> String? {
    guard text.utf8.contains(UInt8(ascii: "\n")) else { return nil }
    let isHeld = text.unicodeScalars.allSatisfy { $0 == "\n" || ($0 != "\t" && isPrintable($0)) }
    var body = text[...]
    while body.hasSuffix("\n") { body = body.dropLast() }
    // A block that begins with a space or a line break needs its indentation told.
    guard isHeld, let first = body.first, first != " ", first != "\n" else { return nil }
    let breaks = text.utf8.count - body.utf8.count
    let lines = body.split(separator: "\n", omittingEmptySubsequences: false)
    guard !lines.contains(where: { $0.allSatisfy { $0 == " " } && !$0.isEmpty }) else { return nil }
    let margin = String(repeating: " ", count: max(indent, 2))
    var block = breaks == 0 ? "|-" : breaks == 1 ? "|" : "|+"
    for line in lines { block += line.isEmpty ? "\n" : "\n\(margin)\(line)" }
    // The last line break comes with the line's own end.
    return block + String(repeating: "\n", count: max(0, breaks - 1))
}

private func isPlainSafe(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard let first = bytes.first, let last = bytes.last, first != 0x20, last != 0x20, last != UInt8(ascii: ":") else {
        return false
    }
    if "#,[]{}&*!|>'\"%@`=<".utf8.contains(first) { return false }
    if first == UInt8(ascii: "-") || first == UInt8(ascii: "?") || first == UInt8(ascii: ":") {
        if bytes.count == 1 || bytes[1] == 0x20 { return false }
    }
    if text.hasPrefix("---") || text.hasPrefix("...") { return false }
    for index in bytes.indices.dropLast() {
        if bytes[index] == UInt8(ascii: ":"), bytes[index + 1] == 0x20 { return false }
        if bytes[index] == 0x20, bytes[index + 1] == UInt8(ascii: "#") { return false }
    }
    return true
}

/// Whether YAML 1.1 knows a time (`2026-01-31`) or a number to base 60 (`1:30`) of this look.
private func looksLikeTimeOrSexagesimal(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    let digits = bytes.prefix { (48...57).contains($0) }.count
    if digits == 4, bytes.count >= 8, bytes[4] == UInt8(ascii: "-") { return true }
    let isSigned = bytes.first == UInt8(ascii: "+") || bytes.first == UInt8(ascii: "-")
    let rest = isSigned ? bytes.dropFirst() : bytes[...]
    return rest.first.map { (48...57).contains($0) } == true && rest.contains(UInt8(ascii: ":"))
        && rest.allSatisfy { (48...57).contains($0) || "_:.".utf8.contains($0) }
}

private func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF: true
    default: false
    }
}

private func doubleQuoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": quoted += "\\\""
        case "\\": quoted += "\\\\"
        case "\n": quoted += "\\n"
        case "\t": quoted += "\\t"
        case "\r": quoted += "\\r"
        case "\0": quoted += "\\0"
        default:
            if isPrintable(scalar) {
                quoted.unicodeScalars.append(scalar)
            } else {
                let digits = String(scalar.value, radix: 16, uppercase: true)
                let width = scalar.value <= 0xFF ? 2 : scalar.value <= 0xFFFF ? 4 : 8
                let mark = width == 2 ? "x" : width == 4 ? "u" : "U"
                quoted += "\\\(mark)" + String(repeating: "0", count: width - digits.count) + digits
            }
        }
    }
    return quoted + "\""
}
