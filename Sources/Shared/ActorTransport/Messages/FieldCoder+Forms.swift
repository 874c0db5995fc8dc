package import JSON
package import Model
import OrderedCollections

/// Values that have a form of their own on the wire.
extension FieldCoder {
    /// One of a fixed set of words.
    package mutating func field<Value: NamedValue>(_ name: StaticString, _ value: inout Value) throws(ServiceError) {
        var word = Self.isReading ? nil : value.rawValue
        try self.field(name, &word)
        guard Self.isReading, let word else { return }
        guard let known = Value(rawValue: word) else {
            let words = Value.allCases.map(\.rawValue).filter { !$0.isEmpty }.joined(separator: ", ")
            throw ServiceError(.invalidArgument, "\(name): expected one of \(words), found \"\(word)\"")
        }
        value = known
    }

    /// A moment in whole seconds.
    package mutating func field(_ name: StaticString, _ value: inout Timestamp?) throws(ServiceError) {
        var seconds = Self.isReading ? nil : value.map { Int($0.seconds) }
        try self.field(name, &seconds)
        guard Self.isReading, let seconds else { return }
        let most = Timestamp(nanoseconds: .max).seconds
        value = Timestamp(seconds: min(max(Int64(seconds), -most), most))
    }

    // MARK: Text that may hold any character: fields of bytes

    package mutating func text(_ name: StaticString, _ value: inout String) throws(ServiceError) {
        try self.bytes(name, &value, send: { Array($0.utf8) }, receive: decodedText)
    }

    package mutating func text(_ name: StaticString, _ value: inout String?) throws(ServiceError) {
        try self.bytes(name, &value, send: { $0.map { Array($0.utf8) } }, receive: decodedText)
    }

    package mutating func texts(_ name: StaticString, _ values: inout [String]) throws(ServiceError) {
        try self.bytes(name, &values, send: { Array($0.utf8) }, receive: decodedText)
    }

    // MARK: JSON in fields of bytes

    /// A document; `null` is not sent.
    package mutating func document(_ name: StaticString, _ value: inout JSONValue) throws(ServiceError) {
        try self.bytes(name, &value, send: { $0.isNull ? nil : $0.bytes }, receive: decodedDocument)
    }

    package mutating func documents(_ name: StaticString, _ values: inout [JSONValue]) throws(ServiceError) {
        try self.bytes(name, &values, send: { $0.bytes }, receive: decodedDocument)
    }

    /// A part of a manifest or of a status.
    package mutating func object<Value: JSONConvertible>(
        _ name: StaticString, _ value: inout Value
    ) throws(ServiceError) {
        try self.bytes(name, &value, send: { $0.json(.compact).bytes }, receive: decodedObject)
    }

    package mutating func object<Value: JSONConvertible>(
        _ name: StaticString, _ value: inout Value?
    ) throws(ServiceError) {
        try self.bytes(name, &value, send: { $0?.json(.compact).bytes }, receive: decodedObject)
    }

    package mutating func objects<Value: JSONConvertible>(
        _ name: StaticString, _ values: inout [Value]
    ) throws(ServiceError) {
        try self.bytes(name, &values, send: { $0.json(.compact).bytes }, receive: decodedObject)
    }

    // MARK: Bytes

    private mutating func bytes<Value>(
        _ name: StaticString, _ value: inout Value, send: (Value) -> [UInt8]?,
        receive: (StaticString, [UInt8]) throws(ServiceError) -> Value
    ) throws(ServiceError) {
        var bytes = Self.isReading ? nil : send(value)
        try self.field(name, &bytes)
        if Self.isReading, let bytes { value = try receive(name, bytes) }
    }

    private mutating func bytes<Value>(
        _ name: StaticString, _ values: inout [Value], send: (Value) -> [UInt8],
        receive: (StaticString, [UInt8]) throws(ServiceError) -> Value
    ) throws(ServiceError) {
        var sent = Self.isReading ? [] : values.map(send)
        try self.field(name, &sent)
        guard Self.isReading else { return }
        values = try sent.map { (bytes) throws(ServiceError) in try receive(name, bytes) }
    }

    // MARK: Maps

    package mutating func map(_ name: StaticString, _ values: inout StringMap) throws(ServiceError) {
        var entries = Self.isReading ? [] : values.map { StringEntry(key: $0.key, value: $0.value) }
        try self.field(name, &entries)
        guard Self.isReading else { return }
        values = [:]
        for entry in entries { values[entry.key] = entry.value }
    }

    package mutating func map(_ name: StaticString, _ values: inout IntMap) throws(ServiceError) {
        var entries = Self.isReading ? [] : values.map { IntEntry(key: $0.key, value: $0.value) }
        try self.field(name, &entries)
        guard Self.isReading else { return }
        values = [:]
        for entry in entries { values[entry.key] = entry.value }
    }
}

/// An entry of `map<string, string>`.
private struct StringEntry: MessageFields {
    var key = ""
    var value = ""

    mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("key", &self.key)
        try coder.field("value", &self.value)
    }
}

/// An entry of `map<string, int64>`.
private struct IntEntry: MessageFields {
    var key = ""
    var value = 0

    mutating func fields(_ coder: inout some FieldCoder) throws(ServiceError) {
        try coder.field("key", &self.key)
        try coder.field("value", &self.value)
    }
}

private func decodedText(_ name: StaticString, _ bytes: [UInt8]) throws(ServiceError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
        throw ServiceError(.invalidArgument, "\(name) is not UTF-8")
    }
    return text
}

private func decodedDocument(_ name: StaticString, _ bytes: [UInt8]) throws(ServiceError) -> JSONValue {
    do {
        return try JSONValue.parse(bytes)
    } catch {
        throw ServiceError(.invalidArgument, "\(name) is no JSON: \(error)")
    }
}

private func decodedObject<Value: JSONConvertible>(
    _ name: StaticString, _ bytes: [UInt8]
) throws(ServiceError) -> Value {
    let document = try decodedDocument(name, bytes)
    do {
        return try Value(json: document, at: DecodingPlace(path: name.description))
    } catch {
        throw ServiceError(.invalidArgument, "\(error)")
    }
}
