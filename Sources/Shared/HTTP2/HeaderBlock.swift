/// The headers of one message, in their order.
///
/// Names and values lie in one array: a block of ten headers costs two allocations.
package struct HeaderBlock: Sendable, Equatable {
    private struct Entry: Equatable {
        var start: Int32
        var nameLength: Int32
        var valueLength: Int32
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []

    /// The size as RFC 9113 counts it.
    package var listBytes: Int { self.bytes.count + self.entries.count * HeaderBlock.entryOverhead }
    package var count: Int { self.entries.count }

    static let entryOverhead = 32
    private static let usualBytes = 256
    private static let usualEntries = 12

    package init() {}

    package init(_ headers: [(String, String)]) {
        for (name, value) in headers { self.add(name, value) }
    }

    package mutating func add(_ name: String, _ value: String) {
        self.entries.append(
            Entry(
                start: Int32(self.bytes.count), nameLength: Int32(name.utf8.count),
                valueLength: Int32(value.utf8.count)))
        self.bytes.append(contentsOf: name.utf8)
        self.bytes.append(contentsOf: value.utf8)
    }

    mutating func add(contentsOf other: HeaderBlock) {
        let offset = Int32(self.bytes.count)
        self.bytes.append(contentsOf: other.bytes)
        for var entry in other.entries {
            entry.start += offset
            self.entries.append(entry)
        }
    }

    mutating func add(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        if self.entries.isEmpty {
            self.bytes.reserveCapacity(HeaderBlock.usualBytes)
            self.entries.reserveCapacity(HeaderBlock.usualEntries)
        }
        self.entries.append(
            Entry(
                start: Int32(self.bytes.count), nameLength: Int32(name.count), valueLength: Int32(value.count)))
        self.bytes.append(contentsOf: name)
        self.bytes.append(contentsOf: value)
    }

    /// The value of the first header with this name, which is written in lower case.
    package func value(of name: StaticString) -> ArraySlice<UInt8>? {
        for entry in self.entries where Int(entry.nameLength) == name.utf8CodeUnitCount {
            let start = Int(entry.start)
            let middle = start + Int(entry.nameLength)
            let isSame = name.withUTF8Buffer { self.bytes[start..<middle].elementsEqual($0) }
            if isSame { return self.bytes[middle..<middle + Int(entry.valueLength)] }
        }
        return nil
    }

    /// The same as text; bytes that are no UTF-8 are replaced.
    package func text(of name: StaticString) -> String? {
        self.value(of: name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Adds a value that may be any text: what no header can hold is percent-encoded.
    package mutating func add(_ name: String, encoding value: String) {
        self.add(name, PercentEncoding.encode(value))
    }

    /// The value of a header that was added so.
    package func decoded(_ name: StaticString) -> String? { self.text(of: name).map { PercentEncoding.decode($0) } }

    package func has(_ name: StaticString, _ value: StaticString) -> Bool {
        guard let found = self.value(of: name) else { return false }
        return value.withUTF8Buffer { found.elementsEqual($0) }
    }

    /// Every header as text.
    package var all: [(name: String, value: String)] {
        self.entries.map { entry in
            let start = Int(entry.start)
            let middle = start + Int(entry.nameLength)
            return (
                String(decoding: self.bytes[start..<middle], as: UTF8.self),
                String(decoding: self.bytes[middle..<middle + Int(entry.valueLength)], as: UTF8.self)
            )
        }
    }

    /// Offsets into the bytes lent to `body`: where each name starts, how long it and its value are.
    func withBytes<Result>(
        _ body: (UnsafeBufferPointer<UInt8>, [(start: Int, name: Int, value: Int)]) throws -> Result
    ) rethrows -> Result {
        let places = self.entries.map { (start: Int($0.start), name: Int($0.nameLength), value: Int($0.valueLength)) }
        return try self.bytes.withUnsafeBufferPointer { try body($0, places) }
    }
}
