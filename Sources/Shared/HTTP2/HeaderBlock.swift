import Glibc

/// The headers of one message, in their order.
///
/// Lengths, names and values lie in one array: a block costs one allocation.
package struct HeaderBlock: Sendable, Equatable {
    /// Each header is the length of its name and that of its value, four bytes each, then both.
    private var bytes: [UInt8] = []
    package private(set) var count = 0

    static let entryOverhead = 32
    private static let lengthBytes = 4
    private static let usualBytes = 320

    package init() {}

    package init(_ headers: [(String, String)]) {
        for (name, value) in headers { self.add(name, value) }
    }

    package mutating func add(_ name: String, _ value: String) {
        self.addLengths(name.utf8.count, value.utf8.count)
        self.bytes.append(contentsOf: name.utf8)
        self.bytes.append(contentsOf: value.utf8)
    }

    mutating func add(contentsOf other: HeaderBlock) {
        self.bytes.append(contentsOf: other.bytes)
        self.count += other.count
    }

    mutating func add(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        self.addLengths(name.count, value.count)
        self.bytes.append(contentsOf: name)
        self.bytes.append(contentsOf: value)
    }

    private mutating func addLengths(_ name: Int, _ value: Int) {
        if self.bytes.isEmpty { self.bytes.reserveCapacity(HeaderBlock.usualBytes) }
        let lengths = UInt64(UInt32(name)) | UInt64(UInt32(value)) << 32
        withUnsafeBytes(of: lengths.littleEndian) { self.bytes.append(contentsOf: $0) }
        self.count += 1
    }

    /// The value of the first header with this name, which is written in lower case.
    package func value(of name: StaticString) -> ArraySlice<UInt8>? { self.place(of: name).map { self.bytes[$0] } }

    /// The same as text; bytes that are no UTF-8 are replaced.
    package func text(of name: StaticString) -> String? {
        self.place(of: name).map { place in
            self.bytes.withUnsafeBytes { String(decoding: $0[place], as: UTF8.self) }
        }
    }

    /// Adds a value that may be any text: what no header can hold is percent-encoded.
    package mutating func add(_ name: String, encoding value: String) {
        self.add(name, PercentEncoding.encode(value))
    }

    /// The value of a header that was added so.
    package func decoded(_ name: StaticString) -> String? { self.text(of: name).map { PercentEncoding.decode($0) } }

    package func has(_ name: StaticString, _ value: StaticString) -> Bool {
        self.place(of: name).map { place in
            self.bytes.withUnsafeBytes { Self.isSame($0, place, value) }
        } ?? false
    }

    func has(_ name: StaticString, beginningWith start: StaticString) -> Bool {
        self.place(of: name).map { place in
            let beginning = place.lowerBound..<min(place.upperBound, place.lowerBound + start.utf8CodeUnitCount)
            return self.bytes.withUnsafeBytes { Self.isSame($0, beginning, start) }
        } ?? false
    }

    /// Every header as text.
    package var all: [(name: String, value: String)] {
        self.bytes.withUnsafeBytes { bytes in
            var headers: [(name: String, value: String)] = []
            self.forEach(in: bytes) { name, value in
                headers.append(
                    (String(decoding: bytes[name], as: UTF8.self), String(decoding: bytes[value], as: UTF8.self)))
                return true
            }
            return headers
        }
    }

    /// Where among the bytes the value of a header lies.
    private func place(of name: StaticString) -> Range<Int>? {
        self.bytes.withUnsafeBytes { bytes in
            var place: Range<Int>?
            self.forEach(in: bytes) { one, value in
                guard Self.isSame(bytes, one, name) else { return true }
                place = value
                return false
            }
            return place
        }
    }

    private static func isSame(_ bytes: UnsafeRawBufferPointer, _ place: Range<Int>, _ text: StaticString) -> Bool {
        guard place.count == text.utf8CodeUnitCount else { return false }
        guard let start = bytes.baseAddress else { return place.isEmpty }
        return memcmp(start + place.lowerBound, text.utf8Start, place.count) == 0
    }

    /// Shows the places of each name and value, until `body` answers `false`.
    @inline(__always)
    private func forEach(in bytes: UnsafeRawBufferPointer, _ body: (Range<Int>, Range<Int>) -> Bool) {
        var next = 0
        while next < bytes.count {
            let lengths = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: next, as: UInt64.self))
            let name = next + 2 * HeaderBlock.lengthBytes
            let value = name + Int(UInt32(truncatingIfNeeded: lengths))
            next = value + Int(lengths >> 32)
            guard body(name..<value, value..<next) else { return }
        }
    }

    /// Offsets into the bytes lent to `body`: where each name starts, how long it and its value are.
    func withBytes<Result>(
        _ body: (UnsafeRawBufferPointer, [(start: Int, name: Int, value: Int)]) throws -> Result
    ) rethrows -> Result {
        try self.bytes.withUnsafeBytes { bytes in
            var places: [(start: Int, name: Int, value: Int)] = []
            places.reserveCapacity(self.count)
            self.forEach(in: bytes) { name, value in
                places.append((name.lowerBound, name.count, value.count))
                return true
            }
            return try body(bytes, places)
        }
    }
}
