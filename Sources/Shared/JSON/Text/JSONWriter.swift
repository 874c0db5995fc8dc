import OrderedCollections

/// Writes JSON text in UTF-8 to a buffer that grows.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 512) { self.bytes.reserveCapacity(capacity) }

    /// Writes a value without white space.
    package mutating func write(_ value: JSONValue) {
        switch value {
        case .null: self.write(raw: "null")
        case .bool(let value): self.write(raw: value ? "true" : "false")
        case .integer(let number): self.write(number)
        case .double(let number): self.write(number)
        case .string(let text): self.write(text)
        case .array(let elements):
            self.bytes.append(UInt8(ascii: "["))
            var isFirst = true
            for element in elements {
                if !isFirst { self.bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                self.write(element)
            }
            self.bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            self.bytes.append(UInt8(ascii: "{"))
            let names = members.keys
            let values = members.values
            for index in 0..<names.count {
                if index > 0 { self.bytes.append(UInt8(ascii: ",")) }
                self.write(names[index])
                self.bytes.append(UInt8(ascii: ":"))
                self.write(values[index])
            }
            self.bytes.append(UInt8(ascii: "}"))
        }
    }

    /// Writes a value with one member or element a line.
    package mutating func writePretty(_ value: JSONValue, indent: Int = 0) {
        switch value {
        case .array(let elements) where !elements.isEmpty:
            self.bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                self.newLine(indent: indent + 1, isFirst: index == 0)
                self.writePretty(element, indent: indent + 1)
            }
            self.newLine(indent: indent, isFirst: true)
            self.bytes.append(UInt8(ascii: "]"))
        case .object(let members) where !members.isEmpty:
            self.bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.elements.enumerated() {
                self.newLine(indent: indent + 1, isFirst: index == 0)
                self.write(member.key)
                self.write(raw: ": ")
                self.writePretty(member.value, indent: indent + 1)
            }
            self.newLine(indent: indent, isFirst: true)
            self.bytes.append(UInt8(ascii: "}"))
        case .null, .bool, .integer, .double, .string, .array, .object: self.write(value)
        }
    }

    private mutating func newLine(indent: Int, isFirst: Bool) {
        if !isFirst { self.bytes.append(UInt8(ascii: ",")) }
        self.bytes.append(UInt8(ascii: "\n"))
        self.bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * indent))
    }

    private mutating func write(raw text: StaticString) {
        self.bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    // MARK: Scalars

    private mutating func write(_ number: Int) {
        var magnitude = number.magnitude
        if number < 0 { self.bytes.append(UInt8(ascii: "-")) }
        if magnitude < 10 {
            self.bytes.append(48 + UInt8(magnitude))
            return
        }
        let start = self.bytes.count
        while magnitude > 0 {
            self.bytes.append(48 + UInt8(magnitude % 10))
            magnitude /= 10
        }
        self.bytes[start...].reverse()
    }

    /// Writes the shortest text that reads back as the same number, in Go's form.
    ///
    /// JSON has no word for what is not finite.
    private mutating func write(_ number: Double) {
        guard number.isFinite else {
            self.write(raw: "null")
            return
        }
        self.bytes.append(contentsOf: goText(of: number).utf8)
    }

    private mutating func write(_ text: String) {
        self.bytes.append(UInt8(ascii: "\""))
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { self.writeContent($0) }
        if isDone == nil {
            var native = text
            native.withUTF8 { self.writeContent($0) }
        }
        self.bytes.append(UInt8(ascii: "\""))
    }

    private mutating func writeContent(_ text: UnsafeBufferPointer<UInt8>) {
        var start = 0
        while true {
            let end = firstEscaped(in: text, from: start)
            self.bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<end]))
            guard end < text.count else { return }
            self.writeEscape(of: text[end])
            start = end + 1
        }
    }

    private mutating func writeEscape(of byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): self.write(raw: "\\\"")
        case UInt8(ascii: "\\"): self.write(raw: "\\\\")
        case 0x08: self.write(raw: "\\b")
        case 0x09: self.write(raw: "\\t")
        case 0x0A: self.write(raw: "\\n")
        case 0x0C: self.write(raw: "\\f")
        case 0x0D: self.write(raw: "\\r")
        default:
            self.write(raw: byte < 16 ? "\\u000" : "\\u001")
            let digit = byte & 15
            self.bytes.append(digit < 10 ? 48 + digit : 87 + digit)
        }
    }
}

/// The place of the first byte that must be escaped, or the end.
private func firstEscaped(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let base = UnsafeRawBufferPointer(text)
    var place = start
    while place + 8 <= text.count {
        let word = base.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let slashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let found =
            ((quotes &- ones) & ~quotes) | ((slashes &- ones) & ~slashes) | ((word &- (ones &* 0x20)) & ~word)
        let marks = found & 0x8080_8080_8080_8080
        if marks != 0 { return place + marks.trailingZeroBitCount / 8 }
        place += 8
    }
    while place < text.count {
        let byte = text[place]
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { return place }
        place += 1
    }
    return place
}
