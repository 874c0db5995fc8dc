import CPostgres

/// What a statement answered: rows, in the server's binary form.
///
/// It keeps libpq's memory until it is gone; values are copied out of it one by one.
// SAFETY: libpq never changes a result once it was handed over, and says that threads may read it together.
package final class PostgresResult: @unchecked Sendable {
    private let handle: OpaquePointer

    /// Takes over the result.
    init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { PQclear(self.handle) }

    package var count: Int { Int(PQntuples(self.handle)) }

    /// How many rows the statement wrote.
    package var affected: Int { Int(String(cString: PQcmdTuples(self.handle))) ?? 0 }

    /// What was done, in the server's words: "COMMIT", "INSERT 0 3".
    package var tag: String { String(cString: PQcmdStatus(self.handle)) }

    package func isNull(_ row: Int, _ column: Int) -> Bool { PQgetisnull(self.handle, Int32(row), Int32(column)) != 0 }

    /// A whole number or a truth value, of whatever width; 0 for NULL.
    package func integer(_ row: Int, _ column: Int) -> Int64 {
        let bytes = self.bytes(row, column)
        guard let first = bytes.first else { return 0 }
        // Truth values are not signed numbers, but 0 and 1 are the same in both.
        return bytes.dropFirst().reduce(Int64(Int8(bitPattern: first))) { $0 << 8 | Int64($1) }
    }

    package func optionalInteger(_ row: Int, _ column: Int) -> Int64? {
        self.isNull(row, column) ? nil : self.integer(row, column)
    }

    package func text(_ row: Int, _ column: Int) -> String { String(decoding: self.bytes(row, column), as: UTF8.self) }

    private func bytes(_ row: Int, _ column: Int) -> UnsafeBufferPointer<UInt8> {
        let (row, column) = (Int32(row), Int32(column))
        precondition(row < PQntuples(self.handle) && column < PQnfields(self.handle))
        let count = Int(PQgetlength(self.handle, row, column))
        guard count > 0, let start = PQgetvalue(self.handle, row, column) else {
            return UnsafeBufferPointer(start: nil, count: 0)
        }
        return UnsafeBufferPointer(start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: count)
    }
}
