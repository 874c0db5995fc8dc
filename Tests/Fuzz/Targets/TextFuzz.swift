import JSON
import OrderedCollections
import YAML

/// Documents that users and peers send: what is read is written so that it is read again as the same.
enum TextFuzz {
    static func json(_ bytes: [UInt8]) throws {
        _ = try? JSONReader.read(bytes, unpairedSurrogate: .replaced)
        guard let value = try? JSONValue.parse(bytes) else { return }
        promise(value.isSame(as: try .parse(value.bytes)), "JSON is the same after a journey: \(value.text)")
        promise(value.isSame(as: try .parse(value.prettyBytes)), "pretty JSON is the same after a journey")
    }

    /// The first byte chooses the reader's options.
    static func yaml(_ input: [UInt8]) throws {
        let options = input.first ?? 0
        let letters = options & 2 == 0
        let bytes = Array(input.dropFirst())
        guard
            let values = try? YAMLDocuments.read(
                bytes, name: "fuzz.yaml", isStrict: options & 1 == 0, lettersAreBooleans: letters)
        else { return }
        for value in values {
            let text = YAMLWriter.text(for: value)
            let again = try YAMLDocuments.read(text, name: "fuzz.yaml", lettersAreBooleans: letters)
            let isSame = again.count == 1 && value.isSame(as: again[0])
            promise(isSame || value.isNull || value["kind"] == "List", "YAML is the same after a journey:\n\(text)")
        }
    }
}

extension JSONValue {
    /// Whether both are the same to JSON, which has one kind of number: `1e5` is written as `100000`.
    fileprivate func isSame(as other: JSONValue) -> Bool {
        switch (self, other) {
        case (.double(let number), .integer(let integer)), (.integer(let integer), .double(let number)):
            number == Double(integer)
        case (.array(let mine), .array(let others)):
            mine.count == others.count && zip(mine, others).allSatisfy { $0.isSame(as: $1) }
        case (.object(let mine), .object(let others)):
            mine.count == others.count
                && mine.allSatisfy { name, value in others[name].map { value.isSame(as: $0) } ?? false }
        default: self == other
        }
    }
}
