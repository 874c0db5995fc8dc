package import JSON
import OrderedCollections

extension Value {
    /// The value of a JSON document, whose numbers keep their kind, integer or not.
    package init(_ json: JSONValue) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let number): self = .int(number)
        case .double(let number): self = .float(number)
        case .string(let text): self = .string(text)
        case .array(let elements): self = .array(elements.map { Value($0) })
        case .object(let members):
            self = .map(Dictionary(members.map { ($0.key, Value($0.value)) }, uniquingKeysWith: { _, last in last }))
        }
    }

    /// The value as Go's `json.Unmarshal` gives it to an `any`: every number is a float.
    package init(decoding json: JSONValue) {
        switch json {
        case .integer(let number): self = .float(Double(number))
        case .array(let elements): self = .array(elements.map(Value.init(decoding:)))
        case .object(let members):
            self = .map(
                Dictionary(
                    members.map { ($0.key, Value(decoding: $0.value)) }, uniquingKeysWith: { _, last in last }))
        case .null, .bool, .double, .string: self.init(json)
        }
    }

    /// The JSON form as Go's `json.Marshal` sees it, members sorted by key.
    ///
    /// - Throws: `ValueFailure` for functions and for numbers that JSON cannot write.
    package func json() throws(ValueFailure) -> JSONValue {
        switch self {
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .int(let number): return .integer(number)
        case .float(let number):
            guard number.isFinite else {
                throw ValueFailure("json: unsupported value: \(goFloat(number, exponentFrom: 21))")
            }
            return .double(number)
        case .string(let text): return .string(text)
        case .bytes(let bytes): return .string(base64Encoded(bytes))
        case .array(let elements):
            var list: [JSONValue] = []
            list.reserveCapacity(elements.count)
            for element in elements { list.append(try element.json()) }
            return .array(list)
        case .map, .table:
            var object = JSONObject()
            for (key, value) in self.pairs ?? [] { object[key.formatted] = try value.json() }
            return .object(object)
        case .time(let instant): return .string(instant.rfc3339)
        case .duration(let nanoseconds): return .integer(nanoseconds)
        case .zone, .function: throw ValueFailure("json: unsupported type: \(self.goType)")
        }
    }

    /// The value as Go's `json.Marshal` writes it.
    package func jsonText(indent: Int? = nil, escapingHTML: Bool = true) throws(ValueFailure) -> String {
        var writer = GoJSONWriter(indent: indent, escapingHTML: escapingHTML)
        writer.write(try self.json())
        return writer.text
    }
}

/// Reads a JSON document as Go's `encoding/json` does, with its messages.
package func parseJSONText(_ text: String) throws(ValueFailure) -> JSONValue {
    do throws(JSONSyntaxError) {
        return try JSONReader.read(Array(text.utf8), unpairedSurrogate: .replaced)
    } catch {
        throw ValueFailure(error.message)
    }
}

/// Writes JSON as Go's encoder does: no spaces, `<`, `>` and `&` escaped, floats in Go's notation.
package struct GoJSONWriter {
    package private(set) var text = ""
    private let indent: Int?
    private let escapingHTML: Bool
    private var depth = 0

    package init(indent: Int? = nil, escapingHTML: Bool = true) {
        self.indent = indent
        self.escapingHTML = escapingHTML
    }

    package mutating func write(_ json: JSONValue) {
        switch json {
        case .null: self.text += "null"
        case .bool(let value): self.text += value ? "true" : "false"
        case .integer(let number): self.text += String(number)
        case .double(let number): self.text += goText(of: number)
        case .string(let string): self.writeString(string)
        case .array(let elements):
            self.writeList(open: "[", close: "]", count: elements.count) { writer, index in
                writer.write(elements[index])
            }
        case .object(let members):
            let sorted = members.elements.sorted { goLess($0.key, $1.key) }
            self.writeList(open: "{", close: "}", count: sorted.count) { writer, index in
                writer.writeString(sorted[index].key)
                writer.text += writer.indent == nil ? ":" : ": "
                writer.write(sorted[index].value)
            }
        }
    }

    private mutating func writeList(
        open: String, close: String, count: Int, element: (inout GoJSONWriter, Int) -> Void
    ) {
        self.text += open
        self.depth += 1
        for index in 0..<count {
            if index > 0 { self.text += "," }
            self.newLine()
            element(&self, index)
        }
        self.depth -= 1
        if count > 0 { self.newLine() }
        self.text += close
    }

    private mutating func newLine() {
        guard let indent = self.indent else { return }
        self.text += "\n" + String(repeating: " ", count: indent * self.depth)
    }

    private mutating func writeString(_ string: String) {
        self.text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": self.text += "\\\""
            case "\\": self.text += "\\\\"
            case "\n": self.text += "\\n"
            case "\r": self.text += "\\r"
            case "\t": self.text += "\\t"
            case "\u{8}": self.text += "\\b"
            case "\u{c}": self.text += "\\f"
            case "<" where self.escapingHTML, ">" where self.escapingHTML, "&" where self.escapingHTML:
                self.writeEscape(scalar)
            case "\u{2028}", "\u{2029}": self.writeEscape(scalar)
            case let control where control.value < 0x20: self.writeEscape(scalar)
            case let plain: self.text.unicodeScalars.append(plain)
            }
        }
        self.text += "\""
    }

    private mutating func writeEscape(_ scalar: Unicode.Scalar) {
        let digits = String(scalar.value, radix: 16)
        self.text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}

/// Why a value cannot be had: a message without a position, which the expression around it adds.
package struct ValueFailure: Error, Hashable, Sendable {
    package let message: String

    package init(_ message: String) { self.message = message }
}
