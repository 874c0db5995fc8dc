/// A statement and the values of its numbered parameters.
package struct PostgresStatement: Sendable {
    package var sql: String
    package var values: [PostgresValue]
    /// Whether the server keeps it compiled: for statements whose very text comes again and again.
    package var isKept: Bool

    package init(_ sql: String, _ values: [PostgresValue] = [], isKept: Bool = false) {
        self.sql = sql
        self.values = values
        self.isKept = isKept
    }
}

/// A value that a statement is given: its type is named to the server, so that `unnest($1)` needs no cast.
package enum PostgresValue: Sendable, Hashable {
    case integer(Int64?)
    case boolean(Bool)
    case text(String?)
    case bytes([UInt8])
    case integers([Int64?])
    case booleans([Bool])
    case texts([String?])

    package static func integer(_ number: Int) -> PostgresValue { .integer(Int64(number)) }

    /// The server's number for the type.
    var type: UInt32 {
        switch self {
        case .boolean: 16
        case .bytes: 17
        case .integer: 20
        case .text: 25
        case .booleans: 1000
        case .integers: 1016
        case .texts: 1009
        }
    }

    /// The value in the server's binary form; `nil` for NULL.
    var encoded: [UInt8]? {
        switch self {
        case .integer(let number): number.map { $0.bigEndianBytes }
        case .boolean(let flag): [flag ? 1 : 0]
        case .text(let text): text.map { Array($0.utf8) }
        case .bytes(let bytes): bytes
        case .integers(let numbers):
            Self.array(numbers, elementType: 20, size: 12 * numbers.count) { number, bytes in
                guard let number else { return bytes.append(length: -1) }
                bytes.append(length: 8)
                bytes += number.bigEndianBytes
            }
        case .booleans(let flags):
            Self.array(flags, elementType: 16, size: 5 * flags.count) { flag, bytes in
                bytes.append(length: 1)
                bytes.append(flag ? 1 : 0)
            }
        case .texts(let texts):
            Self.array(texts, elementType: 25, size: texts.reduce(0) { $0 + 4 + ($1?.utf8.count ?? 0) }) {
                text, bytes in
                guard let text else { return bytes.append(length: -1) }
                bytes.append(length: Int32(text.utf8.count))
                bytes += text.utf8
            }
        }
    }

    private static func array<Element>(
        _ elements: [Element], elementType: Int32, size: Int, _ append: (Element, inout [UInt8]) -> Void
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 + size)
        bytes.append(length: elements.isEmpty ? 0 : 1)  // dimensions
        bytes.append(length: 1)  // there may be NULLs
        bytes.append(length: elementType)
        guard !elements.isEmpty else { return bytes }
        bytes.append(length: Int32(elements.count))
        bytes.append(length: 1)  // the first index
        for element in elements { append(element, &bytes) }
        return bytes
    }
}

extension Int64 {
    var bigEndianBytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * Int64($0))) } }
}

extension [UInt8] {
    fileprivate mutating func append(length: Int32) {
        let bits = UInt32(bitPattern: length)
        self.append(UInt8(truncatingIfNeeded: bits >> 24))
        self.append(UInt8(truncatingIfNeeded: bits >> 16))
        self.append(UInt8(truncatingIfNeeded: bits >> 8))
        self.append(UInt8(truncatingIfNeeded: bits))
    }
}
